"""The tab "over time": what an experiment's outcomes say over the test's time, partial ones too; refusals are said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.data.dataset import Dataset
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.jobs.compare.plan import Arm, Entry
from goracs_core.jobs.experiment.plan import experiment_id, planned
from goracs_core.jobs.experiment.record import Experiment, TestOutcomes
from goracs_core.jobs.experiment.shifts import arm_losses
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.kinds import run_job
from goracs_core.workspace import Workspace
from tests.app.conftest import SMALL, assert_no_fault, shown, unfolded

pytestmark = pytest.mark.usefixtures("no_worker")


def page(experiment: str, dataset: str) -> None:
    """What the Compare page does for its tab."""
    from goracs_core.jobs.experiment.store import ExperimentStore
    from pages._ui import state
    from pages._ui.compare import shift as compare_shift

    compare_shift.show(ExperimentStore(state.workspace()).get(experiment), state.reference(dataset))


def opened(experiment: Experiment, dataset: str) -> AppTest:
    return AppTest.from_function(
        page, default_timeout=120, kwargs={"experiment": experiment.id, "dataset": dataset}
    ).run()


@pytest.fixture
def early(workspace: Workspace) -> str:
    """A small dataset with an early validation."""
    run_job("derive", {"dataset": str(workspace.datasets / SMALL), "early_validation": 0.5, "name": "early"}, workspace)
    return "early"


def made_up(workspace: Workspace, name: str, *, done: int | None = None, budgets: tuple[int, ...] = (6,)) -> Experiment:
    """An experiment with real coresets and losses that are made up: decay is better by 0.3 at the end of the test."""
    folder = workspace.datasets / name
    dataset = load_dataset(folder)
    spec: dict[str, Any] = {
        "dataset": str(folder),
        "kind": "shift",
        "methods": ["goracs", "random"],
        "half_lives": [30.0],
        "lambda_": 0.1,
        "budgets": list(budgets),
        "seeds": 2,
        "measure": {"test_samples": 0},
    }
    plan = planned(spec, dataset.task, num_pool=len(dataset.pool))
    losses = np.full((len(plan.entries), len(dataset.test)), np.nan)
    entries = []
    for place, entry in enumerate(plan.entries):
        if done is None or place < done:
            arm = next(arm for arm in plan.arms if arm.name == entry.arm)
            losses[place] = _losses(dataset, arm.method, arm.half_life, place)
            entry = replace(entry, run=_run(workspace, spec, arm, entry), training=f"t{place}")
        entries.append(entry)
    experiment = Experiment(
        id=experiment_id(spec),
        kind=plan.kind.name,
        started=1.0,
        finished=done is None,
        dataset_name=dataset.name,
        dataset_fingerprint=dataset.fingerprint,
        problem_fingerprint="p",
        recommender=plan.recommender,
        options={},
        measure=plan.measure.to_dict(),
        model="made up",
        lambda_=plan.lambda_,
        arms=plan.arms,
        entries=tuple(entries),
        outcomes=_outcomes(losses),
    )
    ExperimentStore(workspace).save(experiment)
    return experiment


def _losses(dataset: Dataset, method: str, half_life: float | None, place: int) -> np.ndarray:
    rng, count = np.random.default_rng(place), len(dataset.test)
    late = np.argsort(np.argsort(dataset.test.times if dataset.test.times is not None else np.arange(count))) / count
    level = 1.5 if method == "random" else 1.0 - (0.0 if half_life is None else 0.3 * late)
    return np.random.default_rng(99).gamma(3.0, size=count) / 3 + level + 0.01 * rng.normal(size=count)


def _run(workspace: Workspace, spec: dict[str, Any], arm: Arm, entry: Entry) -> str:
    """A run of the arm's weights; drawn at random, because that is quick."""
    config = {"method": "random", "budget": entry.budget, "seed": entry.seed, "lambda_": 0.1}
    asked = {"dataset": spec["dataset"], "config": config, "half_life": arm.half_life}
    return run_job("select", asked, workspace)["run"]


def _outcomes(losses: np.ndarray) -> TestOutcomes:
    none = np.empty((len(losses), 2, 0))
    return TestOutcomes(
        rows=np.arange(losses.shape[1]),
        losses=losses,
        ranked_rows=np.empty(0, np.int64),
        full=none,
        sampled=none,
        chances=np.empty((0, 0)),
        start_losses=np.full(losses.shape[1], np.nan),
        popular_full=np.empty((2, 0)),
        popular_sampled=np.empty((2, 0)),
    )


def test_words_charts_and_the_choice_under_decay(workspace: Workspace, early: str) -> None:
    experiment = made_up(workspace, early)
    app = opened(experiment, early)
    assert_no_fault(app)
    text = shown(app).replace("\\", "")
    assert "goracs has a lower loss than random: -0.499" in text
    assert "goracs, half-life 30 d: on the latest slice, weighting recent validation samples more helps" in text
    assert "Effect of decay on the selection" in text
    assert "came after the early ones" in text
    sizes = [len(load_dataset(workspace.datasets / name).validation) for name in (SMALL, early)]
    assert f"Late samples: {sizes[0] - sizes[1]}" in text
    decay = next(one.value for one in app.dataframe if "overlap" in one.value)
    assert decay["half-life"].tolist() == ["30 days", "no decay"]
    assert decay["overlap"].tolist()[-1] == 1.0
    losses = {arm.name: arm.losses for arm in arm_losses(experiment, 6)}
    unfolded(app, shift_loss_numbers=True)
    assert_no_fault(app)
    tables = [one.value for one in app.dataframe if {"arm", "slice"} <= set(one.value)]
    table = next(one for one in tables if "random" in set(one["arm"]))
    whole = table[(table["slice"] == "whole test") & (table["arm"] == "goracs")]
    assert whole["nats"].item() == pytest.approx(losses["goracs"].mean())
    assert whole["seeds"].item() == 2
    app.segmented_control(key="shift_slices").set_value(2).run()
    assert_no_fault(app)
    assert f"{len(experiment.outcomes.rows) // 2} test samples per slice" in shown(app)


def test_partial_results_are_shown_as_far_as_they_go(workspace: Workspace, early: str) -> None:
    app = opened(made_up(workspace, early, done=0), early)
    assert_no_fault(app)
    assert "No training is finished yet" in shown(app)
    app = opened(made_up(workspace, early, done=1, budgets=(6, 8)), early)
    assert_no_fault(app)
    assert "Differences to random require trainings" in shown(app)


def test_runs_that_are_gone_leave_the_losses(workspace: Workspace, early: str) -> None:
    experiment = made_up(workspace, early)
    gone = tuple(replace(entry, run="20200101-000000-000000-0000") for entry in experiment.entries)
    ExperimentStore(workspace).save(replace(experiment, entries=gone))
    app = opened(experiment, early)
    assert_no_fault(app)
    assert "goracs has a lower loss than random" in shown(app)
    assert "not in this workspace" in shown(app)


def test_without_times_a_sentence_says_so(workspace: Workspace) -> None:
    dataset = load_dataset(workspace.datasets / SMALL)
    experiment = made_up(workspace, SMALL)
    parts = {name: replace(getattr(dataset, name), times=None) for name in ("pool", "validation", "test")}
    save_dataset(replace(dataset, name="Timeless", **parts), workspace.datasets / "Timeless")
    app = opened(experiment, "Timeless")
    assert any("have no times" in error.value for error in app.error)
    assert_no_fault(app)
