"""Which method wins, and is it luck: means over seeds and test samples, and paired differences to a reference.

A difference is taken sample by sample and seed by seed (the same test sample, the same training seed), so that what
makes a sample hard for everybody drops out; how sure its mean is, `goracs_core.evaluation.crossed` tells. Several arms
that are compared with the same reference at one budget are many chances to be lucky: their p-values are corrected by
Holm's step-down method (S. Holm, Scandinavian Journal of Statistics 6, 1979).

The area under the ROC curve is no mean over samples, but can be written as one: `auc_values`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.evaluation.crossed import LEVEL, CrossedMean, crossed_mean
from goracs_core.types import FloatArray, IndexArray, readonly

REFERENCE = "random"
SIGNIFICANT = 0.05


class Verdict(StrEnum):
    """What can be said of an arm beside the reference."""

    BETTER = "better"
    WORSE = "worse"
    UNKNOWN = "not significant"


@dataclass(frozen=True, eq=False)
class Replicates:
    """What was measured of one arm at one budget.

    Args:
        arm: Its name.
        budget: Samples trained on.
        seeds: Of the trainings; length r.
        values: One number per seed and test sample; shape [r, q].
    """

    arm: str
    budget: int
    seeds: tuple[int, ...]
    values: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", readonly(self.values, np.float64))
        if self.values.ndim != 2 or len(self.values) != len(self.seeds) or len(set(self.seeds)) != len(self.seeds):
            raise ShapeError(
                f"{self.arm} at {self.budget} needs one row of numbers per seed, and each seed once",
                code="bad-replicates",
                fields={"arm": self.arm, "budget": self.budget},
            )


@dataclass(frozen=True)
class Difference:
    """An arm minus the reference at the same budget, over the seeds that both have.

    Args:
        estimate: Mean difference and how sure it is.
        low, high: Ends of its confidence interval, for this comparison alone.
        p_value: Against no difference, for this comparison alone.
        corrected: The same after Holm's correction for all comparisons at this budget.
        comparisons: How many those are.
        verdict: By the corrected p-value.
    """

    estimate: CrossedMean
    low: float
    high: float
    p_value: float
    corrected: float
    comparisons: int
    verdict: Verdict


@dataclass(frozen=True)
class Line:
    """One line of the leaderboard.

    Args:
        arm, budget: Which.
        estimate: Mean over seeds and samples.
        difference: To the reference; None for the reference itself, and where it has no seed in common with it.
    """

    arm: str
    budget: int
    estimate: CrossedMean
    difference: Difference | None = None


def leaderboard(
    replicates: Sequence[Replicates], *, smaller_is_better: bool, reference: str = REFERENCE, level: float = LEVEL
) -> tuple[Line, ...]:
    """One line per arm and budget: budgets rising, the best mean first.

    Args:
        replicates: Of the same test samples in the same order.
        smaller_is_better: As for a loss.
        reference: Name of the arm that the others are compared with.
        level: Of the confidence intervals.

    Raises:
        ShapeError: Not all have the same number of test samples, or an arm and budget are given twice.
    """
    if len({one.values.shape[1] for one in replicates}) > 1:
        raise ShapeError("arms can be compared on the same test samples only", code="test-samples-differ")
    places = {(one.arm, one.budget): one for one in replicates}
    if len(places) != len(replicates):
        raise ShapeError("each arm and budget may be given once", code="arm-twice")
    lines = []
    for one in replicates:
        other = places.get((reference, one.budget))
        difference = None if other is None or one.arm == reference else paired(one, other, smaller_is_better, level)
        lines.append(Line(one.arm, one.budget, crossed_mean(one.values), difference))
    sign = 1 if smaller_is_better else -1
    return tuple(sorted(corrected(lines), key=lambda line: (line.budget, sign * line.estimate.mean)))


def paired(one: Replicates, other: Replicates, smaller_is_better: bool, level: float = LEVEL) -> Difference | None:
    """`one` minus `other`, paired by seed and test sample, not yet corrected; None without a seed in common."""
    common = [seed for seed in one.seeds if seed in other.seeds]
    if not common:
        return None
    mine, theirs = ([own.seeds.index(seed) for seed in common] for own in (one, other))
    estimate = crossed_mean(one.values[mine] - other.values[theirs])
    low, high = estimate.interval(level)
    found = Difference(estimate, low, high, estimate.p_value, estimate.p_value, 1, Verdict.UNKNOWN)
    better = (estimate.mean < 0) == smaller_is_better
    return replace(found, verdict=Verdict.BETTER if better else Verdict.WORSE)


def corrected(lines: Sequence[Line]) -> list[Line]:
    """The lines with Holm's correction over all differences of each budget, and verdicts by it."""
    found = list(lines)
    for budget in {line.budget for line in lines}:
        mine = [place for place, line in enumerate(found) if line.budget == budget and line.difference is not None]
        values = holm([line.difference.p_value for place in mine if (line := found[place]).difference is not None])
        for place, value in zip(mine, values.tolist(), strict=True):
            difference = found[place].difference
            assert difference is not None
            verdict = difference.verdict if value < SIGNIFICANT else Verdict.UNKNOWN
            changed = replace(difference, corrected=value, comparisons=len(mine), verdict=verdict)
            found[place] = replace(found[place], difference=changed)
    return found


def holm(p_values: Sequence[float]) -> FloatArray:
    """p-values corrected for their number: the smallest times their number, the next times one less, never falling.

    At most a share alpha of such families has any corrected value below alpha where nothing differs, however the tests
    depend on each other.
    """
    given = np.asarray(p_values, np.float64)
    order = np.argsort(given, kind="stable")
    rising = np.maximum.accumulate(given[order] * (len(given) - np.arange(len(given))))
    found = np.empty(len(given))
    found[order] = np.minimum(rising, 1.0)
    return found


def auc_values(chances: FloatArray, labels: IndexArray) -> FloatArray:
    """Numbers per test sample whose mean is the area under the ROC curve; shape [r, q].

    The area is the share of pairs of a positive and a negative that stand in the right order, ties half. Each sample's
    own share of right pairs (its "placement") moves the area by its deviation over the number of its class; with
    value = area + (q / class size) (placement - area) the mean over all samples is the area, and the variance of that
    mean is DeLong's up to q / (q - 1) (E. R. DeLong et al., Biometrics 44, 1988). So areas are compared as losses are.

    Args:
        chances: P(Yes) by seed and sample; shape [r, q].
        labels: 1 yes, 0 no; shape [q], both present.

    Raises:
        ShapeError: One label only, or other shapes.
    """
    from scipy.stats import rankdata

    chances, positive = np.asarray(chances, np.float64), np.asarray(labels) == 1
    yes, count = int(positive.sum()), len(positive)
    if chances.ndim != 2 or chances.shape[1] != count or yes in (0, count):
        raise ShapeError(
            "the area under the ROC curve needs samples of both labels, and a chance for each", code="one-label-only"
        )
    found = np.empty(chances.shape)
    for row, own in zip(found, chances, strict=True):
        ranks = rankdata(own)
        row[positive] = (ranks[positive] - rankdata(own[positive])) / (count - yes)
        row[~positive] = 1 - (ranks[~positive] - rankdata(own[~positive])) / yes
        area = row[positive].mean()
        row[:] = area + np.where(positive, count / yes, count / (count - yes)) * (row - area)
    return found


def reading(lines: Sequence[Line], *, name: str, unit: str, decimals: int, reference: str = REFERENCE) -> list[str]:
    """What a leaderboard says, in sentences, budget by budget.

    Args:
        lines: The leaderboard.
        name: Of the metric.
        unit: Written after a number, with its space; "" for none.
        decimals: Of the numbers.
        reference: The arm compared with.
    """
    sentences = []
    for budget in sorted({line.budget for line in lines}):
        compared = {line.arm: line.difference for line in lines if line.budget == budget and line.difference}
        if not compared:
            continue
        parts = []
        for verdict in (Verdict.BETTER, Verdict.WORSE):
            told = [
                f"{arm} ({one.estimate.mean:+.{decimals}f}{unit}, {_p(one.corrected)})"
                for arm, one in compared.items()
                if one.verdict is verdict
            ]
            if told:
                parts.append(f"{verdict} than {reference}: {_listed(told)}")
        unknown = [arm for arm, one in compared.items() if one.verdict is Verdict.UNKNOWN]
        if unknown:
            parts.append(f"not significant: {_listed(unknown)}")
        sentences.append(f"k = {budget:,}, {name}: {'; '.join(parts)}.")
    doubt = _doubt(lines)
    if doubt:
        sentences.append(doubt)
    if any(line.difference is not None and not line.difference.estimate.counts_seeds for line in lines):
        sentences.append(
            "If an arm and the reference have only one seed in common, the interval covers the variation over test "
            "samples but not over seeds. Use three or more seeds before drawing conclusions."
        )
    return sentences


def _doubt(lines: Sequence[Line]) -> str:
    """What would tell more where nobody can tell; "" where all is told, or seeds are not counted."""
    shares = [
        line.difference.estimate.seed_weight
        for line in lines
        if line.difference and line.difference.verdict is Verdict.UNKNOWN and line.difference.estimate.counts_seeds
    ]
    if not shares:
        return ""
    share = float(np.median(shares))
    more = "more seeds" if share > 0.5 else "more test samples"
    source = "seeds" if share > 0.5 else "test samples"
    return (
        f"Where the difference is not significant, {100 * max(share, 1 - share):.0f} % of the variance comes from "
        f"the {source} (median): {more} would narrow the interval most."
    )


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}" if value < 0.1 else f"p = {value:.2f}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def order(lines: Sequence[Line], *, smaller_is_better: bool) -> list[str]:
    """The arms, best mean over their budgets first."""
    means: Mapping[str, list[float]] = {line.arm: [] for line in lines}
    for line in lines:
        means[line.arm].append(line.estimate.mean)
    sign = 1 if smaller_is_better else -1
    return sorted(means, key=lambda arm: sign * float(np.mean(means[arm])))
