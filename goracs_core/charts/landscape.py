"""Figures of a loss landscape: how the loss falls, how sharply it curves, how long the steps are."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from goracs_core.charts.layout import new_figure
from goracs_core.charts.palette import CATEGORIES, STYLES, ZERO_LINE, Role, RoleStyle, faded
from goracs_core.llm.landscape import Landscape

_PRACTICE = RoleStyle(CATEGORIES[0], "circle", "solid")
_THEORY = RoleStyle(CATEGORIES[1], "diamond", "dash")
_SHARPNESS, _RANDOM = STYLES[Role.HIGHLIGHT], STYLES[Role.RANDOM]
_TICKS = [digit * 10.0**power for power in range(-9, 9) for digit in (1, 3)]  # about equally far on a log axis
ADAMW, GRADIENT_DESCENT = "AdamW", "gradient descent, 1 / L"


def losses(landscape: Landscape) -> go.Figure:
    """Loss after each step of AdamW and of gradient descent from the same start."""
    figure = new_figure(x_title="Steps", y_title="Loss (nats)", height=320)
    for name, way, style in (
        (ADAMW, landscape.practice, _PRACTICE),
        (GRADIENT_DESCENT, landscape.theory, _THEORY),
    ):
        figure.add_scatter(
            x=list(range(way.steps + 1)),
            y=way.losses,
            mode="lines+markers",
            name=name,
            line={"color": style.color, "dash": style.dash, "width": 2},
            marker={"symbol": style.symbol, "size": 6},
            hovertemplate="step %{x}: %{y:.4f}<extra>%{fullData.name}</extra>",
        )
    return figure


def curvature(landscape: Landscape) -> go.Figure:
    """How fast the gradient changes: largest eigenvalue, along each step of both ways, and in random directions."""
    figure = new_figure(x_title="Steps", y_title="Change of the gradient per unit length (log)", height=380)
    for name, way, style in (
        (f"along a step of {ADAMW}", landscape.practice, _PRACTICE),
        ("along a step of gradient descent", landscape.theory, _THEORY),
    ):
        figure.add_scatter(
            x=_ends(way.lipschitz),
            y=way.lipschitz,
            mode="lines",
            name=name,
            line={"color": style.color, "dash": style.dash, "width": 1.5},
            hovertemplate="step %{x:.0f}: %{y:.3g}<extra>%{fullData.name}</extra>",
        )
    places = landscape.places
    figure.add_scatter(
        x=[place.step for place in places],
        y=[place.sharpness for place in places],
        mode="lines+markers",
        name=f"largest eigenvalue on the path of {ADAMW}",
        line={"color": _SHARPNESS.color, "width": 2.5},
        marker={"symbol": _SHARPNESS.symbol, "size": 11},
        customdata=[[place.rounds, place.residual] for place in places],
        hovertemplate="after %{x} steps: %{y:.3g}<br>%{customdata[0]} Hessian-vector products, residual "
        "%{customdata[1]:.1%}<extra>largest eigenvalue</extra>",
    )
    figure.add_scatter(
        x=[place.step for place in places for _ in place.random],
        y=[ratio for place in places for ratio in place.random],
        mode="markers",
        name="in random directions",
        marker={"color": _RANDOM.color, "symbol": _RANDOM.symbol, "size": 7},
        hovertemplate="after %{x} steps: %{y:.3g}<extra>a random direction</extra>",
    )
    figure.add_scatter(
        x=[0, max(landscape.practice.steps, landscape.theory.steps)],
        y=[landscape.smoothness] * 2,
        mode="lines",
        name="L, before training",
        line={"color": ZERO_LINE, "dash": "dot", "width": 1.5},
        hovertemplate="L = %{y:.3g}<extra></extra>",
    )
    figure.update_yaxes(type="log", tickvals=_TICKS, ticktext=[f"{value:g}" for value in _TICKS])
    figure.update_layout(margin={"t": 56})
    return figure


def steps(landscape: Landscape) -> go.Figure:
    """Effective learning rate of AdamW, and the largest stable one of gradient descent: 2 / largest eigenvalue."""
    figure = new_figure(x_title="Steps", y_title="Learning rate (log)", height=320)
    effective = landscape.practice.effective_steps
    figure.add_scatter(
        x=_ends(effective),
        y=effective,
        mode="lines+markers",
        name=f"{ADAMW}: step length / gradient norm",
        line={"color": _PRACTICE.color, "width": 2},
        marker={"symbol": _PRACTICE.symbol, "size": 6},
        customdata=landscape.overshoot,
        hovertemplate="step %{x:.0f}: %{y:.3g}, %{customdata:.2g} times the largest stable one<extra>AdamW</extra>",
    )
    curved = [place for place in landscape.places if place.sharpness > 0]
    figure.add_scatter(
        x=[place.step for place in curved],
        y=[2 / place.sharpness for place in curved],
        mode="lines+markers",
        name="largest stable one: 2 / largest eigenvalue",
        line={"color": _SHARPNESS.color, "dash": "dash", "width": 2},
        marker={"symbol": _SHARPNESS.symbol, "size": 10},
        fill="tozeroy",
        fillcolor=faded(_SHARPNESS.color, 0.08),
        hovertemplate="after %{x} steps: %{y:.3g}<extra>largest stable one</extra>",
    )
    figure.add_scatter(
        x=[0, landscape.theory.steps],
        y=[landscape.theory.learning_rate] * 2,
        mode="lines",
        name="theorem: 1 / L",
        line={"color": _THEORY.color, "dash": _THEORY.dash, "width": 2},
        hovertemplate="%{y:.3g}<extra>1 / L</extra>",
    )
    figure.update_yaxes(type="log", tickvals=_TICKS, ticktext=[f"{value:g}" for value in _TICKS])
    figure.update_layout(margin={"t": 56})
    return figure


def _ends(values: Sequence[float]) -> list[float]:
    """Where steps are drawn: at their ends."""
    return [float(number) for number in range(1, len(values) + 1)]
