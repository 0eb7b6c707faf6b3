"""On whom a coreset is good: outcomes by popularity of the test samples' targets, and whether head-heavy ones lose.

The bands are those of `goracs_core.evaluation.popularity_scale`: head, mid and tail by shares of all interactions, or
the popularity deciles of the pool. Within a band everything is as on the leaderboard; Holm's correction counts all arms
and bands of a budget.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.evaluation.correlation import LEAST_POINTS
from goracs_core.evaluation.leaderboard import REFERENCE, SIGNIFICANT, Line, Replicates, corrected, leaderboard
from goracs_core.types import FloatArray, IndexArray

LEAST_SAMPLES = 5  # a band with fewer test samples says nothing
_ORDERS = math.factorial(7)  # of one side that are tried: all of up to seven points, drawn ones of more
HEAD, MID, TAIL = range(3)  # bands of `PopularityScale.item_class`


@dataclass(frozen=True)
class BandLine:
    """One arm at one budget on the test samples of one band.

    Args:
        band: Which band, from 0.
        line: As on the leaderboard, on these samples alone.
    """

    band: int
    line: Line


@dataclass(frozen=True)
class Relation:
    """A rank correlation over arms.

    Args:
        value: Spearman's coefficient.
        p_value: Share of the orders of one side that give a coefficient at least as far from 0: all orders of up to
            seven points, 5,040 drawn ones (seed 0) and the one found of more. (A bootstrap of so few points would be
            certain of any perfect order.)
        n: Arms.
    """

    value: float
    p_value: float
    n: int

    @property
    def clear(self) -> bool:
        """Whether chance would seldom order the arms so."""
        return self.p_value < SIGNIFICANT


def band_lines(
    replicates: Sequence[Replicates], bands: IndexArray, *, smaller_is_better: bool, reference: str = REFERENCE
) -> tuple[BandLine, ...]:
    """The leaderboard of each band that has at least `LEAST_SAMPLES` test samples.

    Args:
        replicates: Of the same test samples in the same order.
        bands: Band of each test sample; shape [q].
        smaller_is_better: As for a loss.
        reference: Name of the arm that the others are compared with.

    Raises:
        ShapeError: Not one band per test sample.
    """
    if any(one.values.shape[1] != len(bands) for one in replicates):
        raise ShapeError(
            f"{len(bands)} bands do not match the test samples; give one band per sample",
            code="bands-unequal",
            fields={"bands": len(bands)},
        )
    found: list[BandLine] = []
    for band in np.unique(bands).tolist():
        mine = bands == band
        if mine.sum() < LEAST_SAMPLES:
            continue
        parts = [Replicates(one.arm, one.budget, one.seeds, one.values[:, mine]) for one in replicates]
        lines = leaderboard(parts, smaller_is_better=smaller_is_better, reference=reference)
        found += [BandLine(band, line) for line in lines]
    lines = corrected([one.line for one in found])
    return tuple(BandLine(one.band, line) for one, line in zip(found, lines, strict=True))


def band_sizes(bands: IndexArray, count: int) -> IndexArray:
    """Test samples of each band; shape [count]."""
    return np.bincount(bands, minlength=count).astype(np.int64)


def head_against_tail(
    lines: Sequence[BandLine], head_shares: Mapping[str, float], *, budget: int, reference: str = REFERENCE
) -> Relation | None:
    """Over the arms of a budget: Spearman's correlation of the coreset's head share with the tail's difference.

    Above 0 (for a loss): the more of its samples a coreset takes from the head, the more it loses on tail items beside
    the reference. None with fewer than five arms, where all are alike, or where the tail has too few test samples.

    Args:
        lines: By head, mid and tail.
        head_shares: Share of each arm's coresets whose targets are head items, at this budget.
        budget: Which budget.
        reference: The arm whose difference is 0.
    """
    points: list[tuple[float, float]] = []
    for one in lines:
        line = one.line
        if one.band != TAIL or line.budget != budget or line.arm not in head_shares:
            continue
        if line.arm == reference:
            points.append((head_shares[line.arm], 0.0))
        elif line.difference is not None:
            points.append((head_shares[line.arm], line.difference.estimate.mean))
    if len(points) < LEAST_POINTS:
        return None
    heads, tails = np.array(points, np.float64).T
    if np.ptp(heads) == 0 or np.ptp(tails) == 0:
        return None
    return _permuted(heads, tails)


def _permuted(heads: FloatArray, tails: FloatArray) -> Relation:
    from scipy.stats import permutation_test, rankdata

    left, right = (rankdata(side) - (len(side) + 1) / 2 for side in (heads, tails))
    scale = float(np.sqrt((left @ left) * (right @ right)))

    def strength(orders: FloatArray, axis: int) -> FloatArray:
        return np.abs(np.moveaxis(orders, axis, -1) @ right) / scale

    test = permutation_test(
        (left,),
        strength,
        permutation_type="pairings",
        vectorized=True,
        n_resamples=_ORDERS,
        alternative="greater",
        rng=np.random.default_rng(0),
    )
    return Relation(float(left @ right) / scale, float(test.pvalue), len(heads))


def head_reading(found: Relation | None, *, budget: int, smaller_is_better: bool, left_out: Sequence[str] = ()) -> str:
    """What `head_against_tail` says, in a sentence, and which arms it leaves out.

    Args:
        found: The correlation.
        budget: Which budget.
        smaller_is_better: As for a loss.
        left_out: Arms whose trainings were all undone: they are the model before training, no effect of a coreset.
    """
    without = ""
    if left_out:
        one = len(left_out) == 1
        without = (
            f" {', '.join(left_out)} {'is' if one else 'are'} excluded: the results of all "
            f"{'its' if one else 'their'} trainings were discarded, so {'it is' if one else 'they are'} equal to the "
            "model before training."
        )
    if found is None:
        return (
            f"k = {budget:,}: too few data to test whether head-heavier coresets perform worse on tail items; this "
            f"needs at least {LEAST_POINTS} arms and {LEAST_SAMPLES} test samples with tail items.{without}"
        )
    measured = f"rank correlation {found.value:+.2f}, {found.n} arms, p = {found.p_value:.2g}"
    if not found.clear:
        return (
            f"k = {budget:,}: no significant relation between the share of head items in a coreset and its "
            f"performance on tail items ({measured}).{without}"
        )
    words = "perform worse" if (found.value > 0) == smaller_is_better else "perform no worse, but better,"
    return f"k = {budget:,}: coresets with more head items {words} on tail items ({measured}).{without}"
