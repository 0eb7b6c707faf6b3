"""Proxy check and Compare in a real browser, on kept experiments, light and dark: figures, tabs, downloads."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from playwright.sync_api import expect

from goracs_core.data.demo import demo_directory
from goracs_core.data.store import read_manifest
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.workspace import Workspace
from pages._ui.routes import COMPARE, PROXY
from tests.browser.server import Server
from tests.browser.test_flow import download
from tests.browser.test_looks import violations
from tests.browser.visit import Visit, address
from tests.leaderboard_made import made_experiment as made_leaderboard
from tests.proxy_made import made_experiment as made_proxy

FIGURE_MS = 30_000


@pytest.fixture(scope="module")
def kept(server: Server) -> tuple[Experiment, Experiment]:
    """A proxy check and a leaderboard on the demo."""
    manifest = read_manifest(demo_directory())
    proxy = made_proxy(dataset=(str(manifest["name"]), str(manifest["fingerprint"])))
    effects = {"random": 0.0, "goracs": -0.3, "k-centre": 0.05, "entropy": 0.3}
    leaderboard = made_leaderboard(str(manifest["fingerprint"]), effects=effects, budgets=(256,), samples=200)
    store = ExperimentStore(Workspace(server.workspace))
    for experiment in (proxy, leaderboard):
        store.save(experiment)
    return proxy, leaderboard


def figure_is_there(visit: Visit) -> None:
    expect(visit.page.locator(".main-svg").first).to_be_visible(timeout=FIGURE_MS)


def test_kept_experiments_are_shown(tab: Visit, kept: tuple[Experiment, Experiment]) -> None:
    proxy, leaderboard = kept
    tab.open(address(PROXY, dataset="demo", experiment=proxy.id))
    tab.heading(PROXY.title)
    figure_is_there(tab)
    expect(tab.page.get_by_test_id("stMain")).to_contain_text("Summary")
    assert violations(tab) == []
    tab.open(address(COMPARE, dataset="demo", experiment=leaderboard.id))
    tab.heading(COMPARE.title)
    figure_is_there(tab)
    expect(tab.page.get_by_test_id("stMain")).to_contain_text("k = 256, test loss: better than random: goracs")
    assert violations(tab) == []


def test_a_leaderboard_is_looked_at_and_taken_away(visit: Visit, kept: tuple[Experiment, Experiment]) -> None:
    visit.open(address(COMPARE, dataset="demo", experiment=kept[1].id))
    visit.page.get_by_role("tab", name="By popularity").click()
    expect(visit.page.get_by_test_id("stMain")).to_contain_text("Do coresets with more head items perform worse")
    visit.settled()
    figure_is_there(visit)
    visit.page.get_by_role("tab", name="Export").click()
    visit.settled()
    content = download(visit, visit.page.get_by_role("button", name="Leaderboard (CSV)"))
    table = pd.read_csv(io.BytesIO(content))
    assert len(table) == 5
    assert {"test_loss_difference", "test_loss_p_corrected", "test_loss_verdict"} <= {*table.columns}
