"""The Lagrangian bound from nothing but a problem and prices, in double precision with plain NumPy.

    q_i(v) = the cheapest way to place mass 1/k of row i at costs C_ij - v_j, column j taking at most nu_j
    L(v)   = sum_j nu_j v_j + sum of the k smallest q_i(v)   <=   POO(S) for every S of size k

For any plan of any S, sum_ij P_ij C_ij = sum_j nu_j v_j + sum_ij P_ij (C_ij - v_j), and each of the k rows pays at
least its q_i. So every price vector proves a bound, however it was found; this module shares no code with the solver.
"""

from __future__ import annotations

import math

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.types import FloatArray, IndexArray

_BLOCK_BYTES = 32 * 2**20


def row_values(
    problem: Problem,
    prices: FloatArray,
    budget: int,
    lambda_: float,
    *,
    rows: IndexArray | None = None,
    progress: Progress = silent,
) -> FloatArray:
    """q_i(v) of pool rows; shape [rows].

    Args:
        problem: The problem.
        prices: v; shape [m].
        budget: k.
        lambda_: Weight of the gradient term.
        rows: Pool rows; None for all.
        progress: Told how many rows are done.
    """
    rows = np.arange(problem.num_pool) if rows is None else rows
    reward = problem.gradient_reward(lambda_)
    weights, capacity = problem.validation_weights, 1.0 / budget
    # No row needs more columns than would do if all were as light as the lightest.
    most = min(problem.num_validation, math.ceil(capacity / weights.min() * (1 - 1e-12)) + 1)
    size = max(1, _BLOCK_BYTES // (8 * problem.num_validation))
    values = np.empty(len(rows))
    for start in range(0, len(rows), size):
        block = rows[start : start + size]
        reduced = problem.distance_rows(block) / problem.distance_scale - prices  # [rows, m]
        if most < problem.num_validation:
            cheapest = np.argpartition(reduced, most - 1, axis=1)[:, :most]
        else:
            cheapest = np.broadcast_to(np.arange(problem.num_validation), reduced.shape)
        costs = np.take_along_axis(reduced, cheapest, axis=1)
        order = np.argsort(costs, axis=1)
        costs = np.take_along_axis(costs, order, axis=1)
        masses = np.take_along_axis(weights[cheapest], order, axis=1)
        before = np.cumsum(masses, axis=1) - masses
        placed = np.clip(capacity - before, 0.0, masses)
        values[start : start + len(block)] = (placed * costs).sum(axis=1) - reward[block] * capacity
        progress("verifying", start + len(block), len(rows))
    return values


def lower_bound(
    problem: Problem, prices: FloatArray, budget: int, lambda_: float, *, progress: Progress = silent
) -> float:
    """L(v): no coreset of `budget` rows has a smaller POO, whatever the prices.

    Args:
        problem: The problem.
        prices: v; shape [m].
        budget: k, at most n.
        lambda_: Weight of the gradient term.
        progress: Told how many rows are done.

    Raises:
        ShapeError: Prices that do not fit the validation samples.
    """
    prices = np.asarray(prices, np.float64)
    if prices.shape != (problem.num_validation,) or not np.isfinite(prices).all():
        raise ShapeError(
            f"a bound needs {problem.num_validation} finite prices, one per validation sample, "
            f"got an array of shape {prices.shape}",
            code="bad-prices",
            fields={"needed": problem.num_validation, "shape": prices.shape},
        )
    values = row_values(problem, prices, budget, lambda_, progress=progress)
    return float(problem.validation_weights @ prices) + float(np.partition(values, budget - 1)[:budget].sum())
