"""Validate / Compare, own runs: two to six runs side by side, chosen in the address."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.evaluation.overlap import jaccard_matrix
from goracs_core.jobs.select.run import Run
from goracs_core.workspace import Workspace
from pages._ui.compare import own
from pages._ui.routes import COMPARE, HOME
from tests.app.conftest import SMALL, Open, assert_no_fault, shown
from tests.app.understood import certified, decoded, figures, goracs, random_run, trace

pytestmark = pytest.mark.usefixtures("no_worker")


def opened(open_page: Open, *runs: Run) -> AppTest:
    return open_page(COMPARE.script, dataset=SMALL, runs=",".join(run.id for run in runs))


def table(app: AppTest) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if "Quantity" in one.value).set_index("Quantity")


def test_runs_in_the_address_stand_side_by_side(open_page: Open, workspace: Workspace) -> None:
    runs = [random_run(workspace, 0), goracs(workspace), certified(workspace)]
    app = opened(open_page, *runs)
    assert_no_fault(app)
    assert app.segmented_control(key="compare_view").value == own.RUNS
    assert app.multiselect(key="compare_runs").value == [run.id for run in runs]
    assert app.query_params["runs"] == ",".join(run.id for run in runs)
    found = table(app)
    assert [column[0] for column in found.columns] == ["A", "B", "C"]
    assert found.loc["POO"].tolist() == [f"{run.selection.poo:.5f}" for run in runs]
    assert found.loc["Budget k (samples)"].tolist() == ["20", "14", "14"]
    assert found.loc["Gap"].iloc[0] == found.loc["Gap"].iloc[1] == "–"
    assert {"Transport term", "Gradient term", "Time", "Seed", "λ"} <= set(found.index)
    assert {"Head share", "Tail share", "Coverage"} <= set(found.index)
    poo = figures(app)[0]
    assert decoded(trace(poo, "Coreset")["x"]).tolist() == pytest.approx([run.selection.poo for run in runs])
    proven = runs[2].selection.certificate
    assert proven is not None
    assert decoded(trace(poo, "Proven lower bound")["x"]).tolist() == pytest.approx([proven.lower_bound])
    assert len([one for one in poo["data"] if one["name"] == "Random coresets"]) == 3
    matrix = jaccard_matrix([run.selection.indices for run in runs])
    assert decoded(figures(app)[1]["data"][0]["z"]).ravel().tolist() == pytest.approx(matrix.ravel().tolist())


def test_differences_only_hides_equal_rows(open_page: Open, workspace: Workspace) -> None:
    app = opened(open_page, goracs(workspace), certified(workspace))
    whole = table(app)
    app.toggle(key="compare_differences").set_value(True).run()
    assert_no_fault(app)
    different = table(app)
    assert set(different.index) == {name for name, row in whole.iterrows() if row.nunique() > 1}
    assert "Budget k (samples)" in whole.index
    assert "Budget k (samples)" not in different.index


def test_differences_are_told_against_the_seed(open_page: Open, workspace: Workspace) -> None:
    runs = [random_run(workspace, 0), random_run(workspace, 1), random_run(workspace, 2)]
    app = opened(open_page, *runs)
    assert "mean and spread of 3 seeds" in shown(app)
    app = opened(open_page, runs[0], goracs(workspace))
    assert "seed noise" not in shown(app)


def test_two_runs_show_whom_they_share(open_page: Open, workspace: Workspace) -> None:
    app = opened(open_page, random_run(workspace, 0), random_run(workspace, 1))
    values = {metric.label: metric.value for metric in app.metric}
    assert {"Only in A", "In both", "Only in B", "Overlap (Jaccard)"} <= set(values)
    assert int(values["Only in A"]) + int(values["In both"]) == 20
    assert_no_fault(app)


def test_the_choice_goes_to_the_address_and_stays_within_limits(open_page: Open, workspace: Workspace) -> None:
    runs = [random_run(workspace, seed) for seed in range(3)]
    app = open_page(COMPARE.script, dataset=SMALL)
    app.segmented_control(key="compare_view").set_value(own.RUNS).run()
    newest = app.multiselect(key="compare_runs").value
    assert newest == [runs[2].id, runs[1].id]
    app.multiselect(key="compare_runs").set_value([runs[0].id, runs[2].id]).run()
    assert app.query_params["runs"] == f"{runs[0].id},{runs[2].id}"
    app.multiselect(key="compare_runs").set_value([runs[0].id]).run()
    assert "at least two" in shown(app)
    app.multiselect(key="compare_runs").set_value([]).run()
    assert "at least two" in shown(app)
    app.segmented_control(key="compare_view").set_value(own.METHODS).run()
    assert "runs" not in app.query_params
    assert "No comparison yet" in shown(app)
    app = open_page(COMPARE.script, dataset=SMALL, runs=f"gone,{runs[0].id},{runs[1].id}")
    assert app.multiselect(key="compare_runs").value == [runs[0].id, runs[1].id]
    assert "1 of the runs" in shown(app)
    assert_no_fault(app)


def test_with_fewer_than_two_runs_it_says_where_they_come_from(open_page: Open, workspace: Workspace) -> None:
    app = open_page(COMPARE.script, dataset=SMALL)
    app.segmented_control(key="compare_view").set_value(own.RUNS).run()
    assert "Fewer than two runs" in shown(app)
    assert_no_fault(app)


def test_home_leads_to_the_comparison(open_page: Open, workspace: Workspace) -> None:
    for seed in range(3):
        random_run(workspace, seed)
    app = open_page(HOME.script, dataset=SMALL)
    assert_no_fault(app)
    app.session_state["runs_table"] = {"selection": {"rows": [0, 1, 2], "columns": []}}
    app.run()
    links = [link.proto for link in app.get("page_link")]
    found = [link for link in links if "runs=" in link.query_string]
    assert len(found) == 1
    assert found[0].query_string.count("%2C") == 2
