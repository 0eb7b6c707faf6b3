"""Estimated time and memory of an experiment: the trainings that are left, and the selections before them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goracs_core.data.store import load_dataset
from goracs_core.errors import StoreError
from goracs_core.features.estimate import model_pass_seconds
from goracs_core.features.options import FeatureOptions
from goracs_core.features.store import read_features_meta
from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.kind import ExperimentSpec
from goracs_core.jobs.experiment.plan import ExperimentPlan, experiment_id, planned
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.select.estimate import needs_model, score_seconds, source_sizes
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.source import SourceSpec, counted
from goracs_core.jobs.train.estimate import TrainingSizes, Work, earlier_pace
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.methods import SelectionConfig
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_seconds
from goracs_core.quantities import duration, memory
from goracs_core.workspace import Workspace


@dataclass(frozen=True)
class ExperimentEstimate:
    """What is to be done.

    Args:
        trainings: Entries that are not done yet.
        there: Entries that are.
        seconds: Expected time; None where nothing is known about the model.
        making: Seconds of these that go into making the model, once per dataset.
        memory: Bytes of a training at the peak; None for a model of unknown size.
        basis: Where the time comes from, as the rest of a sentence.
    """

    trainings: int
    there: int
    seconds: float | None
    making: float
    memory: int | None
    basis: str

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        if not self.trainings:
            return "All of its trainings are done already; it opens at once."
        count = f"{self.trainings:,} training{'s' if self.trainings != 1 else ''}"
        done = f", and {self.there} that are done already" if self.there else ""
        if self.seconds is None:
            return f"{count}{done}; {self.basis}."
        making = f"; {duration(self.making)} of it to make the model, once" if self.making else ""
        held = "" if self.memory is None else f" and {memory(self.memory)} memory"
        return f"{count}{done}: about {duration(self.seconds)} ({self.basis}{making}){held}."


def estimate_experiment(
    plan: ExperimentPlan, work: Work, kept: Experiment | None, *, selecting: Callable[[Sequence[Entry]], float]
) -> ExperimentEstimate:
    """Time of what is still to be selected and trained.

    Args:
        plan: The experiment's.
        work: Its trainings.
        kept: The experiment as far as it came before; None where it is new.
        selecting: Seconds of the selections of some entries.
    """
    done = set() if kept is None else {_key(entry) for entry in kept.entries if entry.done}
    left = [entry for entry in plan.entries if _key(entry) not in done]
    there = len(plan.entries) - len(left)
    if not left or not work.known:
        return ExperimentEstimate(len(left), there, None, 0.0, work.memory(), work.basis)
    trained = work.shared_seconds() + sum(work.seconds(entry.budget) for entry in left)
    seconds = trained + selecting(left)
    return ExperimentEstimate(len(left), there, seconds, work.making_seconds(), work.memory(), work.basis)


def selecting_seconds(
    plan: ExperimentPlan,
    entries: Iterable[Entry],
    sizes: Sizes,
    *,
    scored: Iterable[str] = (),
    scores: Callable[[SelectionConfig], float],
) -> float:
    """Seconds of the selections of some entries; what scores cost counts once per method.

    Args:
        plan: Whose entries they are.
        entries: The whole pool among them costs nothing.
        sizes: Of the problem.
        scored: Names of methods whose scores are kept already, because they have run on this data.
        scores: Seconds of making the scores that a method needs.
    """
    arms = {arm.name: arm for arm in plan.arms if arm.method != WHOLE_POOL}
    known, total = set(scored), 0.0
    for entry in entries:
        if entry.arm in arms:
            arm = arms[entry.arm]
            config = arm.config_at(entry.budget, entry.seed)
            total += selection_seconds(config, sizes) + (0.0 if arm.method in known else scores(config))
            known.add(arm.method)
    return total


def estimate_job(spec: ExperimentSpec, workspace: Workspace) -> ExperimentEstimate:
    """The estimate of an experiment job.

    Args:
        spec: What is asked.
        workspace: Whose trainings and runs tell how long such work takes.

    Raises:
        GoracsError: Inputs or options that do not do.
    """
    directory, store, values = Path(spec.dataset), TrainingStore(workspace), counted(spec.to_dict())
    dataset, sizes = load_dataset(directory), source_sizes(SourceSpec(dataset=spec.dataset))
    plan = planned(values, dataset.task, num_pool=len(dataset.pool))
    pace = earlier_pace(store, store.list(dataset.fingerprint), plan.recommender, plan.options)
    work = Work(plan.recommender, plan.options, plan.measure, TrainingSizes.of(dataset, directory, workspace), pace)
    runs = [run for run in RunStore(workspace).list() if run.dataset_fingerprint == dataset.fingerprint]

    def scores(config: SelectionConfig) -> float:
        options = FeatureOptions.from_dict(read_features_meta(directory).get("options", {}))
        model_pass = model_pass_seconds(dataset, options) if needs_model(config) else 0.0
        return score_seconds(config, sizes, model_pass)

    def selecting(left: Sequence[Entry]) -> float:
        scored = [str(run.config.get("method")) for run in runs if run.config]
        return selecting_seconds(plan, left, sizes, scored=scored, scores=scores)

    kept = None if spec.fresh else kept_experiment(ExperimentStore(workspace), values, dataset.fingerprint)
    return estimate_experiment(plan, work, kept, selecting=selecting)


def kept_experiment(store: ExperimentStore, spec: Mapping[str, Any], dataset_fingerprint: str) -> Experiment | None:
    """The experiment that a spec asks for, as far as it came before; None where it is new or of other data."""
    try:
        found = store.get(experiment_id(spec))
    except StoreError:
        return None
    return found if found.dataset_fingerprint == dataset_fingerprint else None


def _key(entry: Entry) -> tuple[str, int, int]:
    return entry.arm, entry.budget, entry.seed
