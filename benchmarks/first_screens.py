"""Every page on the demo in a real browser: seconds to its heading and to its first chart, and what it weighs.

Each page is opened once to warm the server, then by new visitors who have loaded Streamlit's scripts before. The slider
of λ on Home is moved, too. Times include software rendering. Needs the requirements for development and a Chromium. Run
with `python benchmarks/first_screens.py [repeats]`.
"""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import _problems  # noqa: F401  (finds the project)
from playwright.sync_api import BrowserContext, TimeoutError, ViewportSize, sync_playwright

from pages._ui.routes import HOME, ROUTES, Route
from tests.browser.chromium import launch
from tests.browser.server import Server, serving
from tests.browser.visit import address, heading

WINDOW: ViewportSize = {"width": 1280, "height": 800}
CHART = ".js-plotly-plot .main-svg, [data-testid='stMain'] canvas:not([data-testid]), [data-testid='stMain'] svg.marks"
PATIENCE_MS, CHART_MS = 30_000, 8_000
HEADING, FIRST_CHART, SLIDER = 0.7, 1.5, 0.3  # goals in seconds
NUMBERS = "[...document.querySelectorAll('[data-testid=stMetric]')].map(one => one.innerText).join()"


@dataclass(frozen=True)
class Seen:
    """One visit: seconds to heading and first chart, where the chart begins, bytes that came; None for no chart."""

    heading: float
    chart: float | None
    place: float | None
    weight: int


def visit(context: BrowserContext, server: Server, route: Route) -> Seen:
    """Open a page as a new tab."""
    page = context.new_page()
    weights: list[int] = []

    def count(data: str | bytes) -> None:
        weights.append(len(data))

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    start = time.perf_counter()
    page.goto(server.url + address(route, dataset="demo"), wait_until="commit")
    page.get_by_role("heading", name=heading(route), exact=True, level=1).wait_for(timeout=PATIENCE_MS)
    seen = time.perf_counter() - start
    chart = place = None
    with suppress(TimeoutError):
        page.locator(CHART).first.wait_for(timeout=CHART_MS)
        chart = time.perf_counter() - start
        box = page.locator(CHART).first.bounding_box()
        place = None if box is None else box["y"]
    page.close()
    return Seen(seen, chart, place, sum(weights))


def middle(values: Iterable[float | None]) -> float:
    """Median of what is known; NaN for nothing."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else math.nan


def moved(context: BrowserContext, server: Server) -> float:
    """Seconds from a key on Home's slider of λ to other numbers."""
    page = context.new_page()
    page.goto(server.url + address(HOME, dataset="demo"))
    slider = page.get_by_role("slider").first
    slider.wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(3_000)
    taken = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        before = page.evaluate(NUMBERS)
        slider.focus()
        start = time.perf_counter()
        page.keyboard.press(key)
        page.wait_for_function(f"before => ({NUMBERS}) !== before", arg=before, timeout=CHART_MS)
        taken.append(time.perf_counter() - start)
        page.wait_for_timeout(500)
    page.close()
    return statistics.median(taken)


def main(repeats: int = 3) -> int:
    """Print a line per page: medians; 1 where one is above its goal."""
    missed = 0
    folder = tempfile.TemporaryDirectory()
    with (
        folder as place,
        serving(Path(place)) as server,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        context = browser.new_context(viewport=WINDOW, reduced_motion="reduce")
        print(f"{'page':16} {'heading s':>9} {'chart s':>8} {'chart at y':>10} {'kB':>7}")
        for route in ROUTES:
            visit(context, server, route)
            found = [visit(context, server, route) for _ in range(repeats)]
            seen, drawn = middle(one.heading for one in found), middle(one.chart for one in found)
            missed += seen > HEADING or drawn > FIRST_CHART  # a page without a chart has none that is late
            print(
                f"{route.title:16} {seen:9.2f} {drawn:8.2f} {middle(one.place for one in found):10.0f} "
                f"{middle(one.weight for one in found) / 1000:7.0f}",
                flush=True,
            )
        print(f"goals            {HEADING:9.2f} {FIRST_CHART:8.2f}")
        slid = moved(context, server)
        print(f"λ on Home: {slid:.2f} s (goal {SLIDER} s)")
        return int(missed > 0 or slid > SLIDER)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
