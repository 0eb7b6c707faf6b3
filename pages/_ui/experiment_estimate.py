"""What an experiment will take, from the cached dataset, the trainings and the runs of this workspace."""

from __future__ import annotations

from collections.abc import Iterable

from goracs_core.errors import StoreError
from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.estimate import ExperimentEstimate, estimate_experiment
from goracs_core.jobs.experiment.plan import ExperimentPlan
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.train.estimate import Work, earlier_pace
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_seconds
from pages._ui import cache, estimates, state
from pages._ui.state import DatasetRef


def estimate(ref: DatasetRef, plan: ExperimentPlan, experiment: str, *, width: int) -> ExperimentEstimate:
    """Time of what is still to be selected and trained.

    Args:
        ref: The dataset.
        plan: What is asked for.
        experiment: Its id, to find what is done of it.
        width: Numbers per embedding.
    """
    store = TrainingStore(state.workspace())
    pace = earlier_pace(store, store.list(ref.fingerprint), plan.recommender, plan.options)
    work = Work(plan.recommender, plan.options, plan.measure, cache.training_sizes(ref), pace)
    return estimate_experiment(
        plan, work, _kept(ref, experiment), selecting=lambda left: _selecting(ref, plan, left, width)
    )


def _kept(ref: DatasetRef, experiment: str) -> Experiment | None:
    try:
        found = ExperimentStore(state.workspace()).get(experiment)
    except StoreError:
        return None
    return found if found.dataset_fingerprint == ref.fingerprint else None


def _selecting(ref: DatasetRef, plan: ExperimentPlan, left: Iterable[Entry], width: int) -> float:
    """Seconds of all choices; what scores cost counts once per method, and not where it has run: they are kept."""
    sizes, total = Sizes(ref.counts["pool"], ref.counts["validation"], width), 0.0
    arms = {arm.name: arm for arm in plan.arms if arm.method != WHOLE_POOL}
    scored = {str(run.config.get("method")) for run in cache.runs(ref.fingerprint) if run.config}
    for entry in left:
        if entry.arm not in arms:
            continue
        config = arms[entry.arm].config_at(entry.budget, entry.seed)
        total += selection_seconds(config, sizes)
        if arms[entry.arm].method not in scored:
            scored.add(arms[entry.arm].method)
            total += estimates.score_seconds(config, ref, width=width)
    return total
