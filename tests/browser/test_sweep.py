"""Sweep in a real browser: from the form to points that appear, to a click that opens one, and back."""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from pages._ui.routes import RUN, SWEEP
from tests.browser.test_flow import RUN_BUTTON, RUN_MS, cancel_button, download, poo_by_hand
from tests.browser.test_looks import violations
from tests.browser.visit import Visit, address

SMALL = {"sweep_lambdas": "0, 0.2, 0.5", "sweep_budgets": "16", "sweep_gap": "1"}


def points(visit: Visit) -> str:
    """How many points the page shows."""
    box = visit.page.get_by_test_id("stMetric").filter(has_text="Points").first
    expect(box).to_be_visible(timeout=RUN_MS)
    return box.get_by_test_id("stMetricValue").inner_text()


def test_from_the_form_to_a_point_and_back(visit: Visit) -> None:
    visit.open(address(SWEEP, dataset="demo", **SMALL))
    visit.page.get_by_role("button", name=RUN_BUTTON).click()
    expect(cancel_button(visit)).to_be_visible(timeout=RUN_MS)
    expect(cancel_button(visit)).to_have_count(0, timeout=RUN_MS)
    visit.settled()
    assert points(visit) == "3 of 3"
    expect(visit.page).to_have_url(re.compile("sweep=[0-9a-f]{16}"))
    visit.shot("sweep-result")
    assert violations(visit) == []

    visit.page.get_by_role("tab", name="Points and export").click()
    content = download(visit, visit.page.get_by_role("button", name="Table (CSV)"))
    table = pd.read_csv(io.BytesIO(content))
    assert table["lambda"].tolist() == [0, 0.2, 0.5]
    visit.page.get_by_role("tab", name="Trade-off").click()
    chart = visit.page.get_by_test_id("stPlotlyChart").filter(has_text="Pareto front")
    chart.scroll_into_view_if_needed()
    chart.locator(".scatterlayer .points path").last.click(force=True)
    visit.heading(RUN.title)
    visit.settled()
    visit.details()
    opened = visit.page.get_by_test_id("stMetric").filter(has_text="POO(S)").get_by_test_id("stMetricValue")
    shown = float(opened.inner_text())
    assert any(shown == pytest.approx(value, abs=1e-5) for value in table["poo"])
    visit.page.get_by_role("tab", name="Export").click()
    csv = download(visit, visit.page.get_by_role("button", name="CSV", exact=True))
    rows = pd.read_csv(io.BytesIO(csv))["index"].to_numpy()
    nearest = int(np.argmin(np.abs(table["poo"].to_numpy() - shown)))
    assert shown == pytest.approx(poo_by_hand(rows, float(table["lambda"].to_numpy()[nearest])), abs=1e-5)

    visit.page.go_back()
    visit.heading(SWEEP.title)
    visit.settled()
    assert points(visit) == "3 of 3", "the sweep is still open"


def test_points_appear_while_it_runs_and_stay_after_cancel(visit: Visit) -> None:
    many = {"sweep_lambdas": ", ".join(f"{i / 100:g}" for i in range(40)), "sweep_budgets": "400", "sweep_gap": "0"}
    visit.open(address(SWEEP, dataset="demo", **many))
    visit.page.get_by_role("button", name=RUN_BUTTON).click()
    expect(cancel_button(visit)).to_be_visible(timeout=RUN_MS)
    value = visit.page.get_by_test_id("stMetric").filter(has_text="Points").get_by_test_id("stMetricValue")
    value = value.last  # while points come in, the number before is still there for a moment
    expect(value).to_have_text(re.compile(r"^[1-9]\d* of 40$"), timeout=RUN_MS)
    expect(cancel_button(visit)).to_be_visible()
    cancel_button(visit).click()
    expect(cancel_button(visit)).to_have_count(0, timeout=RUN_MS)
    visit.settled()
    expect(visit.page.get_by_test_id("stMain")).to_contain_text("What was solved by then is kept")
    assert re.match(r"^[1-9]\d* of 40$", points(visit))
