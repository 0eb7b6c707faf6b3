from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.methods import KCentreConfig
from goracs_core.selection import select
from goracs_core.selection.k_centre import k_centre_greedy
from tests.problems import make, problems


def radius(points: np.ndarray, rows) -> float:
    """Largest distance of a point to the nearest of the rows."""
    return float(np.linalg.norm(points[:, None] - points[None, list(rows)], axis=2).min(axis=1).max())


@settings(max_examples=60)
@given(problem=problems(max_pool=8), data=st.data())
def test_no_point_is_farther_than_twice_what_the_best_centres_reach(problem, data):
    budget = data.draw(st.integers(1, problem.num_pool))
    first = data.draw(st.integers(0, problem.num_pool - 1))
    rows, said = k_centre_greedy(problem.pool, budget, first=first)
    best = min(radius(problem.pool, some) for some in combinations(range(problem.num_pool), budget))
    assert said == pytest.approx(radius(problem.pool, rows), abs=1e-12)
    assert said <= 2 * best + 1e-12


def test_each_choice_is_the_farthest_and_the_distances_fall():
    points = make(60, 5, seed=3, width=4).pool
    rows, _ = k_centre_greedy(points, 20, first=7)
    assert rows[0] == 7
    reached = [radius(points, rows[: step + 1]) for step in range(20)]
    assert (np.diff(reached) <= 0).all()
    for step in range(1, 20):
        from_chosen = np.linalg.norm(points[rows[step]] - points[rows[:step]], axis=1).min()
        assert from_chosen == pytest.approx(reached[step - 1])


def test_copies_come_last_and_in_the_order_of_the_pool():
    points = np.repeat(np.arange(4.0)[:, None], 3, axis=0)  # each of four places three times
    rows, said = k_centre_greedy(points, 12, first=4)
    assert {int(row) // 3 for row in rows[:4]} == {0, 1, 2, 3}
    assert rows[4:].tolist() == sorted(rows[4:].tolist())
    assert len(set(rows.tolist())) == 12
    assert said == 0


def test_the_seed_is_where_it_starts_and_the_validation_plays_no_part():
    problem = make(50, 20)
    starts = {int(select(problem, KCentreConfig(5, 0.0, seed=seed)).indices[0]) for seed in range(8)}
    assert len(starts) > 3
    other = problem.take(np.arange(50), np.arange(3))
    config = KCentreConfig(5, 0.0, seed=1)
    assert select(other, config).indices.tolist() == select(problem, config).indices.tolist()
