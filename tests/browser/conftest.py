"""A Chromium for all browser tests, a dashboard per test module, a fresh tab per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import launch
from tests.browser.server import Server, serving
from tests.browser.visit import WINDOW, Visit


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


# Playwright's synchronous interface keeps an event loop running in this thread, which libraries that start their own
# would trip over: it ends with this folder's tests, not with the session.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard with an empty workspace, shared by the tests of one module."""
    with serving(tmp_path_factory.mktemp("dashboard")) as running:
        yield running


@pytest.fixture
def visit(chromium: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab on `server`; afterwards nothing may have gone wrong in it."""
    yield from visiting(chromium, server, request.node.name)


def visiting(chromium: Browser, server: Server, name: str, **context: str) -> Iterator[Visit]:
    """A tab on `server` that is photographed and checked at the end."""
    options = {
        "viewport": WINDOW,
        "accept_downloads": True,
        "reduced_motion": "reduce",
        **context,
    }
    with chromium.new_context(**options) as tab_context:
        visit = Visit(tab_context, server)
        yield visit
        visit.shot(name.replace("/", "-").replace("[", "-").rstrip("]"))
        faults = visit.faults()
    assert faults == []
