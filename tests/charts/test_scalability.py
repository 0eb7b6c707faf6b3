"""Figures of the Scalability page carry the numbers they were given, and no foreign markup."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import pytest

from goracs_core.charts import scalability as charts
from goracs_core.charts.palette import STYLES, Role
from goracs_core.evaluation.scaling import Interval, Prediction, fit_growth
from goracs_core.evaluation.trade_off import trade_off
from goracs_core.methods.phases import OTHER, PHASES
from goracs_core.types import FloatArray
from tests.charts.figures import traces

SIZES = np.array([100.0, 200.0, 400.0, 800.0])
GRID = np.geomspace(100, 8000, 20)


def layout(figure: go.Figure) -> Any:
    return cast("Any", figure).layout


def line(name: str, seconds: FloatArray, *, fitted: bool = True) -> charts.Growth:
    prediction = fit_growth(SIZES[seconds > 0], seconds[seconds > 0]).predict(GRID) if fitted else None
    return charts.Growth(name, SIZES, seconds, GRID, prediction)


def test_stages_are_stacked_to_the_whole() -> None:
    stages = {"Distances": SIZES * 1e-3, "Exact transport": np.full(4, 0.5), "Other": np.full(4, 0.1)}
    figure = charts.stage_bars(SIZES, stages, budgets=[10, 20, 40, 80])
    assert layout(figure).barmode == "stack"
    assert [trace.name for trace in traces(figure)] == list(stages)
    assert np.allclose(np.sum([trace.y for trace in traces(figure)], axis=0), SIZES * 1e-3 + 0.6)
    first = traces(figure)[0]
    assert list(first.x) == ["100", "200", "400", "800"]
    assert np.allclose(first.customdata[:, 0], SIZES * 1e-3 / (SIZES * 1e-3 + 0.6))
    assert first.customdata[:, 2].tolist() == [10, 20, 40, 80]
    looks = {(trace.marker.color, trace.marker.pattern.shape) for trace in traces(figure)}
    assert len(looks) == len(stages)


def test_a_kind_of_work_looks_the_same_everywhere_and_like_no_role() -> None:
    kinds = (charts.TOTAL, *PHASES, OTHER)
    assert len({charts.kind_color(kind) for kind in kinds}) == len(kinds)
    roles = {STYLES[role].color for role in (Role.CORESET, Role.VALIDATION, Role.SECOND_CORESET)}
    assert not roles & {charts.kind_color(kind) for kind in kinds}
    among = charts.stage_bars(SIZES, {"Distances": SIZES, "Lower bound": SIZES}, budgets=[1] * 4)
    assert traces(among)[1].marker.color == charts.kind_color("Lower bound")


def test_the_whole_has_points_and_band_its_parts_are_thin_and_all_are_named() -> None:
    lines = [line(charts.TOTAL, SIZES * 1e-2), line("Distances", np.array([0.0, 0.4, 0.5, 0.6]))]
    figure = charts.growth_lines(lines, measured_to=800.0, target=5000.0)
    (points,) = [trace for trace in traces(figure) if trace.mode == "markers" and trace.name == charts.TOTAL]
    assert list(points.x) == SIZES.tolist()
    (band,) = [trace for trace in traces(figure) if trace.fill == "tonexty"]
    fitted = lines[0].fitted
    assert fitted is not None
    assert np.allclose(band.y, fitted.high)
    widths = {trace.name: trace.line.width for trace in traces(figure) if trace.mode == "lines" and trace.name}
    assert widths[charts.TOTAL] > widths["Distances"]
    (asked,) = [trace for trace in traces(figure) if trace.mode == "markers" and "extrapolated" in trace.name]
    assert list(asked.x) == [5000]
    low, high = asked.customdata[0]
    assert low < asked.y[0] < high
    assert layout(figure).xaxis.type == layout(figure).yaxis.type == "log"
    assert any(shape.x0 == 800 for shape in layout(figure).shapes), "the border of what was measured"
    named = {note.text: note for note in layout(figure).annotations}
    assert {charts.TOTAL, "Distances"} <= set(named)
    assert not layout(figure).showlegend


def test_names_of_close_lines_stand_apart() -> None:
    lines = [line(name, SIZES * factor) for name, factor in ((charts.TOTAL, 1.0), ("Distances", 0.99), ("a", 0.98))]
    figure = charts.growth_lines(lines, measured_to=800.0, target=None)
    low, high = layout(figure).yaxis.range
    heights = sorted(note.y for note in layout(figure).annotations if note.yref != "paper")
    assert (np.diff(heights) > 0.05 * (high - low)).all()
    assert not [trace for trace in traces(figure) if "extrapolated" in (trace.name or "")], "no time without a target"


def test_the_axis_holds_everything_that_is_drawn() -> None:
    wild = Prediction(np.full(20, 1.0), np.full(20, 1e-3), np.full(20, 1e5))
    lines = [charts.Growth(charts.TOTAL, SIZES, SIZES, GRID, wild), line("Distances", SIZES * 1e-5)]
    low, high = layout(charts.growth_lines(lines, measured_to=800, target=8000)).yaxis.range
    assert low <= np.log10(1e-3)
    assert high >= 5


def test_a_whole_without_measurements_is_a_line_alone() -> None:
    seconds = GRID * 1e-3
    lines = [charts.Growth(charts.TOTAL, np.empty(0), np.empty(0), GRID, Prediction(seconds, seconds, seconds))]
    figure = charts.growth_lines(lines, measured_to=0.0, target=None)
    assert not [trace for trace in traces(figure) if trace.mode == "markers"]
    assert not layout(figure).shapes


@pytest.mark.parametrize("features", [0.0, 40.0])
def test_two_ways_as_bars(features: float) -> None:
    trade = trade_off(
        Interval(5, 4, 8), Interval(0.1, 0.09, 0.12), num_pool=1000, budget=100, epochs=3, features=features
    )
    labels: dict[str, str] = dict.fromkeys(("features", "select", "tune_coreset", "tune_pool"), "some s")
    evil = "<b>all</b> %{x}"
    figure = charts.trade_off_bars(trade, ways=("choose", evil), labels=labels)
    sums: dict[str, float] = {}
    for trace in traces(figure):
        sums[trace.y[0]] = sums.get(trace.y[0], 0.0) + trace.x[0]
    assert sums["choose"] == pytest.approx(features + 5 + 30)
    assert sums["&lt;b&gt;all&lt;/b&gt; &#37;{x}"] == pytest.approx(300)
    names = [trace.name for trace in traces(figure)]
    assert ("Features" in names) == (features > 0)
    whole = traces(figure)[-1]
    assert whole.error_x.array[0] == pytest.approx(60)
    assert whole.error_x.arrayminus[0] == pytest.approx(30)
    assert [trace.showlegend for trace in traces(figure) if trace.name == "Fine-tuning"] == [True, False]
