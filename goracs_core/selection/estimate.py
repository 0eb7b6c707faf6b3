"""Estimated marginal improvement of rows from the potentials of the current transport (arXiv 2506.04015, section 4).

With row potentials x of the current set S and f_j(i) = min over s in S without i of (C_sj - x_s):

    F(i) = max over y of  y / k + sum_j nu_j min(C_ij - f_j(i) - y, 0)

The maximiser y is the value with exactly mass 1/k (m/k columns when weights are equal) of C_ij - f_j(i) below it. By
weak duality F_without_i(o) - F_without_i(i) is a lower bound on the change of POO when i leaves and o enters.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from goracs_core.types import Float32Array, FloatArray, IndexArray

# Up to this rank a short sorted buffer beats a general selection.
_SHORT = 48


@nb.njit(cache=True, nogil=True)
def _kth_smallest(values: FloatArray, rank: int) -> float:
    """The `rank`-th smallest (1-based)."""
    if rank > _SHORT:
        return float(np.partition(values, rank - 1)[rank - 1])
    smallest = np.full(rank, np.inf)
    for value in values:
        if value < smallest[rank - 1]:
            position = rank - 1
            while position > 0 and smallest[position - 1] > value:
                smallest[position] = smallest[position - 1]
                position -= 1
            smallest[position] = value
    return float(smallest[rank - 1])


@nb.njit(cache=True, nogil=True)
def _weighted_quantile(values: FloatArray, weights: FloatArray, mass: float) -> float:
    """The smallest value with at least `mass` of the weights at or below it."""
    order = np.argsort(values)
    total = 0.0
    for j in order:
        total += weights[j]
        if total >= mass * (1.0 - 1e-12):
            return float(values[j])
    return float(values[order[-1]])


@nb.njit(cache=True, nogil=True)
def _row_estimate(reduced: FloatArray, weights: FloatArray, budget: int, rank: int) -> float:
    """F of one row from its reduced costs C_ij - f_j(i); `rank` > 0 when weights are equal, else 0."""
    y = _kth_smallest(reduced, rank) if rank > 0 else _weighted_quantile(reduced, weights, 1.0 / budget)
    total = y / budget
    for j in range(len(reduced)):
        total += weights[j] * min(reduced[j] - y, 0.0)
    return total


@nb.njit(cache=True, parallel=True, nogil=True)
def _estimates(
    cost: FloatArray | Float32Array,
    reward: FloatArray,
    column_terms: FloatArray,
    weights: FloatArray,
    budget: int,
    rank: int,
) -> FloatArray:
    estimates = np.empty(len(cost))
    for i in nb.prange(len(cost)):
        terms = column_terms[np.intp(i) if len(column_terms) > 1 else 0]
        reduced = cost[i] - reward[i] - terms
        estimates[i] = _row_estimate(reduced, weights, budget, rank)
    return estimates


def _rank(weights: FloatArray, budget: int) -> int:
    """ceil(m / k) when all weights are equal, else 0."""
    equal = weights.min() == weights.max()
    return math.ceil(len(weights) / budget) if equal else 0


def nearest_without(reduced: FloatArray) -> FloatArray:
    """Column minimum after leaving each row out in turn; shape [k, m] from [k, m], k >= 2."""
    lowest_two = np.partition(reduced, 1, axis=0)[:2]  # [2, m]
    is_nearest = reduced.argmin(axis=0) == np.arange(len(reduced))[:, None]  # [k, m]
    return np.where(is_nearest, lowest_two[1], lowest_two[0])


def estimate_rows(
    distance: FloatArray | Float32Array, reward: FloatArray, column_terms: FloatArray, weights: FloatArray, budget: int
) -> FloatArray:
    """F of each row; shape [rows].

    Args:
        distance: Scaled distances; shape [rows, m].
        reward: lambda * g / max(g); shape [rows].
        column_terms: f_j, either one line for all rows (shape [1, m]) or one for each row (shape [rows, m]).
        weights: Validation weights; shape [m].
        budget: k.
    """
    return _estimates(distance, reward, column_terms, weights, budget, _rank(weights, budget))


def estimate_outside(
    distance: Float32Array, reward: FloatArray, block: FloatArray, potentials: FloatArray, weights: FloatArray
) -> FloatArray:
    """F of every pool row against the current set; shape [n]. Meaningless for rows that are in the set.

    Args:
        distance: Scaled distances of the pool; shape [n, m].
        reward: Shape [n].
        block: Costs C of the current set; shape [k, m].
        potentials: Its row potentials; shape [k].
        weights: Shape [m].
    """
    column_terms = (block - potentials[:, None]).min(axis=0, keepdims=True)  # [1, m]
    return estimate_rows(distance, reward, column_terms, weights, len(block))


def estimate_inside(block: FloatArray, potentials: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """F of each row of the current set without itself (shape [k]), and its column terms f_j(i) (shape [k, m])."""
    column_terms = nearest_without(block - potentials[:, None])
    return estimate_rows(block, np.zeros(len(block)), column_terms, weights, len(block)), column_terms


def best_pairs(estimates: FloatArray) -> list[tuple[int, int]]:
    """Positions (row, column) of a table of estimated changes, most promising first; only those below zero."""
    order: IndexArray = np.argsort(estimates, axis=None, kind="stable")
    pairs = [divmod(int(position), estimates.shape[1]) for position in order]
    return [(i, o) for i, o in pairs if estimates[i, o] < 0]
