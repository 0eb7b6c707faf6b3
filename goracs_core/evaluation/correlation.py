"""Coefficients of correlation with bootstrap intervals: overall, given a third column, and within groups.

A draw of the bootstrap is a row of counts: how often each point was taken. All coefficients are written in counts, so
that the value itself (every point once) and its 2,000 draws are the same few matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.types import BoolArray, FloatArray, IndexArray

LEAST_POINTS = 5  # under so many, there is no coefficient
LEAST_IN_GROUP = 3  # two points always lie on a line
DRAWS = 2_000
LEVEL = 0.95
_DETERMINED = 1e-9  # 1 - r^2 below this: the third column says everything


class Coefficient(StrEnum):
    """Which coefficient.

    pearson: of the values: how well a straight line fits.
    spearman: Pearson's of the ranks, ties at their mean rank: how well any rising curve fits.
    kendall: tau-b: pairs in the same order less pairs in the opposite one, as a share of the pairs without ties.
    """

    PEARSON = "pearson"
    SPEARMAN = "spearman"
    KENDALL = "kendall"


@dataclass(frozen=True)
class Estimate:
    """A coefficient, or a difference of two.

    Args:
        value: From all points.
        low, high: Percentile interval of the bootstrap at `LEVEL`; None where fewer than half of the draws gave a
            coefficient.
        n: Points behind it.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def draw_counts(groups: IndexArray, *, draws: int = DRAWS, seed: int = 0) -> FloatArray:
    """How often each point is taken in each draw, as many from every group as it has; shape [draws, p].

    Args:
        groups: Group of each point; all alike to draw among all. Shape [p].
        draws: Number of draws.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    counts = np.empty((draws, len(groups)))
    for group in np.unique(groups):
        mine = np.flatnonzero(groups == group)
        counts[:, mine] = rng.multinomial(len(mine), np.full(len(mine), 1 / len(mine)), size=draws)
    return counts


def coefficients(kind: Coefficient, x: FloatArray, y: FloatArray, counts: FloatArray) -> FloatArray:
    """The coefficient of each draw; NaN where a side is constant. Shape [draws].

    Args:
        kind: Which one.
        x: One side; shape [p].
        y: The other side; shape [p].
        counts: From `draw_counts`, or ones for all points; shape [draws, p].

    Raises:
        ShapeError: Sides or counts of different lengths.
    """
    if not len(x) == len(y) == counts.shape[1]:
        raise ShapeError(
            f"{len(x)} and {len(y)} values with {counts.shape[1]} counts; give as many of each",
            code="sides-unequal",
            fields={"x": len(x), "y": len(y), "counts": counts.shape[1]},
        )
    match kind:
        case Coefficient.PEARSON:
            found = _pearson(np.broadcast_to(x, counts.shape), np.broadcast_to(y, counts.shape), counts)
        case Coefficient.SPEARMAN:
            found = _pearson(_ranks(x, counts), _ranks(y, counts), counts)
        case Coefficient.KENDALL:
            found = _kendall(x, y, counts)
        case _:
            assert_never(kind)
    return np.where(_varies(x, counts) & _varies(y, counts), found, np.nan)


def partial_coefficients(
    kind: Coefficient, x: FloatArray, y: FloatArray, given: FloatArray, counts: FloatArray
) -> FloatArray:
    """The coefficient of x and y given a third column z, of each draw; NaN where it is not defined. Shape [draws].

        r(x, y | z) = (r(x, y) - r(x, z) r(y, z)) / sqrt((1 - r(x, z)^2) (1 - r(y, z)^2))

    For Pearson's that is the correlation of what straight lines on z leave of x and of y; for Spearman's the same with
    ranks in place of all three; for Kendall's it is his partial tau (Biometrika 30, 1938, and 32, 1942).
    """
    xy = coefficients(kind, x, y, counts)
    xz, yz = coefficients(kind, x, given, counts), coefficients(kind, y, given, counts)
    left = (1 - xz**2) * (1 - yz**2)
    told = np.minimum(1 - xz**2, 1 - yz**2) > _DETERMINED  # False for NaN, too
    found = np.divide(
        xy - xz * yz, np.sqrt(left, where=told, out=np.ones_like(left)), out=np.full_like(xy, np.nan), where=told
    )
    return np.clip(found, -1, 1)


def within_coefficients(
    kind: Coefficient, x: FloatArray, y: FloatArray, groups: IndexArray, counts: FloatArray
) -> FloatArray:
    """Mean of the groups' coefficients with weights (points - 1), of each draw; NaN where no group has one.

    The weights are the inverse variances that Spearman's and Pearson's coefficients have where nothing is related.
    Groups of fewer than `LEAST_IN_GROUP` points, and in each draw those with a constant side, are left out.
    Shape [draws].
    """
    total, weight = np.zeros(len(counts)), np.zeros(len(counts))
    for group in np.unique(groups):
        mine = groups == group
        if mine.sum() < LEAST_IN_GROUP:
            continue
        found = coefficients(kind, x[mine], y[mine], counts[:, mine])
        there = np.isfinite(found)
        total[there] += (mine.sum() - 1) * found[there]
        weight[there] += mine.sum() - 1
    return np.divide(total, weight, out=np.full(len(counts), np.nan), where=weight > 0)


def estimate(value: float, drawn: FloatArray, n: int) -> Estimate | None:
    """Put value and draws together; None where there is no value.

    Args:
        value: From all points; NaN where it is not defined.
        drawn: From the draws; shape [draws].
        n: Points behind it.
    """
    if not np.isfinite(value):
        return None
    there = drawn[np.isfinite(drawn)]
    if 2 * len(there) < len(drawn) or not len(there):
        return Estimate(float(value), None, None, n)
    low, high = np.quantile(there, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high), n)


def _pearson(x: FloatArray, y: FloatArray, counts: FloatArray) -> FloatArray:
    """Weighted Pearson of each row; shapes [draws, p]."""
    size = counts.sum(axis=1, keepdims=True)
    x = x - (counts * x).sum(axis=1, keepdims=True) / size
    y = y - (counts * y).sum(axis=1, keepdims=True) / size
    scale = np.sqrt((counts * x * x).sum(axis=1) * (counts * y * y).sum(axis=1))
    found = np.divide((counts * x * y).sum(axis=1), scale, out=np.full(len(counts), np.nan), where=scale > 0)
    return np.clip(found, -1, 1)


def _ranks(values: FloatArray, counts: FloatArray) -> FloatArray:
    """Mean rank of each point in each draw, counting every point as often as it was taken; shape [draws, p]."""
    below = (values[None, :] < values[:, None]).astype(np.float64)  # [p, p]
    beside = (values[None, :] == values[:, None]).astype(np.float64)
    return counts @ below.T + (counts @ beside.T + 1) / 2


def _kendall(x: FloatArray, y: FloatArray, counts: FloatArray) -> FloatArray:
    """Tau-b: points that were taken twice are tied with themselves on both sides, as tau-b has it."""
    x_order, y_order = np.sign(x[:, None] - x[None, :]), np.sign(y[:, None] - y[None, :])  # [p, p]
    agreed, x_pairs, y_pairs = (
        np.einsum("bp,bp->b", counts @ pairs, counts) for pairs in (x_order * y_order, x_order**2, y_order**2)
    )
    scale = np.sqrt(x_pairs * y_pairs)
    return np.divide(agreed, scale, out=np.full(len(counts), np.nan), where=scale > 0)


def _varies(values: FloatArray, counts: FloatArray) -> BoolArray:
    """Whether a draw holds two different values; exact, where a variance would be rounding noise."""
    taken = counts > 0
    return np.where(taken, values, np.inf).min(axis=1) < np.where(taken, values, -np.inf).max(axis=1)
