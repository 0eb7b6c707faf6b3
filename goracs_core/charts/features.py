"""Figures of the Features page: what the selector sees."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import new_figure
from goracs_core.charts.palette import STYLES, Role
from goracs_core.types import FloatArray, IndexArray


def gradient_norms(norms: FloatArray, chosen: IndexArray | None = None, *, bins: int = 48) -> go.Figure:
    """Distribution of the gradient norms over the pool and, when given, over the chosen rows on the same bins.

    Args:
        norms: Gradient norm per pool sample; shape [n].
        chosen: Pool rows of a coreset; shape [k].
        bins: Equal bins from the smallest to the largest norm.
    """
    figure = new_figure(x_title="Gradient norm of the sample's loss (L2)", y_title="Share of samples", height=260)
    high = float(norms.max())
    edges = np.linspace(float(norms.min()), high if high > norms.min() else high + 1, bins + 1)
    groups = [("Pool", norms, Role.POOL)]
    if chosen is not None:
        groups.append(("Coreset", norms[chosen], Role.CORESET))
    for name, values, role in groups:
        counts = np.histogram(values, edges)[0]
        figure.add_scatter(
            x=edges,
            y=np.append(counts, counts[-1]) / len(values),
            mode="lines",
            name=name,
            line={
                "shape": "hv",
                "color": STYLES[role].color,
                "dash": "solid",
                "width": 2.5 if role is Role.CORESET else 1.5,
            },
            fill="tozeroy" if role is Role.POOL else None,
            customdata=np.append(counts, counts[-1]),
            hovertemplate="from %{x:.3g}: %{customdata:,} samples (%{y:.1%})<extra>%{fullData.name}</extra>",
        )
        figure.add_vline(x=float(np.mean(values)), line={"color": STYLES[role].color, "dash": "dash", "width": 1})
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure
