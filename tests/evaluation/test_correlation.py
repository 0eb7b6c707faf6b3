"""Coefficients from counts are SciPy's; their draws are real resamples; partial ones are correlations of residuals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from goracs_core.errors import ShapeError
from goracs_core.evaluation.correlation import (
    Coefficient,
    Estimate,
    coefficients,
    draw_counts,
    estimate,
    partial_coefficients,
    within_coefficients,
)
from goracs_core.types import FloatArray, IndexArray
from tests.refusals import told

EACH = pytest.mark.parametrize("kind", list(Coefficient))
SCIPY = {
    Coefficient.PEARSON: stats.pearsonr,
    Coefficient.SPEARMAN: stats.spearmanr,
    Coefficient.KENDALL: stats.kendalltau,
}


def once(p: int) -> FloatArray:
    return np.ones((1, p))


def value(kind: Coefficient, x: FloatArray, y: FloatArray) -> float:
    return float(coefficients(kind, x, y, once(len(x)))[0])


def sides(seed: int, p: int, *, ties: bool) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, p))
    y = y + x
    return (np.round(x), np.round(y)) if ties else (x, y)


@EACH
@given(seed=st.integers(0, 10_000), p=st.integers(5, 20), ties=st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_value_is_scipys(kind: Coefficient, seed: int, p: int, ties: bool) -> None:
    x, y = sides(seed, p, ties=ties)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(value(kind, x, y))
    else:
        assert value(kind, x, y) == pytest.approx(float(SCIPY[kind](x, y).statistic), abs=1e-9)


@EACH
def test_a_draw_is_the_coefficient_of_the_points_it_took(kind: Coefficient) -> None:
    x, y = sides(3, 9, ties=True)
    counts = draw_counts(np.zeros(9, np.int64), draws=50, seed=1)
    found = coefficients(kind, x, y, counts)
    for row, drawn in zip(counts, found, strict=True):
        taken = np.repeat(np.arange(9), row.astype(int))
        if np.ptp(x[taken]) == 0 or np.ptp(y[taken]) == 0:
            assert np.isnan(drawn)
        else:
            assert drawn == pytest.approx(float(SCIPY[kind](x[taken], y[taken]).statistic), abs=1e-9)


@EACH
@pytest.mark.parametrize("sign", [1, -1])
def test_a_line_gives_one(kind: Coefficient, sign: int) -> None:
    x = np.array([0.1, 0.4, 0.5, 2.0, 7.0])
    assert value(kind, x, sign * 3 * x - 1) == pytest.approx(sign)


@pytest.mark.parametrize("kind", [Coefficient.SPEARMAN, Coefficient.KENDALL])
def test_rank_coefficients_see_the_order_only(kind: Coefficient) -> None:
    x, y = sides(5, 15, ties=False)
    counts = draw_counts(np.zeros(15, np.int64), draws=20, seed=0)
    assert np.array_equal(coefficients(kind, x, y, counts), coefficients(kind, np.exp(x), y**3, counts), equal_nan=True)
    assert value(Coefficient.PEARSON, x, y) != pytest.approx(value(Coefficient.PEARSON, np.exp(x), y), abs=1e-3)


@EACH
def test_a_constant_side_has_no_coefficient_though_its_mean_is_rounded(kind: Coefficient) -> None:
    constant = np.full(7, 0.1 + 0.2)
    assert np.isnan(value(kind, constant, np.arange(7.0)))
    assert np.isnan(value(kind, np.arange(7.0), constant))


def residuals(y: FloatArray, z: FloatArray) -> FloatArray:
    design = np.column_stack([np.ones_like(z), z])
    return y - design @ np.linalg.lstsq(design, y, rcond=None)[0]


@pytest.mark.parametrize("kind", [Coefficient.PEARSON, Coefficient.SPEARMAN])
def test_a_partial_coefficient_is_the_correlation_of_what_a_regression_leaves(kind: Coefficient) -> None:
    rng = np.random.default_rng(0)
    z = np.log(rng.choice([64, 128, 256], size=24).astype(float))
    x, y = rng.normal(size=(2, 24)) + 2 * z
    columns = (x, y, z) if kind is Coefficient.PEARSON else tuple(stats.rankdata(side) for side in (x, y, z))
    expected = np.corrcoef(residuals(columns[0], columns[2]), residuals(columns[1], columns[2]))[0, 1]
    assert partial_coefficients(kind, x, y, z, once(24))[0] == pytest.approx(expected, abs=1e-12)


@EACH
def test_what_the_third_column_determines_has_no_partial_coefficient(kind: Coefficient) -> None:
    z = np.repeat([1.0, 2.0, 3.0], 4)
    noise = np.random.default_rng(0).normal(size=12)
    assert np.isnan(partial_coefficients(kind, 2 * z, noise, z, once(12))[0])
    assert np.isnan(partial_coefficients(kind, noise, noise, np.ones(12), once(12))[0]), "a constant tells nothing"


@EACH
def test_within_groups_the_groups_levels_do_not_count(kind: Coefficient) -> None:
    groups = np.repeat([0, 1, 2], [6, 4, 8])
    x, y = sides(2, 18, ties=False)
    shift = np.array([0.0, 100.0, -50.0])[groups]
    found = within_coefficients(kind, x, y, groups, once(18))[0]
    parts = [value(kind, x[groups == g], y[groups == g]) for g in range(3)]
    assert found == pytest.approx(np.average(parts, weights=[5, 3, 7]))
    assert within_coefficients(kind, x + shift, y - shift, groups, once(18))[0] == pytest.approx(found, abs=1e-9)


def test_pairs_and_constant_groups_are_left_out() -> None:
    groups = np.array([0, 0, 1, 1, 1, 2, 2, 2])
    x, y = np.arange(8.0), np.array([1, 0, 1, 2, 3, 5, 5, 5.0])
    assert within_coefficients(Coefficient.SPEARMAN, x, y, groups, once(8))[0] == pytest.approx(1)
    pairs = np.repeat(np.arange(4), 2)
    assert np.isnan(within_coefficients(Coefficient.SPEARMAN, x, y, pairs, once(8))[0])


def groups_of(*sizes: int) -> IndexArray:
    return np.repeat(np.arange(len(sizes)), sizes)


def test_draws_keep_the_groups_sizes_and_follow_the_seed() -> None:
    groups = groups_of(5, 1, 9)
    counts = draw_counts(groups, draws=300, seed=4)
    assert counts.shape == (300, 15)
    for group, size in enumerate((5, 1, 9)):
        assert (counts[:, groups == group].sum(axis=1) == size).all()
    assert np.array_equal(counts, draw_counts(groups, draws=300, seed=4))
    assert not np.array_equal(counts, draw_counts(groups, draws=300, seed=5))
    assert np.allclose(counts.mean(axis=0), 1, atol=0.3)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Of 200 samples of 40 points with a true Pearson of 0.6; the percentile interval is known to be a little short."""
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        x = rng.normal(size=40)
        y = 0.6 * x + 0.8 * rng.normal(size=40)
        drawn = coefficients(Coefficient.PEARSON, x, y, draw_counts(np.zeros(40, np.int64), draws=300, seed=seed))
        found = estimate(value(Coefficient.PEARSON, x, y), drawn, 40)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.6 <= found.high
    assert 0.87 <= held / 200 <= 0.99


def test_an_estimate_is_honest_about_draws_without_a_coefficient() -> None:
    nan = np.nan
    assert estimate(nan, np.zeros(4), 5) is None
    assert estimate(0.5, np.array([nan, nan, nan, 0.4]), 5) == Estimate(0.5, None, None, 5)
    found = estimate(0.5, np.array([nan, 0.5, 0.5, 0.5]), 5)
    assert found == Estimate(0.5, 0.5, 0.5, 5)
    assert Estimate(0.5, 0.1, 0.9, 5).clear
    assert not Estimate(0.5, -0.1, 0.9, 5).clear
    assert not Estimate(0.5, None, None, 5).clear


def test_sides_of_different_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, check=told("sides-unequal")):
        coefficients(Coefficient.PEARSON, np.arange(5.0), np.arange(4.0), once(5))
