"""The page of the transport plan: its numbers are the plan's, at each resolution and for each sample."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.data.store import load_dataset
from goracs_core.evaluation.coverage import coverage
from goracs_core.features.store import load_features
from goracs_core.jobs.select.run import Run
from goracs_core.transport import euclidean, partners_of_column
from goracs_core.workspace import Workspace
from pages._ui.plan import view as plan_view
from pages._ui.routes import TRANSPORT_PLAN
from tests.app.conftest import SMALL, Open, assert_no_fault, shown
from tests.app.understood import certified, decoded, figures, goracs, random_run

pytestmark = pytest.mark.usefixtures("no_worker")


def tables(app: AppTest) -> dict[str, pd.DataFrame]:
    """The list of samples and the flows of the block, by a column that only they have."""
    marks = {"list": "Matched to", "block": "Validation sample"}
    return {
        name: frame.value
        for frame in app.dataframe
        for name, mark in marks.items()
        if mark in list(frame.value.columns)
    }


def cards(app: AppTest) -> str:
    """Title of the sample that is shown in detail."""
    return str(app.subheader[0].value)


def marked(app: AppTest, count: int = 24) -> int:
    """The framed cell of the overview, as row * columns + column."""
    (frame,) = figures(app)[0]["layout"]["shapes"]
    return int((frame["y0"] + 0.5) * count + frame["x0"] + 0.5)


def costs_of(run: Run, workspace: Workspace) -> np.ndarray:
    """True distance of each entry of the plan."""
    features = load_features(workspace.datasets / SMALL)
    chosen = features.pool.values[run.selection.indices].astype(float)
    plan = run.selection.plan
    return euclidean(chosen, features.validation.values.astype(float))[plan.rows, plan.columns]


def test_the_plan_page_agrees_with_the_plan(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    plan, costs = run.selection.plan, costs_of(run, workspace)
    said = re.search(r"Mean distance ([\d.]+)\D+([\d.]+)\D+([\d.]+) · (\d+) flows", shown(app))
    assert said is not None
    per_column = np.bincount(plan.columns, weights=plan.mass * costs) / np.bincount(plan.columns, weights=plan.mass)
    numbers = [float(costs @ plan.mass / plan.mass.sum()), per_column.max(), run.selection.transport_term]
    assert [float(one) for one in said.groups()] == pytest.approx([*numbers, len(plan.mass)], abs=1e-4)
    worst = tables(app)["list"]
    order = np.argsort(-per_column, kind="stable")[: plan_view.WORST]
    assert np.allclose(worst["Mean distance"], per_column[order], atol=1e-6)
    dataset = load_dataset(workspace.datasets / SMALL)
    heaviest = [run.selection.indices[partners_of_column(plan, int(column)).rows[0]] for column in worst["Row"]]
    titles = [dataset.items.titles[dataset.pool.targets[row]] for row in heaviest]
    assert worst["Matched to"].tolist() == titles


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
    cells = decoded(next(one for one in figures(app)[0]["data"] if one["type"] == "scatter")["customdata"])
    for cell, share in cells[:3]:
        app.session_state[plan_view.CELLS] = [int(cell)]
        app.run()
        assert_no_fault(app)
        said = re.search(r"(\d+) flows?, ([\d.]+) % of the mass", shown(app))
        assert said is not None
        assert float(said[2]) == pytest.approx(100 * share, abs=0.01)
        flows = tables(app)["block"]
        assert len(flows) == int(said[1])
        assert float(np.sum(flows["Share of mass"])) == pytest.approx(share, abs=1e-4)
        assert (np.diff(flows["Distance"]) <= 0).all()
        assert marked(app) == int(cell)
        assert cards(app).replace("\\", "") == flows["Validation sample"].iloc[0][:100]


def test_a_cell_without_mass_is_as_good_as_none(open_page: Open, workspace: Workspace) -> None:
    """It was clicked on the plan of another run, or on a finer overview."""
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=goracs(workspace).id)
    cells = decoded(next(one for one in figures(app)[0]["data"] if one["type"] == "scatter")["customdata"])[:, 0]
    at_first = marked(app), cards(app)
    for cell in (next(one for one in range(24 * 24) if one not in cells), 40 * 40 - 1):
        app.session_state[plan_view.CELLS] = [cell]
        app.run()
        assert_no_fault(app)
        assert (marked(app), cards(app)) == at_first


def test_at_first_block_and_card_are_those_of_the_worst_covered_sample(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id)
    first = tables(app)["list"].iloc[0]
    assert cards(app).replace("\\", "") == first["Title"]
    assert f"(worst of {run.selection.num_validation})" in shown(app)
    flows = tables(app)["block"]
    assert ((flows["Validation sample"] == first["Title"]) & (flows["Coreset sample"] == first["Matched to"])).any()


def test_no_table_lists_what_a_sample_has_no_value_for(open_page: Open, workspace: Workspace) -> None:
    run = certified(workspace)
    dataset = load_dataset(workspace.datasets / SMALL)
    word = dataset.items.titles[dataset.pool.targets[run.selection.indices[0]]].split()[0]
    for query in ({}, {"find": word}, {"find": dataset.pool.ids[int(run.selection.indices[0])]}):
        app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id, **query)
        assert_no_fault(app)
        assert len(app.dataframe) >= 3
        for frame in app.dataframe:
            assert not frame.value.isna().any().any(), frame.value


def of_sample(app: AppTest, sample_id: str) -> str:
    app.text_input(key="find").set_value(sample_id).run()
    assert_no_fault(app)
    return shown(app)


def test_a_chosen_sample_says_why_and_a_validation_sample_who(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    dataset = load_dataset(workspace.datasets / SMALL)
    row = int(run.selection.indices[3])
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id, find=dataset.pool.ids[row])
    assert_no_fault(app)
    assert f"number 4 of {len(run.selection)} in the order of selection" in shown(app)
    assert f"Matched to {run.scores.served[3]:,} validation sample" in shown(app)
    partners = figures(app)[1]["data"][0]
    assert decoded(partners["x"]).sum() <= 1 + 1e-9
    found = coverage(run.selection.plan)
    said = of_sample(app, dataset.validation.ids[0])
    assert f"Matched to {found.column_partners[0]} coreset sample" in said
    assert f"mean distance {found.column_costs[0] * float(run.metrics['distance_scale']):.3f}" in said
    not_chosen = next(i for i in range(len(dataset.pool)) if i not in set(run.selection.indices.tolist()))
    assert "No coreset or validation sample matches" in of_sample(app, dataset.pool.ids[not_chosen])


def numbers(said: str) -> list[float]:
    """The changes of POO in the sentence that says why, rises positive."""
    found = re.findall(r"(rises|falls) by ([\d.]+) \(transport", said)
    return [float(number) * (1 if verb == "rises" else -1) for verb, number in found]


def test_why_is_told_by_exact_transport(open_page: Open, workspace: Workspace) -> None:
    from goracs_core.evaluation.alternatives import alternatives
    from goracs_core.jobs.inputs import load_inputs

    problem = load_inputs({"dataset": str(workspace.datasets / SMALL)}).problem()
    dataset = load_dataset(workspace.datasets / SMALL)
    cases = [(run, position) for run in (goracs(workspace), random_run(workspace, 0)) for position in (0, 5)]
    seen = []
    for run, position in cases:
        app: Any = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id)
        truth = alternatives(problem, run.selection.indices, position, run.config)
        assert truth.removal is not None
        assert truth.replacement is not None
        said = of_sample(app, dataset.pool.ids[int(run.selection.indices[position])])
        assert numbers(said) == pytest.approx([truth.removal.poo, truth.replacement.change.poo], abs=1e-5)
        title = dataset.items.titles[dataset.pool.targets[truth.replacement.row]]
        assert title[:20] in said.replace("\\", "")
        seen.append(truth.replacement.change.poo)
    assert min(seen) < 0 < max(seen), "exchanges that lower POO are told, too"


def test_what_takes_long_waits_until_asked_for(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages._ui.alternatives._CHEAP_DISTANCES", 0)
    run = goracs(workspace)
    dataset = load_dataset(workspace.datasets / SMALL)
    app = open_page(
        TRANSPORT_PLAN.script, dataset=SMALL, run=run.id, find=dataset.pool.ids[int(run.selection.indices[0])]
    )
    assert numbers(shown(app)) == []
    app.button(key="plan_card_compare").click().run()
    assert_no_fault(app)
    assert len(numbers(shown(app))) == 2
