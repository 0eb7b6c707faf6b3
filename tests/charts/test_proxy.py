"""Figures of the proxy check carry the points they were given, in colours and shapes, and no foreign markup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import pytest

from goracs_core.charts import proxy as charts
from goracs_core.charts.residuals import forest, residuals
from goracs_core.errors import ShapeError
from goracs_core.evaluation.proxy import POO, lambda_curve, proxy_report
from goracs_core.evaluation.proxy_reading import proxy_label
from tests.charts.figures import traces
from tests.proxy_made import LAMBDA, made_points
from tests.refusals import told

POINTS = made_points()
POOS = POINTS.poo(LAMBDA)


def layout(figure: go.Figure) -> Any:
    return cast("Any", figure).layout


def drawn(figure: go.Figure) -> list[Any]:
    """Traces with points in them."""
    return [trace for trace in traces(figure) if trace.mode == "markers" and trace.x[0] is not None]


def said(figure: go.Figure) -> str:
    return " ".join(str(note.text) for note in layout(figure).annotations)


def test_every_point_is_drawn_once_where_it_belongs_with_its_standard_error() -> None:
    figure = charts.scatter(POINTS, POOS, title="POO")
    places = [int(row[0]) for trace in drawn(figure) for row in trace.customdata]
    assert sorted(places) == list(range(len(POINTS)))
    for trace in drawn(figure):
        rows = [int(row[0]) for row in trace.customdata]
        assert np.array_equal(trace.x, POOS[rows])
        assert np.array_equal(trace.y, POINTS.loss[rows])
        assert np.array_equal(trace.error_y.array, POINTS.loss_error[rows])
        assert {POINTS.arms[row] for row in rows} == {trace.name}


def test_colours_tell_arms_apart_and_shapes_sizes_and_the_legend_says_both() -> None:
    figure = charts.scatter(POINTS, POOS, title="POO")
    colors = {trace.name: trace.marker.color for trace in drawn(figure)}
    assert len(set(colors.values())) == len(colors) == len(set(POINTS.arms))
    shape = {
        (int(row[1]), symbol)
        for trace in drawn(figure)
        for row, symbol in zip(trace.customdata, trace.marker.symbol, strict=True)
    }
    assert len(shape) == len({symbol for _, symbol in shape}) == len(POINTS.sizes)
    keys = [trace.name for trace in traces(figure) if trace.showlegend is not False]
    assert keys == [*dict.fromkeys(POINTS.arms), "k 64", "k 128", "k 256"]
    single = charts.scatter(POINTS.take(POINTS.budgets == 64), POOS[POINTS.budgets == 64], title="POO")
    assert not [trace for trace in traces(single) if str(trace.name).startswith("k ")]


def test_many_arms_are_still_told_apart() -> None:
    many = replace(POINTS, arms=tuple(f"arm {i % 20}" for i in range(len(POINTS))))
    looks = {
        (trace.marker.color, trace.marker.symbol)
        for trace in traces(charts.scatter(many, POOS, title="POO"))
        if trace.showlegend is not False and trace.name.startswith("arm")
    }
    assert len(looks) == 20


def test_references_are_drawn_or_told_at_the_edge() -> None:
    inside = float(POINTS.loss.mean())
    figure = charts.scatter(POINTS, POOS, title="POO", references={"whole pool": inside, "before training": 99.0})
    assert [shape.y0 for shape in layout(figure).shapes] == [inside]
    assert "↑ before training<br>99.000" in said(figure)
    assert f"whole pool<br>{inside:.3f}" in said(figure)
    low, high = layout(figure).yaxis.range
    assert low < POINTS.loss.min()
    assert POINTS.loss.max() < high < 9


def test_fits_are_the_least_squares_lines_of_each_size() -> None:
    figure = charts.scatter(POINTS, POOS, title="POO", fits=True)
    lines = {trace.name: trace for trace in traces(figure) if trace.mode == "lines"}
    assert set(lines) == {"fit, k 64", "fit, k 128", "fit, k 256"}
    mine = POINTS.budgets == 128
    slope, start = np.polyfit(POOS[mine], POINTS.loss[mine], 1)
    assert lines["fit, k 128"].y == pytest.approx(start + slope * lines["fit, k 128"].x)


def test_panels_span_alike_and_hold_the_points_of_their_size() -> None:
    figure = charts.within_sizes(POINTS, POOS, title="POO", heads={64: ["k 64", "few"], 128: ["k 128"], 256: ["k 256"]})
    for trace in drawn(figure):
        assert len({int(row[1]) for row in trace.customdata}) == 1
    axes = [layout(figure)[f"{side}axis{number}"] for side in "xy" for number in ("", "2", "3")]
    spans = np.array([axis.range[1] - axis.range[0] for axis in axes]).reshape(2, 3)
    assert np.allclose(spans, spans[:, :1])
    assert all(head in said(figure) for head in ("k 64<br>few", "k 128", "k 256"))


def test_unknown_values_are_not_drawn() -> None:
    partly = POOS.copy()
    partly[3] = np.nan
    for figure in (
        charts.scatter(POINTS, partly, title="x", fits=True),
        charts.within_sizes(POINTS, partly, title="x", heads={}),
    ):
        assert sorted(int(row[0]) for trace in drawn(figure) for row in trace.customdata) == [
            place for place in range(len(POINTS)) if place != 3
        ]


def test_dots_stand_at_the_coefficients_with_their_intervals() -> None:
    report = proxy_report(POINTS, LAMBDA, draws=200)
    names = [proxy_label(line.name) for line in report.lines]
    figure = charts.coefficient_dots(report.lines, names, symbol="ρ")
    views = {trace.name: trace for trace in traces(figure)}
    assert set(views) == {"Over all points", "Given size (partial)", "Within sizes (mean)"}
    assert len({trace.marker.symbol for trace in views.values()}) == 3
    within = views["Within sizes (mean)"]
    found = report.line(POO).within_size
    assert found is not None
    assert found.low is not None
    assert within.x[0] == found.value
    assert within.x[0] - within.error_x.arrayminus[0] == pytest.approx(found.low)
    assert len(within.x) == len(report.lines) - 1, "size has no coefficient within sizes"
    assert list(layout(figure).yaxis.ticktext) == names
    with pytest.raises(ShapeError, match="as many names"):
        charts.coefficient_dots(report.lines, names[1:], symbol="ρ")


def test_without_coefficients_the_dots_are_empty_and_not_an_error() -> None:
    report = proxy_report(POINTS.take(np.arange(len(POINTS)) < 3), LAMBDA, draws=10)
    assert traces(charts.coefficient_dots(report.lines, [line.name for line in report.lines], symbol="ρ")) == []


def test_the_curve_marks_its_top_and_says_that_it_has_seen_the_test() -> None:
    curve = lambda_curve(POINTS)
    assert curve is not None
    assert curve.within_size is not None
    figure = charts.lambda_lines(curve, lambda_=LAMBDA, symbol="ρ")
    overall, within, best = traces(figure)
    assert np.array_equal(overall.y, curve.overall)
    assert np.array_equal(within.y, curve.within_size)
    assert best.y[0] == curve.within_size.max()
    assert "chosen on the test set" in best.name
    assert layout(figure).shapes[0].x0 == LAMBDA
    alone = lambda_curve(POINTS.take(POINTS.budgets == 64))
    assert alone is not None
    assert len(traces(charts.lambda_lines(alone, lambda_=LAMBDA, symbol="ρ"))) == 2


def test_names_cannot_smuggle_in_markup() -> None:
    foul = replace(POINTS, arms=tuple(f"<a href='x'>{arm}</a>" for arm in POINTS.arms))
    text = str(charts.scatter(foul, POOS, title="POO").to_json()) + str(
        charts.within_sizes(foul, POOS, title="POO", heads={64: ["<b>64</b>"]}).to_json()
    )
    names = [trace.name for trace in traces(charts.scatter(foul, POOS, title="POO"))]
    assert not any("<a" in str(name) for name in names)
    assert "<b>64" not in text.replace("\\u003c", "<")


def test_points_and_values_have_to_fit() -> None:
    with pytest.raises(ShapeError, match="as many values"):
        charts.scatter(POINTS, POOS[1:], title="POO")
    with pytest.raises(ShapeError, match="as many values"):
        charts.within_sizes(POINTS, POOS[1:], title="POO", heads={})


def test_no_points_is_an_empty_figure() -> None:
    none = POINTS.take(np.zeros(len(POINTS), bool))
    assert drawn(charts.scatter(none, np.empty(0), title="POO", references={"before training": 2.0})) == []
    assert traces(charts.within_sizes(none, np.empty(0), title="POO", heads={})) == []


def test_residuals_are_without_the_mean_of_their_size_and_their_line_is_the_least_squares_one() -> None:
    points = made_points()
    values = points.proxies(0.1)[POO]
    figure = residuals(points, values, title="POO", mark=0.01)
    x, y = points.without_size(values), points.without_size(points.loss)
    for size in points.sizes:
        mine = points.budgets == size
        assert x[mine].mean() == pytest.approx(0, abs=1e-12)
        assert y[mine].mean() == pytest.approx(0, abs=1e-12)
    found = np.concatenate([np.column_stack([one.x, one.y]) for one in drawn(figure)])
    assert sorted(map(tuple, found.round(9))) == sorted(map(tuple, np.column_stack([x, y]).round(9)))
    (line,) = [one for one in traces(figure) if one.mode == "lines"]
    assert (line.y[1] - line.y[0]) / (line.x[1] - line.x[0]) == pytest.approx((x @ y) / (x @ x))
    assert layout(figure).shapes[-1].x0 == 0.01


def test_the_forest_keeps_the_order_of_its_lines_and_poo_stands_out() -> None:
    report = proxy_report(made_points(), 0.1)
    lines = [line for line in report.lines if line.within_size is not None]
    figure = forest(lines, [line.name for line in lines], symbol="ρ")
    assert [one.x[0] for one in traces(figure)] == [line.within_size.value for line in lines if line.within_size]
    sizes = {line.name: one.marker.size for line, one in zip(lines, traces(figure), strict=True)}
    assert sizes[POO] > max(size for name, size in sizes.items() if name != POO)
    with pytest.raises(ShapeError, check=told("names-unequal", names=0)):
        forest(lines, [], symbol="ρ")
