"""The Scores page in a real browser: readable in light and dark, and a lasso on the scatter lists samples."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from goracs_core.data.demo import demo_directory, load_demo
from goracs_core.jobs.kinds import run_job
from goracs_core.methods import DealRecConfig, config_to_dict
from goracs_core.workspace import Workspace
from pages._ui.routes import SCORES
from tests.browser.server import Server
from tests.browser.test_looks import violations
from tests.browser.visit import Visit, address, heading

CHART_MS = 30_000


@pytest.fixture(scope="module")
def run(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A DEALRec run on the demo with made-up influence; its id."""
    path = tmp_path_factory.mktemp("scores") / "influence.npy"
    np.save(path, np.random.default_rng(0).gamma(1.5, size=len(load_demo().pool)))
    spec = {"dataset": str(demo_directory()), "config": config_to_dict(DealRecConfig(200)), "scores": str(path)}
    return run_job("select", spec, Workspace(Path(server.workspace)).ensure())["run"]


def test_a_lasso_lists_samples(tab: Visit, run: str) -> None:
    tab.open(address(SCORES, dataset="demo", run=run))
    tab.heading(heading(SCORES))
    chart = tab.page.get_by_test_id("stPlotlyChart").nth(1)
    chart.scroll_into_view_if_needed()
    plot = chart.locator(".nsewdrag").first
    expect(plot).to_be_attached(timeout=CHART_MS)
    tab.settled()
    assert violations(tab) == []
    box = plot.bounding_box()
    assert box is not None
    left, top, width, height = (box[name] for name in ("x", "y", "width", "height"))
    mouse = tab.page.mouse
    mouse.move(left + 0.1 * width, top + 0.4 * height)
    mouse.down()
    for across, down in ((0.5, 0.4), (0.5, 0.95), (0.1, 0.95), (0.1, 0.4)):
        mouse.move(left + across * width, top + down * height, steps=6)
    mouse.up()
    expect(tab.page.get_by_text(re.compile(r"^Selected [1-9][\d,]* of 3,000$"))).to_be_visible(timeout=CHART_MS)
    tab.settled()
    tab.page.locator(".st-key-scores_clear button").click()
    expect(tab.page.get_by_text(re.compile("^Nothing selected"))).to_be_visible(timeout=CHART_MS)
