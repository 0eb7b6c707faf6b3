"""What people come for: demo, run, result, file; and a long job that is watched, left, found again and cancelled."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import numpy as np
import ot
import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, expect

from goracs_core.data.demo import demo_directory
from goracs_core.features.store import load_features
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.workspace import Workspace
from pages._ui.routes import EMBEDDING_MAP, HOME, POPULARITY, RUN, TRANSPORT_PLAN
from tests.browser.conftest import person, tab_of
from tests.browser.server import Server, workers
from tests.browser.visit import Visit, address

RUN_MS = 120_000
RUN_BUTTON = re.compile("^Run")  # the name goes on with its shortcut
BUDGET, LAMBDA = 64, 0.05
# So many rounds take many minutes: long enough to be looked at and stopped.
ENDLESS = {"budget": "1000", "lambda": "0", "gap": "0", "rounds": "100000"}


def metric(visit: Visit, label: str) -> float:
    """The number under a label of the result."""
    box = visit.page.get_by_test_id("stMetric").filter(has_text=label).first
    expect(box).to_be_visible(timeout=RUN_MS)
    return float(box.get_by_test_id("stMetricValue").inner_text())


def download(visit: Visit, button: Locator) -> bytes:
    """The bytes of the file behind a download button."""
    with visit.page.expect_download() as waiting:
        button.click()
    return Path(waiting.value.path()).read_bytes()


def poo_by_hand(rows: np.ndarray, lambda_: float) -> float:
    """POO of pool rows of the demo from its definition, with POT alone; scaled by the largest distance of all pairs."""
    features = load_features(demo_directory())
    assert features.gradient_norms is not None
    pool, validation = features.pool.values.astype(np.float64), features.validation.values.astype(np.float64)
    distance = np.sqrt(ot.dist(pool, validation))
    transport = ot.emd2([], [], distance[rows], numItermax=10_000_000) / distance.max()
    norms = features.gradient_norms.values
    return float(transport - lambda_ * norms[rows].mean() / norms.max())


def start_endless(visit: Visit) -> None:
    """Start a selection that would take minutes, by an address that carries its options."""
    visit.open(address(RUN, dataset="demo", **ENDLESS))
    visit.page.get_by_role("button", name=RUN_BUTTON).click()
    expect(cancel_button(visit)).to_be_visible(timeout=RUN_MS)


def cancel_button(visit: Visit) -> Locator:
    """The one on the page that started the job; the bar has another."""
    return visit.page.locator("[class*='st-key-cancel_page_']").get_by_role("button", name="Cancel")


def wait_for_state(server: Server, *states: JobState, seconds: float = 30) -> JobState:
    """State of the newest job once it is one of `states`."""
    deadline = time.monotonic() + seconds
    while True:
        state = JobQueue(Workspace(server.workspace)).list()[0].state
        if state in states:
            return state
        assert time.monotonic() < deadline, f"the job is still {state}"
        time.sleep(0.2)


def cpu_ticks(process: int) -> int:
    """Processor time that a process and its threads have used."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_demo_run_result_and_the_file(visit: Visit) -> None:
    visit.open(address(HOME))
    visit.page.get_by_role("button", name="Open the demo").first.click()
    expect(visit.page).to_have_url(re.compile("dataset=demo"))
    visit.settled()
    visit.navigate(RUN)
    budget = visit.page.get_by_role("textbox", name="Budget k (or %)", exact=True)
    budget.fill(str(BUDGET))
    budget.press("Enter")
    visit.settled()
    shipped = visit.page.url
    assert "run=" in shipped, "the demo opens with a run of its own"
    visit.page.get_by_role("button", name=RUN_BUTTON).click()
    expect(visit.page).not_to_have_url(shipped, timeout=RUN_MS)
    visit.settled()
    expect(visit.page.get_by_role("heading", name=re.compile("better than 20 of 20"))).to_be_visible(timeout=RUN_MS)
    visit.details()
    shown = metric(visit, "POO(S)")
    visit.shot("result")

    gradient = metric(visit, "Gradient term")
    transport = metric(visit, "Transport term")
    visit.page.get_by_role("tab", name="Export").click()
    content = download(visit, visit.page.get_by_role("button", name="CSV", exact=True))
    table = pd.read_csv(io.BytesIO(content))
    rows = table["index"].to_numpy()
    assert len(rows) == len(set(rows)) == BUDGET
    assert shown == pytest.approx(poo_by_hand(rows, LAMBDA), abs=1e-5)
    assert shown == pytest.approx(transport - LAMBDA * gradient, abs=2e-5)
    random_rows = np.random.default_rng(0).choice(3000, BUDGET, replace=False)
    assert shown < poo_by_hand(random_rows, LAMBDA)

    for route in (EMBEDDING_MAP, TRANSPORT_PLAN, POPULARITY):
        visit.navigate(route)
        drawn = ".gm-plot" if route is EMBEDDING_MAP else "[data-testid=stPlotlyChart]"
        expect(visit.page.locator(drawn).first).to_be_visible(timeout=RUN_MS)
        visit.settled(60)
        visit.shot(f"result-{route.url_path}")


def test_the_result_is_found_again_in_another_session(visit: Visit) -> None:
    """A run of the test before: the bar opens it, and the same options give it at once."""
    visit.open(address(HOME, dataset="demo"))
    visit.page.get_by_role("combobox", name="Run", exact=True).click()
    visit.page.get_by_role("option", name=f"GORACS · k {BUDGET} · λ {LAMBDA}").click()
    visit.settled()
    visit.navigate(RUN)
    visit.details()
    assert metric(visit, "POO(S)") < 1
    visit.open(address(RUN, dataset="demo", budget=str(BUDGET)))
    visit.page.get_by_role("button", name=RUN_BUTTON).click()
    expect(visit.page.get_by_text("It was computed before")).to_be_visible(timeout=RUN_MS)


def test_cancel_really_stops_the_work(visit: Visit, server: Server) -> None:
    start_endless(visit)
    wait_for_state(server, JobState.RUNNING)
    cancel_button(visit).click()
    wait_for_state(server, JobState.CANCELLED)
    expect(cancel_button(visit)).to_have_count(0, timeout=RUN_MS)
    visit.settled()
    expect(visit.page.get_by_test_id("stMain")).to_contain_text("Cancelled")
    before = {process: cpu_ticks(process) for process in workers(server.workspace)}
    time.sleep(2)
    spent = {
        process: cpu_ticks(process) - before[process] for process in workers(server.workspace) if process in before
    }
    assert all(ticks < 50 for ticks in spent.values()), "the worker goes on computing after Cancel"


def test_leaving_and_returning_finds_the_job(chromium: Browser, server: Server) -> None:
    """The tab is closed and another one opened by the same person."""
    with person(chromium) as somebody:
        for visit in tab_of(somebody, server, "job-left"):
            start_endless(visit)
            visit.navigate(HOME)
            expect(visit.page.locator(".st-key-frame_bar").get_by_role("button", name="Cancel")).to_be_visible()
        for visit in tab_of(somebody, server, "job-found"):
            visit.open(address(HOME, dataset="demo"))
            expect(visit.page.locator(".st-key-frame_bar").get_by_role("button", name="Cancel")).to_be_visible()
            visit.navigate(RUN)
            expect(cancel_button(visit)).to_be_visible(timeout=RUN_MS)
            assert wait_for_state(server, JobState.QUEUED, JobState.RUNNING) is JobState.RUNNING
            cancel_button(visit).click()
            wait_for_state(server, JobState.CANCELLED)
            expect(cancel_button(visit)).to_have_count(0, timeout=RUN_MS)
