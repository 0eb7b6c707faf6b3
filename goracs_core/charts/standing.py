"""Figures of one coreset's standing: POO between bound and random coresets, and its two terms beside random's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import STYLES, TERMS, Role, faded
from goracs_core.evaluation.standing import Standing
from goracs_core.types import FloatArray


def poo_axis(standing: Standing, *, others: FloatArray, names: tuple[str, ...] = ()) -> go.Figure:
    """POO along one line: the proven bound, this coreset, random coresets, other coresets of the same problem.

    Args:
        standing: The coreset and random ones.
        others: POO of other coresets of the same problem, size and lambda; shape [others].
        names: What the others are called; as many, or none.
    """
    figure = new_figure(x_title="POO (smaller is better)", y_title="", height=150)
    random = standing.random_poo
    # A little up and down, the same at every draw, so that dots which lie on each other can be counted.
    spread = np.where(np.arange(len(random)) % 2, 0.16, -0.16)
    _dots(figure, Role.RANDOM, f"{len(random)} random coresets", random, spread, size=8, opacity=0.75)
    if len(others):
        texts = [escape(name) for name in names] or [""] * len(others)
        style = STYLES[Role.CORESET]
        figure.add_scatter(
            x=others,
            y=np.zeros(len(others)),
            mode="markers",
            name="Other runs of this size and λ",
            customdata=texts,
            marker={"symbol": "circle-open", "color": style.color, "size": 9, "opacity": 0.6},
            hovertemplate="%{customdata}<br>POO %{x:.6f}<extra></extra>",
        )
    _dots(figure, Role.CORESET, "This coreset", np.array([standing.poo]), np.zeros(1), size=15, opacity=1.0)
    if standing.lower_bound is not None:
        style = STYLES[Role.HIGHLIGHT]
        figure.add_scatter(
            x=[standing.lower_bound, standing.lower_bound],
            y=[-0.45, 0.45],
            mode="lines",
            name="Proven lower bound",
            line={"color": style.color, "width": 3},
            hovertemplate="no coreset of this size is below %{x:.6f}<extra></extra>",
        )
    figure.update_yaxes(range=[-0.6, 0.6], showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    figure.update_xaxes(tickformat=".4~f", exponentformat="none", showgrid=True)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 40})
    return figure


def poo_rows(found: Mapping[str, Standing | None], values: Mapping[str, tuple[float, float | None]]) -> go.Figure:
    """POO of several coresets on one axis, each in a row with its random coresets and its proven bound.

    Args:
        found: Standing of each coreset by name; None where no random coresets were drawn.
        values: POO and proven lower bound (or None) of each; the same names.
    """
    figure = new_figure(x_title="POO (smaller is better)", y_title="", height=90 + 34 * len(values))
    names = [escape(name, 34) for name in values]
    band, bound, own = STYLES[Role.RANDOM], STYLES[Role.HIGHLIGHT], STYLES[Role.CORESET]
    drawn = [(name, one.random_poo) for name, one in zip(names, found.values(), strict=True) if one is not None]
    for place, (name, random) in enumerate(drawn):
        figure.add_scatter(
            x=[float(random.min()), float(random.max())],
            y=[name, name],
            mode="lines",
            name="Random coresets",
            legendgroup="random",
            showlegend=place == 0,
            line={"color": faded(band.color, 0.55), "width": 12},
            hovertemplate=f"{len(random)} random coresets<br>%{{x:.6f}}<extra></extra>",
        )
    bounds = [(name, low) for name, (_, low) in zip(names, values.values(), strict=True) if low is not None]
    if bounds:
        figure.add_scatter(
            x=[low for _, low in bounds],
            y=[name for name, _ in bounds],
            mode="markers",
            name="Proven lower bound",
            marker={"symbol": "line-ns-open", "color": bound.color, "size": 16, "line": {"width": 3}},
            hovertemplate="no coreset of this size is below %{x:.6f}<extra></extra>",
        )
    figure.add_scatter(
        x=[poo for poo, _ in values.values()],
        y=names,
        mode="markers",
        name="Coreset",
        marker={"symbol": own.symbol, "color": own.color, "size": 13, "line": {"color": "#ffffff", "width": 1}},
        hovertemplate="%{y}<br>POO %{x:.6f}<extra></extra>",
    )
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=names, autorange="reversed", showgrid=False
    )
    figure.update_xaxes(tickformat=".4~f", exponentformat="none", showgrid=True)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 40})
    return figure


def _dots(figure: go.Figure, role: Role, name: str, x: FloatArray, y: FloatArray, *, size: int, opacity: float) -> None:
    style = STYLES[role]
    edge = {"color": "#ffffff", "width": 1} if role is Role.CORESET else {}
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        name=name,
        marker={"symbol": style.symbol, "color": style.color, "size": size, "opacity": opacity, "line": edge},
        hovertemplate="POO %{x:.6f}<extra>%{fullData.name}</extra>",
    )


def terms(standing: Standing) -> go.Figure:
    """Transport term and lambda * gradient term of this coreset and of random ones, as lengths from zero."""
    figure = new_figure(x_title="", y_title="", height=120)
    lines = ("Random (mean)", "This coreset")
    transport = [float(standing.random_transport.mean()), standing.transport_term]
    gradient = [standing.lambda_ * float(standing.random_gradient.mean()), standing.lambda_ * standing.gradient_term]
    for (name, color, pattern), values in zip(TERMS, (transport, gradient), strict=True):
        figure.add_bar(
            y=lines,
            x=values,
            orientation="h",
            name=name,
            marker={
                "color": color,
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "#ffffff", "size": 5},
            },
            hovertemplate="%{x:.5f}<extra>%{y}: %{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.35, margin={"l": 8, "r": 8, "t": 30, "b": 24})
    figure.update_xaxes(rangemode="tozero", tickformat=".3~f", showgrid=True)
    return figure
