"""POO, the proxy optimization objective: the only home of its sign and its scaling (arXiv 2506.04015, section 4).

    C_ij   = d_ij / max(d)  -  lambda * g_i / max(g)
    POO(S) = min over plans with row masses 1/k and column masses nu of <plan, C_S>
           = OT(d_S) / max(d)  -  lambda * mean over S of g_i / max(g)

The second line holds because each chosen row has the same mass, so the gradient term leaves the transport.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.progress import Progress, silent
from goracs_core.transport import euclidean, solve_uniform
from goracs_core.types import (
    AnyFloatArray,
    Embeddings,
    Float32Array,
    FloatArray,
    GradientNorms,
    IndexArray,
    TransportSolution,
    fingerprint,
    readonly,
)

_BLOCK_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Problem:
    """What a selector chooses on: distances pool x validation, weights, gradient norms and their scales.

    Distances are Euclidean on the embeddings as given. Build with `make_problem`, which measures the scales.

    Args:
        pool: Single or double precision, as given; shape [n, d].
        validation: Shape [m, d].
        validation_weights: Shape [m]; > 0, sum 1.
        gradient_norms: Shape [n]; zeros when unknown.
        has_gradient_norms: False when the norms are unknown, so that a gradient term would be meaningless.
        distance_scale: max(d) over pool x validation; 1 when all points coincide.
        gradient_scale: max(g); 1 when all norms are zero.
        strata: Group of each pool row for stratified draws, 0-based, or None; shape [n].
        pool_labels, validation_labels: Class of each sample, or None; shapes [n], [m].
    """

    pool: AnyFloatArray
    validation: AnyFloatArray
    validation_weights: FloatArray
    gradient_norms: FloatArray
    has_gradient_norms: bool
    distance_scale: float
    gradient_scale: float
    strata: IndexArray | None
    pool_labels: IndexArray | None
    validation_labels: IndexArray | None
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        n, m = len(self.pool), len(self.validation)
        if self.pool.ndim != 2 or self.validation.ndim != 2 or self.pool.shape[1] != self.validation.shape[1]:
            raise ShapeError(
                f"pool and validation embeddings must have the same width, got shapes {self.pool.shape} and "
                f"{self.validation.shape}; encode both with the same encoder",
                code="widths-differ",
                fields={"pool": self.pool.shape, "validation": self.validation.shape},
            )
        if len(self.gradient_norms) != n:
            raise ShapeError(
                f"there are {len(self.gradient_norms)} gradient norms for {n} pool samples; give one per sample",
                code="norms-unequal",
                fields={"norms": len(self.gradient_norms), "samples": n},
            )
        if len(self.validation_weights) != m or (self.validation_weights <= 0).any():
            raise ShapeError(
                f"validation weights must be {m} numbers > 0, one per validation sample",
                code="bad-weights",
                fields={"samples": m},
            )
        for name, labels, length in (
            ("strata", self.strata, n),
            ("pool labels", self.pool_labels, n),
            ("validation labels", self.validation_labels, m),
        ):
            if labels is not None and len(labels) != length:
                raise ShapeError(
                    f"there are {len(labels)} {name} for {length} samples; give one per sample",
                    code="labels-unequal",
                    fields={"name": name, "labels": len(labels), "samples": length},
                )
        if self.distance_scale <= 0 or self.gradient_scale <= 0:
            raise ShapeError("scales must be > 0", code="not-positive")
        empty = np.empty(0, np.int64)
        parts = [self.pool, self.validation, self.validation_weights, self.gradient_norms]
        parts += [np.array([self.distance_scale, self.gradient_scale])]
        parts += [empty if a is None else a for a in (self.strata, self.pool_labels, self.validation_labels)]
        object.__setattr__(self, "fingerprint", fingerprint(*parts, str(self.has_gradient_norms)))

    @property
    def num_pool(self) -> int:
        """Number of pool samples (n)."""
        return len(self.pool)

    @property
    def num_validation(self) -> int:
        """Number of validation samples (m)."""
        return len(self.validation)

    def distance_rows(self, rows: IndexArray) -> FloatArray:
        """Distances of the given pool rows to all validation samples, as given (not scaled); shape [rows, m]."""
        return euclidean(self.pool[rows], self.validation)

    def distance_blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """All rows of distances in order, in blocks of bounded memory."""
        size = max(1, _BLOCK_BYTES // (8 * self.num_validation))
        for start in range(0, self.num_pool, size):
            block = slice(start, min(start + size, self.num_pool))
            yield block, euclidean(self.pool[block], self.validation)

    def scaled_distances(self, progress: Progress = silent) -> Float32Array:
        """The whole of d / max(d) in single precision, for screening; shape [n, m]. Needs 4 n m bytes."""
        dense = np.empty((self.num_pool, self.num_validation), np.float32)
        for block, distances in self.distance_blocks():
            np.divide(distances, self.distance_scale, out=dense[block], casting="same_kind")
            progress("distances", block.stop, self.num_pool)
        return dense

    def gradient_reward(self, lambda_: float) -> FloatArray:
        """Lambda * g / max(g), what a row takes off its cost; shape [n].

        Raises:
            ConfigError: lambda > 0 without gradient norms.
        """
        if lambda_ > 0 and not self.has_gradient_norms:
            raise ConfigError(
                f"lambda is {lambda_:g}, but there are no gradient norms to weigh; "
                "give gradient norms, or set lambda to 0",
                code="no-gradient-norms",
                fields={"option": "lambda"},
            )
        return lambda_ * self.gradient_norms / self.gradient_scale

    def take(self, pool_rows: IndexArray, validation_rows: IndexArray) -> Problem:
        """The problem of some rows and columns on the *same scales*, so that lambda keeps its meaning."""
        weights = self.validation_weights[validation_rows]
        return Problem(
            pool=self.pool[pool_rows],
            validation=self.validation[validation_rows],
            validation_weights=weights / weights.sum(),
            gradient_norms=self.gradient_norms[pool_rows],
            has_gradient_norms=self.has_gradient_norms,
            distance_scale=self.distance_scale,
            gradient_scale=self.gradient_scale,
            strata=None if self.strata is None else self.strata[pool_rows],
            pool_labels=None if self.pool_labels is None else self.pool_labels[pool_rows],
            validation_labels=None if self.validation_labels is None else self.validation_labels[validation_rows],
        )


def make_problem(
    pool: Embeddings,
    validation: Embeddings,
    *,
    gradient_norms: GradientNorms | None = None,
    validation_weights: FloatArray | None = None,
    strata: IndexArray | None = None,
    pool_labels: IndexArray | None = None,
    validation_labels: IndexArray | None = None,
    progress: Progress = silent,
) -> Problem:
    """Measure the scales max(d) and max(g) and put a Problem together.

    Args:
        pool: Pool embeddings, n of them.
        validation: Validation embeddings, m of them, of the same encoder.
        gradient_norms: One per pool sample, or None when unknown (only lambda = 0 is then allowed).
        validation_weights: Relative importance of validation samples, > 0; None for uniform.
        strata: Group of each pool row for stratified draws.
        pool_labels: Class of each pool sample.
        validation_labels: Class of each validation sample.
        progress: Told about the pass over the distances.

    Raises:
        ShapeError: Widths or lengths that do not fit.
    """
    n, m = len(pool), len(validation)
    if validation_weights is None:
        weights = np.full(m, 1.0 / m)
    else:
        weights = np.asarray(validation_weights, np.float64)
        if weights.shape != (m,) or not np.isfinite(weights).all() or (weights <= 0).any():
            raise ShapeError(
                f"validation weights must be {m} finite numbers > 0, one per validation sample",
                code="bad-weights",
                fields={"samples": m},
            )
        weights = weights / weights.sum()
    norms = np.zeros(n) if gradient_norms is None else gradient_norms.values
    draft = Problem(
        pool=pool.values,
        validation=validation.values,
        validation_weights=readonly(weights, np.float64),
        gradient_norms=readonly(norms, np.float64),
        has_gradient_norms=gradient_norms is not None,
        distance_scale=1.0,
        gradient_scale=float(norms.max()) or 1.0,
        strata=None if strata is None else readonly(strata, np.int64),
        pool_labels=None if pool_labels is None else readonly(pool_labels, np.int64),
        validation_labels=None if validation_labels is None else readonly(validation_labels, np.int64),
    )
    largest = _largest_distance(draft, progress)
    if largest == 0.0:
        return draft
    return replace(draft, distance_scale=largest)


def _largest_distance(problem: Problem, progress: Progress) -> float:
    """max(d) in double precision; single precision tells which few rows can hold it."""
    n = problem.num_pool
    centre = problem.validation.mean(axis=0, dtype=np.float64)
    columns = (problem.validation - centre).astype(np.float32)  # [m, d]
    column_norms = np.einsum("jd,jd->j", columns, columns)
    size = max(1, _BLOCK_BYTES // (4 * problem.num_validation))
    farthest, largest_norm = np.empty(n), 0.0  # squared distance to the farthest validation sample
    for start in range(0, n, size):
        block = slice(start, min(start + size, n))
        rows = (problem.pool[block] - centre).astype(np.float32)
        row_norms = np.einsum("id,id->i", rows, rows)
        largest_norm = max(largest_norm, float(row_norms.max()))
        products = rows @ columns.T  # [rows, m]
        products *= -2
        products += column_norms
        farthest[block] = products.max(axis=1) + row_norms
        progress("distances", block.stop, n)
    error = float(np.finfo(np.float32).eps) * (columns.shape[1] + 8) * (largest_norm + float(column_norms.max()))
    close = np.flatnonzero(farthest >= farthest.max() - 2 * error)
    size = max(1, _BLOCK_BYTES // (8 * problem.num_validation))
    return max(float(problem.distance_rows(close[start : start + size]).max()) for start in range(0, len(close), size))


@dataclass(frozen=True, eq=False)
class PooValue:
    """POO of a set with its two terms: value = transport_term - lambda * gradient_term.

    Args:
        value: POO(S); smaller is better.
        transport_term: OT(d_S) / max(d), in [0, 1].
        gradient_term: mean over S of g / max(g), in [0, 1]; not multiplied by lambda.
        solution: The transport on scaled distances d / max(d).
    """

    value: float
    transport_term: float
    gradient_term: float
    solution: TransportSolution


def poo(problem: Problem, rows: IndexArray, lambda_: float, *, prices: FloatArray | None = None) -> PooValue:
    """Evaluate POO of a set of pool rows by exact transport.

    Args:
        problem: The problem.
        rows: Pool rows; shape [k].
        lambda_: Weight of the gradient term.
        prices: Column potentials to start the transport from; shape [m]. They change the time, not the value.

    Raises:
        ShapeError: No rows, rows out of range or repeated.
        ConfigError: lambda > 0 without gradient norms.
    """
    rows = np.asarray(rows, np.int64)
    if rows.ndim != 1 or len(rows) == 0 or rows.min() < 0 or rows.max() >= problem.num_pool:
        raise ShapeError(
            f"a coreset must be one or more pool rows between 0 and {problem.num_pool - 1}",
            code="rows-out-of-range",
            fields={"largest": problem.num_pool - 1},
        )
    if len(np.unique(rows)) != len(rows):
        raise ShapeError("a coreset must not contain a pool row twice", code="rows-not-distinct")
    reward = problem.gradient_reward(lambda_)
    cost = problem.distance_rows(rows) / problem.distance_scale
    start = None if prices is None else ((cost - prices).min(axis=1), prices)
    solution = solve_uniform(cost, problem.validation_weights, start=start)
    gradient_term = float((problem.gradient_norms[rows] / problem.gradient_scale).mean())
    return PooValue(solution.value - float(reward[rows].mean()), solution.value, gradient_term, solution)
