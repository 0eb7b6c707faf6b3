"""Two people at once on one server: neither sees the other's jobs and results, and a queue is all that they share."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from goracs_core.jobs.queue.job import JobState
from pages._ui.routes import HOME, POPULARITY, RUN
from tests.browser.conftest import visiting
from tests.browser.server import Server
from tests.browser.test_flow import RUN_BUTTON, RUN_MS, cancel_button, start_endless, wait_for_state
from tests.browser.visit import Visit, address

JOBS = ".st-key-frame_jobs"  # in the bar
THEIRS = re.compile("^Random · k 9 ")


@pytest.fixture
def other(chromium: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The tab of a second person."""
    yield from visiting(chromium, server, f"{request.node.name}-other")


def test_jobs_and_results_stay_with_their_session(visit: Visit, other: Visit, server: Server) -> None:
    start_endless(visit)
    wait_for_state(server, JobState.RUNNING)
    other.open(address(POPULARITY, dataset="demo"))
    expect(other.page.locator(JOBS).get_by_role("button")).to_have_count(0)
    other.open(address(HOME, dataset="demo"))
    expect(other.page.get_by_role("heading", name="Jobs of other sessions")).to_be_visible()

    other.open(address(RUN, dataset="demo", method="random", budget="9", seed="4"))
    other.page.get_by_role("button", name=RUN_BUTTON).click()
    expect(other.page.locator(JOBS).get_by_role("button").first).to_contain_text("Waiting", timeout=RUN_MS)
    cancel_button(visit).click()
    expect(cancel_button(visit)).to_have_count(0, timeout=RUN_MS)
    visit.settled()
    mine = visit.page.url
    expect(other.page.get_by_role("combobox", name="Run", exact=True)).to_have_value(THEIRS, timeout=RUN_MS)
    other.settled()
    visit.page.reload()
    visit.settled()
    assert visit.page.url == mine, "what the other selected is not opened here"
    expect(visit.page.get_by_role("combobox", name="Run", exact=True)).not_to_have_value(THEIRS)
