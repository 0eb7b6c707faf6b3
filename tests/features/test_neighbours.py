"""Nearest neighbours against all distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from goracs_core.errors import ShapeError
from goracs_core.features import neighbours as module
from goracs_core.features.neighbours import nearest_neighbours
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
