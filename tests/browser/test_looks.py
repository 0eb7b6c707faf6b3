"""Each page, empty and on the demo, light and dark: it renders, complains about nothing, can be read by all."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from pages._ui.routes import HOME, ROUTES, Route
from tests.browser.visit import Visit, address, heading

SERIOUS = {"serious", "critical"}
# Streamlit's own markup, out of our hands: sections inside the list of its navigation, toasts, and the pale labels of
# disabled widgets, which the guidelines exempt but axe cannot tell from others.
STREAMLITS_OWN = """target => {
    const element = document.querySelector(target);
    if (!element) return false;
    const widget = element.closest("[data-testid='stSelectbox'], [data-testid='stNumberInput']");
    return Boolean(element.closest("[data-testid='stSidebarNav'], [data-testid='stToast']"))
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


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.url_path)
def test_page_without_data(route: Route, tab: Visit, scheme: str) -> None:
    tab.open(address(route))
    tab.heading(heading(route))
    expect(tab.page.get_by_role("button", name="Open the demo").first).to_be_visible()
    assert violations(tab) == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.url_path)
def test_page_on_the_demo(route: Route, tab: Visit, scheme: str) -> None:
    tab.open(address(route, dataset="demo"))
    tab.heading(heading(route))
    assert is_dark(tab) == (scheme == "dark")
    assert violations(tab) == []


def is_dark(visit: Visit) -> bool:
    """Whether the page's ground is darker than its text."""
    script = (
        "() => { const s = getComputedStyle(document.querySelector('.stApp')); return [s.backgroundColor, s.color] }"
    )
    ground, ink = (sum(int(part) for part in colour[4:-1].split(",")[:3]) for colour in visit.page.evaluate(script))
    return ground < ink


def test_the_way_round_leaves_no_fault(tab: Visit, scheme: str) -> None:
    """All pages in one session, by the navigation, there and back."""
    tab.open(address(HOME, dataset="demo"))
    for route in (*ROUTES[1:], HOME):
        tab.navigate(route)
        tab.shot(f"{route.url_path}-{scheme}")
