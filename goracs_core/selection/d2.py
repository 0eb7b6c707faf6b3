"""D2 pruning: difficulty spread over a graph of nearest neighbours; each choice discounts its neighbours.

Maharana, Yadav and Bansal, "D2 Pruning: Message Passing for Balancing Diversity and Difficulty in Data Pruning", arXiv
2310.07931. On the undirected graph that joins each sample to its nearest neighbours, d the distance of embeddings:

    forward   spread_i = s_i + sum over neighbours j of exp(-forward_decay d_ij) s_j
    choice    the largest spread score
    reverse   spread_j -= exp(-reverse_decay d_ij) spread_i   for each neighbour j of the chosen i

The kernel is that of the authors' code (distances not squared; there the forward decay is 1). Difficulty s is scaled to
[0, 1] first. Their experiments also drop the hardest samples or choose within classes; here all samples take part.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from goracs_core.methods import D2Config
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.scores import SampleScores, Scores, ScoreTrace
from goracs_core.selection.clock import Clock
from goracs_core.selection.neighbours import nearest_rows
from goracs_core.selection.passes import Pace
from goracs_core.selection.scored import difficulty
from goracs_core.types import AnyFloatArray, FloatArray, IndexArray

SPREAD = "spread_score"


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """An undirected graph; each edge is kept at both of its ends.

    Args:
        offsets: The edges of row i are offsets[i] to offsets[i + 1]; shape [n + 1].
        neighbours: Row at the other end; shape [edges].
        distances: Length of the edge; shape [edges].
    """

    offsets: IndexArray
    neighbours: IndexArray
    distances: FloatArray


def select_d2(problem: Problem, config: D2Config, scores: Scores, *, progress: Progress = silent) -> Rows:
    """Choose by difficulty and diversity at once.

    Raises:
        ConfigError: The difficulty is not known.
    """
    clock = Clock()
    found = difficulty(problem, config, scores)
    graph = neighbour_graph(problem.pool, config.neighbours, progress=progress)
    clock.stage("neighbours")
    spread = forward_messages(scaled(found.values), graph, config.forward_decay)
    rows = pick(spread, graph, config.reverse_decay, config.budget, progress=progress)
    clock.stage("messages")
    reason = f"{config.budget:,} samples were chosen, each discounting its neighbours"
    return Rows(rows, reason, clock.stages(), _trace(found, spread, config))


def neighbour_graph(points: AnyFloatArray, neighbours: int, *, progress: Progress = silent) -> NeighbourGraph:
    """Each row joined to its nearest rows (to all others where there are not so many).

    Args:
        points: Shape [n, d].
        neighbours: Nearest rows of each row.
        progress: Told the rows done.
    """
    n = len(points)
    count = min(neighbours, n - 1)
    if count == 0:
        return NeighbourGraph(np.zeros(n + 1, np.int64), np.empty(0, np.int64), np.empty(0))
    near, lengths = nearest_rows(points, count, progress=progress)
    ends, others = np.repeat(np.arange(n), count), near.ravel()
    edges, first = np.unique(np.concatenate([ends * n + others, others * n + ends]), return_index=True)
    offsets = np.searchsorted(edges // n, np.arange(n + 1))
    return NeighbourGraph(offsets.astype(np.int64), edges % n, np.tile(lengths.ravel(), 2)[first])


def scaled(values: FloatArray) -> FloatArray:
    """Values moved and scaled to [0, 1]; ones where all are equal, so that density alone decides."""
    low, high = values.min(), values.max()
    return np.ones(len(values)) if high <= low else (values - low) / (high - low)


def forward_messages(scores: FloatArray, graph: NeighbourGraph, decay: float) -> FloatArray:
    """Each score plus those of its neighbours, which fade with distance; shape [n]."""
    ends = np.repeat(np.arange(len(scores)), np.diff(graph.offsets))
    messages = np.exp(-decay * graph.distances) * scores[graph.neighbours]
    return scores + np.bincount(ends, weights=messages, minlength=len(scores))


def pick(
    spread: FloatArray, graph: NeighbourGraph, decay: float, budget: int, *, progress: Progress = silent
) -> IndexArray:
    """Rows in the order chosen; shape [k]. Of equal scores the first row is taken.

    Args:
        spread: Scores after the forward messages; shape [n].
        graph: Who discounts whom.
        decay: How the discount fades with distance.
        budget: k, at most n.
        progress: Told the rows chosen.
    """
    pace = Pace(progress, "choice", budget)
    current = spread.copy()
    chosen, taken = np.empty(budget, np.int64), np.zeros(len(spread), bool)
    heap = [(-score, row) for row, score in enumerate(current.tolist())]
    heapq.heapify(heap)
    for step in range(budget):
        score, row = heapq.heappop(heap)
        while taken[row] or -score != current[row]:  # an entry from before a discount
            score, row = heapq.heappop(heap)
        chosen[step], taken[row] = row, True
        edges = slice(graph.offsets[row], graph.offsets[row + 1])
        around = graph.neighbours[edges]
        current[around] -= np.exp(-decay * graph.distances[edges]) * current[row]
        for other in around.tolist():
            if not taken[other]:
                heapq.heappush(heap, (-float(current[other]), other))
        pace(step + 1)
    return chosen


def _trace(found: SampleScores, spread: FloatArray, config: D2Config) -> ScoreTrace:
    name = str(found.kind)
    return ScoreTrace(
        columns={name: found.values, SPREAD: spread},
        ranked_by=SPREAD,
        strata=np.empty(0, np.int64),
        edges=np.empty(0),
        sources={
            name: found.source,
            SPREAD: f"minmax({name}) and that of up to {config.neighbours} nearest neighbours; before any discount",
        },
        details={name: found.details},
    )
