from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.methods import RoundRobinConfig
from goracs_core.selection import select
from goracs_core.selection.round_robin import take_turns
from tests.problems import make, problems


@settings(max_examples=60)
@given(problem=problems(), data=st.data())
def test_each_turn_takes_the_nearest_row_that_is_left(problem, data):
    order = np.array(data.draw(st.permutations(range(problem.num_validation))))
    rows = take_turns(problem, order, problem.num_pool).tolist()
    distances = problem.distance_rows(np.arange(problem.num_pool))
    assert sorted(rows) == list(range(problem.num_pool))
    for turn, row in enumerate(rows):
        whose = order[turn % len(order)]
        left = rows[turn:]
        assert distances[row, whose] <= distances[left, whose].min() + 1e-12
        equal = [other for other in left if (problem.pool[other] == problem.pool[row]).all()]
        assert row == min(equal), "of copies the first is taken"


def test_a_full_round_holds_everybodys_nearest_where_those_are_distinct():
    rng = np.random.default_rng(1)
    problem = make(40, 8, seed=1)
    places = 10.0 * np.arange(8)[:, None] * np.ones(3)
    pool = np.concatenate([places + 0.1, rng.normal(size=(32, 3)) + 500])
    apart = replace(problem, pool=pool, validation=places)
    for seed in range(3):
        assert set(select(apart, RoundRobinConfig(8, 0.0, seed=seed)).indices.tolist()) == set(range(8))


def test_several_rounds_and_the_seed_of_the_order():
    problem = make(60, 7, seed=4)
    order = np.random.default_rng(5).permutation(7)
    assert (
        select(problem, RoundRobinConfig(20, 0.0, seed=5)).indices.tolist() == take_turns(problem, order, 20).tolist()
    )
    first = {int(select(problem, RoundRobinConfig(1, 0.0, seed=seed)).indices[0]) for seed in range(10)}
    assert len(first) > 2
    assert "2.86 times round the 7" in select(problem, RoundRobinConfig(20, 0.0)).stop_reason
