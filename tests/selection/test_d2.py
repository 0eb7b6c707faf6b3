from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.methods import D2Config
from goracs_core.scores import SampleScores, ScoreKind, Scores
from goracs_core.selection import select
from goracs_core.selection.d2 import forward_messages, neighbour_graph, pick, scaled
from tests.problems import made_up_scores, make, problems


def adjacency(points: np.ndarray, count: int) -> np.ndarray:
    """Lengths of the edges to nearest neighbours of either side, infinite where there is none; shape [n, n]."""
    lengths = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    n = len(points)
    joined = np.zeros((n, n), bool)
    for i in range(n):
        nearest = sorted((lengths[i, j], j) for j in range(n) if j != i)[:count]
        joined[i, [j for _, j in nearest]] = True
    return np.where(joined | joined.T, lengths, np.inf)


def kernel(edges: np.ndarray, decay: float) -> np.ndarray:
    """exp(-decay d) along edges, 0 where there is none."""
    return np.where(np.isfinite(edges), np.exp(-decay * np.where(np.isfinite(edges), edges, 0)), 0)


def plain_d2(points, difficulty, count, forward, reverse, budget) -> tuple[list[int], np.ndarray]:
    """The method written down on a dense matrix; the rows in the order chosen and the spread scores."""
    edges = adjacency(points, count)
    spread = difficulty + kernel(edges, forward) @ difficulty
    left, chosen = spread.copy(), []
    for _ in range(budget):
        best = max((j for j in range(len(points)) if j not in chosen), key=lambda j: (left[j], -j))
        chosen.append(best)
        left = left - kernel(edges[best], reverse) * left[best]
    return chosen, spread


@settings(max_examples=60)
@given(
    problem=problems(max_pool=12).filter(lambda p: len(np.unique(p.pool, axis=0)) == p.num_pool),
    count=st.integers(1, 12),
    forward=st.sampled_from([0.3, 1.0, 5.0]),
    reverse=st.sampled_from([0.1, 1.0, 5.0]),
)
def test_messages_and_discounts_follow_the_formula(problem, count, forward, reverse):
    difficulty = np.random.default_rng(problem.num_pool).random(problem.num_pool)
    graph = neighbour_graph(problem.pool, count)
    spread = forward_messages(difficulty, graph, forward)
    expected, expected_spread = plain_d2(problem.pool, difficulty, count, forward, reverse, problem.num_pool)
    assert spread == pytest.approx(expected_spread, abs=1e-9)
    assert pick(spread, graph, reverse, problem.num_pool).tolist() == expected


def test_edges_are_kept_at_both_ends():
    points = make(50, 5, seed=3).pool
    graph = neighbour_graph(points, 3)
    edges = adjacency(points, 3)
    ends = np.repeat(np.arange(50), np.diff(graph.offsets))
    assert set(zip(ends.tolist(), graph.neighbours.tolist(), strict=True)) == set(
        zip(*(side.tolist() for side in np.nonzero(np.isfinite(edges))), strict=True)
    )
    assert graph.distances == pytest.approx(edges[ends, graph.neighbours])


def test_without_messages_the_hardest_are_taken():
    problem = make(60, 10)
    scores = made_up_scores(problem)
    config = D2Config(15, 0.0, forward_decay=1e9, reverse_decay=1e9)
    hardest = np.argsort(-scores.get(ScoreKind.EL2N, 60).values, kind="stable")[:15]
    assert select(problem, config, scores=scores).indices.tolist() == hardest.tolist()


def test_of_copies_one_is_taken_early():
    rng = np.random.default_rng(0)
    places = 10 * rng.normal(size=(10, 3))
    problem = replace(make(20, 5), pool=np.repeat(places, 2, axis=0))
    values = np.repeat(rng.random(10) + 1, 2)  # copies are equally hard
    scores = Scores.of([SampleScores(ScoreKind.EL2N, values, "made up")])
    rows = select(problem, D2Config(9, 0.0, neighbours=1), scores=scores).indices
    assert len({int(row) // 2 for row in rows}) == 9


def test_the_trace_shows_what_was_ranked_and_each_option_counts():
    problem = make(80, 10, width=5)
    scores = made_up_scores(problem)
    base = select(problem, D2Config(20, 0.0), scores=scores)
    assert base.scores is not None
    assert base.scores.ranked_by == "spread_score"
    assert list(base.scores.columns) == ["el2n", "spread_score"]
    difficulty = scaled(base.scores.columns["el2n"])
    assert (difficulty.min(), difficulty.max()) == (0, 1)
    assert (base.scores.values >= difficulty).all()
    assert base.scores.values.argmax() == base.indices[0]
    for change in ({"score": "entropy"}, {"neighbours": 2}, {"forward_decay": 0.1}, {"reverse_decay": 0.0}):
        assert select(problem, replace(D2Config(20, 0.0), **change), scores=scores).fingerprint != base.fingerprint
    assert scaled(np.full(3, 2.5)).tolist() == [1, 1, 1]
