"""What the figures of a leaderboard draw, from an experiment."""

from __future__ import annotations

from collections.abc import Sequence

from goracs_core.charts.arms import ArmLook, arm_looks
from goracs_core.charts.leaderboard import Board
from goracs_core.evaluation.leaderboard import REFERENCE, Line, order
from goracs_core.jobs.experiment.leaderboard_table import board
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.replicates import Metric, is_whole_pool, popularity_baseline, replicates
from goracs_core.types import IndexArray


def experiment_board(
    experiment: Experiment, metric: Metric, *, labels: IndexArray | None = None, lines: Sequence[Line] | None = None
) -> Board:
    """Arms and budgets of one metric; the whole pool is a reference, not an arm.

    Args:
        experiment: As far as it came.
        metric: What arms are compared by.
        labels: Of all the dataset's test samples, for the area under the ROC curve.
        lines: The leaderboard, where it is at hand.
    """
    found = board(experiment, metric, labels=labels) if lines is None else lines
    chosen = tuple(line for line in found if not is_whole_pool(experiment, line.arm))
    whole = next((line for line in found if is_whole_pool(experiment, line.arm)), None)
    baseline = popularity_baseline(experiment, metric.key)
    own = [one for one in replicates(experiment, metric.key, labels=labels) if not is_whole_pool(experiment, one.arm)]
    return Board(
        title=f"{metric.label} ({metric.unit.strip()})" if metric.unit else metric.label,
        lines=chosen,
        arms=tuple(order(chosen, smaller_is_better=metric.smaller_is_better)),
        reference=REFERENCE,
        decimals=metric.decimals,
        seeds={(one.arm, one.budget): one.values.mean(axis=1) for one in own},
        whole=None if whole is None else whole.estimate.mean,
        popular=None if baseline is None else baseline.mean,
        looks=experiment_looks(experiment),
    )


def experiment_looks(experiment: Experiment) -> dict[str, ArmLook]:
    """Colour and symbol of each arm, the same in all figures; an arm with decay has the colour of the one without."""
    plain = {repr(sorted(arm.config.items(), key=str)): arm.name for arm in experiment.arms if arm.half_life is None}
    families = {arm.name: plain.get(repr(sorted(arm.config.items(), key=str)), arm.name) for arm in experiment.arms}
    return arm_looks([arm.name for arm in experiment.arms], reference=REFERENCE, families=families)
