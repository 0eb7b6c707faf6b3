"""ITRA, GORACS' published solver: greedy start, then exchange refinement (arXiv 2506.04015, section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from goracs_core.methods import CertifiedConfig, ItraConfig
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.certified import prove
from goracs_core.selection.clock import Clock
from goracs_core.selection.estimate import best_pairs
from goracs_core.selection.greedy import greedy_start
from goracs_core.selection.polish import Coreset, Outside
from goracs_core.selection.result import Choice
from goracs_core.selection.threads import bounded_threads
from goracs_core.types import Exchange, Float32Array, IndexArray, Trace


@dataclass(frozen=True, eq=False)
class Refinement:
    """A step of the refinement: the accepted exchange, or None when the last round found none."""

    exchange: Exchange | None
    rows: IndexArray
    tried: int


def refine(coreset: Coreset, distance: Float32Array, candidates: int) -> Iterator[Refinement]:
    """Yield each exchange that lowers POO; the caller decides when to stop. Ends after a round without one.

    Each round ranks the `candidates` most promising outside rows against as many inside rows by the estimated change,
    and tries the pairs best first by exact transport, updated in place.

    Args:
        coreset: The start set, k >= 2 rows; changed in place.
        distance: The problem's scaled distances in single precision, for screening; shape [n, m].
        candidates: Rows kept by outer and by inner pruning (c).
    """
    outside = Outside(np.arange(len(distance)), distance)
    while True:
        found = coreset.candidates(outside, candidates)
        accepted, tried = None, 0
        for i, o in best_pairs(found.changes):
            tried += 1
            position, enters = int(found.leaves[i]), int(found.enters[o])
            leaving = int(coreset.rows[position])
            if coreset.try_pair(position, enters, found.distance[o]):
                accepted = Exchange(leaving, enters, coreset.value, float(found.changes[i, o]), tried)
                break
        yield Refinement(accepted, coreset.rows, tried)
        if accepted is None:
            return


def select_itra(problem: Problem, config: ItraConfig, *, progress: Progress = silent) -> Choice:
    """Run ITRA on one problem, with a lower bound where it is asked for; labels are handled by the caller.

    Rows come in the order chosen: an entering row takes the place of the leaving one.
    """
    choice = _refined(problem, config, progress)
    if not config.bound:
        return choice
    return prove(
        problem, choice, CertifiedConfig(config.budget, config.lambda_, config.seed, gap=0.0), progress=progress
    )


def _refined(problem: Problem, config: ItraConfig, progress: Progress) -> Choice:
    k, n = config.budget, problem.num_pool
    with bounded_threads():
        clock = Clock()
        distance = problem.scaled_distances(progress)
        clock.stage("distances")
        reward = problem.gradient_reward(config.lambda_)
        start = greedy_start(distance, reward, problem.validation_weights, k, progress=progress)
        clock.stage("greedy")
        near = (distance[start.rows] - reward[start.rows, None]).min(axis=0).astype(np.float64)
        coreset = Coreset(problem, start.rows, config.lambda_, prices=near)
        start_value, exchanges, tried = coreset.value, [], 0
        if k == n:
            reason = "the budget is the whole pool; there is nothing to exchange"
        elif k == 1:
            reason = "with a budget of 1 the greedy choice is optimal"
        elif config.max_exchanges == 0:
            reason = "no exchanges were asked for"
        else:
            reason = f"the limit of {config.max_exchanges} accepted exchanges was reached"
            for step in refine(coreset, distance, config.prune_candidates):
                tried += step.tried
                if step.exchange is None:
                    reason = "no candidate exchange lowers POO any more"
                    break
                exchanges.append(step.exchange)
                progress("exchanges", len(exchanges), config.max_exchanges, f"POO {step.exchange.value:.6f}")
                if len(exchanges) == config.max_exchanges:
                    break
        clock.stage("exchanges")
    trace = Trace(start_value, start.values, tuple(exchanges), tried, start.evaluated_rows, clock.stages())
    return Choice(coreset.rows, trace, reason, value=coreset.evaluated())
