"""The first screen of the proxy check: points without the effect of size, and every proxy's coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import CLEAR, STYLES, ZERO_LINE, Role
from goracs_core.charts.proxy_points import add_keys, add_points, check_values
from goracs_core.errors import ShapeError
from goracs_core.evaluation.proxy import POO, ProxyLine, ProxyPoints
from goracs_core.types import FloatArray


def residuals(points: ProxyPoints, values: FloatArray, *, title: str, mark: float | None = None) -> go.Figure:
    """Test loss against a proxy, both less the mean of their size, with a straight line through all points.

    Args:
        points: The coresets.
        values: The proxy, NaN where unknown; shape [p].
        title: Of the proxy.
        mark: The proxy of another coreset less the mean of its size: a line across; None for none.

    Raises:
        ShapeError: Not one value per point.
    """
    check_values(points, values)
    x, y = points.without_size(values), points.without_size(points.loss)
    figure = new_figure(x_title=f"{title}, less the mean of its size", y_title="Test loss, less the mean", height=400)
    shown = replace(points, loss=y)
    for arm in dict.fromkeys(points.arms):
        add_points(figure, shown, x, np.array([one == arm for one in points.arms]) & np.isfinite(x))
    known = np.isfinite(x)
    if known.sum() > 2 and np.ptp(x[known]) > 0:
        slope = float((x[known] @ y[known]) / (x[known] @ x[known]))
        ends = np.array([x[known].min(), x[known].max()])
        line = {"color": STYLES[Role.POOL].color, "width": 2}
        figure.add_scatter(x=ends, y=slope * ends, mode="lines", line=line, showlegend=False, hoverinfo="skip")
    if mark is not None:
        style = STYLES[Role.HIGHLIGHT]
        figure.add_vline(x=mark, line={"color": style.color, "width": 2, "dash": "dash"})
        place = {"x": mark, "y": 0, "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(text="open run", showarrow=False, **place)
    add_keys(figure, points)
    figure.update_xaxes(showgrid=True, tickformat=".3~f", exponentformat="none", zeroline=True)
    figure.update_yaxes(tickformat=".3~f", zeroline=True)
    figure.update_layout(legend2={"x": 1.01, "xanchor": "left", "y": 1, "yanchor": "top", "bgcolor": CLEAR})
    return figure


def forest(lines: Sequence[ProxyLine], names: Sequence[str], *, symbol: str) -> go.Figure:
    """Mean coefficient within sizes of each proxy with its interval, the best at the top; POO stands out.

    Args:
        lines: What is known of each proxy, with a coefficient within sizes.
        names: What to call them.
        symbol: Of the coefficient, as ρ.

    Raises:
        ShapeError: Not one name per line.
    """
    if len(names) != len(lines):
        raise ShapeError(
            f"{len(lines)} proxies need as many names, got {len(names)}",
            code="names-unequal",
            fields={"lines": len(lines), "names": len(names)},
        )
    figure = new_figure(x_title=f"{symbol} with test loss, within sizes (95 %)", y_title="", height=400, legend=False)
    for line, name in zip(lines, names, strict=True):
        found = line.within_size
        if found is None:
            continue
        style = STYLES[Role.CORESET if line.name == POO else Role.POOL]
        low = found.value if found.low is None else found.low
        high = found.value if found.high is None else found.high
        figure.add_scatter(
            x=[found.value],
            y=[escape(name, 28)],
            mode="markers",
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - found.value],
                "arrayminus": [found.value - low],
                "thickness": 3 if line.name == POO else 1.5,
                "width": 4,
                "color": style.color,
            },
            marker={"symbol": style.symbol, "color": style.color, "size": 12 if line.name == POO else 8},
            hovertemplate=f"{symbol} %{{x:.2f}} ({low:.2f} to {high:.2f})<extra>{escape(name)}</extra>",
        )
    figure.add_vline(x=0, line={"color": ZERO_LINE, "width": 1.5})
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(range=[-1.05, 1.05], showgrid=True)
    figure.update_layout(margin={"l": 8})
    return figure
