"""Experiments that come with the demo: made anew they take the place of the old ones, and failing changes nothing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.demo import check_files, demo_directory
from goracs_core.data.store import load_dataset
from goracs_core.errors import JobCancelled, StoreError
from goracs_core.features.store import load_features
from goracs_core.jobs.demo import (
    RANDOM_ROWS,
    RANKED,
    SWEPT_BUDGET,
    TIMED,
    ship_experiments,
    ship_times,
    ship_trainings,
)
from goracs_core.jobs.experiment import job as experiments
from goracs_core.jobs.experiment.store import SHIPPED, ExperimentStore
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.scalability import job as scalability_job
from goracs_core.jobs.scalability.kind import ScalabilitySpec
from goracs_core.jobs.scalability.sizes import default_sizes
from goracs_core.jobs.scalability.store import SHIPPED as TIMES
from goracs_core.jobs.scalability.store import ScalabilityStore
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.train import job as trainings
from goracs_core.jobs.train.export import changed_options
from goracs_core.jobs.train.job import coreset_rows
from goracs_core.jobs.train.kind import TrainSpec
from goracs_core.jobs.train.store import SHIPPED as TRAININGS
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.tuning.options import MeasureOptions
from goracs_core.methods import CertifiedConfig, RandomConfig
from goracs_core.objective import Problem
from goracs_core.progress import Progress
from goracs_core.selection import select
from goracs_core.types import fingerprint
from goracs_core.workspace import Workspace
from tests.jobs.trained import training
from tests.proxy_made import made_experiment
from tests.store.kinds import scalability_record as scalability

OLD = "f" * 16


def shipped(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    old = tmp_path / "demo" / SHIPPED / OLD
    old.mkdir(parents=True)
    (old / "experiment.json").write_text("an earlier one", encoding="utf-8")
    return tmp_path / "demo"


def test_the_new_ones_replace_the_old(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, made = Workspace(tmp_path / "workspace"), made_experiment()

    def job(*_: object) -> dict[str, str]:
        assert not (demo / SHIPPED / OLD).exists(), "it would be taken as the answer"
        ExperimentStore(workspace).save(made)
        return {"experiment": made.id}

    monkeypatch.setattr(experiments, "experiment_job", job)
    assert ship_experiments(demo, workspace) == [made.id, made.id]
    assert [one.name for one in (demo / SHIPPED).iterdir()] == [made.id]
    assert {one.name for one in demo.iterdir()} == {SHIPPED, "SHA256.json"}


def test_one_that_is_stopped_leaves_the_old(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, done = shipped(demo), []

    def job(*_: object) -> dict[str, str]:
        if done:
            raise JobCancelled
        made = made_experiment()
        ExperimentStore(Workspace(tmp_path / "workspace")).save(made)
        done.append(made.id)
        return {"experiment": made.id}

    monkeypatch.setattr(experiments, "experiment_job", job)
    with pytest.raises(JobCancelled):
        ship_experiments(demo, Workspace(tmp_path / "workspace"))
    assert shipped(demo) == before


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The demo as it is, to be changed."""
    return Path(shutil.copytree(demo_directory(), tmp_path / "copy", ignore=shutil.ignore_patterns("models")))


def test_trainings_are_made_on_a_random_coreset_and_on_the_default_one(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, asked = Workspace(tmp_path / "workspace").ensure(), []

    def job(spec: TrainSpec, workspace: Workspace, progress: Progress) -> dict[str, str]:
        assert asked or not (copy / TRAININGS).exists(), "an earlier one would be taken as the answer"
        rows, run = coreset_rows(spec, load_dataset(copy), workspace)
        asked.append((np.sort(rows), run))
        made = replace(training(len(asked)), id=f"{len(asked):032x}", run=run)
        TrainingStore(workspace).save(made)
        return {"training": made.id}

    monkeypatch.setattr(trainings, "train_job", job)
    assert ship_trainings(copy, workspace) == [f"{1:032x}", f"{2:032x}"], "the default one is the newer"
    assert sorted(one.name for one in (copy / TRAININGS).iterdir()) == [f"{1:032x}", f"{2:032x}"]
    (random, name), (coreset, run) = asked
    drawn = next(one for one in RunStore(workspace).list() if (one.config or {})["method"] == "random")
    assert random.tolist() == sorted(RunStore(workspace).indices(drawn.id).tolist())
    assert name == RANDOM_ROWS
    shipped = RunStore(workspace).get(run)
    assert shipped.config == CertifiedConfig(SWEPT_BUDGET)
    assert coreset.tolist() == sorted(shipped.selection.indices.tolist())
    assert not [fault for fault in check_files(copy) if "models" not in fault]


def test_times_take_the_place_of_earlier_ones(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, made = Workspace(tmp_path / "workspace").ensure(), scalability(1)
    (copy / TIMES / "20250101-000000-00000000").mkdir(parents=True)

    def job(spec: ScalabilitySpec, workspace: Workspace, progress: Progress) -> dict[str, str]:
        assert (spec.repeats, spec.config["budget"]) == (TIMED, SWEPT_BUDGET)
        ScalabilityStore(workspace).save(made)
        return {"measurement": made.id}

    monkeypatch.setattr(scalability_job, "scalability_job", job)
    assert ship_times(copy, workspace) == made.id
    assert [one.name for one in (copy / TIMES).iterdir()] == [made.id]


def test_the_shipped_trainings_are_complete(tmp_path: Path) -> None:
    """Numbers of a training depend on the processor; rows, tests and sizes do not."""
    workspace, dataset = Workspace(tmp_path).ensure(), load_dataset(demo_directory())
    store = TrainingStore(workspace)
    coreset, random = store.list(dataset.fingerprint, shipped=True)
    assert store.list() == (), "their times are not those of this machine"
    run = RunStore(workspace).get(coreset.run)
    assert run.config == CertifiedConfig(SWEPT_BUDGET)
    drawn = select(problem_of_the_demo(), RandomConfig(SWEPT_BUDGET)).indices
    assert random.run == RANDOM_ROWS
    for one, rows in ((coreset, run.selection.indices), (random, drawn)):
        kept = store.get(one.id)
        assert kept.rows_fingerprint == fingerprint(np.sort(rows))
        assert kept.budget == SWEPT_BUDGET
        assert changed_options(kept.recommender, kept.options) == {}
        losses, start, ranked = kept.tested.losses, kept.tested.start_losses, kept.tested.rankings
        assert start is not None
        assert ranked is not None
        assert len(losses.values) == MeasureOptions().test_samples
        assert np.isfinite([losses.values, start.values]).all()
        assert losses.values.mean() < start.values.mean()
        assert len(ranked.rows) == RANKED
        assert kept.log.stopped
        assert {"processor", "cores", "torch", "goracs_core"} <= set(kept.machine)
        with pytest.raises(StoreError, match="came with the demo"):
            store.delete(one.id)
    files = [path for path in (demo_directory() / TRAININGS).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 100_000
    assert check_files(demo_directory()) == []


def test_the_shipped_times_are_complete(tmp_path: Path) -> None:
    """Times are those of a machine, which the record names; what was selected does not depend on it."""
    workspace, features = Workspace(tmp_path).ensure(), load_features(demo_directory())
    store = ScalabilityStore(workspace)
    (record,) = store.list(features.fingerprint, shipped=True)
    assert store.list(features.fingerprint) == (), "they are no pace of this machine"
    assert record.finished
    assert record.repeats == TIMED
    sizes = default_sizes(record.num_pool, SWEPT_BUDGET)
    assert sorted(run.size for run in record.runs) == sorted(sizes * TIMED)
    assert all(run.seconds == pytest.approx(sum(seconds for _, seconds in run.stages)) for run in record.runs)
    assert record.training is not None
    assert {"processor", "cores", "load", "numba", "goracs_core"} <= set(record.machine)
    whole = next(run for run in record.runs if run.size == record.num_pool and run.seed == 0)
    run = next(one for one in RunStore(workspace).list(shipped=True) if one.lambda_ == CertifiedConfig.lambda_)
    assert whole.poo == pytest.approx(run.poo, rel=0.02)
    with pytest.raises(StoreError, match="came with the demo"):
        store.delete(record.id)


def problem_of_the_demo() -> Problem:
    return load_inputs({"dataset": str(demo_directory())}).problem()
