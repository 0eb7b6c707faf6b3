"""The Scores page: what decided is shown as it was, for every method there is, with one run or two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.data.store import load_dataset
from goracs_core.evaluation.score_report import rank_correlation
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.select.making import make_run
from goracs_core.jobs.select.run import Run
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import (
    CcsConfig,
    DealRecConfig,
    El2nConfig,
    KCentreConfig,
    RandomConfig,
    SelectionConfig,
    config_to_dict,
    method_of,
)
from goracs_core.scores import PRUNED, SampleScores, ScoreKind, Scores
from goracs_core.selection import select
from goracs_core.workspace import Workspace
from pages._ui.routes import EMBEDDING_MAP, POPULARITY, RUN, SCORES, TRANSPORT_PLAN
from pages._ui.scores import details as scores_details
from pages._ui.scores import view as scores_view
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, shown, unfolded
from tests.app.understood import element, fetched, figures
from tests.problems import CONFIGS

pytestmark = pytest.mark.usefixtures("no_worker")
POOL = 120
SURROGATE = {
    "surrogate": {
        "name": "SASRec",
        "epochs": [{"epoch": n, "loss": 7.0 / n, "validation_ndcg@10": 0.05 * n} for n in (1, 2, 3)],
        "best_epoch": 3,
        "stopped": "all 3 epochs were done",
        "metrics": {
            "validation": {"surrogate": {"ndcg@10": 0.15, "hr@10": 0.3}, "popularity": {"ndcg@10": 0.04, "hr@10": 0.1}}
        },
    },
    "influence": {"solver": "cg", "residual": 2.5e-5, "iterations": 3, "passes": 3.0, "ridge": 0.25},
}


def scores(tmp_path: Path, seed: int = 0) -> str:
    """A file of made-up scores."""
    np.save(tmp_path / f"{seed}.npy", np.random.default_rng(seed).gamma(1.5, size=POOL))
    return str(tmp_path / f"{seed}.npy")


def run_of(
    config: SelectionConfig, workspace: Workspace, tmp_path: Path, *, dataset: str = SMALL, name: str | None = None
) -> Run:
    """A run with made-up scores where it needs some."""
    spec: dict[str, Any] = {
        "dataset": str(workspace.datasets / dataset),
        "config": config_to_dict(config),
        "name": name,
    }
    spec |= {"scores": scores(tmp_path)} if config.needed_scores else {}
    return RunStore(workspace).get(run_job("select", spec, workspace)["run"])


def with_record(workspace: Workspace, details: dict[str, Any]) -> Run:
    """A DEALRec run whose influence has a record."""
    inputs = load_inputs({"dataset": str(workspace.datasets / SMALL)})
    values = np.random.default_rng(3).gamma(1.5, size=POOL) * 1e-6
    given = SampleScores(ScoreKind.INFLUENCE, values, "SASRec <b>small</b>", details, (("surrogate training", 2.0),))
    problem = inputs.problem()
    selection = select(problem, DealRecConfig(20, strata=5), scores=Scores.of([given]))
    run = make_run(inputs, problem, selection, seconds=1.0, key="record")
    RunStore(workspace).save(run, b"index\n")
    return run


def numbers(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def table(app: AppTest, *columns: str) -> Any:
    """The table that has these columns."""
    return next(one.value for one in app.dataframe if set(columns) <= set(one.value.columns))


def test_without_data_or_run_the_page_says_what_to_do(open_page: Open, workspace: Workspace) -> None:
    assert "No dataset is open" in shown(open_page(SCORES.script))
    app = open_page(SCORES.script, dataset=SMALL)
    assert "No coreset is open" in shown(app)
    assert_no_fault(app)


def test_a_damaged_run_is_a_sentence(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    run = run_of(El2nConfig(9), workspace, tmp_path)
    (workspace.runs / run.id / "selection.npz").write_bytes(b"PK no more")
    app = open_page(SCORES.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    assert any("damaged" in error.value for error in app.error)


@pytest.mark.parametrize("config", [KCentreConfig(9), RandomConfig(9)], ids=lambda config: config.method)
def test_a_method_without_scores_says_what_decided(
    config: SelectionConfig, open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    other = run_of(El2nConfig(9), workspace, tmp_path, name="By scores")
    app = open_page(SCORES.script, dataset=SMALL, run=run_of(config, workspace, tmp_path).id)
    assert_no_fault(app)
    method = method_of(config)
    assert f"{method.label} does not use scores" in [heading.value for heading in app.subheader]
    assert method.decided in shown(app)
    assert figures(app) == []
    links = [one.proto.label for one in app.get("page_link")]  # pyright: ignore[reportAttributeAccessIssue]
    assert f"Open {other.name}" in links


def test_dealrecs_parts_are_shown_as_they_were(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    run = run_of(DealRecConfig(20, strata=5), workspace, tmp_path)
    trace = run.selection.scores
    assert trace is not None
    app = open_page(SCORES.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    dropped = int((trace.strata == PRUNED).sum())
    assert numbers(app)["Excluded"] == str(dropped)
    assert numbers(app)["Selected"] == "20"
    strata = table(unfolded(app, strata=True), "Share drawn")
    assert strata["Drawn"].sum() == 20
    assert strata["Samples"].sum() == POOL
    assert strata["Stratum"].iloc[-1] == "excluded"
    bars, points = figures(app)
    assert {"Pool, colored by stratum", "Excluded before sampling", "Coreset"} == {one["name"] for one in bars["data"]}
    titles = points["layout"]["xaxis"]["title"]["text"], points["layout"]["yaxis"]["title"]["text"]
    assert titles[0].startswith("Influence")
    assert titles[1].startswith("Effort")
    assert "Excluded above this line" in {one.get("name") for one in points["data"]}


def test_the_line_parts_dropped_samples_from_kept_ones(workspace: Workspace, tmp_path: Path) -> None:
    from pages._ui import samples, state

    run = run_of(DealRecConfig(20, strata=5, effort_weight=0.7), workspace, tmp_path)
    trace = run.selection.scores
    assert trace is not None
    seen = samples.view(state.reference(SMALL), run)
    for scaled in (True, False):
        content = scores_view.points(
            seen, run, None, axes=("influence_score", "effort_score"), color="stratum", scaled=scaled
        )
        assert content.border is not None
        (x0, y0), (x1, y1) = content.border
        right = content.x.places > x0 + (content.y.places - y0) * (x1 - x0) / (y1 - y0) + 1e-12
        assert right.tolist() == (trace.strata == PRUNED).tolist()
    assert (
        scores_view.points(seen, run, None, axes=("influence_score", "popularity"), color="stratum", scaled=True).border
        is None
    )


def test_rank_correlations_come_from_all_samples(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    run = run_of(El2nConfig(9), workspace, tmp_path)
    trace = run.selection.scores
    assert trace is not None
    app = open_page(SCORES.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    dataset = load_dataset(workspace.datasets / SMALL)
    listed = table(app, "Spearman's ρ").set_index(["Score", "Other score"])["Spearman's ρ"]
    popular = dataset.items.popularity[dataset.pool.targets].astype(np.float64)
    assert listed["EL2N", "Popularity"] == pytest.approx(rank_correlation(trace.values, popular))
    assert f"n = {POOL}" in shown(app)
    assert numbers(app)["Lowest selected score"] == f"{np.sort(trace.values)[-9]:.4g}"


def test_a_selection_lists_samples_with_their_scores(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    run = run_of(CcsConfig(20, strata=5), workspace, tmp_path)
    trace = run.selection.scores
    assert trace is not None
    app = open_page(SCORES.script, dataset=SMALL, run=run.id)
    highest = table(app, "Stratum", "Title")
    assert highest["EL2N"].tolist() == sorted(trace.values, reverse=True)[:100]
    picked = [int(run.selection.indices[0]), int(trace.values.argmax()), 10**6]
    app.session_state[scores_details.SELECTED] = picked
    app.run()
    assert_no_fault(app)
    assert f"Selected 2 of {POOL}" in shown(app)
    listed = table(app, "Stratum", "Title")
    assert listed["Part"].tolist() == ["coreset", "pool"]
    assert listed["Stratum"].tolist() == [str(trace.strata[picked[0]]), "excluded"]
    assert listed["EL2N"].tolist() == trace.values[picked[:2]].tolist()
    app.button(key="scores_clear").click().run()
    assert "Nothing selected" in shown(app)


def test_a_second_run_is_laid_over_with_its_score(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    first = run_of(DealRecConfig(20, strata=5), workspace, tmp_path, name="one")
    second = run_of(El2nConfig(9), workspace, tmp_path, name="two")
    app = open_page(
        SCORES.script, dataset=SMALL, run=first.id, second=second.id, scores_y="B: EL2N", scores_color="Membership"
    )
    assert_no_fault(app)
    bars, points = figures(app)
    assert {"A: one", "B: two"} <= {one["name"] for one in bars["data"]}
    names = {one.get("name") for one in points["data"]}
    assert {"A: one", "B: two", "in neither"} <= names
    assert points["layout"]["yaxis"]["title"]["text"].startswith("B: EL2N")
    assert table(app, "In B")["B: EL2N"].notna().all()


def test_the_map_is_coloured_by_what_decided(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    run = run_of(CcsConfig(20, strata=5), workspace, tmp_path)
    trace = run.selection.scores
    assert trace is not None
    for color, truth in (("score", trace.values), ("stratum", trace.strata)):
        app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id, color=color)
        assert_no_fault(app)
        told = element(app, "map")
        assert told["color"] == color
        (column,) = [one for one in told["columns"] if one["key"] == color]
        values, known = fetched(column["address"])[: len(truth)], (truth != PRUNED) | (color == "score")
        assert values[known] == pytest.approx(truth[known])
        assert np.isnan(values[~known]).all()


def test_the_run_page_lists_scores_and_the_way_they_came(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    run = run_of(CcsConfig(20, strata=5), workspace, tmp_path)
    trace = run.selection.scores
    assert trace is not None
    app = open_page(RUN.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    listed = table(app, "order", "stratum")
    assert listed["el2n"].tolist() == pytest.approx(trace.values[run.selection.indices])
    unfolded(app, run_tab="Convergence")
    assert_no_fault(app)
    assert method_of(run.config).decided in shown(app)
    chance = figures(app)[-1]["data"]
    assert [one["name"] for one in chance] == ["Random", "This run"]


def test_labels_have_strata_of_their_own(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    run = run_of(CcsConfig(20, strata=4, label_aware=True), workspace, tmp_path, dataset=CLICKS)
    labels = load_dataset(workspace.datasets / CLICKS).pool.labels
    assert labels is not None
    app = open_page(SCORES.script, dataset=CLICKS, run=run.id)
    assert_no_fault(app)
    drawn = 0
    for label in (0, 1):
        app.segmented_control(key="scores_label").set_value(label).run()
        assert_no_fault(app)
        strata = table(unfolded(app, strata=True), "Share drawn")
        assert strata["Samples"].sum() == (labels == label).sum()
        drawn += strata["Drawn"].sum()
    assert drawn == 20


def test_the_surrogate_is_shown_next_to_popularity(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SCORES.script, dataset=SMALL, run=with_record(workspace, SURROGATE).id)
    assert_no_fault(app)
    found = numbers(app)
    assert (found["NDCG@10, surrogate"], found["NDCG@10, popularity"]) == ("0.1500", "0.0400")
    assert (found["Residual"], found["Iterations"]) == ("2.50e-05", "3")
    assert "all 3 epochs were done" in shown(app)
    assert r"SASRec \<b\>small" in shown(app)
    assert [one["name"] for one in figures(app)[-1]["data"]] == [
        "Training loss",
        "Validation NDCG@10",
        "Most popular items",
        "Kept",
    ]
    assert not app.warning


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"surrogate": "SASRec", "influence": None},
        {"surrogate": {"epochs": [{"loss": "?"}, 3], "best_epoch": None, "metrics": {"validation": [1]}}},
        {"surrogate": {"epochs": 7, "metrics": {"validation": {"surrogate": {"ndcg@10": 0.01}}}}},
        {"epochs": [{"loss": 3.0, "validation_ndcg@10": 0.1}], "best_epoch": 9},
    ],
    ids=["nothing", "words", "odd", "a part", "flat"],
)
def test_a_record_may_lack_anything(details: dict[str, Any], open_page: Open, workspace: Workspace) -> None:
    app = open_page(SCORES.script, dataset=SMALL, run=with_record(workspace, details).id)
    assert_no_fault(app)
    assert not app.error


def test_a_surrogate_that_learned_nothing_is_pointed_out(open_page: Open, workspace: Workspace) -> None:
    worse = {"metrics": {"validation": {"surrogate": {"ndcg@10": 0.03}, "popularity": {"ndcg@10": 0.04}}}}
    app = open_page(SCORES.script, dataset=SMALL, run=with_record(workspace, {"surrogate": worse}).id)
    assert any("does not rank better than the most popular items" in one.value for one in app.warning)


@pytest.mark.parametrize("kind", CONFIGS, ids=lambda kind: kind.solver)
def test_every_understanding_page_takes_every_method(
    kind: type[SelectionConfig], open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    more: dict[str, Any] = {"strata": 5} if hasattr(kind, "strata") else {}
    run = run_of(kind(9, **more), workspace, tmp_path)
    assert {stage for stage, _ in run.selection.trace.stages} <= set(method_of(run.config).stages), (
        "every stage is explained"
    )
    second = run_of(RandomConfig(14, seed=5), workspace, tmp_path)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id, second=second.id)
    assert_no_fault(app)
    assert not app.error
    for route in (TRANSPORT_PLAN, SCORES, POPULARITY):
        app.switch_page(route.script).run()
        assert_no_fault(app)
        assert not app.error
        explained = run.selection.scores is not None or method_of(run.config).by_objective
        assert bool(figures(app)) == (route is not SCORES or explained)
