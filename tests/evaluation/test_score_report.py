"""Scores in numbers: bins keep every row and no stratum is parted, coefficients against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from goracs_core.errors import ShapeError
from goracs_core.evaluation.score_report import (
    rank_correlation,
    rank_correlations,
    score_bands,
    score_histogram,
    strata_counts,
)
from goracs_core.scores import PRUNED, ScoreTrace
from goracs_core.selection.strata import draw_by_strata


def drawn(
    n: int = 400, *, strata: int = 8, prune: float = 0.1, budget: int = 60, seed: int = 0
) -> tuple[ScoreTrace, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.gamma(1.5, size=n)
    draw = draw_by_strata(values, budget, hard_prune_fraction=prune, num_strata=strata, rng=rng)
    return ScoreTrace({"el2n": values}, "el2n", draw.strata, draw.edges), draw.rows


@given(strata=st.integers(1, 230), prune=st.sampled_from([0.0, 0.1, 0.5]), seed=st.integers(0, 20))
def test_every_row_is_in_one_bin_of_its_own_stratum(strata: int, prune: float, seed: int) -> None:
    trace, rows = drawn(600, strata=strata, prune=prune, seed=seed)
    bands = score_bands(trace)
    bins = score_histogram(bands, [rows])
    assert bins.counts.sum() == 600
    assert bins.drawn.sum() == len(rows)
    assert (bins.drawn[0] <= bins.counts).all()
    assert (np.diff(bins.edges) > 0).all()
    assert bins.counts[bins.strata == PRUNED].sum() == (trace.strata == PRUNED).sum()
    assert bins.drawn[0][bins.strata == PRUNED].sum() == 0
    if strata <= 200:
        for stratum in range(strata):
            assert bins.counts[bins.strata == stratum].sum() == (trace.strata == stratum).sum()


def test_a_long_tail_of_dropped_rows_is_one_bin_and_told() -> None:
    trace, rows = drawn(300, strata=4, prune=0.1)
    values = trace.values.copy()
    values[values.argmax()] = 1e6
    bins = score_histogram(score_bands(ScoreTrace({"el2n": values}, "el2n", trace.strata, trace.edges)), [rows])
    assert bins.beyond == 1
    assert bins.counts.sum() == 300
    assert bins.edges[-1] < 100


def test_strata_are_counted_as_they_were_drawn() -> None:
    trace, rows = drawn()
    counts = strata_counts(score_bands(trace), rows)
    for stratum in range(8):
        inside = trace.strata == stratum
        assert counts.sizes[stratum] == inside.sum()
        assert counts.drawn[stratum] == inside[rows].sum()
        assert (trace.values[inside] <= counts.high[stratum] + 1e-12).all()
        assert (trace.values[inside] >= counts.low[stratum] - 1e-12).all()
    assert counts.drawn.sum() == len(rows)


def test_without_strata_there_are_bins_and_no_bands() -> None:
    values = np.random.default_rng(0).normal(size=50)
    trace = ScoreTrace({"grand": values}, "grand", np.empty(0, np.int64), np.empty(0))
    bands = score_bands(trace)
    bins = score_histogram(bands, [np.arange(5), np.arange(9)])
    assert (bands.num_strata, bands.num_pruned, len(bins.strata)) == (0, 0, 0)
    assert bins.counts.sum() == 50
    assert bins.drawn.sum(axis=1).tolist() == [5, 9]
    expected, _ = np.histogram(values, bins.edges)
    assert np.abs(expected - bins.counts).sum() <= 2, "NumPy counts borders to the bin above"


def test_one_label_has_the_strata_it_was_cut_into() -> None:
    halves = [drawn(100, seed=1), drawn(80, seed=2)]
    values = np.concatenate([trace.values for trace, _ in halves])
    strata = np.concatenate([trace.strata for trace, _ in halves])
    united = ScoreTrace({"el2n": values}, "el2n", strata, np.empty(0))
    bands = score_bands(united, num_strata=8, rows=np.arange(100, 180))
    assert bands.edges == pytest.approx(halves[1][0].edges)
    counts = strata_counts(bands, halves[1][1] + 100)
    assert counts.sizes.tolist() == np.bincount(strata[100:][strata[100:] >= 0], minlength=8).tolist()
    with pytest.raises(ShapeError):
        score_bands(united, rows=np.empty(0, np.int64))


def test_equal_scores_make_one_bin_around_them() -> None:
    trace = ScoreTrace({"el2n": np.full(6, 2.0)}, "el2n", np.zeros(6, np.int64), np.array([2.0, 2.0]))
    bins = score_histogram(score_bands(trace), [np.arange(2)])
    assert bins.counts.sum() == 6
    assert bins.edges[0] < 2.0 < bins.edges[-1]


def test_rank_correlation_is_spearmans() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 6, size=40).astype(float)
    second = first + rng.normal(size=40)
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)  # pyright: ignore[reportAttributeAccessIssue]
    assert rank_correlation(first, np.ones(40)) is None
    assert rank_correlation(first[:4], second[:4]) is None
    with pytest.raises(ShapeError):
        rank_correlation(first, second[:-1])
    found = rank_correlations({"a": first, "b": second, "c": -first})
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found["a", "c"] == pytest.approx(-1)
