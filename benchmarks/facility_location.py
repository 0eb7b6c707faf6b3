"""Lazy greedy facility location against apricot's on 15,000 x 5,000 with k = 1,000: time and objective value.

Both start from the matrix at hand (apricot from similarities 1 - d / max d in double precision, as it wants them; this
project from d / max d in single precision) and are timed without compilation, apricot with its lazy optimizer. `fit` of
apricot takes square matrices alone; its optimizer is called directly on the rectangular one, which it handles as it is.
apricot 0.6.1 adds a row of no gain when it meets two of them one after the other at the top of its heap, although
others still help; values are therefore compared at equal numbers of helpful rows, those of all k rows stand beside.
apricot is no dependency: install `apricot-select` (0.6.1 was tried, which works with numpy 2) where Python finds it.
Run with `python benchmarks/facility_location.py`; data as in `benchmarks/_problems.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np
from _problems import load_problem

from goracs_core.objective import Problem
from goracs_core.selection.facility_location import lazy_greedy
from goracs_core.selection.target_rows import TargetRows
from goracs_core.types import FloatArray, IndexArray

BUDGET = 1000
GOAL = 1.0
SAME_VALUE = 1e-6  # the distances are in single precision here


def value_of(problem: Problem, rows: IndexArray) -> float:
    """F of a set in double precision: the mean similarity of a validation sample to its nearest chosen one."""
    similarity = 1 - problem.distance_rows(rows) / problem.distance_scale
    return float(similarity.max(axis=0) @ problem.validation_weights)


def apricot_rows(similarity: FloatArray, budget: int) -> tuple[IndexArray, FloatArray, float]:
    """Rows in the order chosen by apricot, their gains, and the seconds that its lazy optimizer took.

    Raises:
        ImportError: apricot is not installed.
    """
    from apricot import FacilityLocationSelection  # type: ignore[import-not-found]
    from apricot.optimizers import LazyGreedy  # type: ignore[import-not-found]

    selector: Any = FacilityLocationSelection(budget, metric="precomputed", optimizer="lazy")
    selector._initialize(similarity)  # compiles
    started = time.perf_counter()
    LazyGreedy(function=selector).select(similarity, budget)
    return np.asarray(selector.ranking), np.asarray(selector.gains), time.perf_counter() - started


def main() -> int:
    """Print one table; exit status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3, help="times each side is run; the median counts")
    arguments = parser.parse_args()
    problem, source = load_problem()
    held = TargetRows(problem.pool, problem.validation, problem.distance_scale)
    started = time.perf_counter()
    held.fill()
    distances_seconds = time.perf_counter() - started
    if held.capacity < problem.num_pool:
        print("the distances do not fit: raise GORACS_DENSE_MIB to 1024")
        return 1
    ours = lazy_greedy(held, problem.validation_weights, 2)  # compile
    similarity = 1 - np.concatenate([block for _, block in problem.distance_blocks()]) / problem.distance_scale
    ours_seconds, their_seconds, theirs, gains = [], [], None, np.empty(0)
    for _ in range(arguments.repeats):
        started = time.perf_counter()
        ours = lazy_greedy(held, problem.validation_weights, BUDGET)
        ours_seconds.append(time.perf_counter() - started)
        try:
            theirs, gains, seconds = apricot_rows(similarity, BUDGET)
            their_seconds.append(seconds)
        except ImportError:
            pass
    print(f"{source}: {problem.num_pool} x {problem.num_validation}, k = {BUDGET}")
    print(f"{'':44}{'measured':>14}{'goal':>8}")
    print(f"{'distances in single precision, seconds':44}{distances_seconds:14.2f}")
    print(f"{'lazy greedy here, seconds':44}{np.median(ours_seconds):14.3f}   from {min(ours_seconds):.3f}")
    print(f"{'gains looked at, share of plain':44}{ours.evaluated_rows / (problem.num_pool * BUDGET):14.2%}")
    ours_value = value_of(problem, ours.rows)
    print(f"{'objective value here':44}{ours_value:14.9f}")
    if theirs is None:
        print("apricot is not installed: nothing to compare with (pip install apricot-select)")
        return 0
    ratio = float(np.median(their_seconds) / np.median(ours_seconds))
    helpful = theirs[gains > 0]
    first = ours.rows[: len(helpful)]
    difference = abs(value_of(problem, helpful) - value_of(problem, first))
    same_order = helpful.tolist() == first.tolist()
    print(f"{'apricot, seconds':44}{np.median(their_seconds):14.3f}   from {min(their_seconds):.3f}")
    print(f"{'times as fast':44}{ratio:13.1f}x{GOAL:7.0f}x")
    print(f"{'objective value of apricot':44}{value_of(problem, theirs):14.9f}")
    print(f"{'its rows that help':44}{len(helpful):14d}")
    print(f"{'difference of values at that number of rows':44}{difference:14.1e}{SAME_VALUE:8.0e}")
    print(f"{'the same rows in the same order':44}{'yes' if same_order else 'no':>14}")
    return 0 if ratio >= GOAL and difference <= SAME_VALUE else 1


if __name__ == "__main__":
    sys.exit(main())
