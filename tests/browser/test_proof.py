"""The two bounds on screen: drawn anew while they close without a flicker, and played again afterwards."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from pages._ui.routes import RUN
from tests.browser.test_flow import ENDLESS, RUN_BUTTON, RUN_MS, cancel_button, start_endless
from tests.browser.visit import Visit, address

LIVE = "[data-testid='stMain'] [class*='st-key-live_bounds'] svg[width]"


def path(chart: Locator) -> list[str]:
    """What is drawn."""
    return chart.locator("path").evaluate_all("paths => paths.map(one => one.getAttribute('d'))")


def test_the_live_chart_grows_in_place(visit: Visit) -> None:
    assert ENDLESS["gap"] == "0", "never stops early"
    start_endless(visit)
    chart = visit.page.locator(LIVE).last
    expect(chart).to_be_visible(timeout=RUN_MS)
    expect(visit.page.get_by_text("Proven: no coreset of this size")).to_be_visible(timeout=RUN_MS)
    whole = visit.page.locator("[class*='st-key-live_bounds']")
    for one in (whole, chart):
        one.evaluate("node => { node.dataset.seen = 'before' }")
    drawn = path(chart)
    for _ in range(3):
        visit.page.wait_for_timeout(1200)
        assert whole.get_attribute("data-seen") == "before", "the chart was taken down and put up again"
        assert chart.get_attribute("data-seen") == "before"
    assert path(chart) != drawn, "time goes on"
    visit.shot("live-bounds")
    cancel_button(visit).click()
    expect(visit.page.locator(LIVE)).to_have_count(0, timeout=RUN_MS)


def test_a_finished_proof_is_played_again(visit: Visit) -> None:
    visit.open(address(RUN, dataset="demo", budget="64", rounds="60", gap="0"))
    shipped = visit.page.url
    visit.page.get_by_role("button", name=RUN_BUTTON).click()
    expect(visit.page).not_to_have_url(shipped, timeout=RUN_MS)
    visit.settled()
    visit.page.get_by_role("tab", name="Convergence").click()
    chart = visit.page.locator("[data-testid='stPlotlyChart']").filter(has_text="Replay")
    expect(chart).to_be_visible(timeout=RUN_MS)
    said = chart.locator("text").filter(has_text=re.compile("^after "))
    end = said.text_content()
    chart.get_by_text("Replay").click()
    visit.page.wait_for_timeout(700)
    assert said.text_content() != end, "it went back in time"
    expect(said).to_have_text(end or "", timeout=RUN_MS)
