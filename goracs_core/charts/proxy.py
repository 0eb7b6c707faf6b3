"""Figures of the proxy check: test loss against a proxy, the same within each size, coefficients, the curve over λ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from goracs_core.charts.layout import apply_style, escape, new_figure
from goracs_core.charts.palette import CLEAR, STYLES, ZERO_LINE, Role, faded
from goracs_core.charts.proxy_points import add_keys, add_points, check_values
from goracs_core.errors import ShapeError
from goracs_core.evaluation.correlation import Estimate
from goracs_core.evaluation.proxy import LambdaCurve, ProxyLine, ProxyPoints
from goracs_core.types import FloatArray

LOSS = "Test loss in nats (smaller is better)"
_SIDES = 0.06  # of the range, free beside the outermost points
_PER_ROW = 4
_MARGIN = 112  # pixels on the right, for the names of lines
# Attribute of a line, what the legend calls it, its colour, its symbol, its shift from the line's middle.
_VIEWS = (
    ("overall", "Over all points", STYLES[Role.POOL], -0.22),
    ("given_size", "Given size (partial)", STYLES[Role.VALIDATION], 0.0),
    ("within_size", "Within sizes (mean)", STYLES[Role.CORESET], 0.22),
)


def scatter(
    points: ProxyPoints,
    values: FloatArray,
    *,
    title: str,
    references: Mapping[str, float] | None = None,
    fits: bool = False,
) -> go.Figure:
    """Test loss against a proxy: colour says how a coreset was chosen, shape its size; bars are 1 standard error.

    `customdata` of a point begins with its place in `points`, for clicks.

    Args:
        points: The coresets.
        values: The proxy, NaN where unknown; shape [p].
        title: Of the proxy's axis.
        references: Levels of test loss by name; one far off is told at the edge, so that the points keep their room.
        fits: Draw a straight line through the points of each size.

    Raises:
        ShapeError: Not one value per point.
    """
    check_values(points, values)
    figure = new_figure(x_title=title, y_title=LOSS, height=470)
    for arm in dict.fromkeys(points.arms):
        mine = np.array([one == arm for one in points.arms]) & np.isfinite(values)
        add_points(figure, points, values, mine)
    if fits:
        for size in points.sizes:
            _add_fit(figure, points, values, size)
    add_keys(figure, points)
    low, high = _range(points)
    _add_references(figure, references or {}, low, high)
    place, anchor = _free_side(references or {}, low, high)
    figure.update_xaxes(showgrid=True, tickformat=".4~f", exponentformat="none", zeroline=False)
    figure.update_yaxes(range=[low, high], tickformat=".3~f", zeroline=False)
    figure.update_layout(
        clickmode="event+select",
        dragmode=False,
        legend={"groupclick": "togglegroup"},
        legend2={
            "x": 1.01,
            "xanchor": "left",
            "y": place,
            "yanchor": anchor,
            "bgcolor": CLEAR,
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    return figure


def within_sizes(
    points: ProxyPoints, values: FloatArray, *, title: str, heads: Mapping[int, Sequence[str]]
) -> go.Figure:
    """The same for each size alone, side by side: all panels span as much in both directions, so that slopes compare.

    Args:
        points: The coresets.
        values: The proxy; shape [p].
        title: Of the proxy's axis.
        heads: What stands above each size's panel, line by line.

    Raises:
        ShapeError: Not one value per point.
    """
    check_values(points, values)
    sizes = points.sizes
    rows = -(-len(sizes) // _PER_ROW) or 1
    columns = -(-len(sizes) // rows) or 1
    figure: Any = make_subplots(
        rows,
        columns,
        subplot_titles=["<br>".join(map(escape, heads.get(size, ()))) for size in sizes],
        horizontal_spacing=0.06,
        vertical_spacing=0.36 / rows,
        y_title=LOSS,
        x_title=title,
    )
    apply_style(figure, height=90 + 270 * rows, legend=False)
    spans = [_span(points, values, size) for size in sizes]
    widths = [max((high - low for low, high in side), default=1.0) for side in zip(*spans, strict=True)] or [1.0, 1.0]
    for place, (size, (across, up)) in enumerate(zip(sizes, spans, strict=True)):
        at = {"row": place // columns + 1, "col": place % columns + 1}
        for arm in dict.fromkeys(points.arms):
            mine = np.array([one == arm for one in points.arms]) & np.isfinite(values) & (points.budgets == size)
            add_points(figure, points, values, mine, **at)
        figure.update_xaxes(range=_centred(across, widths[0]), tickformat=".3~f", nticks=4, zeroline=False, **at)
        figure.update_yaxes(range=_centred(up, widths[1]), tickformat=".3~f", nticks=6, zeroline=False, **at)
    figure.update_annotations(font_size=13)
    figure.update_layout(margin={"l": 76, "t": 52, "b": 64}, clickmode="event+select", dragmode=False)
    return figure


def coefficient_dots(lines: Sequence[ProxyLine], names: Sequence[str], *, symbol: str) -> go.Figure:
    """Every proxy's coefficient with its interval: over all points, given size, within sizes. Right is good.

    Args:
        lines: What is known of each proxy.
        names: What to call them.
        symbol: Of the coefficient, as ρ.

    Raises:
        ShapeError: Not one name per line.
    """
    if len(names) != len(lines):
        raise ShapeError(f"{len(lines)} proxies need as many names, got {len(names)}")
    figure = new_figure(x_title=f"{symbol} with test loss", y_title="", height=110 + 44 * max(len(lines), 2))
    for attribute, view, style, shift in _VIEWS:
        found = [(place, estimate) for place, line in enumerate(lines) if (estimate := getattr(line, attribute))]
        if not found:
            continue
        values = np.array([estimate.value for _, estimate in found])
        figure.add_scatter(
            x=values,
            y=[place + shift for place, _ in found],
            mode="markers",
            name=view,
            marker={"color": style.color, "symbol": style.symbol, "size": 9},
            error_x={
                "type": "data",
                "symmetric": False,
                "color": style.color,
                "thickness": 1.5,
                "width": 3,
                "array": [_above(one) for _, one in found],
                "arrayminus": [_below(one) for _, one in found],
            },
            customdata=[[escape(names[place]), _interval(one), one.n] for place, one in found],
            hovertemplate=f"%{{customdata[0]}}: {symbol} %{{x:.2f}} %{{customdata[1]}}, %{{customdata[2]}} coresets"
            "<extra>%{fullData.name}</extra>",
        )
    figure.add_vline(x=0, line={"color": ZERO_LINE, "width": 1.5})
    figure.update_xaxes(range=[-1.06, 1.06], showgrid=True, zeroline=False, dtick=0.5)
    figure.update_yaxes(
        tickvals=list(range(len(lines))),
        ticktext=[escape(name) for name in names],
        showgrid=False,
        zeroline=False,
        range=[len(lines) - 0.5, -0.5],
    )
    return figure


def lambda_lines(curve: LambdaCurve, *, lambda_: float, symbol: str) -> go.Figure:
    """POO's coefficient along λ, over all points and within sizes, with the best λ and the experiment's marked."""
    figure = new_figure(x_title="λ", y_title=f"{symbol} of POO with test loss", height=340)
    views = [("Over all points", curve.overall, STYLES[Role.POOL])]
    if curve.within_size is not None:
        views.append(("Within sizes (mean)", curve.within_size, STYLES[Role.CORESET]))
    for name, values, style in views:
        figure.add_scatter(
            x=curve.lambdas,
            y=values,
            mode="lines",
            name=name,
            line={"color": style.color, "dash": style.dash, "width": 2.5, "shape": "linear"},
            hovertemplate=f"λ %{{x:g}}: {symbol} %{{y:.3f}}<extra>%{{fullData.name}}</extra>",
        )
    low, high = curve.best
    style, best = STYLES[Role.HIGHLIGHT], float(np.nanmax(curve.judged))
    reach = f"λ {low:g}" if low == high else f"λ {low:g} to {high:g}"
    figure.add_scatter(
        x=[(low + high) / 2],
        y=[best],
        mode="markers",
        name=f"Maximum at {reach} (chosen on the test set)",
        marker={"color": style.color, "symbol": style.symbol, "size": 15},
        hovertemplate=f"maximum at {reach}: {symbol} %{{y:.3f}}<br>chosen on the test set<extra></extra>",
    )
    figure.add_vline(x=lambda_, line={"color": ZERO_LINE, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=lambda_, y=0.02, yref="paper", xanchor="left", yanchor="bottom", showarrow=False, text=" λ of the experiment"
    )
    figure.update_xaxes(range=[curve.lambdas[0] - 0.02, curve.lambdas[-1] + 0.02], zeroline=False)
    figure.update_yaxes(zeroline=True)
    return figure


def _add_fit(figure: go.Figure, points: ProxyPoints, values: FloatArray, size: int) -> None:
    mine = (points.budgets == size) & np.isfinite(values)
    x, y = values[mine], points.loss[mine]
    if mine.sum() < 3 or not np.ptp(x) > 0:
        return
    slope, start = np.polyfit(x - x.mean(), y, 1)
    ends = np.array([x.min(), x.max()])
    figure.add_scatter(
        x=ends,
        y=start + slope * (ends - x.mean()),
        mode="lines",
        showlegend=False,
        hoverinfo="skip",
        line={"color": faded(STYLES[Role.POOL].color, 0.9), "width": 1.5, "dash": "dot"},
        name=f"fit, k {size:,}",
    )


def _range(points: ProxyPoints) -> tuple[float, float]:
    if not len(points):
        return 0.0, 1.0
    error = np.nan_to_num(points.loss_error)
    low, high = float((points.loss - error).min()), float((points.loss + error).max())
    side = _SIDES * ((high - low) or 0.1)
    return low - side, high + side


def _add_references(figure: go.Figure, references: Mapping[str, float], low: float, high: float) -> None:
    """Lines across the figure with their names in the right margin, where no point is; far ones at its ends."""
    for number, (name, level) in enumerate(references.items()):
        words = f"{escape(name)}<br>{level:.3f}"
        if low <= level <= high:
            figure.add_hline(y=level, line={"color": ZERO_LINE, "dash": ("dash", "dot")[number % 2], "width": 1.5})
            place, anchor = {"y": level}, "middle"
        else:
            above = level > high
            place, anchor = {"y": 1.0 if above else 0.0, "yref": "paper"}, "top" if above else "bottom"
            words = f"{'↑' if above else '↓'} {words}"
        figure.add_annotation(
            x=1.01, xref="paper", xanchor="left", yanchor=anchor, align="left", showarrow=False, text=words, **place
        )
    if references:
        figure.update_layout(margin={"r": _MARGIN})


def _free_side(references: Mapping[str, float], low: float, high: float) -> tuple[float, str]:
    """Where in the right margin the sizes' legend covers no name: place and anchor."""
    taken = [min(max((level - low) / (high - low), 0.0), 1.0) for level in references.values()]
    choices = {0.5: "middle", 0.9: "top", 0.1: "bottom"}
    best = max(choices, key=lambda place: min((abs(place - level) for level in taken), default=1.0))
    return best, choices[best]


def _span(points: ProxyPoints, values: FloatArray, size: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of the proxy and of test loss among the points of a size."""
    mine = (points.budgets == size) & np.isfinite(values)
    if not mine.any():
        return (0.0, 1.0), (0.0, 1.0)
    error = np.nan_to_num(points.loss_error[mine])
    loss = points.loss[mine]
    across = float(values[mine].min()), float(values[mine].max())
    return across, (float((loss - error).min()), float((loss + error).max()))


def _centred(ends: tuple[float, float], width: float) -> list[float]:
    middle, half = sum(ends) / 2, (width or 1.0) * (0.5 + _SIDES)
    return [middle - half, middle + half]


def _above(estimate: Estimate) -> float:
    return 0.0 if estimate.high is None else max(estimate.high - estimate.value, 0.0)


def _below(estimate: Estimate) -> float:
    return 0.0 if estimate.low is None else max(estimate.value - estimate.low, 0.0)


def _interval(estimate: Estimate) -> str:
    return "" if estimate.low is None or estimate.high is None else f"({estimate.low:.2f} to {estimate.high:.2f})"
