"""Does POO predict test loss? Coresets with both, and how well POO, its terms, size and other proxies order them.

Every proxy points the same way: smaller promises a lower test loss, so a good one has a coefficient near 1. Larger
coresets have lower POO and lower loss, whatever POO is worth (Simpson's paradox); so each coefficient is given three
times: over all points, given size, and within sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.evaluation.correlation import (
    DRAWS,
    LEAST_IN_GROUP,
    LEAST_POINTS,
    Coefficient,
    Estimate,
    coefficients,
    draw_counts,
    estimate,
    partial_coefficients,
    within_coefficients,
)
from goracs_core.types import BoolArray, FloatArray, IndexArray, readonly

POO, TRANSPORT, GRADIENT, SIZE = "poo", "transport", "gradient", "size"
LAMBDAS = readonly(np.linspace(0, 1, 101), np.float64)


@dataclass(frozen=True, eq=False)
class ProxyPoints:
    """Coresets with what predicts their test loss and the loss itself; p of them.

    Args:
        arms: Name of the way each was chosen; length p.
        budgets: Samples; shape [p].
        seeds: Shape [p].
        transport: Transport terms; shape [p].
        gradient: Gradient terms, not multiplied by lambda; shape [p].
        loss: Mean test loss in nats; shape [p].
        loss_error: Its standard error over the test samples; shape [p].
        others: Other proxies by name, smaller promising less loss; NaN where unknown; shapes [p].
        runs, trainings: Ids of the run and of the training; lengths p.
    """

    arms: tuple[str, ...]
    budgets: IndexArray
    seeds: IndexArray
    transport: FloatArray
    gradient: FloatArray
    loss: FloatArray
    loss_error: FloatArray
    others: Mapping[str, FloatArray]
    runs: tuple[str, ...]
    trainings: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("budgets", "seeds"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.int64))
        for name in ("transport", "gradient", "loss", "loss_error"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))
        object.__setattr__(self, "others", {name: readonly(one, np.float64) for name, one in self.others.items()})
        columns = [getattr(self, field.name) for field in fields(self) if field.name != "others"]
        if any(len(column) != len(self.arms) for column in [*columns, *self.others.values()]):
            raise ShapeError(
                f"{len(self.arms)} coresets need as many values in every column",
                code="columns-unequal",
                fields={"coresets": len(self.arms)},
            )
        if not all(np.isfinite(column).all() for column in (self.transport, self.gradient, self.loss)):
            raise ShapeError(
                "transport term, gradient term and test loss of each coreset must be finite numbers", code="not-finite"
            )

    def __len__(self) -> int:
        return len(self.arms)

    def without_size(self, values: FloatArray) -> FloatArray:
        """Values less the mean of their size, so that the effect of size is gone; NaN stays NaN; shape [p]."""
        found = np.array(values, np.float64)
        for size in self.sizes:
            mine = (self.budgets == size) & np.isfinite(found)
            if mine.any():
                found[mine] -= found[mine].mean()
        return found

    @property
    def sizes(self) -> tuple[int, ...]:
        """The different budgets, rising."""
        return tuple(int(budget) for budget in np.unique(self.budgets))

    def poo(self, lambda_: float) -> FloatArray:
        """POO at any lambda: the terms are known, so no coreset has to be evaluated again; shape [p]."""
        return self.transport - lambda_ * self.gradient

    def proxies(self, lambda_: float) -> dict[str, FloatArray]:
        """Every proxy by name, smaller promising less loss: POO, its terms alone, mere size, the others; shapes [p]."""
        own = {POO: self.poo(lambda_), TRANSPORT: self.transport, GRADIENT: -self.gradient}
        return {**own, SIZE: -np.log(self.budgets.astype(np.float64)), **self.others}

    def take(self, kept: BoolArray) -> ProxyPoints:
        """Some of the points; `kept` has shape [p]."""
        named = {
            name: tuple(one for one, keep in zip(getattr(self, name), kept, strict=True) if keep)
            for name in ("arms", "runs", "trainings")
        }
        columns = ("budgets", "seeds", "transport", "gradient", "loss", "loss_error")
        taken = {name: getattr(self, name)[kept] for name in columns}
        return replace(self, **named, **taken, others={name: one[kept] for name, one in self.others.items()})


@dataclass(frozen=True)
class ProxyLine:
    """How well one proxy orders the coresets.

    Args:
        name: As in `ProxyPoints.proxies`.
        n: Points that have it.
        overall: Over all points; mostly size where sizes differ.
        given_size: The partial coefficient given the logarithm of the budget; None with one size.
        within_size: Mean of the sizes' own coefficients; None with one size.
        behind_poo: Coefficient of POO less this one's, on the same draws: within sizes, or overall where there is one
            size. None for POO itself, and where either has no coefficient.
    """

    name: str
    n: int
    overall: Estimate | None
    given_size: Estimate | None = None
    within_size: Estimate | None = None
    behind_poo: Estimate | None = None


@dataclass(frozen=True)
class ProxyReport:
    """What the points say.

    Args:
        kind: Which coefficient.
        lambda_: Of the POO.
        n: Points.
        counts: Points of each size, sizes rising.
        lines: One per proxy, POO first.
        sizes: POO's coefficient at each size; None under five points.
        spread: Standard deviation of test loss at equal size, pooled over sizes; None without two of a size.
        chance: The same among coresets of one way and size that differ by their seed; None without such.
    """

    kind: Coefficient
    lambda_: float
    n: int
    counts: Mapping[int, int]
    lines: tuple[ProxyLine, ...]
    sizes: Mapping[int, Estimate | None]
    spread: float | None
    chance: float | None

    def line(self, name: str) -> ProxyLine:
        """The line of that proxy."""
        return next(line for line in self.lines if line.name == name)

    @property
    def several_sizes(self) -> bool:
        """Whether size can confound."""
        return len(self.counts) > 1

    @property
    def at_equal_size(self) -> Estimate | None:
        """What POO is worth besides size: within sizes, or over all points where they have one size."""
        return self.line(POO).within_size if self.several_sizes else self.line(POO).overall


def proxy_report(
    points: ProxyPoints,
    lambda_: float,
    *,
    kind: Coefficient = Coefficient.SPEARMAN,
    draws: int = DRAWS,
    seed: int = 0,
) -> ProxyReport:
    """Coefficients of every proxy with test loss.

    Args:
        points: Coresets with their losses.
        lambda_: Of the POO.
        kind: Which coefficient.
        draws: Of the bootstrap: points are drawn with replacement, for the view within sizes from each size as many as
            it has.
        seed: Of the draws; all proxies are judged on the same ones.
    """
    proxies = points.proxies(lambda_)
    lines = []
    for name, values in proxies.items():
        known = np.isfinite(values)
        some = _Judge(points.take(known), kind, draws, seed)
        lines.append(some.line(name, values[known], proxies[POO][known]))
    sizes = {}
    for size in points.sizes:
        mine = points.budgets == size
        sizes[size] = _Judge(points.take(mine), kind, draws, seed).overall(proxies[POO][mine])
    counts = {size: int((points.budgets == size).sum()) for size in points.sizes}
    ways = {way: number for number, way in enumerate(dict.fromkeys(zip(points.arms, points.budgets, strict=True)))}
    alike = np.array([ways[way] for way in zip(points.arms, points.budgets, strict=True)], np.int64)
    spread, chance = _pooled_spread(points.loss, points.budgets), _pooled_spread(points.loss, alike)
    return ProxyReport(kind, lambda_, len(points), counts, tuple(lines), sizes, spread, chance)


class _Judge:
    """Draws of the bootstrap for some points, and each proxy's coefficients on them."""

    def __init__(self, points: ProxyPoints, kind: Coefficient, draws: int, seed: int) -> None:
        self.points, self.kind = points, kind
        self.sizes = -points.proxies(0.0)[SIZE]
        self.enough = len(points) >= LEAST_POINTS
        groups, self.grouped = points.budgets, _num_grouped(points)
        once = np.ones((1, len(points)))
        if self.enough:  # the first row is the points themselves
            self.freely = np.vstack([once, draw_counts(np.zeros_like(groups), draws=draws, seed=seed)])
            self.by_size = np.vstack([once, draw_counts(groups, draws=draws, seed=seed)])

    def overall(self, values: FloatArray) -> Estimate | None:
        """Over all points; None under five."""
        if not self.enough:
            return None
        found = coefficients(self.kind, values, self.points.loss, self.freely)
        return estimate(found[0], found[1:], len(values))

    def line(self, name: str, values: FloatArray, poo: FloatArray) -> ProxyLine:
        """All that is known of a proxy; `values` and `poo` have shape [p]."""
        overall = self.overall(values)
        if not self.enough or len(self.points.sizes) == 1:
            behind = None if name == POO or not self.enough else self._behind(values, poo, within=False)
            return ProxyLine(name, len(values), overall, behind_poo=behind)
        if name == SIZE:  # given size, or within it, size says nothing
            return ProxyLine(name, len(values), overall)
        given = partial_coefficients(self.kind, values, self.points.loss, self.sizes, self.freely)
        within = estimate(*self._within(values), self.grouped) if self.grouped >= LEAST_POINTS else None
        behind = None if name == POO or within is None else self._behind(values, poo, within=True)
        return ProxyLine(name, len(values), overall, estimate(given[0], given[1:], len(values)), within, behind)

    def _behind(self, values: FloatArray, poo: FloatArray, *, within: bool) -> Estimate | None:
        if within:
            (first, firsts), (second, seconds) = self._within(poo), self._within(values)
            return estimate(first - second, firsts - seconds, self.grouped)
        found = [coefficients(self.kind, side, self.points.loss, self.freely) for side in (poo, values)]
        return estimate(found[0][0] - found[1][0], found[0][1:] - found[1][1:], len(values))

    def _within(self, values: FloatArray) -> tuple[float, FloatArray]:
        found = within_coefficients(self.kind, values, self.points.loss, self.points.budgets, self.by_size)
        return float(found[0]), found[1:]


@dataclass(frozen=True, eq=False)
class LambdaCurve:
    """POO's coefficient with test loss along lambda.

    Args:
        lambdas: Shape [l].
        overall: Over all points; shape [l].
        within_size: Within sizes; None with one size or too few points.
    """

    lambdas: FloatArray
    overall: FloatArray
    within_size: FloatArray | None

    @property
    def judged(self) -> FloatArray:
        """The line that decides: within sizes where there are several."""
        return self.overall if self.within_size is None else self.within_size

    @property
    def best(self) -> tuple[float, float]:
        """The smallest and the largest lambda of the first stretch with the largest coefficient."""
        top = np.flatnonzero(self.judged >= np.nanmax(self.judged) - 1e-12)
        last = int(top[0])
        while last + 1 in top:
            last += 1
        return float(self.lambdas[top[0]]), float(self.lambdas[last])


def lambda_curve(
    points: ProxyPoints, *, kind: Coefficient = Coefficient.SPEARMAN, lambdas: FloatArray = LAMBDAS
) -> LambdaCurve | None:
    """How the choice of lambda in POO changes what it predicts; None under five points or without gradient terms.

    The test losses decide where the curve is high, so a lambda that is read off it has seen the test.
    """
    if len(points) < LEAST_POINTS or not np.ptp(points.gradient) or not np.ptp(points.loss):
        return None
    once = np.ones((1, len(points)))
    poos = [points.poo(float(lambda_)) for lambda_ in lambdas]
    overall = np.array([coefficients(kind, poo, points.loss, once)[0] for poo in poos])
    within = None
    if len(points.sizes) > 1 and _num_grouped(points) >= LEAST_POINTS:
        within = np.array([within_coefficients(kind, poo, points.loss, points.budgets, once)[0] for poo in poos])
        within = None if np.isnan(within).all() else within
    return LambdaCurve(lambdas, overall, within)


def _num_grouped(points: ProxyPoints) -> int:
    """Points that have enough others of their size beside them for the view within sizes."""
    sizes = np.unique(points.budgets, return_counts=True)[1]
    return int(sizes[sizes >= LEAST_IN_GROUP].sum())


def _pooled_spread(values: FloatArray, groups: IndexArray) -> float | None:
    """Standard deviation around the groups' means; None where no group has two values."""
    _, places, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    free = int((sizes - 1).sum())
    if free == 0:
        return None
    means = np.bincount(places, values) / sizes
    return float(np.sqrt(((values - means[places]) ** 2).sum() / free))
