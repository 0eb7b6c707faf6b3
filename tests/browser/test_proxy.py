"""Proxy check in a real browser: a kept experiment, and a click on one of its coresets that leads to it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from goracs_core.data.demo import demo_directory
from goracs_core.data.store import read_manifest
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.workspace import Workspace
from pages._ui.routes import PROXY, RUN
from tests.browser.test_looks import violations
from tests.browser.visit import Visit, address
from tests.proxy_made import made_experiment


def test_a_click_on_a_coreset_leads_to_it(visit: Visit) -> None:
    demo = read_manifest(demo_directory())
    experiment = made_experiment(dataset=(demo["name"], demo["fingerprint"]))
    ExperimentStore(Workspace(visit.server.workspace)).save(experiment)
    visit.open(address(PROXY, dataset="demo", experiment=experiment.id))
    main = visit.page.get_by_test_id("stMain")
    expect(main).to_contain_text("At equal size (mean of 3 sizes)")
    chart = visit.page.locator(".st-key-proxy_scatter").get_by_test_id("stPlotlyChart")
    chart.scroll_into_view_if_needed()
    chart.locator(".scatterlayer .points path").first.click(force=True)
    expect(main).to_contain_text("random, 64 samples, seed 0")
    visit.settled()
    assert violations(visit) == []
    main.get_by_role("link", name="Select it again").click()
    visit.heading(RUN.title)
    visit.settled()
    expect(visit.page).to_have_url(re.compile("budget=64"))
