"""Figures of what an algorithm did: POO over accepted exchanges, and what each greedy addition gained."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import add_band, new_figure
from goracs_core.charts.palette import STYLES, Role
from goracs_core.types import FloatArray, Trace

_EACH = 12  # so many steps get a tick each
_FAR = 10  # times the height of a curve: a reference so far off is told, not drawn


def exchange_curve(trace: Trace, *, random_values: FloatArray | None = None, start: str = "start set") -> go.Figure:
    """POO after each accepted exchange, from the start set on; with the range of random coresets where given.

    Args:
        trace: What the algorithm did.
        random_values: POO of random coresets of the same size on the same problem; shape [draws].
        start: What the exchanges started from, in a few words.
    """
    steps = np.arange(len(trace.exchanges) + 1)
    values = np.array([trace.start_value, *(exchange.value for exchange in trace.exchanges)])
    figure = new_figure(
        x_title="Accepted exchanges", y_title="POO (smaller is better)", legend=random_values is not None
    )
    if random_values is not None and len(random_values):
        _add_random(figure, random_values, values)
    style = STYLES[Role.CORESET]
    details = [(start, "")] + [
        (
            f"row {e.leaves} removed, row {e.enters} added",
            f"pair {e.tried} evaluated; estimated change at least {e.estimate:.2e}",
        )
        for e in trace.exchanges
    ]
    figure.add_scatter(
        x=steps,
        y=values,
        mode="lines+markers",
        name="This run",
        customdata=np.array(details, dtype=object),
        line={"color": style.color, "shape": "hv", "width": 2},
        marker={"symbol": "circle", "size": 6},
        hovertemplate="after %{x} exchanges: POO %{y:.6f}<br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )
    figure.update_xaxes(rangemode="tozero", tickformat="d", dtick=1 if len(steps) <= _EACH else None)
    figure.update_yaxes(tickformat=".4~f", exponentformat="none")
    return figure


def against_random(value: float, random_values: FloatArray) -> go.Figure:
    """POO of one coreset beside that of random coresets of the same size, along one line.

    Args:
        value: Of the run.
        random_values: Of the random coresets; shape [draws].
    """
    figure = new_figure(x_title="POO (smaller is better)", y_title="", height=190, legend=False)
    for name, values, role in (
        ("Random", random_values, Role.RANDOM),
        ("This run", np.array([value]), Role.CORESET),
    ):
        style = STYLES[role]
        figure.add_scatter(
            x=values,
            y=[name] * len(values),
            mode="markers",
            name=name,
            marker={"symbol": style.symbol, "color": style.color, "size": 11, "opacity": 0.8},
            hovertemplate="%{x:.6f}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(tickformat=".4~f", exponentformat="none")
    return figure


def _add_random(figure: go.Figure, random_values: FloatArray, values: FloatArray) -> None:
    """The range of random coresets as a band; in words where it is so far off that it would flatten the curve."""
    low, high = float(np.min(random_values)), float(np.max(random_values))
    if low - float(values.max()) > _FAR * float(np.ptp(values)) > 0:
        figure.add_annotation(
            text=f"{len(random_values)} random coresets are far above: {low:.5f} to {high:.5f}",
            showarrow=False,
            xref="paper",
            yref="paper",
            x=1,
            y=1.02,
            xanchor="right",
            yanchor="bottom",
            font={"size": 12},
        )
        return
    add_band(
        figure,
        [0, max(1, len(values) - 1)],
        np.full(2, low),
        np.full(2, high),
        name=f"Random coresets ({len(random_values)})",
        hover="random coresets: %{customdata:.6f} to %{y:.6f}<extra></extra>",
    )


def greedy_curve(trace: Trace) -> go.Figure:
    """Relaxed p-median value after each greedy addition: steep at first, then ever flatter (submodular)."""
    values = trace.greedy_values
    sizes = np.arange(1, len(values) + 1)
    figure = new_figure(x_title="Samples selected", y_title="Relaxed p-median value", legend=False)
    gains = np.concatenate([[0.0], -np.diff(values)]) if len(values) else values
    figure.add_scatter(
        x=sizes,
        y=values,
        mode="lines",
        line={"color": STYLES[Role.CORESET].color, "width": 2},
        customdata=gains,
        hovertemplate="%{x:,} samples: %{y:.6f}<br>gain of this addition %{customdata:.2e}<extra></extra>",
    )
    return figure
