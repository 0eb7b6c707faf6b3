import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.objective import Problem
from goracs_core.selection.greedy import greedy_start
from tests.problems import make, problems


def plain_greedy(problem: Problem, budget: int, lambda_: float) -> list[int]:
    """The published procedure, written down without any saving; each step looks at every row."""
    distance = problem.scaled_distances().astype(np.float64)
    cost = distance - problem.gradient_reward(lambda_)[:, None]
    mean_cost = cost @ problem.validation_weights
    chosen = [int(mean_cost.argmin())]
    while True:
        owner = np.array(chosen)[cost[chosen].argmin(axis=0)]
        serving = set(owner.tolist())
        nearest = cost[chosen].min(axis=0)
        gains = np.minimum(cost - nearest, 0) @ problem.validation_weights
        gains[chosen] = 0
        if len(serving) >= budget or gains.min() >= -1e-12:
            break
        chosen.append(int(gains.argmin()))
    kept = [row for row in chosen if row in serving] if len(serving) >= budget else chosen[:budget]
    rest = [row for row in np.argsort(mean_cost, kind="stable").tolist() if row not in kept]
    return kept + rest[: budget - len(kept)]


@given(
    problems(max_pool=14, max_validation=12).filter(lambda p: len(np.unique(p.pool, axis=0)) == p.num_pool), st.data()
)
def test_lazy_equals_plain(problem, data):
    budget = data.draw(st.integers(1, problem.num_pool))
    lambda_ = data.draw(st.sampled_from([0.0, 0.05, 0.5, 2.0]))
    reward = problem.gradient_reward(lambda_)
    start = greedy_start(problem.scaled_distances(), reward, problem.validation_weights, budget)
    expected = plain_greedy(problem, budget, lambda_)
    cost = problem.scaled_distances() - reward[:, None]
    # Rows of equal gain may stand in for one another; what they achieve may not differ.
    assert cost[start.rows].min(axis=0) @ problem.validation_weights == pytest.approx(
        cost[expected].min(axis=0) @ problem.validation_weights, abs=1e-6
    )
    assert len(set(start.rows.tolist())) == budget


@pytest.mark.parametrize("lambda_", [0.0, 0.1, 0.5])
def test_lazy_chooses_the_same_rows_in_the_same_order_and_looks_at_few(lambda_):
    problem = make(400, 150, seed=1, width=8)
    reward = problem.gradient_reward(lambda_)
    start = greedy_start(problem.scaled_distances(), reward, problem.validation_weights, 40)
    assert start.rows.tolist() == plain_greedy(problem, 40, lambda_)
    assert start.evaluated_rows < 0.3 * 400 * 40


def test_values_fall_and_end_at_the_relaxed_value_of_the_set():
    problem = make(200, 60, seed=2)
    start = greedy_start(problem.scaled_distances(), np.zeros(200), problem.validation_weights, 20)
    assert (np.diff(start.values) < 0).all()
    relaxed = problem.scaled_distances()[start.rows].min(axis=0) @ problem.validation_weights
    assert start.values[-1] == pytest.approx(relaxed, abs=1e-9)


def test_every_row_serves_someone_when_the_pool_allows_it_and_else_the_budget_is_filled():
    problem = make(200, 60, seed=2)
    served = problem.scaled_distances()[
        greedy_start(problem.scaled_distances(), np.zeros(200), problem.validation_weights, 20).rows
    ]
    assert set(served.argmin(axis=0)) == set(range(20))
    few = make(50, 4, seed=3)
    assert len(set(greedy_start(few.scaled_distances(), np.zeros(50), few.validation_weights, 30).rows.tolist())) == 30
