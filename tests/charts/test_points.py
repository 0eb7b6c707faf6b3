"""Scatter plots of samples: the samples drawn of many, and how their colours are read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.charts.points import MAX_TEXTS, PointColor, colorbar, drawn_rows, hover_texts


@given(st.integers(1, 300), st.integers(20, 400))
def test_drawn_rows_are_sorted_distinct_and_within_the_limit(num_pool: int, limit: int) -> None:
    chosen = np.arange(min(num_pool, 5))
    rows = drawn_rows(num_pool, chosen, limit=limit)
    assert (np.diff(rows) > 0).all()
    assert set(chosen) <= set(rows)
    assert len(rows) == min(num_pool, limit)
    assert np.array_equal(rows, drawn_rows(num_pool, chosen, limit=limit))


def test_log_colours_are_read_in_plain_numbers() -> None:
    bar = colorbar(PointColor("Popularity", np.array([0, 9, 99, 999]), log=True))
    assert bar["ticktext"] == ["0", "1", "10", "100", "1,000"]
    assert bar["tickvals"] == pytest.approx(np.log10([1, 2, 11, 101, 1001]))
    assert "tickvals" not in colorbar(PointColor("Norm", np.arange(4.0)))


def test_colours_and_hover_hold_no_markup_of_others() -> None:
    evil = "<b>50% off</b>"
    assert "<b>" not in colorbar(PointColor(evil, np.arange(3)))["title"]["text"]
    texts = hover_texts([evil], np.array([0]))
    assert texts is not None
    assert "<b>" not in texts[0]


def test_many_points_have_no_texts() -> None:
    assert hover_texts(["a"], np.zeros(MAX_TEXTS + 1, int)) is None
    assert hover_texts([], np.zeros(3, int)) is None
