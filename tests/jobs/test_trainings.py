"""Trainings and experiments as jobs, on a tiny dataset with a tiny language model from a folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from goracs_core.data.dataset import Dataset, Task
from goracs_core.data.store import save_dataset
from goracs_core.errors import ConfigError, DataError, GoracsError, JobCancelled, ModelError, StoreError
from goracs_core.evaluation.popularity import popularity_report
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.experiment.job import VALUES
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.train.job import curve_id, read_curve
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.objective import poo
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace
from tests.features.datasets import make_dataset, make_samples
from tests.llm.tiny import save_model

QUICK = {"epochs": 2, "learning_rate": 0.01, "watched": 4, "patience": 0}
TESTED = {"test_samples": 6, "ranked_samples": 3, "negatives": 5, "beams": 2}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_model(tmp_path_factory.mktemp("model") / "llama", context=128))


def tiny(task: Task = Task.SEQREC) -> Dataset:
    """Forty pool samples, nine for validation, eight for the test."""
    return replace(make_dataset(task=task), test=make_samples(8, task=task, seed=2))


def prepared(folder: Path, task: Task = Task.SEQREC, dataset: Dataset | None = None) -> Path:
    """A dataset with made-up features."""
    dataset = tiny(task) if dataset is None else dataset
    rng = np.random.default_rng(3)
    pool, validation = rng.normal(size=(len(dataset.pool), 4)), rng.normal(size=(len(dataset.validation), 4))
    save_dataset(dataset, folder)
    save_features(features_from_arrays(dataset, pool, validation, rng.gamma(2.0, size=len(pool))), folder)
    return folder


def chosen(folder: Path, seed: int = 0, budget: int = 6) -> str:
    spec = {"dataset": str(folder), "config": config_to_dict(RandomConfig(budget, seed=seed))}
    return run_job("select", spec, Workspace.default())["run"]


def asked(folder: Path, model: str, **changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"dataset": str(folder), "options": {"model": model, **QUICK}, "measure": TESTED}
    return {**spec, **changes}


class Watch:
    """Collects stages; stops the work when it meets one."""

    def __init__(self, stop_at: str = "", after: int = 1) -> None:
        self.done: list[int] = []
        self.details: list[str] = []
        self.stop_at, self.left = stop_at, after

    def __call__(self, stage: str, done: int, total: int, detail: str = "") -> None:
        self.done.append(done)
        self.details.append(detail)
        if self.stop_at and self.stop_at in f"{stage} {detail}":
            self.left -= 1
            if self.left == 0:
                raise JobCancelled


@pytest.mark.parametrize("task", Task)
def test_a_coreset_is_trained_on_tested_and_found_again(task: Task, tmp_path: Path, model: str) -> None:
    workspace, folder = Workspace.default(), prepared(tmp_path / "data", task)
    run = chosen(folder)
    spec = asked(folder, model, run=run)
    result = run_job("train", spec, workspace)
    training = TrainingStore(workspace).get(result["training"])
    assert (training.run, training.budget, result["reused"]) == (run, 6, False)
    assert result["summary"]["test_loss"] == training.tested.losses.mean == training.metrics["test_loss"]
    assert training.tested.start_losses is not None
    assert len(training.tested.losses.rows) == 6
    if task is Task.CTR:
        assert training.tested.rankings is None
        assert 0 <= training.metrics["accuracy"] <= 1
    else:
        assert training.tested.choices is None
        assert len(training.tested.rankings.written) == 3  # type: ignore[union-attr]
        assert training.metrics["sampled_hr@20"] == training.metrics["popularity_sampled_hr@20"] == 1  # of 6 items
    json.dumps(result, allow_nan=False)
    curve = read_curve(workspace, curve_id(spec))
    assert curve is not None
    assert curve.epochs[-1].validation_loss == training.log.epochs[-1].validation_loss
    again = run_job("train", spec, workspace)
    assert again == {**result, "reused": True}
    fresh = run_job("train", {**spec, "fresh": True}, workspace)
    assert not fresh["reused"]
    assert np.array_equal(
        TrainingStore(workspace).get(fresh["training"]).tested.losses.values, training.tested.losses.values
    )


def test_everything_asked_decides_the_training(tmp_path: Path, model: str) -> None:
    workspace, folder = Workspace.default(), prepared(tmp_path / "data")
    run = chosen(folder)
    measure = {**TESTED, "ranked_samples": 0}
    specs = [
        asked(folder, model, run=run, measure=measure),
        asked(folder, model, run=chosen(folder, seed=1), measure=measure),
        asked(folder, model, run=run, options={"model": model, **QUICK, "seed": 1}, measure=measure),
        asked(folder, model, run=run, options={"model": model, **QUICK, "epochs": 1}, measure=measure),
        asked(folder, model, run=run, measure={**measure, "test_samples": 5}),
        asked(folder, model, whole_pool=True, measure=measure),
    ]
    assert len({run_job("train", spec, workspace)["training"] for spec in specs}) == len(specs)


def test_tiger_is_trained_on_the_same_coresets(tmp_path: Path) -> None:
    workspace, folder = Workspace.default(), prepared(tmp_path / "data")
    options = {"levels": 2, "codes": 4, "width": 8, "layers": 1, "heads": 2, "feed_forward": 8, "epochs": 2, "beams": 4}
    spec = asked(folder, "", run=chosen(folder), recommender="tiger", options=options)
    training = TrainingStore(workspace).get(run_job("train", spec, workspace)["training"])
    assert training.model_fingerprint == ""
    assert training.tested.start_losses is None
    assert training.tested.rankings is not None


def test_a_cancelled_training_goes_on_and_ends_the_same(tmp_path: Path, model: str) -> None:
    workspace, folder = Workspace.default(), prepared(tmp_path / "data")
    spec = asked(folder, model, run=chosen(folder))
    expected = TrainingStore(workspace).get(run_job("train", spec, workspace)["training"])
    TrainingStore(workspace).delete(expected.id)
    with pytest.raises(JobCancelled):
        run_job("train", spec, workspace, Progress(Watch("epoch 2")))
    assert not TrainingStore(workspace).has(expected.id)
    found = TrainingStore(workspace).get(run_job("train", spec, workspace)["training"])
    assert found.id == expected.id
    assert np.array_equal(found.tested.losses.values, expected.tested.losses.values)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({}, ConfigError, "one of the two"),
        ({"run": "x", "whole_pool": True}, ConfigError, "one of the two"),
        ({"run": "nothing"}, StoreError, "no run 'nothing'"),
        ({"whole_pool": True, "recommender": "tallrec"}, ConfigError, "does not do the task"),
        ({"whole_pool": True, "options": {"speed": 1}}, ConfigError, "unknown option 'speed'"),
        ({"whole_pool": True, "options": {"model": "no such/folder at all"}}, ModelError, "there is no folder"),
    ],
)
def test_what_cannot_be_trained_is_a_sentence(
    changes: dict[str, Any], error: type[GoracsError], words: str, tmp_path: Path, model: str
) -> None:
    with pytest.raises(error) as refusal:
        run_job("train", asked(prepared(tmp_path / "data"), model, **changes), Workspace.default())
    assert words in str(refusal.value)


def test_a_run_of_other_data_and_a_dataset_without_test_are_sentences(tmp_path: Path, model: str) -> None:
    folder = prepared(tmp_path / "data")
    other = prepared(tmp_path / "other")
    dataset = replace(tiny(), test=tiny().test.take(np.empty(0, np.int64)))
    save_dataset(dataset, other)
    with pytest.raises(StoreError, match="not from"):
        run_job("train", asked(other, model, run=chosen(folder)), Workspace.default())
    with pytest.raises(DataError, match="no test samples"):
        run_job("train", asked(other, model, whole_pool=True), Workspace.default())


def test_a_coreset_taken_away_is_trained_on_as_well(tmp_path: Path, model: str) -> None:
    workspace, folder = Workspace.default(), prepared(tmp_path / "data")
    run = chosen(folder)
    rows = RunStore(workspace).get(run).selection.indices
    table = tmp_path / "mine.csv"
    table.write_text("index\n" + "\n".join(map(str, rows[::-1])), encoding="utf-8")
    measure = {**TESTED, "ranked_samples": 0}
    by_id, by_folder, by_table = (
        run_job("train", asked(folder, model, run=str(given), measure=measure), workspace)
        for given in (run, RunStore(workspace).directory(run), table)
    )
    assert by_id["training"] == by_folder["training"] == by_table["training"]
    table.write_text("index\n0\n40\n", encoding="utf-8")
    with pytest.raises(StoreError, match="rows 0 to 39"):
        run_job("train", asked(folder, model, run=str(table)), workspace)
    table.write_text("row\n0\n", encoding="utf-8")
    with pytest.raises(StoreError, match="column `index`"):
        run_job("train", asked(folder, model, run=str(table)), workspace)


def experiment(folder: Path, model: str, **changes: Any) -> dict[str, Any]:
    spec = {
        "kind": "leaderboard",
        "methods": ["goracs", "random"],
        "budgets": [4, 6],
        "seeds": 2,
        "whole_pool": True,
        "lambda_": 0.1,
    }
    return {**asked(folder, model), **spec, **changes}


def made(result: dict[str, Any]) -> Experiment:
    return ExperimentStore(Workspace.default()).get(result["experiment"])


def test_an_experiment_keeps_all_it_measured(tmp_path: Path, model: str) -> None:
    workspace, folder = Workspace.default(), prepared(tmp_path / "data")
    watch = Watch()
    result = run_job("experiment", experiment(folder, model), workspace, Progress(watch))
    found = made(result)
    assert (result["entries"], result["done"], result["refused"]) == (9, 9, 0)
    assert found.finished
    problem = load_inputs({"dataset": str(folder)}).problem()
    dataset = tiny()
    for place, entry in enumerate(found.entries):
        training = TrainingStore(workspace).get(entry.training)
        assert entry.values["test_loss"] == training.metrics["test_loss"]
        assert np.array_equal(found.outcomes.losses[place], training.tested.losses.values)
        assert np.array_equal(found.outcomes.full[place, 0], training.tested.rankings.full.better)  # type: ignore[union-attr]
        if entry.arm == WHOLE_POOL:
            assert "poo" not in entry.values
            assert (entry.budget, entry.run) == (len(dataset.pool), "")
            continue
        rows = RunStore(workspace).get(entry.run).selection.indices
        assert training.run == entry.run
        assert entry.values["poo"] == poo(problem, rows, 0.1).value
        report = popularity_report(
            dataset.items.popularity,
            {"it": dataset.pool.targets[rows]},
            pool=dataset.pool.targets,
            validation=dataset.validation.targets,
            draws=2,
        )
        assert entry.values["head_share"] == report.coresets["it"].head_share
    known = {name.partition(":")[0] for name in VALUES}
    stems = {name.partition("@")[0].removeprefix("popularity_").removeprefix("sampled_") for name in VALUES}
    extra = {"ndcg", "hr", "head_share", "tail_share", "coverage", "gini"}
    for entry in found.entries:
        for name in entry.values:
            bare = name.partition("@")[0].removeprefix("popularity_").removeprefix("sampled_").partition(":")[0]
            assert bare in known | stems | extra, name
    assert any("of 9, random, 4 samples, seed 1" in detail for detail in watch.details)
    counted = watch.done[next(place for place, detail in enumerate(watch.details) if detail.startswith("1 of 9")) :]
    assert counted == sorted(counted)


def test_an_experiment_that_is_stopped_goes_on(tmp_path: Path, model: str) -> None:
    workspace, folder = Workspace.default(), prepared(tmp_path / "data")
    spec = experiment(folder, model)
    with pytest.raises(JobCancelled):
        run_job("experiment", spec, workspace, Progress(Watch("5 of 9")))
    (kept,) = ExperimentStore(workspace).list(tiny().fingerprint)
    assert (kept.done, kept.finished) == (4, False)
    assert np.isnan(kept.outcomes.losses[4:]).all()
    result = run_job("experiment", spec, workspace)
    assert (result["reused"], result["done"]) == (4, 9)
    assert made(result).id == kept.id
    again = run_job("experiment", spec, workspace)
    assert again["reused"] == 9
    assert again["experiment"] == result["experiment"]


def test_what_refuses_or_diverges_keeps_its_sentence_and_the_others_go_on(tmp_path: Path, model: str) -> None:
    folder = prepared(tmp_path / "data")
    spec = experiment(
        folder,
        model,
        methods=["ccs", "random"],
        method_options={"score": "grand", "strata": "5"},
        budgets=[4],
        seeds=1,
        whole_pool=False,
    )
    found = made(run_job("experiment", {**spec, "method_options": {"ccs.strata": "500"}}, Workspace.default()))
    refused = {entry.arm: entry.refusal for entry in found.entries}
    assert "strata is 500" in refused["ccs"]
    assert refused["random"] == ""
    diverging = {**spec, "methods": ["random"], "method_options": {}}
    diverging["options"] = {**spec["options"], "learning_rate": 1e30}
    with pytest.raises(ConfigError, match="learning_rate"):
        run_job("experiment", diverging, Workspace.default())


def test_decay_chooses_by_recent_validation_but_is_valued_like_the_others(tmp_path: Path, model: str) -> None:
    dataset = tiny()
    times = 1_700_000_000.0 + 86_400.0 * np.arange(len(dataset.validation))
    dataset = replace(dataset, validation=replace(dataset.validation, times=times))
    folder = prepared(tmp_path / "data", dataset=dataset)
    spec = experiment(
        folder, model, kind="shift", methods=["goracs"], half_lives=[2.0], budgets=[4], seeds=1, whole_pool=False
    )
    found = made(run_job("experiment", spec, Workspace.default()))
    plain, decayed = found.entries[:2]
    problem = load_inputs({"dataset": str(folder)}).problem()
    for entry in (plain, decayed):
        rows = RunStore(Workspace.default()).get(entry.run).selection.indices
        assert entry.values["poo"] == poo(problem, rows, 0.1).value
    assert decayed.run != plain.run
    assert decayed.values["poo"] >= plain.values["poo"] - 1e-3
