"""Coresets of a proxy check as points of a figure: colour by arm, shape by size, and the legend that says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.arms import arm_looks
from goracs_core.charts.layout import escape
from goracs_core.charts.palette import STYLES, Role, faded
from goracs_core.errors import ShapeError
from goracs_core.evaluation.proxy import ProxyPoints
from goracs_core.types import BoolArray, FloatArray

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")


def check_values(points: ProxyPoints, values: FloatArray) -> None:
    if len(points) != len(values):
        raise ShapeError(f"{len(points)} coresets need as many values of the proxy, got {len(values)}")


def _style(points: ProxyPoints, arm: str) -> tuple[str, str]:
    """Colour of an arm, and what is added to its symbols: of more arms than colours, the later ones are hollow."""
    looks = arm_looks(points.arms)
    alike = [name for name, look in looks.items() if look.color == looks[arm].color]
    return looks[arm].color, ("", "-open", "-dot")[alike.index(arm) % 3]


def _symbol(points: ProxyPoints, size: int) -> str:
    return _SYMBOLS[points.sizes.index(size) % len(_SYMBOLS)]


def add_points(figure: Any, points: ProxyPoints, values: FloatArray, mine: BoolArray, **at: int) -> None:
    """The points of one arm, all of `mine`; shape [p]."""
    places = np.flatnonzero(mine)
    if not len(places):
        return
    arm = points.arms[places[0]]
    color, kind = _style(points, arm)
    errors = points.loss_error[places]
    figure.add_trace(
        go.Scatter(
            x=values[places],
            y=points.loss[places],
            mode="markers",
            name=escape(arm, 40),
            legendgroup=escape(arm),
            showlegend=False,
            error_y={
                "type": "data",
                "array": np.nan_to_num(errors),
                "color": faded(color, 0.55),
                "thickness": 1.2,
                "width": 0,
            },
            marker={
                "color": color,
                "size": 11,
                "line": {"width": 1.5 if kind else 0, "color": color},
                "symbol": [_symbol(points, int(points.budgets[i])) + kind for i in places],
            },
            customdata=[
                [int(i), int(points.budgets[i]), int(points.seeds[i]), float(points.loss_error[i])] for i in places
            ],
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            hovertemplate="k %{customdata[1]:,}, seed %{customdata[2]}<br>proxy %{x:.5f}<br>test loss %{y:.4f} ± "
            "%{customdata[3]:.4f}<br>click for details<extra>%{fullData.name}</extra>",
        ),
        **at,
    )


def add_keys(figure: go.Figure, points: ProxyPoints) -> None:
    """The legend: arms by colour, then sizes by shape, on marks that lie nowhere."""
    for arm in dict.fromkeys(points.arms):
        color, kind = _style(points, arm)
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=escape(arm, 40),
            legendgroup=escape(arm),
            hoverinfo="skip",
            marker={"color": color, "symbol": "circle" + kind, "size": 10, "line": {"width": 1.5 if kind else 0}},
        )
    for size in points.sizes if len(points.sizes) > 1 else ():
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=f"k {size:,}",
            hoverinfo="skip",
            legend="legend2",
            marker={"color": STYLES[Role.POOL].color, "symbol": _symbol(points, size), "size": 10},
        )
