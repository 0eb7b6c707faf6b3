"""Positions of right items and the items they compete with, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ConfigError
from goracs_core.ranking import (
    catalogue_positions,
    popularity_positions,
    positions_among,
    ranking_metrics,
    sampled_negatives,
    sampled_popularity,
)
from goracs_core.types import Ragged


@given(seed=st.integers(0, 10_000), v=st.integers(1, 9), m=st.integers(1, 5))
def test_positions_are_counts_of_better_and_equal_others(seed: int, v: int, m: int):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, (m, v)).astype(float)  # many ties
    targets = rng.integers(v, size=m)
    found = catalogue_positions(scores, targets)
    for row, target in enumerate(targets.tolist()):
        others = [scores[row, item] for item in range(v) if item != target]
        assert found.better[row] == sum(score > scores[row, target] for score in others)
        assert found.equal[row] == sum(score == scores[row, target] for score in others)
    counts = rng.integers(0, 4, v)
    by_popularity = catalogue_positions(np.tile(counts, (m, 1)), targets)
    same = popularity_positions(counts, targets)
    assert (by_popularity.better == same.better).all()
    assert (by_popularity.equal == same.equal).all()


def test_against_all_other_items_is_against_the_catalogue():
    rng = np.random.default_rng(0)
    counts, targets = rng.integers(0, 3, 8), np.array([0, 3, 7])
    everyone = np.array([[item for item in range(8) if item != target] for target in targets])
    assert ranking_metrics(sampled_popularity(counts, targets, everyone)) == ranking_metrics(
        popularity_positions(counts, targets)
    )
    none = positions_among(np.array([1.0]), np.empty((1, 0)))
    assert (none.better[0], none.equal[0]) == (0, 0)


@given(seed=st.integers(0, 10_000), v=st.integers(2, 12), data=st.data())
def test_negatives_are_others_and_each_once(seed: int, v: int, data: st.DataObject):
    rng = np.random.default_rng(seed)
    histories = [rng.integers(v, size=rng.integers(0, 4)) for _ in range(3)]
    targets, rows = rng.integers(v, size=3), np.sort(rng.choice(50, 3, replace=False))
    free = min(v - len({*history.tolist(), target}) for history, target in zip(histories, targets, strict=True))
    count = data.draw(st.integers(0, free))
    drawn = sampled_negatives(targets, Ragged.from_rows(histories), rows, num_items=v, count=count, seed=seed)
    assert drawn.shape == (3, count)
    for place in range(3):
        assert len({*drawn[place].tolist()}) == count
        assert not {*drawn[place].tolist()} & {*histories[place].tolist(), targets[place]}
        assert ((drawn[place] >= 0) & (drawn[place] < v)).all()
    alone = sampled_negatives(
        targets[1:2], Ragged.from_rows(histories[1:2]), rows[1:2], num_items=v, count=count, seed=seed
    )
    assert (alone[0] == drawn[1]).all()


def test_negatives_are_drawn_alike_and_anew_for_each_sample_and_seed():
    history, rows = np.array([2, 5, 5]), np.arange(4000)
    targets, histories = np.full(4000, 3), Ragged.from_rows([history] * 4000)
    drawn = sampled_negatives(targets, histories, rows, num_items=10, count=2, seed=0)
    counts = np.bincount(drawn.ravel(), minlength=10)
    allowed = [0, 1, 4, 6, 7, 8, 9]
    assert counts[[2, 3, 5]].sum() == 0
    expected = 8000 / 7
    assert (np.abs(counts[allowed] - expected) < 5 * np.sqrt(expected)).all()
    assert len({tuple(row) for row in drawn.tolist()}) == 42  # all ordered pairs occur
    other = sampled_negatives(targets, histories, rows, num_items=10, count=2, seed=1)
    assert (drawn != other).any()


def test_more_negatives_than_items_are_refused():
    histories = Ragged.from_rows([np.array([1, 2])])
    with pytest.raises(ConfigError, match="5 negatives were asked for, but a sample leaves 4 of the 7 items"):
        sampled_negatives(np.array([0]), histories, np.array([3]), num_items=7, count=5, seed=0)
