"""Prices of the validation samples, from a run's proof: on the map, in the plan, and nowhere without a proof."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from goracs_core.data.store import load_dataset
from goracs_core.jobs.select.run import Run
from goracs_core.workspace import Workspace
from pages._ui.plan import view as plan_view
from pages._ui.routes import EMBEDDING_MAP, TRANSPORT_PLAN
from tests.app.conftest import SMALL, Open, assert_no_fault
from tests.app.understood import certified, decoded, element, fetched, figures, goracs

pytestmark = pytest.mark.usefixtures("no_worker")


def prices(run: Run) -> np.ndarray:
    assert run.selection.certificate is not None
    return run.selection.certificate.prices


def test_prices_colour_the_validation_samples(open_page: Open, workspace: Workspace) -> None:
    run = certified(workspace)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id, color="Price")
    assert_no_fault(app)
    told = element(app, "map")
    assert told["color"] == "price", "a title is as good as a key"
    (price,) = [one for one in told["columns"] if one["key"] == "price"]
    num_pool = len(load_dataset(workspace.datasets / SMALL).pool)
    values = fetched(price["address"])
    assert np.isnan(values[:num_pool]).all()
    assert np.allclose(values[num_pool:], prices(run))


def test_without_a_proof_there_are_no_prices(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id, color="Price")
    assert_no_fault(app)
    told = element(app, "map")
    assert told["color"] == "distance"
    assert "price" not in [one["key"] for one in told["columns"]]
    plan = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=goracs(workspace).id)
    assert_no_fault(plan)
    assert not [one for one in plan.segmented_control if one.key == "plan_list"]
    assert not [frame for frame in plan.dataframe if "Price" in frame.value]


def test_the_plan_page_lists_prices(open_page: Open, workspace: Workspace) -> None:
    run = certified(workspace)
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)

    def listed() -> Any:
        return next(frame.value for frame in app.dataframe if "Matched to" in frame.value)

    worst = listed()
    assert np.allclose(worst["Price"], prices(run)[worst["Row"].to_numpy()])
    app.segmented_control(key="plan_list").set_value("Highest price").run()
    assert_no_fault(app)
    dearest = listed()
    assert np.allclose(dearest["Price"], np.sort(prices(run))[::-1][: plan_view.WORST])
    badges = [one.value for one in app.markdown if "price" in one.value]
    assert any(f"{prices(run).max():.4f}" in badge.replace("\\", "") for badge in badges)


def test_flows_and_partners_carry_the_price_of_whom_they_serve(open_page: Open, workspace: Workspace) -> None:
    run = certified(workspace)
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id)
    cells = next(one for one in figures(app)[0]["data"] if one["type"] == "scatter")
    app.session_state[plan_view.CELLS] = [int(decoded(cells["customdata"])[0][0])]
    app.run()
    flows = next(frame.value for frame in app.dataframe if "Validation sample" in frame.value)
    known = set(np.round(prices(run), 4).tolist())
    assert set(flows["Price"].tolist()) <= known
    dataset = load_dataset(workspace.datasets / SMALL)
    row = int(run.selection.indices[3])
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id, find=dataset.pool.ids[row])
    bars = figures(app)[1]["data"][0]
    assert "price" in bars["hovertemplate"]
    columns = run.selection.plan.columns[run.selection.plan.rows == 3]
    assert set(np.round(decoded(bars["customdata"])[:, 2], 9)) <= set(np.round(prices(run)[columns], 9))
