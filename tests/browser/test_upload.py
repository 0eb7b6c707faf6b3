"""Own data through the browser: a good file becomes a dataset, a bad one becomes a sentence."""

from __future__ import annotations

import csv
import gzip
import io
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from goracs_core.data.store import load_dataset
from goracs_core.workspace import Workspace
from pages._ui.routes import DATASET
from tests.browser.server import Server
from tests.browser.visit import Visit, address, heading

NUM_USERS, NUM_ITEMS, PER_USER = 80, 30, 12
JOB_MS = 60_000
PREPARE = re.compile("^Prepare")  # the name goes on with its shortcut
# Markdown, HTML and a formula: a title is somebody else's text, and must come out as it went in.
NASTY = "**Bold** <img src=x onerror=alert(1)> $x^2$ [link](http://example.org) =1+1"


def interactions() -> bytes:
    """A small shop as CSV: 80 users with 12 items each, in time order."""
    rng = np.random.default_rng(0)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["customer", "sku", "when", "product"])
    for user in range(NUM_USERS):
        for step, item in enumerate(rng.choice(NUM_ITEMS, PER_USER, replace=False)):
            title = NASTY if item == 0 else f"Product {item}"
            table.writerow([f"u{user}", f"i{item}", 1_600_000_000 + 86_400 * (20 * step + user), title])
    return text.getvalue().encode()


def upload(visit: Visit, path: Path) -> None:
    """Give a file to the uploader of the Dataset page."""
    visit.open(address(DATASET))
    visit.heading(heading(DATASET))
    visit.page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(path)
    expect(visit.page.get_by_test_id("stFileUploader").get_by_text(path.name)).to_be_visible()
    visit.settled()


def choose(visit: Visit, label: str, option: str) -> None:
    """Pick an option of a select box. Its list closes when the page scrolls, so that comes first."""
    box = visit.page.get_by_role("combobox", name=label, exact=True)
    box.scroll_into_view_if_needed()
    visit.settled()
    box.click()
    visit.page.get_by_role("option", name=option, exact=True).click()
    expect(box).to_have_value(option)
    visit.settled()


def test_a_good_file_becomes_a_dataset(visit: Visit, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "little-shop.csv"
    path.write_bytes(interactions())
    upload(visit, path)
    choose(visit, "User *", "customer")
    choose(visit, "Item *", "sku")
    choose(visit, "Time", "when")
    choose(visit, "Title", "product")
    visit.page.get_by_role("spinbutton", name="Maximum pool samples", exact=True).fill("300")
    visit.shot("upload-mapping")
    visit.page.get_by_test_id("stMain").get_by_role("button", name=PREPARE).click()
    expect(visit.page.get_by_test_id("stMetric").filter(has_text="Items").first).to_contain_text("30", timeout=JOB_MS)
    visit.settled()
    main = visit.page.get_by_test_id("stMain")
    expect(main).to_contain_text(f"{NUM_USERS * PER_USER:,}")
    main.get_by_role("button", name=re.compile("Sampled")).click()
    expect(visit.page.get_by_text(re.compile("300 of"))).to_be_visible()
    workspace = Workspace(server.workspace)
    assert [folder.name for folder in workspace.dataset_directories()] == ["little-shop"]
    assert list(workspace.uploads.iterdir()) == [], "an upload is deleted after use"

    search = visit.page.get_by_role("searchbox", name="Search", exact=True)
    search.fill("onerror")
    search.press("Enter")
    visit.settled()
    expect(main.get_by_test_id("stCode").filter(has_text=NASTY).first).to_be_visible()
    expect(main.get_by_text("target: **Bold** <img src=x onerror=alert(1)> $x^2$ [link](http")).to_be_visible()
    expect(visit.page.locator("img[src='x'], a[href*='example.org'], .katex")).to_have_count(0)


def test_rows_with_errors_are_left_out_with_one_button(visit: Visit, server: Server, tmp_path: Path) -> None:
    lines = interactions().decode().splitlines()
    path = tmp_path / "with-errors.csv"
    path.write_text("\n".join([lines[0], ",i1,5,T", "u1,i1,soon,T", ",i2,never,T", *lines[1:]]))
    upload(visit, path)
    main = visit.page.get_by_test_id("stMain")
    expect(visit.page.get_by_role("combobox", name="User *", exact=True)).to_have_value("customer")
    main.get_by_role("button", name=PREPARE).click()
    leave_out = main.get_by_role("button", name="Leave out these 3 rows")
    expect(leave_out).to_be_visible(timeout=JOB_MS)
    visit.settled()
    visit.shot("upload-bad-rows")
    leave_out.click()
    expect(main.get_by_test_id("stMetric").filter(has_text="Items").first).to_contain_text("30", timeout=JOB_MS)
    visit.settled()
    folder = Workspace(server.workspace).dataset_directory("with-errors")
    assert [entry["count"] for entry in load_dataset(folder).provenance["report"][:3]] == [3, 2, 2]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("two-columns.csv", b"colour,weight\nred,1\nblue,2\n", "column"),
        ("cut-short.csv.gz", gzip.compress(interactions())[:-200], "gz"),
        ("empty.csv", b"", "empty"),
        ("not-utf8.csv", b"user,item\n\xff\xfe\xfa,1\n", "UTF-8"),
    ],
)
def test_a_bad_file_becomes_a_sentence(
    visit: Visit, server: Server, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = [folder.name for folder in Workspace(server.workspace).dataset_directories()]
    upload(visit, path)
    alert = visit.page.get_by_test_id("stMain").get_by_test_id("stAlert")
    prepare = visit.page.get_by_test_id("stMain").get_by_role("button", name=PREPARE)
    expect(alert.or_(prepare).first).to_be_visible()
    if alert.count() == 0:
        prepare.click()
    expect(alert.first).to_be_visible(timeout=JOB_MS)
    visit.settled()
    said = alert.first.inner_text()
    assert sentence.lower() in said.lower()
    assert name in said
    assert [folder.name for folder in Workspace(server.workspace).dataset_directories()] == before
