"""From an experiment to what the leaderboard compares: numbers by seed and test sample, arm by arm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.evaluation.crossed import CrossedMean, crossed_mean
from goracs_core.evaluation.leaderboard import Replicates, auc_values
from goracs_core.glossary import term
from goracs_core.jobs.compare.plan import OverSeeds
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.ranking import CUTOFFS, RankPositions, sample_gains
from goracs_core.types import FloatArray, IndexArray

LOSS, AUC = "test_loss", "auc"
SAMPLED = "sampled_"


@dataclass(frozen=True)
class Metric:
    """What arms are compared by.

    Args:
        key: Name among the values of an entry.
        label: For people.
        help: What it is, in a sentence.
        smaller_is_better: As for a loss.
        unit: Written after a number, with its space.
        decimals: Of a number.
    """

    key: str
    label: str
    help: str
    smaller_is_better: bool = False
    unit: str = ""
    decimals: int = 4

    @property
    def words(self) -> str:
        """The label inside a sentence."""
        return self.label.lower() if self.key == LOSS else self.label


def metrics_of(experiment: Experiment) -> tuple[Metric, ...]:
    """What was measured sample by sample, the loss first."""
    asks = experiment.outcomes.chances.size > 0
    about = "log loss of P(Yes)" if asks else "mean cross-entropy of the answer's tokens"
    found = [Metric(LOSS, "Test loss", f"{term('test_loss').text} Here: {about}.", True, " nats", 3)]
    if asks:
        found.append(Metric(AUC, "AUC", term("auc").text))
    if len(experiment.outcomes.ranked_rows):
        few = f"{experiment.measure.get('negatives', 99)} sampled negatives"
        for prefix, among in ((SAMPLED, few), ("", "the whole catalogue")):
            for cutoff in CUTOFFS:
                gain = f"{term('ndcg').text} Here: c = {cutoff}, ranked among {among}."
                hits = f"{term('hr').text} Here: c = {cutoff}, ranked among {among}."
                found.append(Metric(f"{prefix}ndcg@{cutoff}", f"NDCG@{cutoff}, {among}", gain))
                found.append(Metric(f"{prefix}hr@{cutoff}", f"HR@{cutoff}, {among}", hits))
    return tuple(found)


def replicates(experiment: Experiment, metric: str, *, labels: IndexArray | None = None) -> tuple[Replicates, ...]:
    """One value per arm and budget that has a finished entry, in the order of the entries.

    Args:
        experiment: As far as it came; entries that are not done are left out.
        metric: Key of one of `metrics_of`.
        labels: Of all the dataset's test samples, 1 yes, 0 no; needed for the area under the ROC curve.

    Raises:
        ConfigError: The experiment did not measure this.
    """
    values = _values(experiment, metric, labels)
    places: dict[tuple[str, int], list[int]] = {}
    for place, entry in enumerate(experiment.entries):
        if entry.done and np.isfinite(values[place]).all():
            places.setdefault((entry.arm, entry.budget), []).append(place)
    return tuple(
        Replicates(arm, budget, tuple(experiment.entries[place].seed for place in mine), values[mine])
        for (arm, budget), mine in places.items()
    )


def sample_rows(experiment: Experiment, metric: str) -> IndexArray:
    """Rows of the test that the columns of `replicates` stand for; shape [q]."""
    ranked = "@" in metric
    return experiment.outcomes.ranked_rows if ranked else experiment.outcomes.rows


def popularity_baseline(experiment: Experiment, metric: str) -> CrossedMean | None:
    """The same ranking metric of ranking by mere popularity; None for a metric that is none."""
    if "@" not in metric or len(experiment.outcomes.ranked_rows) < 2:
        return None
    outcomes = experiment.outcomes
    positions = outcomes.popular_sampled if metric.startswith(SAMPLED) else outcomes.popular_full
    return crossed_mean(_gains(positions, metric)[None])


def is_whole_pool(experiment: Experiment, arm: str) -> bool:
    """Whether the arm is the whole pool: no choice, and another budget than all others."""
    return experiment.arm(arm).method == WHOLE_POOL


def means(experiment: Experiment, name: str) -> Mapping[tuple[str, int], tuple[float, float]]:
    """Mean and standard deviation over the seeds of an entry's value, by arm and budget; NaN where too few."""
    found: dict[tuple[str, int], list[float]] = {}
    for entry in experiment.entries:
        value = entry.values.get(name, math.nan)
        if entry.done and math.isfinite(value):
            found.setdefault((entry.arm, entry.budget), []).append(value)
    told = {place: OverSeeds.of(values) for place, values in found.items()}
    return {place: (one.mean, one.sd) for place, one in told.items()}


def _values(experiment: Experiment, metric: str, labels: IndexArray | None) -> FloatArray:
    """Numbers by entry and test sample; NaN where there are none; shape [entries, q]."""
    outcomes = experiment.outcomes
    if metric not in {one.key for one in metrics_of(experiment)}:
        raise ConfigError(
            f"the experiment did not measure {metric!r}; run it again with ranked samples",
            code="not-measured",
            fields={"metric": metric},
        )
    if metric == LOSS:
        return outcomes.losses
    if metric == AUC:
        if labels is None:
            raise ConfigError("the area under the ROC curve needs the labels of the test samples", code="no-labels")
        found = np.full(outcomes.chances.shape, np.nan)
        there = np.isfinite(outcomes.chances).all(axis=1)
        found[there] = auc_values(outcomes.chances[there], labels[outcomes.rows])
        return found
    positions = outcomes.sampled if metric.startswith(SAMPLED) else outcomes.full
    found = np.full((len(positions), len(outcomes.ranked_rows)), np.nan)
    for place in np.flatnonzero(np.isfinite(positions).all(axis=(1, 2))):
        found[place] = _gains(positions[place], metric)
    return found


def _gains(positions: FloatArray, metric: str) -> FloatArray:
    """HR or NDCG of each sample from numbers of items better and equal, shape [2, r]; shape [r]."""
    better, equal = positions.astype(np.int64)
    kind, _, cutoff = metric.removeprefix(SAMPLED).partition("@")
    hits, gains = sample_gains(RankPositions(better, equal), int(cutoff))
    return hits if kind == "hr" else gains
