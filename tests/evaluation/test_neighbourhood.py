"""True neighbours: the share of those on the map that are true ones, and lists of them for files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import goracs_core.evaluation.neighbourhood as module
from goracs_core.evaluation.neighbourhood import kept_neighbours, neighbour_lists


def by_hand(values: np.ndarray, placed: np.ndarray, count: int) -> np.ndarray:
    """Sets of nearest rows, compared; without ties the definition itself."""

    def nearest(points: np.ndarray) -> list[set[int]]:
        apart = np.linalg.norm(points[:, None].astype(float) - points[None], axis=-1)
        np.fill_diagonal(apart, np.inf)
        return [set(row[:count].tolist()) for row in np.argsort(apart, axis=1)]

    pairs = zip(nearest(values), nearest(placed), strict=True)
    return np.array([len(true & near) / count for true, near in pairs])


@given(st.integers(4, 60), st.integers(1, 8), st.integers(0, 99))
def test_it_is_the_share_of_true_neighbours(samples: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, placed = rng.normal(size=(samples, 5)), rng.normal(size=(samples, 2))
    count = min(count, samples - 1)
    assert kept_neighbours(values, placed, neighbours=count) == pytest.approx(by_hand(values, placed, count))


def test_a_true_map_is_trusted_everywhere_also_turned_scaled_and_with_copies() -> None:
    flat = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)
    flat = np.concatenate([flat, flat[:30], flat[:30]])  # copies are ties
    turned = 7 * flat @ np.array([[0, 1], [-1, 0]], np.float32) + 3
    values = np.column_stack([flat, np.zeros((len(flat), 3), np.float32)])
    assert kept_neighbours(values, turned) == pytest.approx(1)


def test_places_at_random_keep_what_chance_keeps() -> None:
    rng = np.random.default_rng(1)
    found = kept_neighbours(rng.normal(size=(600, 6)), rng.normal(size=(600, 2)))
    assert found.mean() == pytest.approx(15 / 599, abs=0.01)


def test_of_many_samples_some_are_measured_always_the_same() -> None:
    rng = np.random.default_rng(2)
    values, placed = rng.normal(size=(300, 4)), rng.normal(size=(300, 2))
    found = kept_neighbours(values, placed, max_sample=100)
    assert np.isfinite(found).sum() == 100
    rows = np.flatnonzero(np.isfinite(found))
    assert found[rows] == pytest.approx(kept_neighbours(values[rows], placed[rows]))
    assert found == pytest.approx(kept_neighbours(values, placed, max_sample=100), nan_ok=True)
    assert found != pytest.approx(kept_neighbours(values, placed, max_sample=100, seed=1), nan_ok=True)


def test_a_single_sample_has_no_neighbours() -> None:
    assert np.isnan(kept_neighbours(np.zeros((1, 3)), np.zeros((1, 2)))).all()


@settings(max_examples=40)
@given(
    samples=st.integers(1, 30), width=st.integers(1, 4), count=st.integers(1, 12), seed=st.integers(0, 99),
    ties=st.booleans(),
)  # fmt: skip
def test_listed_neighbours_are_the_nearest_others(samples: int, width: int, count: int, seed: int, ties: bool) -> None:
    values = np.random.default_rng(seed).normal(size=(samples, width))
    values = np.round(values) if ties else values
    found = neighbour_lists(values.astype(np.float32), count)
    assert found is not None
    assert len(found) == samples
    for row, one in enumerate(found):
        apart = np.linalg.norm(values.astype(np.float32) - values.astype(np.float32)[row], axis=1)
        apart[row] = np.inf
        order = np.argsort(apart, kind="stable")[: min(count, samples - 1)]
        assert row not in one["ids"]
        assert one["distances"] == pytest.approx(apart[order].tolist(), abs=1e-5)
        assert apart[one["ids"]] == pytest.approx(apart[order], abs=1e-5)
        if not ties:
            assert one["ids"] == order.tolist()


def test_lists_of_neighbours_are_left_out_where_all_pairs_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(30, 4))
    monkeypatch.setattr(module, "_MOST_PRODUCTS", 30 * 30 * 4)
    assert neighbour_lists(values) is not None
    monkeypatch.setattr(module, "_MOST_PRODUCTS", 30 * 30 * 4 - 1)
    assert neighbour_lists(values) is None
