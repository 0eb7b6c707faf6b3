"""Densities of samples on the map: mass, levels and differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ShapeError
from goracs_core.evaluation.density import SHARES, density, mass_levels, missing
from tests.refusals import told


def points(count: int, *, seed: int = 0, at: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=(count, 2)) + at).astype(np.float32)


@given(st.integers(1, 400), st.floats(0.01, 1e4), st.integers(0, 99))
def test_a_density_holds_all_mass_whatever_the_scale(count: int, scale: float, seed: int) -> None:
    found = density(points(count, seed=seed) * scale, points(50) * scale, cells=40)
    assert found.values.shape == (40, 40)
    assert found.values.sum() == pytest.approx(1)
    assert (found.values >= 0).all()


@given(st.integers(2, 300), st.integers(0, 99))
def test_the_region_of_a_level_holds_at_least_its_share_and_no_cell_too_many(count: int, seed: int) -> None:
    values = density(points(count, seed=seed), points(count, seed=seed), cells=40).values
    levels = mass_levels(values)
    assert list(levels) == sorted(levels)
    for level, share in zip(levels, sorted(SHARES, reverse=True), strict=True):
        assert values[values >= level].sum() >= share - 1e-9
        assert values[values > level].sum() < share + 1e-9


def test_the_densest_cell_is_where_the_samples_are() -> None:
    heap = points(500, at=(6, -3)) * 0.05 + np.array([6, -3], np.float32) * 0.95
    found = density(heap, np.concatenate([heap, points(10)]))
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    cell = found.width / len(found.values)
    place = np.array(found.low) + (np.array([column, row]) + 0.5) * cell
    assert np.allclose(place, heap.mean(axis=0), atol=3 * cell)


def test_a_coreset_like_the_validation_samples_is_missing_nowhere() -> None:
    same = points(200)
    found = missing(same, same[::-1], same)
    assert np.abs(found.values).max() < 1e-12
    assert found.levels == ()


def test_the_coreset_is_missing_where_it_has_no_samples() -> None:
    near, far = points(300, seed=1), points(100, seed=2, at=(20, 20))
    validation = np.concatenate([near, far])
    found = missing(validation, near, validation)
    assert found.values.sum() == pytest.approx(0, abs=1e-9)
    assert np.maximum(found.values, 0).sum() == pytest.approx(0.25, abs=0.03)  # the share of the samples that are far
    assert missing(near, validation, validation).values == pytest.approx(-found.values, abs=1e-6)
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    assert min(row, column) > len(found.values) / 2


def test_a_map_of_one_place_has_a_density() -> None:
    one = np.zeros((5, 2), np.float32)
    assert density(one, one).values.sum() == pytest.approx(1)


@pytest.mark.parametrize("bad", [np.empty((0, 2)), np.zeros((3, 3)), np.zeros(4)], ids=["none", "wide", "flat"])
def test_what_is_no_list_of_places_is_refused(bad: np.ndarray) -> None:
    good = points(5)
    for call in (lambda: density(bad, good), lambda: density(good, bad), lambda: missing(good, bad, good)):
        with pytest.raises(ShapeError, check=told("bad-coordinates")):
            call()
