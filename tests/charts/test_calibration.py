"""The reliability diagram shows what the calibration holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from goracs_core.charts.calibration import reliability_diagram
from goracs_core.evaluation.choices import calibration
from goracs_core.llm.tuning.outcomes import Choices


def made(chances: list[float], labels: list[int]):
    return calibration(Choices(np.arange(len(chances)), np.array(chances), np.array(labels)), 5)


def test_points_intervals_and_counts_are_those_of_the_filled_bins():
    held = made([0.1, 0.15, 0.5, 0.9, 0.95, 0.99], [0, 0, 1, 1, 0, 1])
    figure = reliability_diagram(held, name="Coreset")
    data: Any = figure.data
    diagonal, curve, bars = data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    filled = held.counts > 0
    assert np.array_equal(curve.x, held.chances[filled])
    assert np.array_equal(curve.y, held.shares[filled])
    assert np.allclose(np.add(curve.y, curve.error_y.array), held.high[filled])
    assert np.allclose(np.subtract(curve.y, curve.error_y.arrayminus), held.low[filled])
    assert list(bars.y) == held.counts.tolist() == [2, 0, 1, 0, 3]
    assert bars.yaxis == "y2"
    assert "Coreset" in curve.name


def test_no_answers_make_an_empty_diagram():
    figure = reliability_diagram(made([], []))
    data: Any = figure.data
    assert len(data[1].x) == 0
    assert sum(data[2].y) == 0
