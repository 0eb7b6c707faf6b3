"""What each selected sample contributes to POO: its transport cost against its share of the gradient term."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import GRID, STYLES, Role
from goracs_core.types import FloatArray


def contributions(transport: FloatArray, reward: FloatArray, titles: Sequence[str]) -> go.Figure:
    """A point per selected sample; along a dotted line all contribute alike, the lower right lowers POO least.

    Args:
        transport: Mean distance to what the sample covers, as a share of the largest distance: its cost; shape [k].
        reward: λ times its gradient norm as a share of the largest; shape [k].
        titles: What the samples are called; as many.
    """
    figure = new_figure(
        x_title="Mean distance to what it covers (share of the largest distance)",
        y_title="λ · gradient norm (share of the largest)",
        height=430,
        legend=False,
    )
    low, high = float(transport.min()), float(transport.max())
    for level in np.linspace(low, high, 5):  # lines of equal transport - reward
        ends = np.array([level, level + float(reward.max()) * 1.05])
        figure.add_scatter(
            x=ends, y=ends - level, mode="lines", line={"color": GRID, "dash": "dot", "width": 1}, hoverinfo="skip"
        )
    style = STYLES[Role.CORESET]
    figure.add_scatter(
        x=transport,
        y=reward,
        mode="markers",
        marker={"symbol": style.symbol, "color": style.color, "size": 9, "opacity": 0.8},
        customdata=[escape(title) for title in titles],
        hovertemplate="%{customdata}<br>distance %{x:.4f}, λ · gradient %{y:.4f}<extra></extra>",
    )
    figure.update_xaxes(showgrid=True, tickformat=".3~f", range=[low - 0.03 * (high - low), high + 0.06 * (high - low)])
    figure.update_yaxes(rangemode="tozero", tickformat=".3~f")
    return figure
