"""A link sent to somebody opens the right page, even as the first thing that a new server is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pages._ui.routes import HOME, ROUTES, Route
from tests.browser.conftest import visiting
from tests.browser.server import serving
from tests.browser.visit import address, heading

# One page of each section: what decides is where its script lies. A server of its own for each page would be slow.
FIRST = {route.section: route for route in reversed(ROUTES)}


@pytest.mark.parametrize("route", FIRST.values(), ids=lambda route: route.url_path)
def test_a_deep_link_is_the_first_request_of_a_fresh_server(route: Route, chromium: Browser, tmp_path: Path) -> None:
    """Fails when a script is found outside of app.py's navigation: it would come without the frame."""
    with serving(tmp_path) as fresh:
        for visit in visiting(chromium, fresh, f"deep-link-{route.url_path}"):
            visit.open(address(route, dataset="demo"))
            visit.heading(heading(route))
            sections = visit.page.get_by_test_id("stTopNavSection")
            expect(sections).to_have_count(len({one.section for one in ROUTES} - {""}))
            assert "dataset=demo" in visit.page.url
            visit.page.reload()
            visit.settled()
            visit.heading(heading(route))


def test_an_address_that_names_nothing_says_so(chromium: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as fresh:
        for visit in visiting(chromium, fresh, "deep-link-unknown"):
            visit.open(address(HOME, dataset="nobody", run="none"))
            visit.heading(heading(HOME))
            expect(visit.page.get_by_test_id("stMain")).to_contain_text("nobody")
