import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from goracs_core.objective import poo
from goracs_core.selection.estimate import best_pairs, estimate_inside, estimate_outside, estimate_rows, nearest_without
from goracs_core.transport import solve_uniform
from tests.problems import costs, make, problems


@given(k=st.integers(2, 8), m=st.integers(1, 8), seed=st.integers(0, 1000), rounded=st.booleans())
def test_nearest_without_equals_brute_force(k, m, seed, rounded):
    block = np.random.default_rng(seed).normal(size=(k, m))
    block = np.round(block) if rounded else block
    expected = np.array([np.delete(block, row, axis=0).min(axis=0) for row in range(k)])
    assert (nearest_without(block) == expected).all()


@given(m=st.integers(1, 60), k=st.integers(1, 70), seed=st.integers(0, 1000), weighted=st.booleans())
def test_estimate_is_the_maximum_over_y(m, k, seed, weighted):
    rng = np.random.default_rng(seed)
    reduced = np.round(rng.normal(size=(3, m)), 1)
    weights = rng.uniform(0.2, 1, size=m) if weighted else np.ones(m)
    weights = weights / weights.sum()
    # The function of y is concave and piecewise linear: its maximum lies at one of the values themselves.
    values = [max(y / k + weights @ np.minimum(row - y, 0) for y in row) for row in reduced]
    assert estimate_rows(reduced, np.zeros(3), np.zeros((1, m)), weights, k) == pytest.approx(
        np.array(values), abs=1e-12
    )


@given(problems(max_pool=8, max_validation=8), st.data())
def test_estimated_change_never_exceeds_the_true_one(problem, data):
    lambda_ = data.draw(st.sampled_from([0.0, 0.3, 2.0]))
    k = data.draw(st.integers(2, problem.num_pool))
    rows = np.random.default_rng(k).choice(problem.num_pool, k, replace=False)
    cost, weights = costs(problem, lambda_), problem.validation_weights
    solution = solve_uniform(cost[rows], weights)
    inside, terms = estimate_inside(cost[rows], solution.row_potentials, weights)
    for position, enters in itertools.product(range(k), range(problem.num_pool)):
        if enters in rows:
            continue
        estimate = estimate_rows(cost[[enters]], np.zeros(1), terms[[position]], weights, k)[0] - inside[position]
        trial = rows.copy()
        trial[position] = enters
        assert estimate <= solve_uniform(cost[trial], weights).value - solution.value + 1e-9


def test_estimates_rank_the_pool_as_the_truth_does():
    problem = make(80, 60, seed=5, width=4)
    rows = np.arange(12)
    reward = problem.gradient_reward(0.1)
    block = costs(problem, 0.1)[rows]
    solution = solve_uniform(block, problem.validation_weights)
    estimate = estimate_outside(
        problem.scaled_distances(), reward, block, solution.row_potentials, problem.validation_weights
    )[12:]
    inside, _ = estimate_inside(block, solution.row_potentials, problem.validation_weights)
    leaves = int(inside.argmax())
    truth = [poo(problem, np.r_[np.delete(rows, leaves), enters], 0.1).value for enters in range(12, 80)]
    assert np.corrcoef(rankdata(estimate), rankdata(truth))[0, 1] > 0.95


def test_best_pairs_are_sorted_and_only_promising_ones():
    estimates = np.array([[0.5, -0.1], [-0.3, 0.0]])
    assert best_pairs(estimates) == [(1, 0), (0, 1)]
