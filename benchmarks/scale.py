"""The certified solver on growing made-up pools, up to a million rows: time, gap, memory.

Each size runs in a process of its own, so that its peak memory is its own. The pool is a mixture fitted to the real
embeddings (`benchmarks/_problems.py`). Run with `python benchmarks/scale.py` (about a quarter of an hour on two cores),
or `--sizes 15000 140000`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

from _problems import cold_solve_seconds, made_up_problem

from goracs_core.methods import CertifiedConfig
from goracs_core.selection import select

BUDGET, VALIDATION, LAMBDA = 1000, 5_000, 0.1
SIZES = (15_000, 140_000, 1_000_000)
GAP, MEMORY_GIB = 0.002, 4.0
SOLVES = {140_000: 60.0}


def measure(size: int, lambda_: float) -> dict[str, object]:
    """One size, in this process."""
    tiny, _ = made_up_problem(2_000, 600)
    select(tiny, CertifiedConfig(120, 0.1))  # compile
    problem, source = made_up_problem(size, VALIDATION)
    started = time.perf_counter()
    selection = select(problem, CertifiedConfig(BUDGET, lambda_, gap=GAP))
    seconds = time.perf_counter() - started
    assert selection.certificate is not None
    return {
        "source": source,
        "seconds": seconds,
        "solve": cold_solve_seconds(problem, selection.indices, repeats=1),
        "gap": selection.certificate.gap,
        "rounds": selection.certificate.rounds,
        "passes": selection.certificate.full_passes,
        "stages": dict(selection.trace.stages),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }


def main() -> int:
    """Print the table; exit status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--lambda", dest="lambda_", type=float, default=LAMBDA, metavar="L")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.lambda_)))
        return 0
    print(
        f"k = {BUDGET}, m = {VALIDATION}, lambda = {arguments.lambda_:g}, gap asked for {GAP:.1%}; peak of the process"
    )
    print(
        f"{'rows':>10}{'seconds':>9}{'per row':>9}{'in T':>7}{'goal':>6}{'gap':>9}{'goal':>7}"
        f"{'passes':>8}{'GiB':>6}{'goal':>6}"
    )
    failed, per_row = False, None
    for size in arguments.sizes:
        command = [sys.executable, __file__, "--one", str(size), "--lambda", str(arguments.lambda_)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return 1
        found = json.loads(done.stdout.splitlines()[-1])
        goal = SOLVES.get(size)
        in_solves, gib = found["seconds"] / found["solve"], found["peak"] / 2**30
        each = found["seconds"] / size
        print(
            f"{size:10,}{found['seconds']:9.1f}{1e6 * each:7.0f}us{in_solves:7.1f}{goal or float('nan'):6.0f}"
            f"{found['gap']:9.3%}{GAP:7.1%}{found['passes']:8}{gib:6.2f}{MEMORY_GIB:6.0f}"
        )
        print("          " + ", ".join(f"{name} {spent:.1f} s" for name, spent in found["stages"].items()))
        growth = (
            "" if per_row is None else f"; time per row {each / per_row:.2f} of the smaller pool's (goal 1 at most)"
        )
        goals = {
            "gap": found["gap"] <= GAP,
            "memory": gib <= MEMORY_GIB,
            "time": goal is None or in_solves <= goal,
            "growth": per_row is None or each <= per_row,
        }
        missed = [name for name, met in goals.items() if not met]
        print(f"          {'MISSED: ' + ', '.join(missed) if missed else 'all goals met'}{growth}")
        failed, per_row = failed or bool(missed), each
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
