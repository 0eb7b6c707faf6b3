"""Pages of the demo answer their question on the first screen: a verdict, and the first chart not far below it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from pages._ui.routes import FEATURES, SCALABILITY, TRAINING, Route
from tests.browser.visit import Visit, address

WINDOW = {"width": 1280, "height": 800}
CHART_FROM = 450


@pytest.mark.parametrize("route", [TRAINING, SCALABILITY, FEATURES], ids=lambda route: route.url_path)
def test_the_first_chart_is_in_sight(route: Route, visit: Visit) -> None:
    visit.page.set_viewport_size(WINDOW)  # pyright: ignore[reportArgumentType]
    visit.open(address(route, dataset="demo"))
    chart = visit.page.get_by_test_id("stMain").get_by_test_id("stPlotlyChart").first
    expect(chart).to_be_visible()
    visit.settled()
    box, verdict = chart.bounding_box(), visit.page.get_by_test_id("stHeading").locator("h3").first.bounding_box()
    assert box is not None
    assert verdict is not None
    assert verdict["y"] < box["y"] < CHART_FROM
    assert box["y"] + box["height"] < WINDOW["height"]
