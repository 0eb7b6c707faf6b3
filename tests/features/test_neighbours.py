"""Nearest neighbours against all distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from goracs_core.errors import ShapeError
from goracs_core.features import neighbours as module
from goracs_core.features.neighbours import nearest_neighbours, neighbour_agreement
from goracs_core.types import Embeddings


@given(seed=st.integers(0, 1000), n=st.integers(1, 40), count=st.integers(1, 45), data=st.data())
def test_neighbours_are_the_nearest_by_true_distance(seed, n, count, data):
    values = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32).round(1)
    row = data.draw(st.integers(0, n - 1))
    found = nearest_neighbours(Embeddings(values, "test"), row, count)
    distances = cdist(values.astype(np.float64), values.astype(np.float64))[row]
    others = np.delete(np.arange(n), row)
    wanted = others[np.argsort(distances[others], kind="stable")][:count]
    assert len(found.rows) == min(count, n - 1)
    assert found.distances == pytest.approx(distances[wanted], abs=1e-12)
    assert found.distances == pytest.approx(distances[found.rows], abs=1e-12)
    assert row not in found.rows


def test_equal_samples_are_exactly_zero_apart_and_blocks_change_nothing(monkeypatch):
    values = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32) * 1e3
    values[[7, 31]] = values[20]
    whole = nearest_neighbours(Embeddings(values, "test"), 20, 10)
    assert whole.rows[:2].tolist() == [7, 31]
    assert whole.distances[:2].tolist() == [0.0, 0.0]
    monkeypatch.setattr(module, "_BLOCK", 8)
    assert nearest_neighbours(Embeddings(values, "test"), 20, 10).rows.tolist() == whole.rows.tolist()


@pytest.mark.parametrize(("row", "count", "message"), [(5, 1, "row 5"), (-1, 1, "row -1"), (0, 0, "count is 0")])
def test_bad_questions(row, count, message):
    with pytest.raises(ShapeError, match=message):
        nearest_neighbours(Embeddings(np.ones((5, 2)), "test"), row, count)


@given(seed=st.integers(0, 1000), n=st.integers(3, 40), kinds=st.integers(1, 4), asked=st.integers(1, 50))
def test_agreement_is_that_of_the_nearest_by_true_distance(seed, n, kinds, asked):
    rng = np.random.default_rng(seed)
    values, groups = rng.normal(size=(n, 3)).astype(np.float32), rng.integers(-1, kinds, n)
    found = neighbour_agreement(Embeddings(values, "test"), groups, asked=asked)
    known = np.flatnonzero(groups >= 0)
    if len(np.unique(groups[known])) < 2:
        assert found is None
        return
    assert found is not None
    distances = cdist(values.astype(np.float64), values.astype(np.float64))
    np.fill_diagonal(distances, np.inf)
    rows = known if asked >= len(known) else known[np.unique(np.linspace(0, len(known) - 1, asked).round().astype(int))]
    same = groups[distances.argmin(axis=1)] == groups
    others = [(groups[np.arange(n) != row] == groups[row]).mean() for row in rows]
    assert found.samples == len(rows)
    assert found.share == pytest.approx(same[rows].mean())
    assert found.chance == pytest.approx(np.mean(others))


def test_agreement_is_clear_for_groups_that_lie_apart_only(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 16)
    rng, groups = np.random.default_rng(0), np.arange(200) % 4
    apart = 10.0 * groups[:, None] + rng.normal(size=(200, 3))
    found = neighbour_agreement(Embeddings(apart, "test"), groups)
    assert found is not None
    assert found.share == 1.0
    assert found.clear
    mixed = neighbour_agreement(Embeddings(rng.normal(size=(200, 3)), "test"), groups)
    assert mixed is not None
    assert not mixed.clear
