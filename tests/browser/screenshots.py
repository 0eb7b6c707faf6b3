"""The pictures of README and guides, from the real app on the demo: run as `make screenshots`.

A shot per page at 1280 x 800, and one short animation of λ on Home.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from pages._ui.routes import EMBEDDING_MAP, HOME, TRANSPORT_PLAN, Route
from tests.browser.chromium import launch
from tests.browser.server import PROJECT, Server, serving
from tests.browser.visit import IDLE, address

DOCS = PROJECT / "docs"
WINDOW: ViewportSize = {"width": 1280, "height": 800}
PICTURES: dict[str, Route] = {
    "home": HOME,
    "embedding-map": EMBEDDING_MAP,
    "transport-plan": TRANSPORT_PLAN,
}
SETTLE_MS, DRAWN_MS, FRAME_MS, COLORS = 60_000, 4_000, 900, 128
STEPS = ("ArrowLeft",) * 3 + ("ArrowRight",) * 7  # from the default λ to 0, then to the largest


def opened(page: Page, server: Server, route: Route) -> None:
    """Open a page of the demo and wait until it is drawn."""
    page.goto(server.url + address(route, dataset="demo"))
    page.locator(IDLE).wait_for(timeout=SETTLE_MS)
    page.wait_for_timeout(DRAWN_MS)


def few_colors(shot: bytes) -> Image.Image:
    """A shot with a palette: a third of the size, and nobody sees it."""
    return Image.open(io.BytesIO(shot)).convert("P", palette=Image.Palette.ADAPTIVE, colors=COLORS)


def animation(page: Page) -> None:
    """λ on Home, a frame per value, as docs/lambda.gif."""
    slider = page.get_by_role("slider").first
    slider.focus()
    frames = []
    for key in STEPS:
        page.keyboard.press(key)
        page.wait_for_timeout(FRAME_MS)
        shot = page.screenshot(clip={"x": 0, "y": 60, "width": 1280, "height": 500})
        frames.append(few_colors(shot))
    first, *others = frames
    first.save(DOCS / "lambda.gif", save_all=True, append_images=others, duration=FRAME_MS, loop=0, optimize=True)


def main() -> None:
    """Write every picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as server,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        page = browser.new_context(viewport=WINDOW, reduced_motion="reduce").new_page()
        for name, route in PICTURES.items():
            opened(page, server, route)
            few_colors(page.screenshot()).save(DOCS / f"{name}.png", optimize=True)
            print(f"wrote docs/{name}.png")
        opened(page, server, HOME)
        animation(page)
        print("wrote docs/lambda.gif")


if __name__ == "__main__":
    main()
