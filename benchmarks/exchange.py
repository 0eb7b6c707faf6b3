"""What a tried exchange costs: transport updated in place, against solving it anew by POT, warm and cold.

The pairs are those that ITRA would try, best first, from the greedy set. Every value is compared with a fresh solve.
Run with `python benchmarks/exchange.py`; data as in `benchmarks/_problems.py`.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from _problems import cold_solve_seconds, load_problem

from goracs_core.methods import ItraConfig
from goracs_core.selection import select
from goracs_core.selection.estimate import best_pairs
from goracs_core.selection.polish import Coreset, Outside
from goracs_core.selection.threads import bounded_threads
from goracs_core.transport import solve_uniform

BUDGET = 1000
LAMBDAS = (0.5, 0.1, 0.0)
PAIRS = 40
GOAL = 10.0


def main() -> int:
    """Print the table; exit status 1 when a goal is missed or a value is wrong."""
    problem, source = load_problem()
    distance = problem.scaled_distances()
    outside = Outside(np.arange(problem.num_pool), distance)
    print(f"{source}: {problem.num_pool} x {problem.num_validation}, k = {BUDGET}; milliseconds per tried exchange")
    print(
        f"{'lambda':>7}{'cold T':>9}{'warm':>8}{'in place':>10}{'accepted':>10}{'refused':>9}"
        f"{'T / tried':>11}{'goal':>7}"
    )
    failed = False
    for lambda_ in LAMBDAS:
        start = select(problem, ItraConfig(BUDGET, lambda_, max_exchanges=0))
        with bounded_threads():
            coreset = Coreset(problem, start.indices, lambda_)
            solve = cold_solve_seconds(problem, coreset.rows)
            found = coreset.candidates(outside, 10)
            spent: dict[bool, list[float]] = {True: [], False: []}
            warm: list[float] = []
            for i, o in best_pairs(found.changes)[:PAIRS]:
                position, row = int(found.leaves[i]), int(found.enters[o])
                if row in coreset.rows:
                    continue
                trial, potentials = coreset.state.cost.copy(), coreset.state.column_potentials.copy()
                trial[position] = found.distance[o]
                needed = coreset.state.value + (coreset.reward[row] - coreset.reward[coreset.rows[position]]) / BUDGET
                started = time.perf_counter()
                accepted = coreset.try_pair(position, row, found.distance[o])
                spent[accepted].append(time.perf_counter() - started)
                if len(warm) < 5 or accepted:
                    started = time.perf_counter()
                    fresh = solve_uniform(
                        trial, problem.validation_weights, start=((trial - potentials).min(axis=1), potentials)
                    ).value
                    warm.append(time.perf_counter() - started)
                    if accepted and abs(fresh - coreset.state.value) > 1e-9:
                        print(f"        WRONG: {coreset.state.value} in place, {fresh} by POT")
                        failed = True
                    if not accepted and fresh < needed - 1e-9:
                        print(f"        WRONG: refused, but POT finds {fresh} below {needed}")
                        failed = True
        tried = spent[True] + spent[False]
        ratio = solve / float(np.mean(tried))
        means = [
            1e3 * float(np.mean(values)) if values else float("nan") for values in (tried, spent[True], spent[False])
        ]
        verdict = "met" if ratio >= GOAL else "MISSED"
        print(
            f"{lambda_:7.2f}{1e3 * solve:9.0f}{1e3 * float(np.mean(warm)):8.0f}{means[0]:10.1f}{means[1]:10.1f}"
            f"{means[2]:9.1f}{ratio:10.1f}x{GOAL:6.0f}x  {verdict} ({len(tried)} tried)"
        )
        failed = failed or ratio < GOAL
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
