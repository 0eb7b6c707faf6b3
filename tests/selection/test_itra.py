import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.methods import ItraConfig, RandomConfig
from goracs_core.objective import poo
from goracs_core.selection import select
from tests.problems import make, optimum, problems


@settings(max_examples=40)
@given(problems(max_pool=7, max_validation=6), st.data())
def test_with_all_candidates_no_exchange_is_left_that_improves(problem, data):
    budget = data.draw(st.integers(1, problem.num_pool))
    lambda_ = data.draw(st.sampled_from([0.0, 0.2, 1.5]))
    selection = select(problem, ItraConfig(budget, lambda_, max_exchanges=1000, prune_candidates=problem.num_pool))
    assert selection.poo >= optimum(problem, budget, lambda_) - 1e-9
    outside = sorted(set(range(problem.num_pool)) - set(selection.indices.tolist()))
    for position, enters in itertools.product(range(budget), outside):
        trial = selection.indices.copy()
        trial[position] = enters
        assert poo(problem, trial, lambda_).value >= selection.poo - 1e-9


def test_exchange_values_fall_and_are_the_poo_of_the_sets():
    problem = make(150, 60, seed=3, width=6)
    config = ItraConfig(20, 0.3, max_exchanges=30)
    selection = select(problem, config)
    trace = selection.trace
    assert len(trace.exchanges) > 3
    values = [trace.start_value, *(exchange.value for exchange in trace.exchanges)]
    assert (np.diff(values) < 0).all()
    assert trace.exchanges[-1].value == pytest.approx(selection.poo, abs=1e-9)
    rows = select(problem, ItraConfig(20, 0.3, max_exchanges=0)).indices.tolist()
    assert poo(problem, np.array(rows), 0.3).value == pytest.approx(trace.start_value, abs=1e-9)
    for exchange in trace.exchanges:
        rows[rows.index(exchange.leaves)] = exchange.enters
        assert poo(problem, np.array(rows), 0.3).value == pytest.approx(exchange.value, abs=1e-9)
        assert exchange.estimate <= 0
    assert rows == selection.indices.tolist()
    assert trace.pass_at_1 is not None
    assert 0 < trace.pass_at_1 <= 1
    assert trace.tried_pairs >= sum(exchange.tried for exchange in trace.exchanges)


def test_pass_at_1_is_zero_where_pairs_were_tried_and_none_was_accepted():
    failed = select(make(60, 20, seed=0, width=6), ItraConfig(4, 0.0, prune_candidates=2)).trace
    assert (failed.tried_pairs, failed.exchanges, failed.pass_at_1) == (4, (), 0.0)
    hopeless = select(make(20, 10, seed=0, width=6), ItraConfig(3, 0.0)).trace  # no estimated change is below 0
    assert (hopeless.tried_pairs, hopeless.exchanges, hopeless.pass_at_1) == (0, (), None)


@pytest.mark.parametrize("config", [ItraConfig(20, 0.3, max_exchanges=0), ItraConfig(1), RandomConfig(20)])
def test_there_is_no_pass_at_1_without_an_exchange_stage(config):
    assert select(make(60, 20, seed=0, width=6), config).trace.pass_at_1 is None


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (ItraConfig(20, 0.3, max_exchanges=2), "limit of 2 accepted exchanges"),
        (ItraConfig(20, 0.3, max_exchanges=0), "no exchanges were asked for"),
        (ItraConfig(150, 0.3), "whole pool"),
        (ItraConfig(1, 0.3), "optimal"),
        (ItraConfig(20, 0.0, max_exchanges=1000, prune_candidates=3), "no candidate exchange"),
    ],
)
def test_stop_reason_says_why(config, says):
    assert says in select(make(150, 60, seed=3, width=6), config).stop_reason


def test_a_budget_of_one_is_the_optimum():
    problem = make(60, 20, seed=9)
    assert select(problem, ItraConfig(1, 0.2)).poo == pytest.approx(optimum(problem, 1, 0.2))


def test_more_candidates_can_only_be_asked_for_to_some_effect():
    problem = make(150, 60, seed=3, width=6)
    narrow = select(problem, ItraConfig(20, 0.05, max_exchanges=1000, prune_candidates=1))
    wide = select(problem, ItraConfig(20, 0.05, max_exchanges=1000, prune_candidates=20))
    assert wide.poo < narrow.poo
