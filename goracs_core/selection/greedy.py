"""Lazy greedy on the relaxed p-median (ITRA stage 1, arXiv 2506.04015).

Minimises sum_j nu_j min_{i in S} C_ij. Gains only shrink as S grows (the set function is submodular), so a stale gain
is an upper bound: re-evaluate the best of a heap until it stays best (Minoux 1978). The same set as the plain greedy,
at a few per cent of its row evaluations.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numba as nb
import numpy as np

from goracs_core.progress import Progress, silent
from goracs_core.types import Float32Array, FloatArray, IndexArray

# Gains are sums of m differences of single-precision costs; below this share of the value they are rounding.
NO_GAIN = 1e-12
_REPORT_EVERY = 16


@dataclass(frozen=True, eq=False)
class GreedyStart:
    """Result of the greedy stage.

    Args:
        rows: k pool rows in the order chosen; shape [k].
        values: Relaxed p-median value after each addition, dropped rows included; shape [additions].
        evaluated_rows: Row evaluations spent, the first pass over all rows included.
    """

    rows: IndexArray
    values: FloatArray
    evaluated_rows: int


@nb.njit(cache=True, fastmath={"reassoc", "contract"}, nogil=True)
def row_gain(distance: Float32Array, reward: float, nearest: FloatArray, weights: FloatArray) -> float:
    """sum_j nu_j min(C_j - nearest_j, 0) of one row, C_j = distance_j - reward; <= 0."""
    total = 0.0
    for j in range(len(nearest)):
        total += weights[j] * min(distance[j] - reward - nearest[j], 0.0)
    return total


@nb.njit(cache=True, fastmath={"reassoc", "contract"}, parallel=True, nogil=True)
def _weighted_sums(distance: Float32Array, weights: FloatArray) -> FloatArray:
    """sum_j nu_j d_ij of each row; shape [n]."""
    n, m = distance.shape
    sums = np.empty(n)
    for i in nb.prange(n):
        total = 0.0
        for j in range(m):
            total += weights[j] * distance[i, j]
        sums[i] = total
    return sums


@nb.njit(cache=True, fastmath={"reassoc", "contract"}, parallel=True, nogil=True)
def _all_gains(distance: Float32Array, reward: FloatArray, nearest: FloatArray, weights: FloatArray) -> FloatArray:
    gains = np.empty(len(distance))
    for i in nb.prange(len(distance)):
        gains[i] = row_gain(distance[i], reward[i], nearest, weights)
    return gains


@nb.njit(cache=True, nogil=True)
def enter(distance: Float32Array, reward: float, row: int, nearest: FloatArray, owner: IndexArray) -> None:
    """Let `row` take over the columns that it is strictly nearest to."""
    for j in range(len(nearest)):
        cost = distance[j] - reward
        if cost < nearest[j]:
            nearest[j] = cost
            owner[j] = row


def greedy_start(
    distance: Float32Array, reward: FloatArray, weights: FloatArray, budget: int, *, progress: Progress = silent
) -> GreedyStart:
    """Choose `budget` rows as the published procedure does.

    Rows are added until `budget` of them *serve* (are nearest to) at least one validation sample; rows that became idle
    are dropped. Where fewer than `budget` rows can ever serve, the first `budget` rows added are kept, filled up with
    the rows of least mean cost when additions stop helping before that.

    Args:
        distance: Scaled distances d / max(d); shape [n, m].
        reward: lambda * g / max(g); shape [n].
        weights: Validation weights; shape [m], sum 1.
        budget: k, at most n.
        progress: Told the number of serving rows.
    """
    n, m = distance.shape
    mean_cost = _weighted_sums(distance, weights) - reward
    first = int(mean_cost.argmin())
    nearest = np.full(m, np.inf)
    owner = np.full(m, -1, np.int64)
    enter(distance[first], reward[first], first, nearest, owner)
    chosen, values = [first], [float(mean_cost[first])]
    gains = _all_gains(distance, reward, nearest, weights)
    evaluated = 2 * n
    heap = [(float(gains[i]), i) for i in range(n) if i != first]
    heapq.heapify(heap)
    fresh_at = np.ones(n, np.int64)  # number of rows chosen when a row's gain was last evaluated
    serving = 1
    while heap and serving < budget:
        gain, row = heap[0]
        if gain >= -NO_GAIN:
            break
        if fresh_at[row] != len(chosen):
            fresh = row_gain(distance[row], reward[row], nearest, weights)
            evaluated += 1
            fresh_at[row] = len(chosen)
            heapq.heapreplace(heap, (fresh, row))
            continue
        heapq.heappop(heap)
        enter(distance[row], reward[row], row, nearest, owner)
        chosen.append(row)
        values.append(values[-1] + gain)
        serving = len(np.unique(owner))
        if len(chosen) % _REPORT_EVERY == 0:
            progress("greedy", min(serving, budget), budget)
    rows = _rows_to_keep(chosen, owner, mean_cost, budget)
    progress("greedy", budget, budget)
    return GreedyStart(rows, np.asarray(values), evaluated)


def _rows_to_keep(chosen: list[int], owner: IndexArray, mean_cost: FloatArray, budget: int) -> IndexArray:
    serving = set(np.unique(owner).tolist())
    enough_serve = len(serving) >= budget
    kept = [row for row in chosen if row in serving] if enough_serve else chosen[:budget]
    if len(kept) < budget:
        taken = set(kept)
        by_cost = np.argsort(mean_cost, kind="stable")
        kept = kept + [row for row in by_cost.tolist() if row not in taken][: budget - len(kept)]
    return np.asarray(kept, np.int64)
