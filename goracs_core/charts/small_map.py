"""The embedding map as a small picture that leads on: pool, validation and coreset, nothing to click."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import new_figure
from goracs_core.charts.palette import STYLES, Role
from goracs_core.evaluation.projection import Projection
from goracs_core.types import IndexArray

_MOST = 4_000  # points of pool and of validation; more only make the picture heavier


def small_map(projection: Projection, rows: IndexArray, *, height: int = 230, legend: bool = False) -> go.Figure:
    """Where the coreset lies among pool and validation.

    Args:
        projection: Where the samples lie.
        rows: Pool rows of the coreset; shape [k].
        height: In pixels.
        legend: Whether the roles are named.
    """
    figure = new_figure(x_title="", y_title="", height=height, legend=legend)
    rng = np.random.default_rng(0)
    for name, role, points, size, opacity in (
        ("Pool", Role.POOL, _some(projection.pool, rng), 3, 0.35),
        ("Validation", Role.VALIDATION, _some(projection.validation, rng), 4, 0.55),
        ("Coreset", Role.CORESET, projection.pool[rows], 5, 1.0),
    ):
        style = STYLES[role]
        edge = {"color": "#ffffff", "width": 0.3} if role is Role.CORESET else {"width": 0}
        figure.add_scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            name=name,
            hoverinfo="skip",
            marker={"symbol": style.symbol, "color": style.color, "size": size, "opacity": opacity, "line": edge},
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    figure.update_layout(margin={"l": 0, "r": 0, "t": 26 if legend else 0, "b": 0})
    return figure


def _some(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(points) <= _MOST:
        return points
    return points[np.sort(rng.choice(len(points), _MOST, replace=False))]
