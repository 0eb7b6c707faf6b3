"""Eleven lambdas in one sweep, each solve started from its neighbour's prices, against each solved alone.

Run with `python benchmarks/sweep.py`; data as in `benchmarks/_problems.py`.
"""

from __future__ import annotations

import sys
import time

from _problems import load_problem, made_up_problem

from goracs_core.methods import CertifiedConfig
from goracs_core.selection import select
from goracs_core.selection.sweep import sweep

BUDGET = 1000
LAMBDAS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
GOAL = 3.0
GAP = 0.001


def main() -> int:
    """Print the table; exit status 1 when the goal is missed."""
    problem, source = load_problem()
    tiny, _ = made_up_problem(2_000, 600)
    select(tiny, CertifiedConfig(120, 0.1, gap=0.0))  # compile
    base = CertifiedConfig(BUDGET, gap=GAP)
    alone, gaps = [], []
    for lambda_ in LAMBDAS:
        started = time.perf_counter()
        selection = select(problem, CertifiedConfig(BUDGET, lambda_, gap=GAP))
        alone.append(time.perf_counter() - started)
        gaps.append(0.0 if selection.certificate is None else selection.certificate.gap)
    started = last = time.perf_counter()
    swept = []
    for selection in sweep(problem, base, lambdas=LAMBDAS, budgets=[BUDGET]):
        now = time.perf_counter()
        swept.append((now - last, selection))
        last = now
    whole = last - started
    print(f"{source}: {problem.num_pool} x {problem.num_validation}, k = {BUDGET}, gap asked for {GAP:.1%}")
    print(f"{'lambda':>7}{'alone, s':>10}{'gap':>9}{'in the sweep, s':>17}{'gap':>9}{'rounds':>8}")
    worst = 0.0
    for lambda_, seconds, gap, (spent, selection) in zip(LAMBDAS, alone, gaps, swept, strict=True):
        assert selection.certificate is not None
        worst = max(worst, selection.certificate.gap)
        rounds = selection.certificate.rounds
        print(f"{lambda_:7.2f}{seconds:10.2f}{gap:9.3%}{spent:17.2f}{selection.certificate.gap:9.3%}{rounds:8}")
    ratio = whole / max(alone)
    met = ratio <= GOAL and worst <= GAP
    print(f"sweep {whole:.1f} s, slowest single solve {max(alone):.1f} s, all alone {sum(alone):.1f} s")
    print(f"ratio {ratio:.2f}, goal {GOAL:.0f}; largest gap {worst:.3%}, goal {GAP:.1%}: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
