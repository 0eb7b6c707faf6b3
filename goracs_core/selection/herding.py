"""Herding without replacement: each time the row that brings the coreset's mean nearest to the target's.

Welling (ICML 2009) takes the row of largest inner product with what the sum still lacks, (t + 1) mu - sum of the t
chosen. On rows of equal length that is the row nearest to it, the one that brings the means nearest to each other
(Chen, Welling and Smola, arXiv 1203.3472); here the nearest is taken on rows of any length.
"""

from __future__ import annotations

import numpy as np

from goracs_core.methods import HerdingConfig
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.passes import Pace, squared_distances
from goracs_core.types import AnyFloatArray, FloatArray, IndexArray


def select_herding(problem: Problem, config: HerdingConfig, *, progress: Progress = silent) -> Rows:
    """Match the weighted mean of the validation, or the mean of the pool."""
    rows = herd(problem.pool, target_mean(problem, config), config.budget, progress=progress)
    reason = f"{config.budget:,} samples were chosen towards the mean of the {config.target}"
    return Rows(rows, reason)


def target_mean(problem: Problem, config: HerdingConfig) -> FloatArray:
    """The mean to match; shape [d]."""
    if config.target == "pool":
        return problem.pool.mean(axis=0, dtype=np.float64)
    # Not as a matrix product, whose bytes may depend on the number of threads.
    return np.einsum("j,jd->d", problem.validation_weights, problem.validation)


def herd(points: AnyFloatArray, mean: FloatArray, budget: int, *, progress: Progress = silent) -> IndexArray:
    """Rows in the order chosen; shape [k]. Of rows equally good the first is taken.

    The mean of t + 1 rows is nearest to mu when the row added is nearest to (t + 1) mu - the sum of the t others.

    Args:
        points: Shape [n, d].
        mean: mu; shape [d].
        budget: k, at most n.
        progress: Told the rows chosen.
    """
    pace = Pace(progress, "herding", budget)
    chosen = np.empty(budget, np.int64)
    lacking = np.zeros(len(mean))  # what the chosen rows' sum lacks to t mu
    taken = np.zeros(len(points), bool)
    for step in range(budget):
        lacking += mean
        distances = squared_distances(points, lacking)
        distances[taken] = np.inf
        row = int(distances.argmin())
        chosen[step], taken[row] = row, True
        lacking -= points[row]
        pace(step + 1)
    return chosen
