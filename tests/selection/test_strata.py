"""The draw that CCS and DEALRec share: a partition, spent exactly, smallest stratum first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ConfigError
from goracs_core.scores import PRUNED
from goracs_core.selection.strata import assign_strata, draw_by_strata, spend
from tests.refusals import told

score_lists = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(scores=score_lists, num_strata=st.integers(1, 12))
def test_every_score_falls_in_exactly_one_stratum_between_its_edges(scores, num_strata):
    values = np.array(scores)
    edges = np.linspace(values.min(), values.max(), num_strata + 1)
    strata = assign_strata(values, edges)
    assert strata.min() >= 0
    assert strata.max() < num_strata
    inner = edges[1:-1]
    for value, stratum in zip(values, strata, strict=True):
        assert stratum == 0 or value > inner[stratum - 1]
        assert stratum == num_strata - 1 or value <= inner[stratum]


def test_rounding_loses_neither_the_smallest_nor_the_largest_score():
    values = np.array([0.1, 0.2, 0.3, 0.1 + 0.2, 0.7000000000000001])
    edges = np.linspace(values.min(), values.max(), 8)
    assert sorted(assign_strata(values, edges).tolist())[-1] == 6
    assert assign_strata(values, edges).min() == 0


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=10), data=st.data())
def test_the_budget_is_spent_exactly_and_as_evenly_as_the_strata_allow(sizes, data):
    strata = np.repeat(np.arange(len(sizes)), sizes)
    budget = data.draw(st.integers(1, len(strata)))
    rows = spend(strata, budget, rng=np.random.default_rng(0))
    assert len(set(rows.tolist())) == len(rows) == budget
    taken = np.bincount(strata[rows], minlength=len(sizes))
    # A stratum that was not emptied never gives less than one of the others, but for one sample of rounding.
    level = taken.max()
    assert all(count >= level - 1 or count == size for count, size in zip(taken, sizes, strict=True))


def test_the_smallest_stratum_is_served_first():
    strata = np.repeat([0, 1, 2], [50, 3, 20])
    rows = spend(strata, 24, rng=np.random.default_rng(1))
    assert strata[rows].tolist() == [1] * 3 + [2] * 10 + [0] * 11


def test_rows_that_take_no_part_are_never_drawn():
    strata = np.array([PRUNED, 0, PRUNED, 0, 1, PRUNED])
    assert sorted(spend(strata, 3, rng=np.random.default_rng(0)).tolist()) == [1, 3, 4]


def test_the_highest_scores_are_dropped_and_the_rest_is_cut_into_equal_widths():
    scores = np.arange(100.0)
    draw = draw_by_strata(scores, 20, hard_prune_fraction=0.1, num_strata=9, rng=np.random.default_rng(0))
    assert (draw.strata == PRUNED).nonzero()[0].tolist() == list(range(90, 100))
    assert draw.edges.tolist() == pytest.approx(np.linspace(0, 89, 10).tolist())
    assert set(draw.strata[:90].tolist()) == set(range(9))
    assert (draw.pruned, draw.wanted) == (10, 10)
    assert "9 strata" in draw.stop_reason
    assert draw.rows.max() < 90


def test_fewer_are_dropped_where_the_budget_needs_them_and_it_is_said():
    draw = draw_by_strata(np.arange(20.0), 19, hard_prune_fraction=0.5, num_strata=3, rng=np.random.default_rng(0))
    assert sorted(draw.rows.tolist()) == list(range(19))
    assert "only 1 instead of 10 samples were dropped" in draw.stop_reason


def test_fewer_distinct_scores_than_strata_are_refused_with_the_number():
    scores = np.repeat([1.0, 2.0, 3.0], 10)
    with pytest.raises(ConfigError, check=told("too-few-values", distinct=3, strata=50)):
        draw_by_strata(scores, 5, hard_prune_fraction=0.0, num_strata=50, rng=np.random.default_rng(0))
    draw = draw_by_strata(scores, 5, hard_prune_fraction=0.0, num_strata=3, rng=np.random.default_rng(0))
    assert len(draw.rows) == 5


def test_ties_at_the_pruning_border_are_settled_by_the_order_of_the_rows():
    scores = np.array([0.0, 5.0, 1.0, 5.0, 5.0])
    draw = draw_by_strata(scores, 2, hard_prune_fraction=0.4, num_strata=2, rng=np.random.default_rng(0))
    assert (draw.strata == PRUNED).tolist() == [False, False, False, True, True]
