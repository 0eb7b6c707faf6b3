"""The page of the transport plan: its numbers are the plan's, at each resolution and for each sample."""

from __future__ import annotations

import re

import numpy as np
import pytest

from goracs_core.data.store import load_dataset
from goracs_core.features.store import load_features
from goracs_core.transport import euclidean
from goracs_core.workspace import Workspace
from pages._ui.plan import view as plan_view
from pages._ui.routes import TRANSPORT_PLAN
from tests.app.conftest import SMALL, Open, assert_no_fault, shown
from tests.app.understood import decoded, figures, goracs

pytestmark = pytest.mark.usefixtures("no_worker")


def test_the_plan_page_agrees_with_the_plan(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    numbers = {metric.label: metric.value for metric in app.metric}
    features = load_features(workspace.datasets / SMALL)
    distances = euclidean(
        features.pool.values[run.selection.indices].astype(float), features.validation.values.astype(float)
    )
    plan = run.selection.plan
    costs = distances[plan.rows, plan.columns]
    assert float(numbers["Mean distance"]) == pytest.approx(float(costs @ plan.mass / plan.mass.sum()), abs=1e-4)
    assert float(numbers["Transport term"]) == pytest.approx(run.selection.transport_term, abs=1e-5)
    per_column = np.bincount(plan.columns, weights=plan.mass * costs) / np.bincount(plan.columns, weights=plan.mass)
    assert float(numbers["Worst covered"]) == pytest.approx(per_column.max(), abs=1e-4)
    tables = [frame.value for frame in app.dataframe if "Partners" in list(frame.value)]
    tables = [table for table in tables if len(table) == plan_view.WORST]
    assert len(tables) == 1
    assert np.allclose(tables[0]["Mean distance"], np.sort(per_column)[::-1][: plan_view.WORST], atol=1e-6)


def test_the_overview_holds_all_mass_at_each_resolution(open_page: Open, workspace: Workspace) -> None:
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=goracs(workspace).id)
    for count in (24, 12):
        app.segmented_control(key="clusters").set_value(count).run()
        assert_no_fault(app)
        heat = next(one for one in figures(app)[0]["data"] if one["type"] == "heatmap")
        table = 10.0 ** decoded(heat["z"]).astype(float)
        assert table.shape == (count, count)
        assert np.nansum(table) == pytest.approx(1, abs=1e-3)


def test_a_click_on_a_cell_lists_its_flows(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id)
    cells = next(one for one in figures(app)[0]["data"] if one["type"] == "scatter")
    cell, share = decoded(cells["customdata"])[0]
    app.session_state[plan_view.CELLS] = [int(cell)]
    app.run()
    assert_no_fault(app)
    said = re.search(r"(\d+) flows with ([\d.]+)% of all mass", shown(app))
    assert said is not None
    assert float(said[2]) == pytest.approx(100 * share, abs=0.01)
    flows = next(frame.value for frame in app.dataframe if "Validation sample" in frame.value)
    assert len(flows) == int(said[1])
    assert float(np.sum(flows["Share of mass"])) == pytest.approx(share, abs=1e-4)
    app.button(key="close_block").click().run()
    assert "flows with" not in shown(app)


def test_a_chosen_sample_says_why_and_a_validation_sample_who(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    dataset = load_dataset(workspace.datasets / SMALL)
    row = int(run.selection.indices[3])
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id, find=dataset.pool.ids[row])
    assert_no_fault(app)
    assert f"number 4 of {len(run.selection)} in the order of selection" in shown(app)
    assert f"covers {run.scores.served[3]:,} validation samples" in shown(app)
    partners = figures(app)[1]["data"][0]
    assert decoded(partners["x"]).sum() <= 1 + 1e-9
    app.text_input(key="find").set_value(dataset.validation.ids[0]).run()
    assert "Which samples cover this validation sample?" in shown(app)
    not_chosen = next(i for i in range(len(dataset.pool)) if i not in set(run.selection.indices.tolist()))
    app.text_input(key="find").set_value(dataset.pool.ids[not_chosen]).run()
    assert "No coreset or validation sample matches" in shown(app)
