"""An experiment's outcomes over the time of the test."""

from __future__ import annotations

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.evaluation.shift import SLICES, ArmLosses, ShiftReport, shift_report
from goracs_core.jobs.compare.plan import Arm
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.types import FloatArray

RANDOM = "random"


def experiment_shift(
    experiment: Experiment, test_times: FloatArray | None, *, budget: int, slices: int = SLICES
) -> ShiftReport:
    """The arms of one budget (and the whole pool) over time, as far as they are trained.

    Args:
        experiment: Of any kind; with several seeds its intervals mean more.
        test_times: Of all test samples of its dataset, or None; shape [test].
        budget: Which coresets.
        slices: Slices of time.

    Raises:
        ConfigError: The test has no times, or nothing of this budget is trained yet.
    """
    if test_times is None:
        raise ConfigError(
            "the test samples of this dataset have no times, so nothing can be said over time; prepare the data from "
            "a source with times",
            code="no-times",
        )
    arms = arm_losses(experiment, budget)
    if not arms:
        message = f"no training with {budget:,} samples is done yet"
        raise ConfigError(message, code="nothing-trained", fields={"budget": budget})
    return shift_report(arms, test_times[experiment.outcomes.rows], slices=slices, random=RANDOM)


def arm_losses(experiment: Experiment, budget: int) -> tuple[ArmLosses, ...]:
    """Losses of the arms that have a finished training of this budget, a row per seed; the whole pool has its own."""
    found = []
    for arm in experiment.arms:
        places = [
            place
            for place, entry in enumerate(experiment.entries)
            if entry.done and entry.arm == arm.name and (entry.budget == budget or arm.name == WHOLE_POOL)
        ]
        losses = experiment.outcomes.losses[places]
        if len(places) and np.isfinite(losses).all():
            found.append(ArmLosses(arm.name, losses, arm.half_life, _without_decay(experiment, arm)))
    return tuple(found)


def _without_decay(experiment: Experiment, arm: Arm) -> str:
    if arm.half_life is None:
        return ""
    same = [other.name for other in experiment.arms if other.half_life is None and other.config == arm.config]
    return same[0] if same else ""
