"""A sweep along λ on one true axis: linked panels, and which sample is chosen where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from goracs_core.charts.layout import apply_style
from goracs_core.charts.palette import BAND_OPACITY, CLEAR, STYLES, ZERO_LINE, Role, faded
from goracs_core.charts.sweep import Band
from goracs_core.errors import ShapeError
from goracs_core.types import BoolArray, FloatArray

_STRIP_HEIGHT = 320


@dataclass(frozen=True, eq=False)
class Panel:
    """One of the panels that share the axis of λ.

    Args:
        title: Of its vertical axis.
        values: One per point of the line; shape [points].
        band: Where random coresets lie, at the points of the line; None where unknown.
        format: Of a value, as Python writes it.
    """

    title: str
    values: FloatArray
    band: Band | None
    format: str = ".4f"


def linked(
    lambdas: Sequence[float], panels: Sequence[Panel], *, cursor: float | None = None, knee: float | None = None
) -> go.Figure:
    """Several quantities over one true axis of λ: logarithmic, and 0 in its place at the left.

    Args:
        lambdas: λ of the points, rising; at least two.
        panels: From top to bottom.
        cursor: λ that is looked at; a line through all panels.
        knee: λ from which on the gradient costs more coverage than before; a dotted line.
    """
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.06)
    apply_style(figure, height=150 * len(panels) + 50, legend=False)
    places = lambda_places(lambdas)
    color = STYLES[Role.CORESET].color
    for row, panel in enumerate(panels, 1):
        shape = panel.format
        if panel.band is not None:
            low, high = panel.band.low, panel.band.high
            edge = {"width": 0.5, "color": faded(STYLES[Role.RANDOM].color, 0.6)}
            figure.add_scatter(x=places, y=low, mode="lines", line=edge, hoverinfo="skip", row=row, col=1)
            figure.add_scatter(
                x=places,
                y=high,
                mode="lines",
                line=edge,
                fill="tonexty",
                fillcolor=faded(STYLES[Role.RANDOM].color, BAND_OPACITY),
                customdata=low,
                hovertemplate=f"{panel.band.name}: %{{customdata:{shape}}} to %{{y:{shape}}}<extra></extra>",
                row=row,
                col=1,
            )
        figure.add_scatter(
            x=places,
            y=panel.values,
            mode="lines+markers",
            line={"color": color, "width": 2},
            marker={"size": 8, "color": color},
            customdata=list(lambdas),
            hovertemplate=f"λ %{{customdata}}: %{{y:{shape}}}<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(title_text=panel.title, tickformat=shape, nticks=5, row=row, col=1)
    figure.update_xaxes(tickvals=places, ticktext=[f"{value:g}" for value in lambdas], showgrid=True)
    figure.update_xaxes(title_text="λ (log, 0 at the left)", row=len(panels), col=1)
    by_value = dict(zip(lambdas, places, strict=True))
    if knee in by_value:
        mark = {"text": "knee", "showarrow": False, "yref": "paper", "y": 1.0, "yanchor": "bottom"}
        figure.add_vline(x=by_value[knee], line={"color": ZERO_LINE, "width": 1.5, "dash": "dot"})
        figure.add_annotation(x=by_value[knee], xref="x", **mark)
    if cursor in by_value:
        figure.add_vline(x=by_value[cursor], line={"color": STYLES[Role.HIGHLIGHT].color, "width": 2})
    figure.update_layout(margin={"l": 70, "r": 12, "t": 22, "b": 44})
    return figure


def lambda_places(lambdas: Sequence[float]) -> list[float]:
    """Places of values of λ on a logarithmic axis; 0 stands half a decade left of the smallest other one."""
    positive = [value for value in lambdas if value > 0]
    left = math.log10(min(positive)) - 0.5 if positive else 0.0
    return [math.log10(value) if value > 0 else left for value in lambdas]


def membership(members: BoolArray, lambdas: Sequence[float]) -> go.Figure:
    """Which sample is chosen at which λ: one line per sample ever chosen, those that come first at the top.

    Args:
        members: Whether a sample is in the coreset of a λ; shape [samples, lambdas].
        lambdas: λ of the columns, rising.

    Raises:
        ShapeError: Another number of columns than values of λ.
    """
    if members.ndim != 2 or members.shape[1] != len(lambdas):
        raise ShapeError(
            f"a membership of {len(lambdas)} values of λ needs as many columns, got {members.shape}",
            code="columns-unequal",
            fields={"lambdas": len(lambdas), "shape": members.shape},
        )
    first = np.where(members.any(axis=1), members.argmax(axis=1), len(lambdas))
    order = np.lexsort((-members.sum(axis=1), first))
    figure = apply_style(go.Figure(), height=_STRIP_HEIGHT, legend=False)
    color = STYLES[Role.CORESET].color
    figure.add_heatmap(
        z=members[order].astype(np.int8),
        x=[f"{value:g}" for value in lambdas],
        colorscale=[(0.0, CLEAR), (1.0, color)],
        zmin=0,
        zmax=1,
        showscale=False,
        hovertemplate="λ %{x}<extra></extra>",
    )
    figure.update_xaxes(title_text="λ", type="category")
    figure.update_yaxes(title_text="Samples ever selected", autorange="reversed", showgrid=False)
    return figure
