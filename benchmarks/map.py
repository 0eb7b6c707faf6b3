"""The embedding map in a browser that draws by software: first picture, another color, a lasso.

Made-up samples with their PCA map and a random coreset. The page is opened once before (the server has then loaded the
data); what is measured is the second visit, by a browser that has nothing yet. Times include the network of this
machine. Needs the requirements for development and a Chromium. Run with `python benchmarks/map.py [samples ...]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import _problems  # noqa: F401  (finds the project)
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from goracs_core.data.dataset import Dataset, Interactions, Items, Samples, Task
from goracs_core.data.store import save_dataset
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.kinds import run_job
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.types import Ragged
from goracs_core.workspace import Workspace
from tests.browser.chromium import launch
from tests.browser.server import Server, serving

VALIDATION, WIDTH, ITEMS, REPEATS = 2_000, 8, 20_000, 3
DRAWN = {100_000: 1.5, 1_000_000: 6.0}  # goals in seconds, by samples
LASSO, COLOR = 0.5, 0.3
MAP = "document.querySelector('.gm').parentElement.goracsMap"
READY = "performance.getEntriesByName('goracs-map-drawn').length > 0"
SCRIPT_START = "performance.getEntriesByType('resource').find(one => one.name.includes('elements/map.js')).responseEnd"


def dataset(num_pool: int) -> Dataset:
    """Samples in 40 heaps; one in a thousand titles is special."""
    rng = np.random.default_rng(0)
    titles = tuple(f"Item {number} of kind {number % 97}" for number in range(ITEMS))
    items = Items(tuple(f"i{number}" for number in range(ITEMS)), titles, ("",) * ITEMS, rng.geometric(0.02, ITEMS))

    def part(name: str, size: int) -> Samples:
        ids, texts = tuple(f"{name}{row}" for row in range(size)), ("Which item comes next?",) * size
        nothing = Ragged(np.empty(0, np.int64), np.zeros(size + 1, np.int64))
        targets = rng.integers(ITEMS, size=size)
        return Samples(ids, texts, texts, np.zeros(size, np.int64), nothing, None, targets, None, None)

    none = np.zeros(1, np.int64)
    interactions = Interactions(none, none, None, None, ("u",))
    parts = (part("p", num_pool), part("v", VALIDATION), part("t", 10))
    return Dataset(f"Made up {num_pool}", Task.SEQREC, items, interactions, *parts, provenance={"sampling": []})


def prepare(num_pool: int, workspace: Workspace) -> tuple[str, str]:
    """A dataset with features and a random coreset; its name and the run's id."""
    made, rng = dataset(num_pool), np.random.default_rng(1)
    directory = workspace.datasets / f"made-{num_pool}"
    save_dataset(made, directory)
    centres = rng.normal(size=(40, WIDTH)) * 4
    pool, validation = (
        (centres[rng.integers(40, size=size)] + rng.normal(size=(size, WIDTH))).astype(np.float32)
        for size in (num_pool, VALIDATION)
    )
    save_features(features_from_arrays(made, pool, validation, rng.gamma(2.0, size=num_pool)), directory)
    spec = {"dataset": str(directory), "config": config_to_dict(RandomConfig(256))}
    return directory.name, run_job("select", spec, workspace)["run"]


def visit(browser: Browser, address: str) -> tuple[Page, float]:
    """Open the page; seconds from the arrival of the element's code to its first picture."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    page.wait_for_function(READY, timeout=300_000)
    first = "performance.getEntriesByName('goracs-map-drawn')[0].startTime"
    return page, page.evaluate(f"{first} - {SCRIPT_START}") / 1000


def recolored(page: Page, key: str) -> float:
    """Seconds from the choice of a column that is not there yet to the picture."""
    script = f"""async () => {{
        const map = {MAP}, start = performance.now();
        await map.recolor('{key}');
        await new Promise(requestAnimationFrame);
        return (performance.now() - start) / 1000;
    }}"""
    return page.evaluate(script)


def lassoed(page: Page, share: float) -> tuple[float, int]:
    """Seconds from the end of a lasso around about this share of the samples to the table; how many it holds."""
    script = f"""async () => {{
        const map = {MAP}, xs = Float32Array.from(map.xs).sort();
        const [left, right] = [0.5 - {share} / 2, 0.5 + {share} / 2].map(at => xs[Math.floor(xs.length * at)]);
        const high = map.frame.width;
        const polygon = Array.from({{length: 80}}, (_, i) => [left + (right - left) * i / 79, map.frame.y - high])
            .concat(Array.from({{length: 80}}, (_, i) => [right - (right - left) * i / 79, map.frame.y + high]));
        const start = performance.now();
        map.lasso(polygon);
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return [(performance.now() - start) / 1000, map.selection.length];
    }}"""
    seconds, count = page.evaluate(script)
    return seconds, int(count)


def measure(server: Server, browser: Browser, num_pool: int, name: str, run: str) -> bool:
    """Print one row; whether all goals that there are for this size were met."""
    address = f"{server.url}/embedding-map?dataset={name}&run={run}&map=PCA"
    started = time.perf_counter()
    page, _ = visit(browser, address)
    page.close()
    cold = time.perf_counter() - started
    drawn, colors, lassos, opened = [], [], [], []
    for _ in range(REPEATS):
        started = time.perf_counter()
        page, seconds = visit(browser, address)
        opened.append(time.perf_counter() - started)
        drawn.append(seconds)
        page.wait_for_timeout(1000)
        colors.append(recolored(page, "norm"))
        page.wait_for_timeout(1000)
        lassos.append(lassoed(page, 0.1))
        page.close()
    first, color, lasso, whole = (float(np.median(one)) for one in (drawn, colors, [t for t, _ in lassos], opened))
    goal = DRAWN.get(num_pool, np.inf)
    print(
        f"{num_pool:>10,}{cold:>9.1f} s{whole:>9.2f} s{first:>9.2f} s{goal:>7.1f}{color * 1000:>8.0f} ms"
        f"{lasso * 1000:>8.0f} ms of {lassos[0][1]:,}"
    )
    return first <= goal and color <= COLOR and lasso <= LASSO * max(num_pool / 100_000, 1)


def main() -> int:
    """Print the table; exit status 1 when a goal is missed."""
    sizes = [int(given) for given in sys.argv[1:]] or list(DRAWN)
    print(f"{'pool':>10}{'cold':>11}{'page':>11}{'drawn':>11}{'goal':>7}{'color':>11}{'lasso':>11}")
    met = True
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        workspace = Workspace(server.workspace).ensure()
        with sync_playwright() as playwright, launch(playwright) as browser:
            for num_pool in sizes:
                name, run = prepare(num_pool, workspace)
                met = measure(server, browser, num_pool, name, run) and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
