"""The certified solver on 15,000 x 5,000 with k = 1,000: proven gap, time in cold transport solves, peak memory.

T is the time of one cold exact transport solve of the chosen k x m block by POT, in the same run. Time counts from the
problem (embeddings and scales at hand) to the evaluated selection with its certificate. Run with
`python benchmarks/certified.py`; data as in `benchmarks/_problems.py`.
"""

from __future__ import annotations

import argparse
import sys
import time

from _problems import PeakMemory, cold_solve_seconds, load_problem, made_up_problem, verdict

from goracs_core.methods import CertifiedConfig, ItraConfig
from goracs_core.selection import select
from goracs_core.selection.verify import lower_bound

BUDGET = 1000
LAMBDAS = (0.5, 0.1, 0.0)
GAP, SOLVES, MEMORY = 0.001, 10.0, 3.0


def main() -> int:
    """Print the table; exit status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lambdas", type=float, nargs="+", default=list(LAMBDAS), metavar="L")
    arguments = parser.parse_args()
    problem, source = load_problem()
    tiny, _ = made_up_problem(2_000, 600)
    select(tiny, CertifiedConfig(120, 0.1, gap=0.0))  # compile
    dense = 4 * problem.num_pool * problem.num_validation
    print(f"{source}: {problem.num_pool} x {problem.num_validation}, k = {BUDGET}; dense cost {dense / 2**20:.0f} MiB")
    print(
        f"{'lambda':>7}{'POO':>11}{'bound':>11}{'gap':>9}{'goal':>8}{'seconds':>9}{'T':>7}{'in T':>7}{'goal':>6}"
        f"{'memory':>8}{'goal':>6}{'greedy gap':>12}{'checked':>9}"
    )
    failed = False
    for lambda_ in arguments.lambdas:
        with PeakMemory() as memory:
            started = time.perf_counter()
            selection = select(problem, CertifiedConfig(BUDGET, lambda_, gap=GAP))
            seconds = time.perf_counter() - started
        certificate = selection.certificate
        assert certificate is not None
        solve = cold_solve_seconds(problem, selection.indices)
        greedy = select(problem, ItraConfig(BUDGET, lambda_, max_exchanges=0))
        bound = lower_bound(problem, certificate.prices, BUDGET, lambda_)
        share = (memory.peak - memory.before) / dense
        agrees = abs(bound - certificate.lower_bound) < 1e-12
        greedy_gap = (greedy.poo - bound) / greedy.transport_term
        print(
            f"{lambda_:7.2f}{selection.poo:11.6f}{bound:11.6f}{certificate.gap:9.3%}{GAP:8.1%}{seconds:9.2f}"
            f"{solve:7.2f}{seconds / solve:7.1f}{SOLVES:6.0f}{share:7.2f}x{MEMORY:5.0f}x{greedy_gap:12.2%}"
            f"{'yes' if agrees else 'NO':>9}"
        )
        stages = ", ".join(f"{name} {spent:.2f} s" for name, spent in selection.trace.stages)
        print(f"        {certificate.rounds} rounds, {certificate.full_passes} full passes; {stages}")
        goals = (verdict(certificate.gap, GAP), verdict(seconds / solve, SOLVES), verdict(share, MEMORY))
        print(f"        gap {goals[0]}, time {goals[1]}, memory {goals[2]}")
        failed = failed or "MISSED" in goals or not agrees
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
