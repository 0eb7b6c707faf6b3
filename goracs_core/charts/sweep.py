"""Figures of a sweep: values along λ (or along the budget), proven gaps, overlap of the coresets, Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import add_band, new_figure
from goracs_core.charts.palette import CATEGORIES, SEQUENTIAL, STYLES, Role, faded
from goracs_core.errors import ShapeError
from goracs_core.evaluation.sweep import SweepPoint
from goracs_core.types import BoolArray, FloatArray

Value = Literal["poo", "transport_term", "gradient_term"]

GAP_FLOOR = 1e-6  # where a gap of 0 is drawn on the logarithmic axis
MOST_NUMBERED = 12  # coresets in an overlap matrix whose cells still have room for a number
_HEIGHT = 320
_SAME = 1e-9  # terms that differ by less are the same up to rounding
_STANDOFF = 16  # the numbers at these axes are wide
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star")
_TITLES: dict[str, str] = {
    "poo": "POO (smaller is better)",
    "transport_term": "Transport term (smaller is better)",
    "gradient_term": "Gradient term (larger is better)",
}


@dataclass(frozen=True)
class Axis:
    """What runs along the horizontal axis of a sweep's figures: λ, or the budget where there is one λ only.

    The values stand at equal distances, so that those close together can be told apart.

    Args:
        lambdas: The grid's values of λ, rising.
        budgets: The grid's budgets, rising.
    """

    lambdas: tuple[float, ...]
    budgets: tuple[int, ...]

    @property
    def along_lambda(self) -> bool:
        """Whether λ runs along the axis, with one line per budget."""
        return len(self.lambdas) > 1 or len(self.budgets) == 1

    @property
    def title(self) -> str:
        """Title of the axis."""
        return f"{'λ' if self.along_lambda else 'Budget k'} (equally spaced)"

    @property
    def labels(self) -> list[str]:
        """Labels of the values, in order."""
        return [f"{value:g}" for value in self.lambdas] if self.along_lambda else [f"{k:,}" for k in self.budgets]

    def label(self, point: SweepPoint) -> str:
        """Where a point stands on the axis."""
        return f"{point.lambda_:g}" if self.along_lambda else f"{point.budget:,}"

    def name(self, point: SweepPoint) -> str:
        """What a point is called along this axis."""
        return f"{'λ' if self.along_lambda else 'k'} {self.label(point)}"

    def fixed(self, point: SweepPoint) -> str:
        """What all points of a line along this axis share."""
        return f"k {point.budget:,}" if self.along_lambda else f"λ {point.lambda_:g}"

    def lines(self, points: Sequence[SweepPoint]) -> list[tuple[str, list[SweepPoint]]]:
        """The points of each line with its name, in the axis' order."""
        if not self.along_lambda:
            return [(f"λ {self.lambdas[0]:g}", sorted(points, key=lambda point: point.budget))]
        lines = []
        for budget in self.budgets:
            mine = [point for point in points if point.budget == budget]
            lines.append((f"k {budget:,}", sorted(mine, key=lambda point: point.lambda_)))
        return [(name, mine) for name, mine in lines if mine]


@dataclass(frozen=True, eq=False)
class Band:
    """Where random coresets lie, at each value of the axis.

    Args:
        name: What the legend calls it.
        low, high: Ends of the band, NaN where unknown; shapes [values of the axis].
    """

    name: str
    low: FloatArray
    high: FloatArray


def terms(points: Sequence[SweepPoint], axis: Axis, value: Value, *, random: Band | None = None) -> go.Figure:
    """POO or one of its terms along the axis, a line per budget; the band of random coresets where given."""
    figure = _canvas(axis, y_title=_TITLES[value])
    if random is not None:
        _add_random(figure, axis, random, ".5f")
    for number, (name, line) in enumerate(axis.lines(points)):
        figure.add_scatter(
            x=[axis.label(point) for point in line],
            y=[getattr(point, value) for point in line],
            mode="lines+markers",
            name=name,
            customdata=[
                [point.poo, point.transport_term, point.gradient_term, f"{point.lambda_:g}", point.budget]
                for point in line
            ],
            hovertemplate="λ %{customdata[3]}, k %{customdata[4]:,}<br>POO %{customdata[0]:.5f}<br>"
            "transport term %{customdata[1]:.5f}<br>gradient term %{customdata[2]:.5f}<extra></extra>",
            **_style(number),
        )
    figure.update_yaxes(tickformat=".4~f", exponentformat="none")
    return figure


def gaps(points: Sequence[SweepPoint], axis: Axis, *, asked: float | None = None) -> go.Figure:
    """The proven gap of each point on a logarithmic axis; points without a proof are left out.

    Args:
        points: The points.
        axis: What runs along.
        asked: The gap at which the solver was told to stop.
    """
    figure = _canvas(axis, y_title="Proven gap")
    lines = axis.lines([point for point in points if point.gap is not None])
    for number, (name, line) in enumerate(lines):
        found = np.array([point.gap for point in line], np.float64)
        figure.add_scatter(
            x=[axis.label(point) for point in line],
            y=np.maximum(found, GAP_FLOOR),
            mode="lines+markers",
            name=name,
            customdata=[[f"{point.lambda_:g}", point.budget, gap] for point, gap in zip(line, found, strict=True)],
            hovertemplate="λ %{customdata[0]}, k %{customdata[1]:,}: gap %{customdata[2]:.4%}<extra></extra>",
            **_style(number),
        )
    if asked:
        edge = {"color": STYLES[Role.POOL].color, "width": 1, "dash": "dot"}
        figure.add_hline(y=asked, line=edge, name="Requested gap", showlegend=True)
    shown = [max(point.gap, GAP_FLOOR) for point in points if point.gap is not None] + ([asked] if asked else [])
    ends = (np.log10([min(shown), max(shown)]) if shown else np.array([-3.0, -2.0])) + [-0.25, 0.25]
    ticks = [step * 10.0**power for power in range(-6, 0) for step in (1, 2, 5)]
    figure.update_yaxes(
        type="log", range=ends.tolist(), tickvals=ticks, ticktext=[f"{100 * tick:.4g} %" for tick in ticks]
    )
    return figure


def measure(
    labels: Sequence[str],
    values: FloatArray,
    axis: Axis,
    *,
    y_title: str,
    unit: str,
    references: Sequence[tuple[Role, float]] = (),
    random: Band | None = None,
) -> go.Figure:
    """One measure of the coresets of a line, with pool and validation as level lines and the random band.

    Args:
        labels: Where the coresets stand on the axis; length c.
        values: The measure; shape [c].
        axis: What runs along.
        y_title: The measure's name.
        unit: Number format, as plotly reads it.
        references: Levels of the pool and the validation samples.
        random: Band of random coresets.

    Raises:
        ShapeError: Not as many values as labels.
    """
    if len(labels) != len(values):
        raise ShapeError(f"{len(labels)} coresets need as many values, got {len(values)}")
    figure = _canvas(axis, y_title=y_title)
    if random is not None:
        _add_random(figure, axis, random, unit)
    for role, level in references:
        style, name = STYLES[role], role.value.capitalize()
        figure.add_scatter(
            x=axis.labels,
            y=np.full(len(axis.labels), level),
            mode="lines",
            name=name,
            line={"color": style.color, "dash": style.dash, "width": 2},
            hovertemplate=f"{name}: %{{y:{unit}}}<extra></extra>",
        )
    style = STYLES[Role.CORESET]
    figure.add_scatter(
        x=list(labels),
        y=values,
        mode="lines+markers",
        name="Coreset",
        line={"color": style.color, "width": 2},
        marker={"symbol": style.symbol, "size": 9},
        hovertemplate=f"{'λ' if axis.along_lambda else 'k'} %{{x}}: %{{y:{unit}}}<extra></extra>",
    )
    figure.update_yaxes(tickformat=f"{unit[:-1]}~{unit[-1]}")  # no trailing zeros on the axis
    return figure


def overlap(matrix: FloatArray, names: Sequence[str]) -> go.Figure:
    """Jaccard overlap of every pair of coresets, in the given order; numbers in the cells while there is room.

    Args:
        matrix: From `goracs_core.evaluation.overlap.jaccard_matrix`; shape [c, c].
        names: One per coreset.

    Raises:
        ShapeError: Not a square matrix with one name per coreset.
    """
    if matrix.shape != (len(names), len(names)):
        raise ShapeError(f"an overlap of {len(names)} coresets needs as many rows and columns, got {matrix.shape}")
    figure = new_figure(x_title="", y_title="", height=max(300, min(640, 120 + 44 * len(names))), legend=False)
    numbered = len(names) <= MOST_NUMBERED
    figure.add_heatmap(
        x=list(names),
        y=list(names),
        z=matrix,
        zmin=0.0,
        zmax=1.0,
        colorscale=SEQUENTIAL,
        xgap=1,
        ygap=1,
        texttemplate="%{z:.2f}" if numbered else None,
        textfont={"size": 13},
        hovertemplate="%{y} and %{x}<br>overlap %{z:.1%}<extra></extra>",
        colorbar={
            "title": {"text": "Jaccard", "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
            "tickformat": ".0%",
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
        },
    )
    figure.update_xaxes(type="category", showgrid=False, zeroline=False)
    figure.update_yaxes(type="category", showgrid=False, zeroline=False, autorange="reversed")
    return figure


def pareto(
    points: Sequence[SweepPoint], front: BoolArray, *, random: tuple[FloatArray, FloatArray] | None = None
) -> go.Figure:
    """Transport term against gradient term of one budget; the front drawn, beaten points faint. Top left is best.

    `customdata` of a point is its place in `points`, for clicks.

    Args:
        points: Of one budget, λ rising.
        front: From `goracs_core.evaluation.overlap.pareto_front`; shape [points].
        random: Transport and gradient terms of random coresets of the same size; shapes [draws].

    Raises:
        ShapeError: Not one mark per point.
    """
    if len(points) != len(front):
        raise ShapeError(f"{len(points)} points need as many marks of the front, got {len(front)}")
    figure = new_figure(x_title=_TITLES["transport_term"], y_title=_TITLES["gradient_term"], height=420)
    if random is not None:
        style = STYLES[Role.RANDOM]
        figure.add_scatter(
            x=random[0],
            y=random[1],
            mode="markers",
            name=f"Random coresets ({len(random[0])})",
            marker={"color": faded(style.color, 0.6), "symbol": style.symbol, "size": 6},
            hovertemplate="random: transport %{x:.5f}, gradient %{y:.4f}<extra></extra>",
        )
    color = STYLES[Role.CORESET].color
    ways = [i for i in np.lexsort(([-p.gradient_term for p in points], [p.transport_term for p in points])) if front[i]]
    figure.add_scatter(
        x=[points[i].transport_term for i in ways],
        y=[points[i].gradient_term for i in ways],
        mode="lines",
        name="Pareto front",
        line={"color": faded(color, 0.7), "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    for on, name, marker in (
        (True, "On the Pareto front", {"color": color, "symbol": "circle", "size": 11}),
        (False, "Not on the Pareto front", {"color": faded(color, 0.45), "symbol": "circle-open", "size": 11}),
    ):
        _add_points(figure, points, [i for i in range(len(points)) if bool(front[i]) is on], name=name, marker=marker)
    figure.update_xaxes(showgrid=True, tickformat=".4~f", exponentformat="none")
    figure.update_yaxes(tickformat=".4~f", exponentformat="none", title_standoff=_STANDOFF)
    figure.update_layout(clickmode="event+select", dragmode=False)
    return figure


def _add_points(
    figure: go.Figure, points: Sequence[SweepPoint], places: Sequence[int], *, name: str, marker: dict[str, Any]
) -> None:
    if not places:
        return
    figure.add_scatter(
        x=[points[i].transport_term for i in places],
        y=[points[i].gradient_term for i in places],
        mode="markers+text",
        name=name,
        text=[_together(points, places, i) for i in places],
        textposition="bottom right",  # where the front never runs
        cliponaxis=False,
        marker=marker,
        customdata=[[i, points[i].poo, f"{points[i].lambda_:g}"] for i in places],
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        hovertemplate="λ %{customdata[2]}: POO %{customdata[1]:.5f}<br>transport term %{x:.5f}"
        "<br>gradient term %{y:.4f}<br>click to open<extra></extra>",
    )


def _together(points: Sequence[SweepPoint], places: Sequence[int], i: int) -> str:
    """Label of a point: the first of those that coincide names all of them."""
    alike = [
        j
        for j in places
        if abs(points[j].transport_term - points[i].transport_term) < _SAME
        and abs(points[j].gradient_term - points[i].gradient_term) < _SAME
    ]
    return f"λ {', '.join(f'{points[j].lambda_:g}' for j in alike)}" if alike[0] == i else ""


def _canvas(axis: Axis, *, y_title: str) -> go.Figure:
    """Equal steps for the values of the axis, present or still to come, so that nothing moves while a sweep runs."""
    figure = new_figure(x_title=axis.title, y_title=y_title, height=_HEIGHT)
    figure.update_xaxes(
        type="category", categoryorder="array", categoryarray=axis.labels, range=[-0.4, len(axis.labels) - 0.6]
    )
    figure.update_yaxes(title_standoff=_STANDOFF)
    return figure


def _add_random(figure: go.Figure, axis: Axis, band: Band, unit: str) -> None:
    add_band(
        figure,
        axis.labels,
        band.low,
        band.high,
        name=band.name,
        hover=f"random %{{customdata:{unit}}} to %{{y:{unit}}}<extra></extra>",
    )


def _style(number: int) -> dict[str, Any]:
    """Colour, dash and symbol of the line with this number."""
    color = CATEGORIES[number % len(CATEGORIES)]
    return {
        "line": {"color": color, "dash": _DASHES[number % len(_DASHES)], "width": 2},
        "marker": {"color": color, "symbol": _SYMBOLS[number % len(_SYMBOLS)], "size": 8},
    }
