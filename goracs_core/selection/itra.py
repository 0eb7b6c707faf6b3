"""ITRA, GORACS' published solver: greedy start, then exchange refinement (arXiv 2506.04015, section 4)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from goracs_core.config import ItraConfig
from goracs_core.objective import Problem
from goracs_core.selection.estimate import best_pairs, estimate_inside, estimate_outside, estimate_rows
from goracs_core.selection.greedy import greedy_start
from goracs_core.selection.threads import bounded_threads
from goracs_core.transport import solve_uniform
from goracs_core.types import (
    Exchange,
    Float32Array,
    FloatArray,
    IndexArray,
    Progress,
    Trace,
    TransportSolution,
    silent,
)

# A change counts as an improvement above this share of the value: below it, it is rounding and could cycle.
_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class _State:
    """The current set: rows [k], costs C [k, m], its transport on C."""

    rows: IndexArray
    block: FloatArray
    solution: TransportSolution


@dataclass(frozen=True, eq=False)
class Refinement:
    """A step of the refinement: the accepted exchange, or None when the last round found none."""

    exchange: Exchange | None
    rows: IndexArray
    tried: int


def refine(
    problem: Problem, distance: Float32Array, start: IndexArray, lambda_: float, candidates: int
) -> Iterator[Refinement]:
    """Yield each exchange that lowers POO; the caller decides when to stop. Ends after a round without one.

    Each round ranks the `candidates` most promising outside rows against as many inside rows by the estimated change,
    and solves exact transport best first, warm-started from the current potentials.

    Args:
        problem: The problem.
        distance: Its scaled distances in single precision, for screening; shape [n, m].
        start: Pool rows to start from; shape [k], k >= 2.
        lambda_: Weight of the gradient term.
        candidates: Rows kept by outer and by inner pruning (c).
    """
    reward = problem.gradient_reward(lambda_)
    weights = problem.validation_weights
    block = problem.distance_rows(start) / problem.distance_scale - reward[start, None]
    state = _State(start.copy(), block, solve_uniform(block, weights))
    while True:
        enters, leaves, estimates = _candidates(problem, distance, reward, state, candidates)
        entering = problem.distance_rows(enters) / problem.distance_scale - reward[enters, None]
        accepted, tried = None, 0
        for i, o in best_pairs(estimates):
            tried += 1
            trial = _exchange(state, int(leaves[i]), int(enters[o]), entering[o], weights)
            if trial.solution.value < state.solution.value - _TOLERANCE * max(1.0, abs(state.solution.value)):
                leaving = int(state.rows[leaves[i]])
                accepted = Exchange(leaving, int(enters[o]), trial.solution.value, float(estimates[i, o]), tried)
                state = trial
                break
        yield Refinement(accepted, state.rows, tried)
        if accepted is None:
            return


def _candidates(
    problem: Problem, distance: Float32Array, reward: FloatArray, state: _State, count: int
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Outer and inner pruning: rows to enter [c], positions to leave [c], estimated changes [leave, enter]."""
    weights, k = problem.validation_weights, len(state.rows)
    outside = estimate_outside(distance, reward, state.block, state.solution.row_potentials, weights)
    outside[state.rows] = np.inf
    enters = _smallest(outside, min(count, problem.num_pool - k))
    inside, column_terms = estimate_inside(state.block, state.solution.row_potentials, weights)
    leaves = _smallest(-inside, min(count, k))
    entering = problem.distance_rows(enters) / problem.distance_scale
    estimates = np.empty((len(leaves), len(enters)))
    for position, leave in enumerate(leaves):
        terms = column_terms[leave][None, :]
        estimates[position] = estimate_rows(entering, reward[enters], terms, weights, k) - inside[leave]
    return enters, leaves, estimates


def _smallest(values: FloatArray, count: int) -> IndexArray:
    """Positions of the `count` smallest values, smallest first, ties by position."""
    return np.argsort(values, kind="stable")[:count]


def _exchange(state: _State, position: int, enters: int, cost: FloatArray, weights: FloatArray) -> _State:
    rows, block = state.rows.copy(), state.block.copy()
    rows[position], block[position] = enters, cost
    row_potentials = state.solution.row_potentials.copy()
    row_potentials[position] = (cost - state.solution.column_potentials).min()
    solution = solve_uniform(block, weights, start=(row_potentials, state.solution.column_potentials))
    return _State(rows, block, solution)


def select_itra(problem: Problem, config: ItraConfig, *, progress: Progress = silent) -> tuple[IndexArray, Trace, str]:
    """Run ITRA on one problem; labels are handled by the caller.

    Returns:
        Pool rows in the order chosen (an entering row takes the place of the leaving one), the trace, the stop reason.
    """
    k, n = config.budget, problem.num_pool
    with bounded_threads():
        clock = _Clock()
        distance = problem.scaled_distances(progress)
        clock.stage("distances")
        reward = problem.gradient_reward(config.lambda_)
        start = greedy_start(distance, reward, problem.validation_weights, k, progress=progress)
        clock.stage("greedy")
        rows, exchanges, tried = start.rows, [], 0
        first = problem.distance_rows(rows) / problem.distance_scale - reward[rows, None]
        start_value = solve_uniform(first, problem.validation_weights).value
        if k == n:
            reason = "the budget is the whole pool; there is nothing to exchange"
        elif k == 1:
            reason = "with a budget of 1 the greedy choice is optimal"
        elif config.max_exchanges == 0:
            reason = "no exchanges were asked for"
        else:
            reason = f"the limit of {config.max_exchanges} accepted exchanges was reached"
            for step in refine(problem, distance, rows, config.lambda_, config.prune_candidates):
                rows, tried = step.rows, tried + step.tried
                if step.exchange is None:
                    reason = "no candidate exchange lowers POO any more"
                    break
                exchanges.append(step.exchange)
                progress("exchanges", len(exchanges), config.max_exchanges, f"POO {step.exchange.value:.6f}")
                if len(exchanges) == config.max_exchanges:
                    break
        clock.stage("exchanges")
    trace = Trace(start_value, start.values, tuple(exchanges), tried, start.evaluated_rows, clock.stages())
    return rows, trace, reason


class _Clock:
    """Seconds per stage."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._stages: list[tuple[str, float]] = []

    def stage(self, name: str) -> None:
        now = time.perf_counter()
        self._stages.append((name, now - self._last))
        self._last = now

    def stages(self) -> tuple[tuple[str, float], ...]:
        return tuple(self._stages)
