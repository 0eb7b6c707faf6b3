"""Figures of a sweep carry the numbers they were given, in their place, and nothing they were not given."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import pytest

from goracs_core.charts import along_lambda
from goracs_core.charts import sweep as charts
from goracs_core.charts.palette import Role
from goracs_core.errors import ShapeError
from goracs_core.evaluation.overlap import jaccard_matrix, pareto_front
from goracs_core.evaluation.sweep import SweepPoint, knee
from tests.refusals import told

LAMBDAS, BUDGETS = (0.0, 0.05, 0.5), (16, 1024)


def point(budget: int, lambda_: float, *, gap: float | None = 0.002, terms: tuple[float, float] | None = None) -> Any:
    transport, gradient = terms or (0.5 - budget / 10_000 + lambda_ / 10, 0.2 + lambda_ / 2)
    return SweepPoint(
        run=f"run-{budget}-{lambda_:g}",
        budget=budget,
        lambda_=lambda_,
        poo=transport - lambda_ * gradient,
        transport_term=transport,
        gradient_term=gradient,
        lower_bound=None,
        gap=gap,
        rounds=10,
        seconds=1.0,
        fingerprint="f",
        indices=np.arange(4),
    )


# The order in which a sweep solves them: to and fro; one is still missing.
POINTS = [point(16, 0.0), point(16, 0.05), point(16, 0.5), point(1024, 0.5), point(1024, 0.05)]
AXIS = charts.Axis(LAMBDAS, BUDGETS)


def traces(figure: go.Figure) -> list[Any]:
    return list(cast("Any", figure).data)


def named(figure: go.Figure, name: str) -> Any:
    found = [one for one in traces(figure) if one.name == name]
    assert len(found) == 1, [one.name for one in traces(figure)]
    return found[0]


@pytest.mark.parametrize("value", ["poo", "transport_term", "gradient_term"])
def test_terms_have_a_line_per_budget_in_the_order_of_lambda(value: Any) -> None:
    figure = charts.terms(POINTS, AXIS, value)
    assert [one.name for one in traces(figure)] == ["k 16", "k 1,024"]
    small, large = traces(figure)
    assert list(small.x) == ["0", "0.05", "0.5"]
    assert list(small.y) == [getattr(one, value) for one in POINTS[:3]]
    assert list(large.x) == ["0.05", "0.5"]
    assert list(large.y) == [getattr(POINTS[4], value), getattr(POINTS[3], value)]
    layout = cast("Any", figure).layout
    assert list(layout.xaxis.categoryarray) == ["0", "0.05", "0.5"], "the axis stands still while points come in"
    assert {small.line.dash, large.line.dash} == {"solid", "dash"}, "told apart without colour, too"
    assert small.marker.symbol != large.marker.symbol


def test_one_lambda_puts_the_budgets_on_the_axis() -> None:
    axis = charts.Axis((0.05,), BUDGETS)
    figure = charts.terms([POINTS[4], POINTS[1]], axis, "poo")
    (line,) = traces(figure)
    assert (line.name, list(line.x)) == ("λ 0.05", ["16", "1,024"])
    assert "Budget" in axis.title
    assert axis.name(POINTS[4]) == "k 1,024"
    assert axis.fixed(POINTS[4]) == "λ 0.05"
    assert charts.Axis((0.05,), (16,)).along_lambda


def test_the_random_band_stands_where_it_was_given() -> None:
    band = charts.Band("Random", np.array([0.5, 0.4, 0.3]), np.array([0.6, 0.5, 0.4]))
    figure = charts.terms(POINTS, AXIS, "poo", random=band)
    assert list(named(figure, "Random").y) == [0.6, 0.5, 0.4]
    assert list(named(figure, "Random").customdata) == [0.5, 0.4, 0.3]
    assert list(named(figure, "Random").x) == ["0", "0.05", "0.5"]


def test_gaps_are_logarithmic_and_nothing_unproven_is_drawn() -> None:
    points = [point(16, 0.0, gap=0.0), point(16, 0.05, gap=0.02), point(16, 0.5, gap=None)]
    figure = charts.gaps(points, charts.Axis(LAMBDAS, (16,)), asked=0.001)
    (line,) = traces(figure)
    assert list(line.x) == ["0", "0.05"]
    assert list(line.y) == [charts.GAP_FLOOR, 0.02]
    assert [row[2] for row in line.customdata] == [0.0, 0.02], "the hover says the gap as it is"
    layout = cast("Any", figure).layout
    assert layout.yaxis.type == "log"
    assert layout.yaxis.range[0] < np.log10(charts.GAP_FLOOR)
    assert layout.yaxis.range[1] > np.log10(0.02)
    assert layout.shapes[0].y0 == 0.001
    assert traces(charts.gaps([points[2]], AXIS)) == []


def test_measures_show_levels_of_pool_and_validation() -> None:
    figure = charts.measure(
        ["0", "0.5"],
        np.array([10.0, 20.0]),
        AXIS,
        y_title="ARP",
        unit=",.1f",
        references=[(Role.POOL, 12.0), (Role.VALIDATION, 13.0)],
    )
    assert list(named(figure, "Coreset").y) == [10, 20]
    assert set(named(figure, "Pool").y) == {12.0}
    assert set(named(figure, "Validation").y) == {13.0}
    assert len(named(figure, "Pool").x) == 3, "the level runs over the whole axis"
    with pytest.raises(ShapeError, match="as many values"):
        charts.measure(["0"], np.zeros(2), AXIS, y_title="", unit=".1f")


@pytest.mark.parametrize(("count", "numbered"), [(2, True), (12, True), (13, False)])
def test_overlap_has_numbers_while_there_is_room(count: int, numbered: bool) -> None:
    matrix = jaccard_matrix([np.arange(i, i + 10) for i in range(count)])
    figure = charts.overlap(matrix, [f"λ {i}" for i in range(count)])
    (heat,) = traces(figure)
    assert np.array_equal(np.array(heat.z), matrix)
    assert (heat.zmin, heat.zmax) == (0, 1), "the colours mean the same in every sweep"
    assert bool(heat.texttemplate) is numbered
    assert cast("Any", figure).layout.yaxis.autorange == "reversed", "the diagonal falls"
    with pytest.raises(ShapeError, match="as many rows"):
        charts.overlap(matrix, ["one"])


def test_pareto_draws_the_front_and_keeps_the_beaten_faint() -> None:
    points = [
        point(16, lambda_, terms=terms)
        for lambda_, terms in [(0.0, (0.4, 0.2)), (0.1, (0.45, 0.1)), (0.2, (0.5, 0.6)), (0.3, (0.5, 0.6))]
    ]
    front = pareto_front(np.array([p.transport_term for p in points]), np.array([p.gradient_term for p in points]))
    figure = charts.pareto(points, front, random=(np.array([0.6]), np.array([0.3])))
    on, off, line = (named(figure, name) for name in ("On the Pareto front", "Not on the Pareto front", "Pareto front"))
    assert [row[0] for row in on.customdata] == [0, 2, 3], "a click tells which point it was"
    assert [row[0] for row in off.customdata] == [1]
    assert list(on.text) == ["λ 0", "λ 0.2, 0.3", ""], "points that coincide share a label"
    assert list(off.text) == ["λ 0.1"]
    assert list(line.x) == sorted(line.x)
    assert list(line.y) == sorted(line.y)
    assert line.line.shape == "hv", "what lies right of and below a point is beaten by it"
    assert list(named(figure, "Random coresets (1)").x) == [0.6]
    with pytest.raises(ShapeError, match="as many marks"):
        charts.pareto(points, front[:2])


def test_a_whole_sweep_stays_light_for_the_browser() -> None:
    lambdas, budgets = tuple(i / 20 for i in range(20)), tuple(range(10, 210, 10))
    points = [point(budget, lambda_) for budget in budgets for lambda_ in lambdas]
    figure = charts.terms(points, charts.Axis(lambdas, budgets), "poo")
    assert len(traces(figure)) == 20
    looks = {(one.line.color, one.line.dash, one.marker.symbol) for one in traces(figure)}
    assert len(looks) == 20
    assert len(str(figure.to_json())) < 200_000


MANY = (0.0, 0.01, 0.1, 1.0)


def test_zero_has_its_place_left_of_the_smallest_lambda() -> None:
    places = along_lambda.lambda_places(MANY)
    assert places == pytest.approx([-2.5, -2, -1, 0])
    assert along_lambda.lambda_places((0.0,)) == [0.0]


def test_linked_panels_share_the_axis_and_mark_cursor_and_knee() -> None:
    band = charts.Band("random", np.full(4, 0.4), np.full(4, 0.5))
    panels = [
        along_lambda.Panel("Transport", np.arange(4.0), band),
        along_lambda.Panel("Gradient", np.arange(4.0), None),
    ]
    figure = along_lambda.linked(MANY, panels, cursor=0.1, knee=1.0)
    lines = [one for one in traces(figure) if one.mode == "lines+markers"]
    assert [list(one.y) for one in lines] == [[0, 1, 2, 3], [0, 1, 2, 3]]
    assert all(list(one.x) == along_lambda.lambda_places(MANY) for one in lines)
    assert {shape.x0 for shape in cast("Any", figure).layout.shapes} == {-1.0, 0.0}
    assert not cast("Any", along_lambda.linked(MANY, panels, cursor=0.3)).layout.shapes, "no λ of this sweep"


def test_membership_has_those_that_come_first_at_the_top() -> None:
    members = np.array([[False, True], [True, True], [True, False], [False, False]])
    (strip,) = traces(along_lambda.membership(members, (0.0, 1.0)))
    assert np.asarray(strip.z).tolist() == [[1, 1], [1, 0], [0, 1], [0, 0]]
    with pytest.raises(ShapeError, check=told("columns-unequal", lambdas=1)):
        along_lambda.membership(members, (0.0,))


@pytest.mark.parametrize(
    ("transport", "gradient", "at"),
    [
        ((0.4, 0.4, 0.41, 0.5), (0.1, 0.12, 0.3, 0.35), 2),
        ((0.4, 0.42, 0.44, 0.46), (0.1, 0.12, 0.14, 0.16), None),
        ((0.4, 0.4, 0.4, 0.4), (0.1, 0.12, 0.14, 0.16), None),
        ((0.4, 0.5), (0.1, 0.2), None),
    ],
)
def test_the_knee_buys_most_gradient_for_least_coverage(
    transport: tuple[float, ...], gradient: tuple[float, ...], at: int | None
) -> None:
    places = enumerate(zip(transport, gradient, strict=True))
    line = [point(10, MANY[place], terms=terms) for place, terms in places]
    found = knee(line)
    assert (None if found is None else line.index(found)) == at
