"""Each page, empty and on the demo, light and dark: it renders, complains about nothing, can be read by all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from pages._ui.routes import HOME, ROUTES, Route
from tests.browser.conftest import person, tab_of
from tests.browser.server import Server
from tests.browser.visit import Visit, address, heading

SERIOUS = {"serious", "critical"}
# Streamlit's own markup, out of our hands: sections inside the list of its navigation, toasts, and the pale labels of
# disabled widgets, which the guidelines exempt but axe cannot tell from others.
STREAMLITS_OWN = """target => {
    const element = document.querySelector(target);
    if (!element) return false;
    const widget = element.closest("[data-testid='stSelectbox'], [data-testid='stNumberInput']");
    return Boolean(element.closest("[data-testid='stSidebarNav'], [data-testid='stTopNav'], [data-testid='stToast']"))
        || Boolean(widget && widget.querySelector(":disabled, [aria-disabled='true']"));
}"""


SETTLE_MS = 1500

# A colour half-way through its transition belongs to neither theme.
TRANSITIONS_ENDED = """() => Promise.allSettled(
    document.getAnimations()
        .filter(animation => animation.effect.getComputedTiming().endTime < 10000)
        .map(animation => animation.finished)
).then(() => true)"""


def violations(visit: Visit) -> list[str]:
    """Serious accessibility faults of the page that are of our making and last, one line each."""
    found = _violations(visit)
    if found:  # a transition may have begun just then on a busy machine: what is a fault stays one
        visit.page.wait_for_timeout(SETTLE_MS)
        found = _violations(visit)
    return found


def _violations(visit: Visit) -> list[str]:
    visit.page.wait_for_function(TRANSITIONS_ENDED)
    found: list[dict[str, Any]] = Axe().run(visit.page).response["violations"]
    return [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['html'][:160]}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
        if not visit.page.evaluate(STREAMLITS_OWN, node["target"][0])
    ]


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
IS_DARK = """(() => {
    const style = getComputedStyle(document.querySelector(".stApp"));
    const [ground, ink] = [style.backgroundColor, style.color].map(
        colour => colour.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)
    );
    return ground < ink;
})()"""


@pytest.fixture(scope="module")
def reader(chromium: Browser) -> Iterator[BrowserContext]:
    """A person whose system changes its colours while a page is open."""
    with person(chromium) as somebody:
        yield somebody


@pytest.fixture
def sheet(reader: BrowserContext, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab of `reader`."""
    yield from tab_of(reader, server, request.node.name)


def check_in(scheme: Literal["light", "dark"], visit: Visit, route: Route) -> None:
    """The open page when the system turns to these colours: the page follows, and charts are drawn anew in them."""
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.wait_for_function(f"{IS_DARK} === {str(scheme == 'dark').lower()}")
    visit.settled()
    visit.heading(heading(route))
    assert violations(visit) == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.url_path)
def test_page_without_data(route: Route, sheet: Visit) -> None:
    sheet.open(address(route))
    sheet.heading(heading(route))
    expect(sheet.page.get_by_role("button", name="Open the demo").first).to_be_visible()
    for scheme in SCHEMES:
        check_in(scheme, sheet, route)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.url_path)
def test_page_on_the_demo(route: Route, sheet: Visit) -> None:
    sheet.open(address(route, dataset="demo"))
    sheet.heading(heading(route))
    for scheme in SCHEMES:
        check_in(scheme, sheet, route)


def test_the_way_round_leaves_no_fault(tab: Visit, scheme: str) -> None:
    """All pages in one session, by the navigation, there and back."""
    tab.open(address(HOME, dataset="demo"))
    for route in (*ROUTES[1:], HOME):
        tab.navigate(route)
        tab.shot(f"{route.url_path}-{scheme}")
