"""Figures of the Scalability page: where the time goes, how it grows, and whether choosing pays off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import BAND_OPACITY, CATEGORIES, ZERO_LINE, faded
from goracs_core.evaluation.scaling import Prediction
from goracs_core.evaluation.trade_off import TradeOff
from goracs_core.methods.phases import OTHER, PHASES
from goracs_core.types import FloatArray

TOTAL = "Whole run"

_KINDS = (TOTAL, *PHASES, OTHER)  # each looks the same for every solver and measurement
_PATTERNS = ("", "/", "x", "-", "|", "+", ".")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_LABEL = 17  # pixels between the names of lines
_PLOTTED = 226  # pixels of the axis in the growth chart
_TIMES = {
    1e-6: "1 µs",
    1e-5: "10 µs",
    1e-4: "0.1 ms",
    1e-3: "1 ms",
    1e-2: "10 ms",
    0.1: "0.1 s",
    1.0: "1 s",
    10.0: "10 s",
    60.0: "1 min",
    600.0: "10 min",
    3600.0: "1 h",
    36_000.0: "10 h",
    259_200.0: "3 days",
    2_592_000.0: "30 days",
}


@dataclass(frozen=True, eq=False)
class Growth:
    """One line of the growth chart.

    Args:
        name: The kind of work, or `TOTAL`.
        sizes: Pool size of each measured run; shape [r].
        seconds: What was measured; shape [r].
        grid: Pool sizes of the line; shape [g].
        fitted: Seconds at the grid, or None where nothing could be fitted.
    """

    name: str
    sizes: FloatArray
    seconds: FloatArray
    grid: FloatArray
    fitted: Prediction | None


def kind_color(name: str) -> str:
    """The color of a kind of work, or of the whole, the same in all figures."""
    return CATEGORIES[-1] if name == OTHER else CATEGORIES[_place(name) % (len(CATEGORIES) - 1)]


def _place(name: str) -> int:
    return _KINDS.index(name) if name in _KINDS else len(_KINDS)


def stage_bars(sizes: FloatArray, stages: Mapping[str, FloatArray], *, budgets: Sequence[int]) -> go.Figure:
    """Mean seconds of each kind of work, stacked, one bar per sample size.

    Args:
        sizes: Sample sizes; shape [d].
        stages: Mean seconds by kind; shapes [d].
        budgets: Samples chosen at each size; length d.
    """
    figure = new_figure(x_title="Pool samples (n)", y_title="Seconds", height=300)
    total = np.sum(list(stages.values()), axis=0)
    labels = [f"{int(size):,}" for size in sizes]
    for name, seconds in stages.items():
        figure.add_bar(
            x=labels,
            y=seconds,
            name=escape(name),
            marker={
                "color": kind_color(name),
                "pattern": _pattern(_PATTERNS[_place(name) % len(_PATTERNS)]),
            },
            customdata=np.stack([seconds / total, total, np.asarray(budgets, np.float64)], axis=1),
            hovertemplate="%{y:.3g} s, %{customdata[0]:.0%} of %{customdata[1]:.3g} s<br>%{customdata[2]:,.0f} of %{x} "
            "selected<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(type="category")
    return figure


def _pattern(shape: str) -> dict[str, object]:
    """Thin lines over the colour, so that stages differ by more than colour."""
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.55, "solidity": 0.15, "size": 7}


def growth_lines(lines: Sequence[Growth], *, measured_to: float, target: float | None) -> go.Figure:
    """Measured seconds and fitted laws on two log axes, each line named at its end; a straight line is a power of n.

    Args:
        lines: The whole first, with its points and its interval; then few kinds of work, as thin lines.
        measured_to: Largest measured size; what lies beyond is extrapolated. 0 where nothing was measured.
        target: The size that the user asked about; None where no time can be told for it.
    """
    figure = new_figure(x_title="Pool samples (n, log)", y_title="Time (log)", height=300, legend=False)
    for place, line in reversed(list(enumerate(lines))):
        _add_growth(figure, line, strong=place == 0)
    whole = lines[0]
    if target is not None and whole.fitted is not None:
        at = int(np.abs(np.log(whole.grid / target)).argmin())
        _add_target(figure, whole.fitted, at, target, kind_color(whole.name))
    low, high = _time_range(lines)
    _add_names(figure, lines, (high - low) * _LABEL / _PLOTTED)
    if measured_to:
        figure.add_vline(x=measured_to, line={"color": ZERO_LINE, "dash": "dot", "width": 1.5})
        figure.add_annotation(
            x=np.log10(measured_to),
            y=1,
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            text=" extrapolated →",
        )
    figure.update_xaxes(type="log", showgrid=True, tickformat="~s", dtick=1)
    figure.update_yaxes(type="log", tickvals=list(_TIMES), ticktext=list(_TIMES.values()), range=[low, high])
    figure.update_layout(margin={"t": 26, "r": 130})
    return figure


def _add_names(figure: go.Figure, lines: Sequence[Growth], apart: float) -> None:
    """Write the name of each line at its right end, moved where names would cover each other.

    Args:
        figure: To write on.
        lines: Fitted ones and others.
        apart: Least distance of two names on the log axis.
    """
    ends = [(float(np.log10(line.fitted.expected[-1])), line) for line in lines if line.fitted is not None]
    reached = -np.inf
    for end, line in sorted(ends, key=lambda one: one[0]):
        reached = max(end, reached + apart)
        figure.add_annotation(
            x=float(np.log10(line.grid[-1])),
            y=reached,
            xanchor="left",
            xshift=8,
            showarrow=False,
            text=escape(line.name),
        )


def _add_growth(figure: go.Figure, line: Growth, *, strong: bool) -> None:
    color, place = kind_color(line.name), _place(line.name)
    ran = line.seconds > 0
    if line.fitted is not None:
        if strong:
            edge = {"width": 0.5, "color": faded(color, 0.6)}
            shared = {"mode": "lines", "line": edge, "hoverinfo": "skip"}
            figure.add_scatter(x=line.grid, y=line.fitted.low, **shared)
            figure.add_scatter(
                x=line.grid, y=line.fitted.high, fill="tonexty", fillcolor=faded(color, BAND_OPACITY), **shared
            )
        figure.add_scatter(
            x=line.grid,
            y=line.fitted.expected,
            mode="lines",
            name=escape(line.name),
            line={"color": color, "dash": _DASHES[place % len(_DASHES)], "width": 3 if strong else 1.5},
            customdata=np.stack([line.fitted.low, line.fitted.high], axis=1),
            hovertemplate="n = %{x:,.0f}: %{y:.3g} s (%{customdata[0]:.3g} to %{customdata[1]:.3g} s)"
            "<extra>%{fullData.name}</extra>",
        )
    if strong and ran.any():
        figure.add_scatter(
            x=line.sizes[ran],
            y=line.seconds[ran],
            mode="markers",
            name=escape(line.name),
            marker={"color": color, "symbol": "circle", "size": 8},
            hovertemplate="n = %{x:,.0f}: %{y:.3g} s measured<extra>%{fullData.name}</extra>",
        )


def _add_target(figure: go.Figure, fitted: Prediction, at: int, target: float, color: str) -> None:
    middle, low, high = fitted.expected[at], fitted.low[at], fitted.high[at]
    figure.add_scatter(
        x=[target],
        y=[middle],
        mode="markers",
        name=f"extrapolated to {target:,.0f}",
        showlegend=False,
        marker={"color": color, "symbol": "star", "size": 14},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - middle],
            "arrayminus": [middle - low],
            "color": color,
            "thickness": 2,
            "width": 6,
        },
        customdata=[[low, high]],
        hovertemplate="n = %{x:,.0f}: about %{y:.3g} s (%{customdata[0]:.3g} to %{customdata[1]:.3g} s)<extra></extra>",
    )


def _time_range(lines: Sequence[Growth]) -> tuple[float, float]:
    """Ends of the axis, as powers of ten: the labelled times around all that is drawn."""
    values = [lines[0].seconds[lines[0].seconds > 0]]
    values += [line.fitted.expected for line in lines if line.fitted is not None]
    if lines[0].fitted is not None:
        values += [lines[0].fitted.low, lines[0].fitted.high]
    found, ticks = np.concatenate(values), np.array(list(_TIMES))
    below, above = ticks[ticks <= found.min()], ticks[ticks >= found.max()]
    low = below.max() if len(below) else max(found.min(), ticks.min() / 10)
    high = above.min() if len(above) else found.max()
    return float(np.log10(low)) - 0.05, float(np.log10(high)) + 0.05


def trade_off_bars(trade: TradeOff, *, ways: tuple[str, str], labels: Mapping[str, str]) -> go.Figure:
    """Two ways to a fine-tuned model: choose and train on the coreset, or train on the whole pool.

    Args:
        trade: Seconds of all parts.
        ways: Name of the first and the second way.
        labels: How to say the seconds of "features", "select", "tune_coreset" and "tune_pool".
    """
    figure = new_figure(x_title="Seconds", y_title="", height=230)
    parts = [
        ("Features", ways[0], trade.features, None, CATEGORIES[-1], ".", labels["features"]),
        ("Selection", ways[0], trade.select.expected, trade.select, CATEGORIES[0], "", labels["select"]),
        (
            "Fine-tuning",
            ways[0],
            trade.tune_coreset.expected,
            None,
            CATEGORIES[5],
            "/",
            labels["tune_coreset"],
        ),
        (
            "Fine-tuning",
            ways[1],
            trade.tune_pool.expected,
            trade.tune_pool,
            CATEGORIES[5],
            "/",
            labels["tune_pool"],
        ),
    ]
    seen: set[str] = set()
    for name, way, seconds, interval, color, pattern, label in parts:
        if seconds == 0:
            continue
        spread = None
        if interval is not None:
            spread = {
                "type": "data",
                "symmetric": False,
                "array": [interval.high - interval.expected],
                "arrayminus": [interval.expected - interval.low],
                "color": ZERO_LINE,
                "thickness": 2,
            }
        figure.add_bar(
            y=[escape(way)],
            x=[seconds],
            orientation="h",
            name=name,
            legendgroup=name,
            showlegend=name not in seen,
            marker={"color": color, "pattern": _pattern(pattern)},
            error_x=spread,
            customdata=[label],
            hovertemplate="%{customdata}<extra>%{fullData.name}</extra>",
        )
        seen.add(name)
    figure.update_layout(barmode="stack")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=True, rangemode="tozero")
    return figure
