"""Lazy greedy against the plain dense greedy: the same rows, and how much faster, in one run.

Data: the embeddings and gradient norms in `games-15k-5k` below GORACS_REAL_DATA when that is set, else made-up points
of the same sizes (say so in any report). Run with `python benchmarks/greedy.py`.

The plain greedy re-evaluates every row at every step with numpy. Its time is taken over its first `--plain-steps` steps
and, when that is fewer than all, multiplied up: each step does the same work. The default runs all steps.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from _problems import load_problem

from goracs_core.selection.greedy import greedy_start
from goracs_core.selection.threads import bounded_threads
from goracs_core.types import Float32Array, FloatArray, IndexArray

GOAL = 100.0
BUDGET = 1000
LAMBDA = 0.5


def plain_greedy(
    distance: Float32Array, reward: FloatArray, weights: FloatArray, budget: int, max_steps: int
) -> tuple[IndexArray, int, bool]:
    """The published greedy stage with every gain evaluated at every step.

    Returns:
        The rows kept, the steps done, and whether it ran to its end.
    """
    cost = distance - reward[:, None].astype(np.float32)  # [n, m]
    single = weights.astype(np.float32)
    mean_cost = distance.astype(np.float64) @ weights - reward
    chosen = [int(mean_cost.argmin())]
    owner = np.full(cost.shape[1], chosen[0])
    nearest = cost[chosen[0]].copy()
    buffer = np.empty_like(cost)
    for step in range(1, max_steps + 1):
        np.subtract(cost, nearest, out=buffer)
        np.minimum(buffer, 0, out=buffer)
        gains = buffer @ single
        gains[chosen] = 0
        row = int(gains.argmin())
        if gains[row] >= 0:
            return _keep(chosen, owner, budget), step, True
        closer = cost[row] < nearest
        owner[closer], nearest[closer] = row, cost[row][closer]
        chosen.append(row)
        if len(np.unique(owner)) >= budget:
            return _keep(chosen, owner, budget), step, True
    return np.asarray(chosen), max_steps, False


def _keep(chosen: list[int], owner: IndexArray, budget: int) -> IndexArray:
    serving = set(np.unique(owner).tolist())
    kept = [row for row in chosen if row in serving]
    return np.asarray(kept if len(kept) >= budget else chosen[:budget])


def main() -> int:
    """Print one table; exit status 1 when the goal is missed or the rows differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--plain-steps", type=int, default=10**9, help="stop the plain greedy after so many steps")
    arguments = parser.parse_args()
    problem, source = load_problem()
    distance, reward = problem.scaled_distances(), problem.gradient_reward(LAMBDA)
    weights = problem.validation_weights
    with bounded_threads() as threads:
        lazy = greedy_start(distance[:100], reward[:100], weights, 10)  # compile
        lazy_seconds = []
        for _ in range(3):
            started = time.perf_counter()
            lazy = greedy_start(distance, reward, weights, BUDGET)
            lazy_seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    plain, steps, finished = plain_greedy(distance, reward, weights, BUDGET, arguments.plain_steps)
    plain_seconds = time.perf_counter() - started
    all_steps = len(lazy.values)
    whole = plain_seconds if finished else plain_seconds * all_steps / steps
    same = finished and lazy.rows.tolist() == plain.tolist()
    overlap = len(set(lazy.rows.tolist()) & set(plain.tolist())) / len(plain)
    ratio = whole / float(np.median(lazy_seconds))
    print(
        f"{source}: {problem.num_pool} x {problem.num_validation}, k = {BUDGET}, lambda = {LAMBDA}, {threads} threads"
    )
    print(f"{'':34}{'measured':>14}{'goal':>10}")
    print(f"{'plain greedy, seconds':34}{whole:14.2f}{'':>10}" + ("" if finished else f"  (from {steps} steps)"))
    print(f"{'lazy greedy, seconds (median of 3)':34}{np.median(lazy_seconds):14.3f}")
    print(f"{'ratio':34}{ratio:13.0f}x{GOAL:>9.0f}x")
    print(f"{'rows evaluated, share of plain':34}{lazy.evaluated_rows / (all_steps * problem.num_pool):14.2%}")
    print(f"{'same rows in the same order':34}{'yes' if same else f'{overlap:.1%} in common':>14}{'yes':>10}")
    return 0 if ratio >= GOAL and (same or not finished) else 1


if __name__ == "__main__":
    sys.exit(main())
