"""The embedding map in a real browser: what is drawn, hovered, clicked, lassoed, searched, filtered and sent."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, expect

from goracs_core.data.demo import demo_directory, load_demo
from goracs_core.evaluation.projection import pca_2d
from goracs_core.features.store import load_features
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.projection.job import find_projection
from goracs_core.methods import ItraConfig, RandomConfig, config_to_dict
from goracs_core.workspace import Workspace
from pages._ui.routes import EMBEDDING_MAP, TRANSPORT_PLAN
from tests.browser.server import Server
from tests.browser.test_looks import violations
from tests.browser.visit import Visit, address, heading

MAP = "document.querySelector('.gm').parentElement.goracsMap"
DRAWN_MS = 60_000
POOL, VALIDATION = 3000, 600


@pytest.fixture(scope="module")
def runs(server: Server) -> tuple[str, str]:
    """A GORACS run and a random one on the demo; their ids."""
    workspace = Workspace(Path(server.workspace)).ensure()
    configs = (ItraConfig(128, lambda_=0.05, max_exchanges=2), RandomConfig(128))
    specs = ({"dataset": str(demo_directory()), "config": config_to_dict(config)} for config in configs)
    first, second = (run_job("select", spec, workspace)["run"] for spec in specs)
    return first, second


@pytest.fixture(scope="module")
def places(server: Server) -> np.ndarray:
    """Where the samples lie; shape [n + m, 2]."""
    found = find_projection(
        demo_directory(), Workspace(Path(server.workspace)), features=load_features(demo_directory())
    )
    assert found is not None
    return np.concatenate([found.pool, found.validation])


def open_map(visit: Visit, **query: str) -> Locator:
    """The plot, once it is drawn and nothing runs."""
    visit.open(address(EMBEDDING_MAP, dataset="demo", **query))
    visit.heading(heading(EMBEDDING_MAP))
    visit.page.wait_for_function(f"document.querySelector('.gm') && {MAP}.pictures > 0", timeout=DRAWN_MS)
    visit.settled()
    expect(visit.page.locator(".gm-row").nth(1)).to_be_visible()
    return visit.page.locator(".gm-plot")


def at(visit: Visit, plot: Locator, sample: int) -> tuple[float, float]:
    """Where a sample is in the window."""
    box = plot.bounding_box()
    assert box is not None
    left, top = visit.page.evaluate(f"{MAP}.screen({sample})")
    return box["x"] + left, box["y"] + top


def inside(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Which points lie in a polygon, side by side counted by NumPy; shape [points]."""
    x, y = points.astype(np.float64).T
    odd = np.zeros(len(points), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            odd ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return odd


def lasso(visit: Visit, plot: Locator, corners: list[tuple[float, float]]) -> None:
    """Draw a lasso through corners, given as shares of the plot's width and height."""
    box = plot.bounding_box()
    assert box is not None
    places = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in corners]
    visit.page.get_by_role("button", name="Draw a lasso").click()
    visit.page.mouse.move(*places[0])
    visit.page.mouse.down()
    for place in [*places[1:], places[0]]:
        visit.page.mouse.move(*place, steps=8)
    visit.page.mouse.up()


def count(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_first_screen_answers_the_question(tab: Visit, runs: tuple[str, str]) -> None:
    """Map and panel are in sight at once, with the worst covered samples listed and ringed, and nothing to complain."""
    plot = open_map(tab, run=runs[0])
    tab.page.set_viewport_size({"width": 1280, "height": 800})
    tab.page.wait_for_timeout(500)
    box = plot.bounding_box()
    panel = tab.page.locator(".gm-panel").bounding_box()
    legend = tab.page.locator(".gm-legend").bounding_box()
    assert box is not None
    assert panel is not None
    assert legend is not None
    assert 0.62 < box["width"] / (box["width"] + panel["width"]) < 0.75
    assert box["height"] > 520
    assert max(part["y"] + part["height"] for part in (panel, legend)) <= 800
    expect(tab.page.locator(".gm-summary")).to_have_text(re.compile(r"3,600 .* 600 .* 128 "))
    assert tab.page.locator(".gm-rows .gm-row").count() == 10
    assert tab.page.evaluate(f"{MAP}.color") == "distance"
    assert violations(tab) == []
    tab.shot("map")


def test_hovering_tells_what_is_there_and_a_click_opens_it(visit: Visit, runs: tuple[str, str]) -> None:
    plot = open_map(visit, run=runs[0])
    dataset = load_demo()
    sample = visit.page.evaluate(f"{MAP}.data.runs[0].worst[3]")
    title = dataset.items.titles[int(dataset.validation.targets[sample - POOL])]
    visit.page.evaluate(f"{MAP}.zoomBy(3, ...{MAP}.screen({sample}))")  # apart from the others
    visit.page.mouse.move(*at(visit, plot, sample), steps=3)
    tip = visit.page.locator(".gm-tip")
    expect(tip).to_contain_text(title)
    expect(tip).to_contain_text("validation")
    expect(tip).to_contain_text("Transport distance")
    visit.page.mouse.click(*at(visit, plot, sample))
    card = visit.page.locator(".gm-card")
    expect(card).to_contain_text(title)
    expect(card).to_contain_text("Matched to")
    expect(card.get_by_role("listitem")).to_have_count(
        8 + min(visit.page.evaluate(f"{MAP}.shownFlows.from.length"), 6), timeout=DRAWN_MS
    )
    expect(visit.page).to_have_url(re.compile(f"sample={sample}"))
    expect(visit.page.locator(f".gm-row[data-id='{sample}']")).to_have_attribute("aria-selected", "true")
    expect(visit.page.get_by_text(re.compile(r"Matched to \d+ coreset sample"))).to_be_attached()
    near = visit.page.evaluate(f"{MAP}.near.ids")
    values = load_features(demo_directory()).validation.values.astype(np.float64)
    distances = np.linalg.norm(values - values[sample - POOL], axis=1)
    distances[sample - POOL] = np.inf
    assert [one - POOL for one in near] == np.argsort(distances, kind="stable")[:8].tolist()


def test_a_row_of_the_table_is_found_on_the_map(visit: Visit, runs: tuple[str, str]) -> None:
    plot = open_map(visit, run=runs[0])
    row = visit.page.locator(".gm-rows .gm-row").nth(4)
    sample = int(row.get_attribute("data-id") or -1)
    before = visit.page.evaluate(f"{MAP}.zoom")
    row.click()
    expect(visit.page.locator(".gm-card")).to_be_visible()
    assert visit.page.evaluate(f"{MAP}.zoom") > 2 * before
    box = plot.bounding_box()
    assert box is not None
    assert at(visit, plot, sample) == pytest.approx((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), abs=2)


def test_a_lasso_holds_what_numpy_says(visit: Visit, runs: tuple[str, str], places: np.ndarray) -> None:
    plot = open_map(visit, run=runs[0])
    lasso(visit, plot, [(0.2, 0.2), (0.7, 0.15), (0.75, 0.7), (0.4, 0.5), (0.25, 0.65)])
    summary = visit.page.locator(".gm-summary")
    expect(summary).to_contain_text(" of 3,600", timeout=DRAWN_MS)
    chosen = np.zeros(len(places), dtype=bool)
    chosen[visit.page.evaluate(f"Array.from({MAP}.coreset)")] = True
    polygon = np.array(visit.page.evaluate(f"{MAP}.polygon"))
    truth = inside(places, polygon)
    assert truth.sum() > 100
    said = [count(number) for number in re.findall(r"[\d,]+", summary.inner_text())]
    assert said == [truth.sum(), POOL + VALIDATION, truth[POOL:].sum(), (truth & chosen).sum()]
    assert visit.page.evaluate(f"Array.from({MAP}.selection)") == np.flatnonzero(truth).tolist()
    listed = visit.page.locator(".gm-table").get_attribute("aria-rowcount")
    assert int(listed or 0) == truth.sum() + 1
    distance = visit.page.locator(".gm-facts dd b").first.inner_text()
    values = np.array(visit.page.evaluate(f"Array.from({MAP}.values.get('distance').values.subarray({POOL}))"))
    assert float(distance) == pytest.approx(values[truth[POOL:]].mean(), abs=6e-4)

    with visit.page.expect_download() as waiting:
        visit.page.get_by_role("button", name="Parquet").click()
    found = pd.read_parquet(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert len(found) == truth.sum()
    assert (found["set"] == "validation").sum() == truth[POOL:].sum()
    assert (found["set"] == "coreset").sum() == (truth & chosen).sum()

    visit.page.get_by_role("button", name="Clear", exact=True).click()
    expect(summary).to_contain_text("3,600 samples")


def test_a_lasso_holds_also_what_is_not_drawn(visit: Visit, runs: tuple[str, str], places: np.ndarray) -> None:
    plot = open_map(visit, run=runs[0])
    visit.page.evaluate(f"{MAP}.limit = 400")
    visit.page.evaluate(f"{MAP}.filter(null)")
    expect(visit.page.locator(".gm-sampled")).to_have_text("400 of 3,000 pool samples drawn")
    lasso(visit, plot, [(0.3, 0.3), (0.8, 0.3), (0.8, 0.9), (0.3, 0.9)])
    truth = inside(places, np.array(visit.page.evaluate(f"{MAP}.polygon")))
    expect(visit.page.locator(".gm-summary")).to_contain_text(f"{truth.sum():,} of 3,600")
    assert truth.sum() > 600
    before = visit.page.evaluate(f"{MAP}.pictures")
    visit.page.evaluate(f"{MAP}.zoomBy(8, ...{MAP}.screen(0))")
    visit.page.wait_for_function(f"{MAP}.pictures > {before}", timeout=DRAWN_MS)
    drawn = visit.page.evaluate(f"Array.from({MAP}.drawn, id => {MAP}.screen(id))")
    box = plot.bounding_box()
    assert box is not None
    assert 0 < len(drawn) <= 400
    assert (np.abs(np.array(drawn) / [box["width"], box["height"]] - 0.5) <= 0.61).all(), "only what is in sight"


def test_a_search_jumps_to_what_it_finds(visit: Visit, runs: tuple[str, str]) -> None:
    open_map(visit, run=runs[0])
    dataset = load_demo()
    box = visit.page.get_by_role("combobox", name="Find a title or id")
    box.fill("spatula brass")
    hits = visit.page.locator(".gm-hits [role=option]")
    expect(hits.first).to_contain_text(re.compile("spatula", re.IGNORECASE))
    parts = zip((dataset.pool, dataset.validation), (0, POOL), strict=True)
    truth = {
        offset + row
        for part, offset in parts
        for row, target in enumerate(part.targets.tolist())
        if {"spatula", "brass"} <= {*re.findall("[a-z]+", dataset.items.titles[target].casefold())}
    }
    box.press("Enter")
    expect(visit.page.locator(".gm-card")).to_be_visible()
    assert visit.page.evaluate(f"{MAP}.sample") in truth
    assert visit.page.evaluate(f"{MAP}.zoom") > 2
    box.fill(dataset.pool.ids[17])
    expect(hits).to_have_count(1)
    box.press("Enter")
    visit.page.wait_for_function(f"{MAP}.sample === 17")
    box.fill("no such words at all")
    expect(hits).to_have_text(["No title has all these words"])


def test_another_color_sends_one_column_only(visit: Visit, runs: tuple[str, str]) -> None:
    open_map(visit, run=runs[0])
    visit.page.wait_for_timeout(1000)
    asked: list[tuple[str, int]] = []
    visit.page.on("response", lambda answer: asked.append((answer.url, len(answer.body()))))
    pictures = visit.page.evaluate(f"{MAP}.pictures")
    visit.page.get_by_role("combobox", name="Color by").select_option("category")
    visit.page.wait_for_function(f"{MAP}.pictures > {pictures}")
    visit.settled()
    expect(visit.page).to_have_url(re.compile("color=category"))
    fetched = [(url, size) for url, size in asked if "/_stcore/" not in url]
    assert [size for _, size in fetched] == [2 * (POOL + VALIDATION)], fetched
    assert all("/arrays/" in url for url, _ in fetched)
    # Back again: the browser has it.
    visit.page.get_by_role("combobox", name="Color by").select_option("distance")
    visit.settled()
    assert len([url for url, _ in asked if "/_stcore/" not in url]) == 1


def test_the_plot_keeps_its_place_whatever_colors_it(visit: Visit, runs: tuple[str, str]) -> None:
    plot = open_map(visit, run=runs[0])
    before = plot.bounding_box()
    for color in ("category", "popularity", "cluster", "role"):
        pictures = visit.page.evaluate(f"{MAP}.pictures")
        visit.page.get_by_role("combobox", name="Color by").select_option(color)
        visit.page.wait_for_function(f"{MAP}.pictures > {pictures}", timeout=DRAWN_MS)
        visit.settled()
        assert plot.bounding_box() == before
    camera = "[map.camera.x, map.camera.y], map.camera.scale"
    script = f"[map.screen(0), [map.xs[0], map.ys[0]], {camera}, map.width, map.height]"
    (left, top), (x, y), (mid_x, mid_y), scale, width, height = visit.page.evaluate(f"(map => {script})({MAP})")
    assert left - width / 2 == pytest.approx(scale * (x - mid_x))  # one scale for both directions
    assert height / 2 - top == pytest.approx(scale * (y - mid_y))


def test_filters_cross_and_selections_combine(visit: Visit, runs: tuple[str, str]) -> None:
    open_map(visit, run=runs[0])
    dataset = load_demo()
    visit.page.get_by_role("tab", name="Filter").click()
    tick = visit.page.get_by_label("Kitchenware", exact=True)
    tick.check()
    targets = np.concatenate([dataset.pool.targets, dataset.validation.targets])
    kitchen = np.array(dataset.items.categories)[targets] == "Kitchenware"
    note = visit.page.locator(".gm-pane:visible .gm-note").first
    expect(note).to_have_text(f"{kitchen.sum():,} of 3,600 samples pass")
    least = visit.page.get_by_role("slider", name="Popularity: least")
    least.focus()
    for _ in range(12):
        least.press("ArrowRight")
    mask = np.array(visit.page.evaluate(f"Array.from({MAP}.mask)")) == 1
    popularity = dataset.items.popularity[targets]
    assert 0 < mask.sum() < kitchen.sum()
    assert kitchen[mask].all()
    assert popularity[mask].min() > popularity[kitchen & ~mask].max()
    visit.page.get_by_role("tab", name="Sets").click()
    visit.page.get_by_role("button", name="Select filtered").click()
    expect(visit.page.locator(".gm-summary")).to_contain_text(f"{mask.sum():,} of 3,600")
    visit.page.get_by_role("tab", name="Sets").click()
    visit.page.get_by_role("textbox", name="Name of the new set").fill("<b>popular</b>")
    visit.page.get_by_role("button", name="Save selection").click()
    expect(visit.page.locator(".gm-name")).to_have_text("<b>popular</b>")
    visit.page.get_by_role("tab", name="Filter").click()
    visit.page.get_by_role("button", name="Clear filters").click()
    visit.page.get_by_role("tab", name="Sets").click()
    visit.page.get_by_role("button", name="Invert").click()
    assert visit.page.evaluate(f"{MAP}.selection.length") == POOL + VALIDATION - mask.sum()
    visit.page.get_by_role("button", name="Keep of the selection what is in").click()
    assert visit.page.evaluate(f"{MAP}.selection.length") == 0
    visit.page.get_by_role("button", name="Add to the selection:").click()
    assert visit.page.evaluate(f"Array.from({MAP}.selection)") == np.flatnonzero(mask).tolist()
    with visit.page.expect_download() as waiting:
        visit.page.get_by_role("button", name="Save the ids of").click()
    assert waiting.value.suggested_filename == "b-popular-b.json"
    saved = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert saved["name"] == "<b>popular</b>"
    assert len(saved["pool"]) + len(saved["validation"]) == mask.sum()
    assert violations(visit) == []


def test_two_runs_have_three_marks_and_their_overlap(visit: Visit, runs: tuple[str, str]) -> None:
    open_map(visit, run=runs[0], second=runs[1])
    codes = np.array(visit.page.evaluate(f"Array.from({MAP}.chosen)"))
    entries = visit.page.locator(".gm-entry")
    texts = " ".join(entries.all_inner_texts())
    for code in (1, 2, 3):
        assert f" {(codes == code).sum()}" in texts
    facts = visit.page.locator(".gm-facts").inner_text()
    jaccard = (codes == 3).sum() / (codes > 0).sum()
    assert f"Jaccard {jaccard:.2f}" in facts
    only = entries.filter(has_text="B:")
    only.click()
    expect(only).to_have_attribute("aria-pressed", "false")
    assert visit.page.evaluate(f"Array.from({MAP}.shownCoreset)") == np.flatnonzero(codes % 2 == 1).tolist()


def test_the_map_is_used_by_keys_alone(visit: Visit, runs: tuple[str, str]) -> None:
    plot = open_map(visit, run=runs[0])
    plot.focus()
    start: dict[str, Any] = visit.page.evaluate(f"({{...{MAP}.camera}})")
    plot.press("+")
    plot.press("ArrowRight")
    moved: dict[str, Any] = visit.page.evaluate(f"({{...{MAP}.camera}})")
    assert moved["scale"] > start["scale"]
    assert moved["x"] > start["x"]
    plot.press("0")
    assert visit.page.evaluate(f"({{...{MAP}.camera}})") == start
    row = visit.page.locator(".gm-rows .gm-row").first
    row.focus()
    row.press("ArrowDown")
    visit.page.keyboard.press("Enter")
    second = visit.page.evaluate(f"{MAP}.data.runs[0].worst[1]")
    visit.page.wait_for_function(f"{MAP}.sample === {second}")
    expect(visit.page.locator(".gm-card")).to_be_visible()
    plot.focus()
    plot.press("Escape")
    visit.page.wait_for_function(f"{MAP}.sample === null")


def test_the_other_map_has_the_same_samples_elsewhere(visit: Visit, runs: tuple[str, str]) -> None:
    plot = open_map(visit, run=runs[0])
    lasso(visit, plot, [(0.2, 0.2), (0.7, 0.2), (0.7, 0.7)])
    before = visit.page.evaluate(f"[{MAP}.pictures, {MAP}.data.key, {MAP}.total]")
    visit.page.get_by_role("radio", name="PCA").or_(visit.page.get_by_role("button", name="PCA")).first.click()
    visit.page.wait_for_function(f"{MAP}.data.key !== '{before[1]}' && {MAP}.pictures > {before[0]}", timeout=DRAWN_MS)
    visit.settled()
    expect(visit.page.locator(".gm-wait")).to_be_hidden()
    assert visit.page.evaluate(f"{MAP}.selection") is None
    assert visit.page.evaluate(f"{MAP}.total") == before[2]
    assert visit.page.evaluate(f"Math.abs({MAP}.zoom - 1) < 1e-6")
    features = load_features(demo_directory())
    place = pca_2d(features.pool, features.validation)
    assert visit.page.evaluate(f"[{MAP}.xs[7], {MAP}.ys[7]]") == pytest.approx(place.pool[7].tolist(), rel=1e-5)


def test_leaving_and_returning_draws_the_map_again(visit: Visit, runs: tuple[str, str]) -> None:
    open_map(visit, run=runs[0])
    for _ in range(2):
        visit.navigate(TRANSPORT_PLAN)
        expect(visit.page.locator(".gm")).to_have_count(0)
        visit.navigate(EMBEDDING_MAP)
        visit.page.wait_for_function(f"document.querySelector('.gm') && {MAP}.pictures > 0", timeout=DRAWN_MS)
    expect(visit.page.locator(".gm-summary")).to_contain_text("128 chosen")


def test_on_a_phone_the_panel_is_below_the_map(visit: Visit, runs: tuple[str, str]) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    plot = open_map(visit, run=runs[0])
    box, panel = plot.bounding_box(), visit.page.locator(".gm-panel").bounding_box()
    assert box is not None
    assert panel is not None
    assert panel["y"] >= box["y"] + box["height"]
    assert box["width"] > 320
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
