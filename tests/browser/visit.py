"""One browser tab on the dashboard: opens pages, waits until they are settled, remembers whatever went wrong."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, ViewportSize, expect

from pages._ui.routes import HOME, Route
from tests.browser.server import PROJECT, Server

WINDOW: ViewportSize = {"width": 1280, "height": 900}
ARTIFACTS = PROJECT / "test-artifacts"
CONNECTED = "[data-testid='stApp'][data-test-connection-state='CONNECTED']"
IDLE = "[data-testid='stApp'][data-test-script-state='notRunning']"
TRACEBACK = re.compile(r"Traceback \(most recent call last\)|\bFile \".*\", line \d+|[a-z_]+\.py:\d+")
# On a deep link Streamlit's own client first asks below the page's path where the server is; the 404 is its answer.
PROBE = re.compile(r"/[\w-]+/_stcore/(health|host-config)$")
PATIENCE_MS = 60_000
# What a click starts reaches the server, and comes back as "running", a little later than the click returns.
MOMENT_MS = 400


class Visit:
    """A tab with its own session.

    Attributes:
        page: Playwright's page.
        server: The dashboard it looks at.
        complaints: Console errors and uncaught exceptions of the page so far.
        foreign: Addresses asked that are not the server's.
    """

    def __init__(self, context: BrowserContext, server: Server) -> None:
        """Open an empty tab; nothing is loaded yet."""
        self.server = server
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("websocket", lambda socket: self._asked(socket.url.replace("ws://", "http://", 1)))

    def _console(self, message: ConsoleMessage) -> None:
        origin = message.location.get("url", "")
        if message.type == "error" and not PROBE.search(origin):
            self.complaints.append(f"console: {message.text} ({origin})")

    def _asked(self, address: str) -> None:
        if not address.startswith((self.server.url, "data:", "blob:", "about:")):
            self.foreign.append(address)

    def open(self, path: str = "/") -> None:
        """Go to an address of the dashboard and wait until its script has run."""
        self.page.goto(self.server.url + path)
        self.settled()

    def settled(self, seconds: float = 60) -> None:
        """Wait until the page is connected and no script runs."""
        self.page.wait_for_timeout(MOMENT_MS)
        expect(self.page.locator(CONNECTED)).to_be_attached(timeout=PATIENCE_MS)
        expect(self.page.locator(IDLE)).to_be_attached(timeout=seconds * 1000)

    def navigate(self, route: Route) -> None:
        """Change the page by the navigation, as a person does."""
        bar = self.page.get_by_test_id("stTopNav")
        if route.section:
            bar.get_by_role("button", name=route.section, exact=True).click()
            self.page.get_by_test_id("stTopNavPopover").get_by_role("menuitem", name=route.title, exact=True).click()
        else:
            bar.get_by_role("link", name=route.title, exact=True).click()
        self.heading(heading(route))
        self.settled()

    def heading(self, title: str) -> Locator:
        """Wait for the page's heading."""
        heading = self.page.get_by_test_id("stMain").get_by_role("heading", name=title, exact=True, level=1)
        expect(heading).to_be_visible(timeout=PATIENCE_MS)
        return heading

    def details(self) -> None:
        """Open the tab of the Run page that holds the numbers of the objective."""
        self.page.get_by_role("tab", name="Convergence").click()

    def text(self) -> str:
        """All text that a person can read now."""
        return self.page.get_by_test_id("stApp").inner_text()

    def shot(self, name: str) -> Path:
        """A picture of the whole page in test-artifacts/."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        # Streamlit scrolls inside the page, so that a whole page is in sight only in a window that is high enough.
        script = "() => document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 0"
        self.page.set_viewport_size({**WINDOW, "height": max(WINDOW["height"], int(self.page.evaluate(script)) + 1)})
        self.page.wait_for_timeout(MOMENT_MS)
        self.page.screenshot(path=path)
        self.page.set_viewport_size(WINDOW)
        return path

    def faults(self) -> list[str]:
        """Everything that must not happen and did, in this tab and in the server's log."""
        faults = [*self.complaints, *(f"asked {address}" for address in self.foreign), *self.server.trouble()]
        if self.page.get_by_test_id("stException").count():
            faults.append("an exception box is on the page")
        shown = TRACEBACK.search(self.text()) if self.page.get_by_test_id("stApp").count() else None
        return [*faults, *([f"traceback text: {shown.group()}"] if shown else [])]


def address(route: Route, **query: str) -> str:
    """Path and query of a page; Home is the root."""
    path = "/" if route is HOME else f"/{route.url_path}"
    return f"{path}?{urlencode(query)}" if query else path


def heading(route: Route) -> str:
    """What the page's own heading says; Home carries the program's name."""
    return "GORACS Explorer" if route is HOME else route.title
