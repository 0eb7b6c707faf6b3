"""k-centre greedy: each time the row farthest from those chosen (Gonzalez 1985; for coresets arXiv 1708.00489).

No pool row is then farther from a chosen one than twice the least distance that k rows can reach (the 2-approximation).
"""

from __future__ import annotations

import numpy as np

from goracs_core.methods import KCentreConfig
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.passes import Pace, squared_distances
from goracs_core.types import AnyFloatArray, IndexArray


def select_k_centre(problem: Problem, config: KCentreConfig, *, progress: Progress = silent) -> Rows:
    """Cover the pool: the validation plays no part, as in the paper."""
    first = int(np.random.default_rng(config.seed).integers(problem.num_pool))
    rows, radius = k_centre_greedy(problem.pool, config.budget, first=first, progress=progress)
    reason = f"{config.budget:,} centres leave no sample farther than {radius:.4g} from one"
    return Rows(rows, reason)


def k_centre_greedy(
    points: AnyFloatArray, budget: int, *, first: int, progress: Progress = silent
) -> tuple[IndexArray, float]:
    """Rows in the order chosen (shape [k]), and the largest distance of a row to the nearest of them.

    Of rows equally far the first is taken.

    Args:
        points: Shape [n, d].
        budget: k, at most n.
        first: The row to start with.
        progress: Told the rows chosen.
    """
    pace = Pace(progress, "centres", budget)
    chosen = np.empty(budget, np.int64)
    nearest = np.full(len(points), np.inf)  # squared distance to the nearest chosen row; -1 for the chosen themselves
    row = first
    for step in range(budget):
        chosen[step] = row
        np.minimum(nearest, squared_distances(points, points[row]), out=nearest)
        nearest[row] = -1.0
        row = int(nearest.argmax())
        pace(step + 1)
    return chosen, float(np.sqrt(max(nearest[row], 0.0)))
