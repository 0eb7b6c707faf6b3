"""Sweeps as jobs: points kept at once, found again by their path, the same bytes however often interrupted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from goracs_core.data.store import save_dataset
from goracs_core.errors import ConfigError, JobCancelled, StoreError
from goracs_core.evaluation.overlap import pareto_front
from goracs_core.evaluation.popularity import gini
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.lists import parse_lambdas
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.sweep import job as sweeps
from goracs_core.jobs.sweep.grid import check_grid
from goracs_core.jobs.sweep.store import MADE_BY, STARTED_FROM, SweepStore, point_of, read_points, sweep_id
from goracs_core.jobs.sweep.table import sweep_table
from goracs_core.methods import CertifiedConfig, RandomConfig, config_to_dict
from goracs_core.progress import Progress
from goracs_core.selection.sweep import sweep
from goracs_core.workspace import Workspace
from tests.jobs.made import shop, write_arrays
from tests.refusals import told

LAMBDAS, BUDGETS = [0.0, 0.02, 0.6], [4, 9]
PATH = [(4, 0.0), (4, 0.02), (4, 0.6), (9, 0.6), (9, 0.02), (9, 0.0)]
# Few rounds and lambdas close together: what a point starts from (prices and rows) then decides where it ends.
OPTIONS = {"gap": 0.0, "max_rounds": 3}


@pytest.fixture
def workspace(own_workspace: Path) -> Workspace:
    return Workspace(own_workspace).ensure()


@pytest.fixture
def spec(tmp_path: Path) -> dict[str, Any]:
    return {**write_arrays(tmp_path / "arrays", 120, 50), "config": OPTIONS, "lambdas": LAMBDAS, "budgets": BUDGETS}


class Listener(Progress):
    """A Progress that remembers, and cancels once so many points are done."""

    def __init__(self, stop_after: int | None = None) -> None:
        super().__init__(self._hear, bounds=lambda *bounds: self.heard_bounds.append(bounds))
        self.seen: list[tuple[str, int, int, str]] = []
        self.heard_bounds: list[Any] = []
        self.stop_after = stop_after

    def _hear(self, stage: str, done: int, total: int, detail: str) -> None:
        self.seen.append((stage, done, total, detail))
        if self.stop_after is not None and done >= self.stop_after and "closing" not in detail and ": " in detail:
            raise JobCancelled


def contents(workspace: Workspace, runs: list[str]) -> list[tuple[Any, ...]]:
    """What must be the same bytes whenever the key is the same."""
    found = []
    for run in (RunStore(workspace).get(run) for run in runs):
        proven = run.selection.certificate
        assert proven is not None
        rows = run.selection.indices.tobytes(), proven.prices.tobytes(), run.selection.plan.mass.tobytes()
        found.append((run.key, *rows, run.selection.poo, proven.lower_bound))
    return found


def test_a_sweep_keeps_every_point_as_a_run(workspace: Workspace, spec: dict[str, Any]) -> None:
    result = run_job("sweep", spec, workspace)
    assert (result["points"], result["solved"], result["reused"]) == (6, 6, 0)
    runs = [RunStore(workspace).get(run) for run in result["runs"]]
    assert [(run.config.budget, run.config.lambda_) for run in runs] == PATH
    problem = load_inputs(spec).problem()
    base = CertifiedConfig(BUDGETS[0], **OPTIONS)
    for run, alone in zip(runs, sweep(problem, base, lambdas=LAMBDAS, budgets=BUDGETS), strict=True):
        assert run.config == alone.config
        assert np.array_equal(run.selection.indices, alone.indices)
        assert run.inputs[MADE_BY] == result["sweep"]
    assert STARTED_FROM not in runs[0].inputs
    assert [run.inputs[STARTED_FROM] for run in runs[1:]] == [run.key for run in runs[:-1]]
    record = SweepStore(workspace).get(result["sweep"])
    assert [(point.budget, point.lambda_) for point in record.points] == PATH
    assert (record.lambdas, record.budgets) == (tuple(LAMBDAS), tuple(BUDGETS))
    assert [run.id for run in record.runs(RunStore(workspace).list())] == result["runs"]


def test_the_progress_is_one_bar_over_the_grid(workspace: Workspace, spec: dict[str, Any]) -> None:
    listener = Listener()
    run_job("sweep", spec, workspace, listener)
    stages, done, totals, details = zip(*listener.seen, strict=True)
    assert set(stages) == {"sweep"}
    assert set(totals) == {6}
    assert list(done) == sorted(done)
    assert set(done) == set(range(7))
    assert any(text.startswith("λ 0.02, k 9: gap ") for text in details)
    assert listener.heard_bounds == [], "bounds of different points do not belong on one chart"


@pytest.mark.parametrize("after", [1, 2, 4])
def test_a_cancelled_sweep_keeps_what_it_has_and_goes_on_from_there(
    after: int, workspace: Workspace, spec: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(JobCancelled):
        run_job("sweep", spec, workspace, (Listener(stop_after=after)))
    record = SweepStore(workspace).get(sweep_id(spec))
    partial = record.runs(RunStore(workspace).list())
    assert [(run.budget, run.lambda_) for run in partial] == PATH[:after]
    result = run_job("sweep", spec, workspace)
    assert (result["solved"], result["reused"]) == (6 - after, after)
    assert result["runs"][:after] == [run.id for run in partial]
    elsewhere = Workspace(tmp_path / "elsewhere").ensure()
    whole = run_job("sweep", spec, elsewhere)
    assert contents(workspace, result["runs"]) == contents(elsewhere, whole["runs"]), (
        "same inputs, same key, same bytes"
    )


def test_a_deleted_point_is_solved_again_to_the_same_bytes(workspace: Workspace, spec: dict[str, Any]) -> None:
    first = run_job("sweep", spec, workspace)
    before = contents(workspace, first["runs"])
    RunStore(workspace).delete(first["runs"][2])
    RunStore(workspace).delete(first["runs"][4])
    record = SweepStore(workspace).get(first["sweep"])
    assert [(run.budget, run.lambda_) for run in record.runs(RunStore(workspace).list())] == [
        point for number, point in enumerate(PATH) if number not in (2, 4)
    ]
    again = run_job("sweep", spec, workspace)
    assert (again["solved"], again["reused"]) == (2, 4)
    assert contents(workspace, again["runs"]) == before
    kept = [run for number, run in enumerate(first["runs"]) if number not in (2, 4)]
    assert [run for number, run in enumerate(again["runs"]) if number not in (2, 4)] == kept


def test_fresh_solves_all_again_to_the_same_bytes(workspace: Workspace, spec: dict[str, Any]) -> None:
    first = run_job("sweep", spec, workspace)
    assert run_job("sweep", spec, workspace)["solved"] == 0
    fresh = run_job("sweep", spec | {"fresh": True}, workspace)
    assert (fresh["sweep"], fresh["solved"]) == (first["sweep"], 6)
    assert set(fresh["runs"]) & set(first["runs"]) == set()
    assert contents(workspace, fresh["runs"]) == contents(workspace, first["runs"])
    record = SweepStore(workspace).get(first["sweep"])
    assert len(record.runs(RunStore(workspace).list())) == 6, "one run per point, the newest"


def test_the_first_point_and_a_plain_selection_are_the_same_work(workspace: Workspace, spec: dict[str, Any]) -> None:
    values = {**config_to_dict(CertifiedConfig(4, lambda_=0.0, **OPTIONS)), "label_aware": None}
    arrays = {name: value for name, value in spec.items() if name not in ("config", "lambdas", "budgets")}
    alone = run_job("select", {**arrays, "config": values}, workspace)
    result = run_job("sweep", spec, workspace)
    assert (result["runs"][0], result["reused"]) == (alone["run"], 1)
    cold = run_job("sweep", spec | {"fresh": True}, workspace)
    assert contents(workspace, [alone["run"]]) == contents(workspace, cold["runs"][:1])


def test_a_warm_point_is_not_taken_for_a_plain_selection(workspace: Workspace, spec: dict[str, Any]) -> None:
    """It started elsewhere, so that it may hold other rows; each keeps its own key."""
    result = run_job("sweep", spec, workspace)
    arrays = {name: value for name, value in spec.items() if name not in ("config", "lambdas", "budgets")}
    for (budget, lambda_), run in list(zip(PATH, result["runs"], strict=True))[1:]:
        config = CertifiedConfig(budget, lambda_=lambda_, **OPTIONS)
        alone = run_job("select", {**arrays, "config": config_to_dict(config)}, workspace)
        assert alone["reused"] is False
        assert RunStore(workspace).get(alone["run"]).key != RunStore(workspace).get(run).key


def test_the_key_of_a_point_knows_the_way_to_it() -> None:
    def keys(*path: tuple[int, float], **options: Any) -> list[str]:
        return sweeps.point_keys("problem", [CertifiedConfig(k, lambda_=value, **options) for k, value in path])

    assert keys((4, 0.0), (4, 0.2)) == keys((4, 0.0), (4, 0.2), (4, 0.6))[:2], "a longer path begins alike"
    assert keys((4, 0.0), (4, 0.2))[1] != keys((4, 0.1), (4, 0.2))[1]
    assert keys((4, 0.0), (4, 0.1), (4, 0.2))[2] != keys((4, 0.0), (4, 0.2))[1]
    assert len({*keys((4, 0.0), (4, 0.2)), *keys((4, 0.0), (4, 0.2), seed=1)}) == 4
    labelled = keys((4, 0.0), (4, 0.2), label_aware=True)
    assert labelled[1] == keys((4, 0.2), label_aware=True)[0], "solved cold, whatever came before"


def test_a_larger_grid_takes_over_its_beginning(workspace: Workspace, spec: dict[str, Any]) -> None:
    first = run_job("sweep", spec, workspace)
    larger = run_job("sweep", spec | {"lambdas": [0.0, 0.02, 0.4, 0.6], "budgets": [4]}, workspace)
    assert (larger["reused"], larger["solved"]) == (2, 2)
    assert larger["runs"][:2] == first["runs"][:2]
    assert larger["sweep"] != first["sweep"]
    assert len(SweepStore(workspace).list()) == 2


def test_the_id_is_what_was_asked(spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = sweep_id(spec)
    same = spec | {"lambdas": [0.6, 0.02, 0.0, 0.02], "budgets": [9, 4, 4], "fresh": True}
    assert sweep_id(same) == asked
    assert sweep_id(spec | {"config": {**OPTIONS, "budget": 4, "lambda_": 0.0}}) == asked
    monkeypatch.chdir(Path(spec["pool_embeddings"]).parent)
    assert sweep_id(spec | {"pool_embeddings": "pool_embeddings.npy"}) == asked
    others = [
        spec | {"lambdas": [0.0]},
        spec | {"budgets": [4]},
        spec | {"config": {"gap": 0.1}},
        spec | {"pool_embeddings": spec["validation_embeddings"]},
        spec | {"half_life": 3},
    ]
    assert len({asked, *map(sweep_id, others)}) == 6


@pytest.mark.parametrize(
    ("lambdas", "budgets", "check"),
    [
        ([], [4], told("no-lambdas")),
        ([0.1], [], told("no-budgets")),
        ([0.1, -0.2], [4], told("bad-lambda", **{"lambda": -0.2})),
        ([float("nan")], [4], told("bad-lambda")),
        ([0.1], [0], told("bad-budget", budget=0)),
        ([0.1], [4, 121], told("budget-too-large", budget=121, pool=120)),
        ([i / 100 for i in range(101)], [1, 2, 3, 4], told("too-many-points", points=404, most=400)),
    ],
)
def test_grids_that_do_not_do_are_sentences(
    lambdas: list[float],
    budgets: list[int],
    check: Callable[[BaseException], bool],
    workspace: Workspace,
    spec: dict[str, Any],
) -> None:
    with pytest.raises(ConfigError, check=check):
        run_job("sweep", spec | {"lambdas": lambdas, "budgets": budgets}, workspace)
    assert SweepStore(workspace).list() == ()
    assert RunStore(workspace).list() == ()


def test_options_that_do_not_do_are_sentences(workspace: Workspace, spec: dict[str, Any]) -> None:
    without_norms = {name: value for name, value in spec.items() if name != "gradient_norms"}
    with pytest.raises(ConfigError, match="no gradient norms"):
        run_job("sweep", without_norms, workspace)
    assert run_job("sweep", without_norms | {"lambdas": [0.0]}, workspace)["points"] == 2
    with pytest.raises(ConfigError, check=told("wrong-method", method="random")):
        run_job("sweep", spec | {"config": config_to_dict(RandomConfig(4))}, workspace)
    with pytest.raises(ConfigError, match="gapp"):
        run_job("sweep", spec | {"config": {"gapp": 0.1}}, workspace)


def test_minus_zero_is_zero() -> None:
    lambdas, _ = check_grid([-0.0, 0.0, 0.1], [4])
    assert [str(value) for value in lambdas] == ["0.0", "0.1"]


def test_lists_are_read_as_people_write_them() -> None:
    assert parse_lambdas("0, 0.05,0.1; 1e-3  2") == [0, 0.05, 0.1, 0.001, 2]
    for parse, text, sentence in (
        (parse_lambdas, " , ", "at least one lambda"),
        (parse_lambdas, "0, a", "'a', which is no number"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            parse(text)


def test_the_table_holds_every_point(workspace: Workspace, tmp_path: Path, spec: dict[str, Any]) -> None:
    result = run_job("sweep", spec, workspace)
    points = [point_of(RunStore(workspace).get(run)) for run in result["runs"]]
    table = sweep_table(points)
    assert list(zip(table["budget"], table["lambda"], strict=True)) == PATH
    assert np.allclose(table["poo"], table["transport_term"] - table["lambda"] * table["gradient_term"])
    assert np.allclose(table["gap"], (table["poo"] - table["lower_bound"]) / table["transport_term"])
    assert table["run"].tolist() == result["runs"]
    assert "arp" not in table
    for budget in BUDGETS:
        mine = [point for point in points if point.budget == budget]
        terms = [np.array([getattr(point, name) for point in mine]) for name in ("transport_term", "gradient_term")]
        assert table["on_front"][table["budget"] == budget].tolist() == pareto_front(*terms).tolist()
    dataset = shop(n=120, m=50)
    measured = sweep_table(points, dataset)
    targets = [dataset.pool.targets[point.indices] for point in points]
    assert measured["arp"].tolist() == pytest.approx([dataset.items.popularity[one].mean() for one in targets])
    assert measured["gini"].tolist() == pytest.approx([float(gini(np.bincount(one, minlength=4))) for one in targets])
    assert len(sweep_table([])) == 0


def test_sweeps_of_a_dataset_are_found_by_it(workspace: Workspace, tmp_path: Path, spec: dict[str, Any]) -> None:
    rng, dataset = np.random.default_rng(0), shop()
    save_dataset(dataset, tmp_path / "data")
    arrays = rng.normal(size=(40, 5)), rng.normal(size=(12, 5)), rng.gamma(2.0, size=40)
    save_features(features_from_arrays(dataset, *arrays), tmp_path / "data")
    on_data = {"dataset": str(tmp_path / "data"), "config": OPTIONS, "lambdas": [0.0, 0.1], "budgets": [5]}
    result = run_job("sweep", on_data, workspace)
    run_job("sweep", spec, workspace)
    (found,) = SweepStore(workspace).list(dataset.fingerprint)
    assert (found.id, found.dataset_name, result["dataset"]) == (result["sweep"], "Shop", on_data["dataset"])
    assert {record.dataset_name for record in SweepStore(workspace).list()} == {"", "Shop"}


def test_points_are_read_from_the_runs_that_are_there(workspace: Workspace, spec: dict[str, Any]) -> None:
    result = run_job("sweep", spec | {"budgets": [4]}, workspace)
    store = RunStore(workspace)
    summaries = SweepStore(workspace).get(result["sweep"]).runs(store.list())
    store.delete(result["runs"][1])
    points = read_points(summaries, lambda summary: point_of(store.get(summary.id)))
    assert [point.run for point in points] == [result["runs"][0], result["runs"][2]]
    run = store.get(result["runs"][0])
    point = point_of(run)
    assert point.poo == run.selection.poo == pytest.approx(point.transport_term - point.lambda_ * point.gradient_term)
    assert run.selection.certificate is not None
    assert (point.gap, point.rounds) == (run.selection.certificate.gap, run.selection.certificate.rounds)


def test_forgetting_a_sweep_with_and_without_its_runs(workspace: Workspace, spec: dict[str, Any]) -> None:
    arrays = {name: value for name, value in spec.items() if name not in ("config", "lambdas", "budgets")}
    values = config_to_dict(CertifiedConfig(4, lambda_=0.0, **OPTIONS))
    alone = run_job("select", {**arrays, "config": values}, workspace)["run"]
    small = run_job("sweep", spec | {"lambdas": [0.0, 0.02], "budgets": [4]}, workspace)
    large = run_job("sweep", spec, workspace)
    store = SweepStore(workspace)
    assert store.delete_with_runs(large["sweep"]) == 4, "two points belong to the smaller sweep, too"
    assert {run.id for run in RunStore(workspace).list()} == set(small["runs"])
    again = run_job("sweep", spec, workspace)
    store.delete(again["sweep"])
    assert len(RunStore(workspace).list()) == 6
    assert store.delete_with_runs(small["sweep"]) == 1, "what was selected by itself stays"
    assert alone in {run.id for run in RunStore(workspace).list()}
    for action in (store.delete, store.delete_with_runs, store.get):
        with pytest.raises(StoreError, match="there is no sweep"):
            action(small["sweep"])
