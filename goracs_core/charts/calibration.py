"""Whether chances mean what they say: what came true beside what was called how likely."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import apply_style
from goracs_core.charts.palette import STYLES, Role, faded
from goracs_core.evaluation.choices import Calibration


def reliability_diagram(calibration: Calibration, *, name: str = "This training") -> go.Figure:
    """Share of Yes over P(Yes) per bin with 95 % intervals, above the number of samples of each bin.

    Answers that mean what they say lie on the diagonal; below it Yes was promised too often.

    Args:
        calibration: From `evaluation.choices.calibration`.
        name: What was asked, for the legend.
    """
    figure = go.Figure()
    style, quiet = STYLES[Role.CORESET], STYLES[Role.RANDOM]
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="Observed share of Yes",
        line={"color": quiet.color, "dash": quiet.dash, "width": 1.5},
        hoverinfo="skip",
    )
    filled = calibration.counts > 0
    chances, shares = calibration.chances[filled], calibration.shares[filled]
    low, high, counts = calibration.low[filled], calibration.high[filled], calibration.counts[filled]
    figure.add_scatter(
        x=chances,
        y=shares,
        mode="lines+markers",
        name=f"{name} (bars: 95 % interval)",
        line={"color": style.color, "width": 1.5},
        marker={"color": style.color, "symbol": style.symbol, "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - shares,
            "arrayminus": shares - low,
            "color": style.color,
            "thickness": 1.2,
            "width": 4,
        },
        customdata=np.column_stack([low, high, counts]),
        hovertemplate=(
            "mean P(Yes) %{x:.3f}, observed share %{y:.1%}<br>95 % interval %{customdata[0]:.1%} to "
            "%{customdata[1]:.1%}, %{customdata[2]:,} samples<extra></extra>"
        ),
    )
    edges = calibration.edges
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=calibration.counts,
        width=np.diff(edges),
        yaxis="y2",
        showlegend=False,
        name="Samples",
        marker={"color": faded(STYLES[Role.POOL].color, 0.55), "line": {"width": 0}},
        customdata=np.column_stack([edges[:-1], edges[1:]]),
        hovertemplate="P(Yes) %{customdata[0]:.2f} to %{customdata[1]:.2f}: %{y:,} samples<extra></extra>",
    )
    figure.update_layout(yaxis2={"anchor": "x"})
    apply_style(figure, height=420, legend=True)
    figure.update_layout(
        xaxis={"title": "P(Yes)", "range": [-0.02, 1.02], "tickformat": ".1f", "anchor": "y2"},
        yaxis={"title": "Share of Yes", "domain": [0.3, 1], "range": [-0.03, 1.03], "tickformat": ".0%"},
        yaxis2={"title": "Samples", "domain": [0, 0.2], "rangemode": "tozero", "nticks": 3},
        bargap=0.02,
    )
    return figure
