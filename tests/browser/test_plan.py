"""The Transport plan page in a real browser: the answer on the first screen, list and overview linked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from pages._ui.routes import TRANSPORT_PLAN
from tests.browser.visit import Visit, address, heading

CHART_MS = 30_000
ROW = 35  # pixels of a row of a table


def opened(visit: Visit, width: int, height: int) -> Locator:
    """The page on the demo in a window of this size, and its overview."""
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.open(address(TRANSPORT_PLAN, dataset="demo"))
    visit.heading(heading(TRANSPORT_PLAN))
    chart = visit.page.locator(".st-key-plan_overview_24")
    expect(chart.locator(".scatterlayer .point").first).to_be_attached(timeout=CHART_MS)
    visit.settled()
    return chart


def frame_of(chart: Locator) -> str:
    """Where the framed cell lies in the overview."""
    return chart.locator(".shapelayer path").first.get_attribute("d") or ""


def test_list_and_overview_are_on_the_first_screen_and_linked(visit: Visit) -> None:
    chart, card = opened(visit, 1280, 800), visit.page.get_by_role("heading", level=3).first
    table = visit.page.get_by_test_id("stDataFrame").first
    for element in (chart, table):
        box = element.bounding_box()
        assert box is not None
        assert box["y"] < 300
        assert box["y"] + box["height"] < 800
    framed, title = frame_of(chart), card.inner_text()
    box = table.bounding_box()
    assert box is not None
    visit.page.mouse.click(box["x"] + 17, box["y"] + 3.5 * ROW)
    expect(card).not_to_have_text(title)
    visit.settled()
    assert frame_of(chart) != framed
    framed, title = frame_of(chart), card.inner_text()
    cell = chart.locator(".scatterlayer .point").first.bounding_box()
    assert cell is not None
    visit.page.mouse.click(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
    expect(card).not_to_have_text(title)
    visit.settled()
    assert frame_of(chart) != framed


@pytest.mark.parametrize("width", [390, 768])
def test_the_overview_is_wide_enough_on_small_screens(visit: Visit, width: int) -> None:
    cells = opened(visit, width, 844).locator(".heatmaplayer image").bounding_box()
    assert cells is not None
    assert cells["width"] > 0.4 * min(width, 500)
