"""Does `make run` serve a page that really renders? Exit code 1 and the log if not.

Run as `python -m tests.browser.make_run`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Error, expect, sync_playwright

from tests.browser.chromium import launch
from tests.browser.server import serving

TITLE = "GORACS Explorer"
PATIENCE_MS = 60_000


def main() -> int:
    """Start `make run`, look at Home in Chromium, stop it again."""
    with tempfile.TemporaryDirectory(prefix="goracs-make-run-") as folder:
        log = Path(folder) / "server.log"
        try:
            with serving(Path(folder), command=("make", "run", "PORT={port}")) as server:
                check_home(server.url)
                if trouble := server.trouble():
                    raise RuntimeError("the server log tells of trouble:\n" + "\n".join(trouble))
        except (RuntimeError, AssertionError, Error) as error:
            print(
                f"`make run` did not serve Home: {error}\n--- server log\n{log.read_text(errors='replace')}",
                file=sys.stderr,
            )
            return 1
    print("`make run` serves Home, and Chromium renders it.")
    return 0


def check_home(url: str) -> None:
    """Open Home and wait for its heading; no error box, nothing but this server asked."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        expect(page.get_by_role("heading", name=TITLE).first).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("[data-testid='stApp'][data-test-script-state='notRunning']")).to_be_visible()
        expect(page.locator("[data-testid='stException'], [data-testid='stAlertContentError']")).to_have_count(0)
        foreign = [address for address in asked if not address.startswith((url, "data:", "blob:"))]
        if foreign:
            raise RuntimeError(f"Home asked other hosts: {foreign}")


if __name__ == "__main__":
    sys.exit(main())
