"""Find and start a Chromium. `python -m tests.browser.chromium` prints the one in use, or says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

# The shell first: a Chromium without the windows of a full one, a third less work for the same pages.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium was found for the browser tests; `make chromium` installs one, or name yours in GORACS_CHROMIUM"

# Chromium's own errands (updates, sync, safe browsing lists) would be requests that the dashboard never made.
# The last one draws WebGL in software, so that the maps work on machines without a graphics card.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--enable-unsafe-swiftshader",
)


def find_chromium(playwright: Playwright) -> str:
    """Path of a Chromium that starts: GORACS_CHROMIUM, else the system's, else the one Playwright installed.

    Raises:
        FileNotFoundError: There is none; the message says what to do.
    """
    named = os.environ.get("GORACS_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        path = shutil.which(name)
        # Some systems ship a script of this name that only tells where to get the browser.
        if path and subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0:
            return path
    bundled = playwright.chromium.executable_path
    if not Path(bundled).exists():
        raise FileNotFoundError(MISSING)
    return bundled


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without a window (without its sandbox when root, where the sandbox cannot start)."""
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=find_chromium(playwright), args=[*ARGUMENTS, *sandbox])


def main() -> int:
    """Print the path of the Chromium in use; 1 and a sentence when there is none."""
    with sync_playwright() as playwright:
        try:
            print(find_chromium(playwright))
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
