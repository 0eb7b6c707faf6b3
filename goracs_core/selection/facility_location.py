"""Facility location: a similar chosen row for every target sample, by lazy greedy choice.

Maximises f(S) = sum_j nu_j max over S of (1 - d_ij / max d). f is monotone and submodular: the greedy set reaches
1 - 1/e of the optimum (Nemhauser, Wolsey and Fisher 1978), and stale gains are upper bounds (Minoux 1978), so that only
the rows at the top of a heap are looked at again. The greedy order does not depend on max d.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from goracs_core.methods import FacilityLocationConfig
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.clock import Clock
from goracs_core.selection.greedy import NO_GAIN, enter, row_gain
from goracs_core.selection.passes import Pace, one_blas_thread
from goracs_core.selection.target_rows import TargetRows
from goracs_core.types import AnyFloatArray, FloatArray, IndexArray

# Rows recomputed together where they are not held: those next in the heap are needed soon.
_BATCH = 64


@dataclass(frozen=True, eq=False)
class Located:
    """Result of the lazy greedy choice.

    Args:
        rows: Pool rows in the order chosen; shape [k].
        helpful: How many of them raised f; the others follow in the order of the pool.
        evaluated_rows: Row evaluations spent, the first pass over all rows included.
    """

    rows: IndexArray
    helpful: int
    evaluated_rows: int


def select_facility_location(problem: Problem, config: FacilityLocationConfig, *, progress: Progress = silent) -> Rows:
    """Serve the validation with its weights, or the pool itself with equal ones."""
    clock = Clock()
    target, weights = target_of(problem, config)
    held = TargetRows(problem.pool, target, problem.distance_scale)
    held.fill(progress=progress)
    clock.stage("distances")
    with one_blas_thread():
        located = lazy_greedy(held, weights, config.budget, progress=progress)
    del held  # before the exact transport wants memory, too
    clock.stage("greedy")
    share = located.evaluated_rows / (problem.num_pool * config.budget)
    reason = f"{located.helpful:,} samples were added, looking at {share:.1%} of all gains"
    if located.helpful < config.budget:
        reason += f"; none of the others serves the {config.target} better, the first of them fill the budget"
    return Rows(located.rows, reason, clock.stages())


def target_of(problem: Problem, config: FacilityLocationConfig) -> tuple[AnyFloatArray, FloatArray]:
    """The samples to serve (shape [t, d]) and their weights (shape [t], sum 1)."""
    if config.target == "pool":
        return problem.pool, np.full(problem.num_pool, 1.0 / problem.num_pool)
    return problem.validation, problem.validation_weights


def lazy_greedy(rows: TargetRows, weights: FloatArray, budget: int, *, progress: Progress = silent) -> Located:
    """The greedy choice. Of rows of equal gain the first is taken.

    Args:
        rows: Distances of the pool rows to the target samples.
        weights: nu; shape [t].
        budget: k, at most n.
        progress: Told the passes over all rows, then the rows chosen.
    """
    n = rows.num_rows
    first = int(rows.weighted_sums(weights, progress=progress).argmin())
    nearest, owner = np.full(len(weights), np.inf), np.empty(len(weights), np.int64)
    enter(rows.row(first), 0.0, first, nearest, owner)
    gains = rows.gains(nearest, weights, progress=progress)
    heap = [(gain, row) for row, gain in enumerate(gains.tolist()) if row != first]
    heapq.heapify(heap)
    fresh_at = np.ones(n, np.int64)  # rows chosen when a row's gain was last evaluated
    chosen, evaluated = [first], 2 * n
    pace = Pace(progress, "greedy", budget)
    while heap and len(chosen) < budget and heap[0][0] < -NO_GAIN:
        row = heap[0][1]
        if fresh_at[row] == len(chosen):
            heapq.heappop(heap)
            enter(rows.row(row), 0.0, row, nearest, owner)
            chosen.append(row)
        elif rows.holds(row):
            fresh_at[row] = len(chosen)
            evaluated += 1
            heapq.heapreplace(heap, (row_gain(rows.row(row), 0.0, nearest, weights), row))
        else:
            evaluated += _evaluate_batch(rows, heap, fresh_at, len(chosen), nearest, weights)
        pace(min(len(chosen), budget - 1))
    helpful = len(chosen)
    pace(budget)
    return Located(_filled_up(chosen, n, budget), helpful, evaluated)


def _evaluate_batch(
    rows: TargetRows,
    heap: list[tuple[float, int]],
    fresh_at: IndexArray,
    step: int,
    nearest: FloatArray,
    weights: FloatArray,
) -> int:
    """Compute the rows at the top of the heap that are not held, and put them back with fresh gains; how many."""
    batch: list[int] = []
    while heap and len(batch) < min(_BATCH, rows.capacity):
        row = heap[0][1]
        if fresh_at[row] == step or rows.holds(row):
            break
        heapq.heappop(heap)
        batch.append(row)
    rows.hold(np.asarray(batch))
    for row in batch:
        fresh_at[row] = step
        heapq.heappush(heap, (row_gain(rows.row(row), 0.0, nearest, weights), row))
    return len(batch)


def _filled_up(chosen: list[int], num_rows: int, budget: int) -> IndexArray:
    """The rows chosen, then the first others of the pool; shape [k]."""
    left = np.ones(num_rows, bool)
    left[chosen] = False
    rest = np.flatnonzero(left)[: budget - len(chosen)]
    return np.concatenate([np.asarray(chosen, np.int64), rest])
