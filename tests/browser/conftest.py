"""A Chromium for all browser tests, a dashboard per test module, a fresh tab per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

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


def person(chromium: Browser, **more: Any) -> BrowserContext:
    """A person's browser: what it has loaded once it keeps; to be closed."""
    options = {"viewport": WINDOW, "accept_downloads": True, "reduced_motion": "reduce", **more}
    return chromium.new_context(**options)


def visiting(chromium: Browser, server: Server, name: str) -> Iterator[Visit]:
    """A tab of a new person on `server` that is photographed and checked at the end."""
    with person(chromium) as somebody:
        yield from tab_of(somebody, server, name)


def tab_of(somebody: BrowserContext, server: Server, name: str) -> Iterator[Visit]:
    """A tab of this person on `server` that is photographed and checked at the end."""
    visit = Visit(somebody, server)
    yield visit
    visit.shot(name.replace("/", "-").replace("[", "-").rstrip("]"))
    faults = visit.faults()
    visit.page.close()
    assert faults == []


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The colours that the person's system asks for."""
    return request.param


@pytest.fixture(scope="module")
def viewer(chromium: Browser, scheme: str) -> Iterator[BrowserContext]:
    """A person with these colours for the tests of a module: Streamlit's scripts are loaded and compiled once."""
    with person(chromium, color_scheme=scheme) as somebody:
        yield somebody


@pytest.fixture
def tab(viewer: BrowserContext, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab with the colours of `scheme`."""
    yield from tab_of(viewer, server, request.node.name)
