"""Round-robin: validation samples take turns, each takes the nearest pool row that is left.

So RDS+ turns similarities to a set of wanted samples into a selection (arXiv 2503.01807, algorithm 1); there by cosine
similarity of language-model states, here by distance of the embeddings at hand.
"""

from __future__ import annotations

import numpy as np

from goracs_core.methods import RoundRobinConfig
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.passes import Pace, squared_distances
from goracs_core.types import IndexArray


def select_round_robin(problem: Problem, config: RoundRobinConfig, *, progress: Progress = silent) -> Rows:
    """Rounds in one seeded order until the budget is spent. Weights of the validation play no part."""
    order = np.random.default_rng(config.seed).permutation(problem.num_validation)
    rows = take_turns(problem, order, config.budget, progress=progress)
    m = problem.num_validation
    reason = f"{min(config.budget, m):,} of {m:,} validation samples had a turn"
    if config.budget > m:
        reason = f"{config.budget:,} turns went {config.budget / m:.3g} times round the {m:,} validation samples"
    return Rows(rows, reason)


def take_turns(problem: Problem, order: IndexArray, budget: int, *, progress: Progress = silent) -> IndexArray:
    """Pool rows in the order taken; shape [k]. Of rows equally near the first is taken.

    Args:
        problem: Whose samples.
        order: Validation samples in the order of their turns; shape [m].
        budget: k, at most n.
        progress: Told the turns.
    """
    pace = Pace(progress, "turns", budget)
    chosen = np.empty(budget, np.int64)
    taken = np.zeros(problem.num_pool, bool)
    for turn in range(budget):
        distances = squared_distances(problem.pool, problem.validation[order[turn % len(order)]])
        distances[taken] = np.inf
        row = int(distances.argmin())
        chosen[turn], taken[row] = row, True
        pace(turn + 1)
    return chosen
