"""Figures of a proof in the making: lower and upper bound on the optimum closing on each other, and their gap."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import new_figure
from goracs_core.charts.palette import CLEAR, GRID, STYLES, Role, faded
from goracs_core.types import FloatArray

UPPER, LOWER = "Best coreset so far (upper bound)", "Proven lower bound"
_HEIGHT = 260
_FRAMES, _FRAME_MS = 48, 90
_CLOSED = 1e-9  # a gap that is only rounding, as a share of the transport term
_MENU_INK = "#7f858f"  # on both grounds, and on the pale button that plotly draws under the pointer


def live(seconds: FloatArray, lower: FloatArray, upper: FloatArray, *, until: float) -> dict[str, Any]:
    """The two bounds of work in progress, as an ECharts option: drawn anew every second without a flicker.

    (Streamlit takes a plotly figure down and puts it up again whenever it changes; an ECharts one it updates.)

    Args:
        seconds: When each line was reported, rising; shape [r].
        lower: Best proven lower bound by then, not finite before the first; shape [r].
        upper: Value of the best coreset by then, not finite before the first; shape [r].
        until: Now, in seconds: the last bounds are drawn on to here.
    """
    seconds, lower, upper = _on_to(until, seconds, lower, upper)
    room = upper - np.where(np.isfinite(lower), lower, np.nan)
    orange, blue = STYLES[Role.CORESET].color, STYLES[Role.VALIDATION].color
    # The filling: an unseen line at the lower bound, and the room above stacked on it.
    unseen = {"stack": "room", "stackStrategy": "all", "lineStyle": {"opacity": 0}, "tooltip": {"show": False}}
    low = {"name": LOWER, "color": blue, "lineStyle": {"color": blue, "width": 2, "type": "dashed"}}
    high = {"name": UPPER, "color": orange, "lineStyle": {"color": orange, "width": 2}}
    filled = {"areaStyle": {"color": orange, "opacity": 0.16, "origin": "start"}}
    return {
        "animation": False,
        "grid": {"left": 38, "right": 20, "top": 34, "bottom": 34, "containLabel": True},
        "legend": {
            "top": 0,
            "left": 0,
            "data": [UPPER, LOWER],
            "selectedMode": False,
            "itemWidth": 34,
            "itemStyle": {"opacity": 0},
        },
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "value", "name": "Seconds", "nameLocation": "middle", "nameGap": 26, "min": 0},
        "yAxis": {
            "type": "value",
            "scale": True,
            "splitNumber": 4,
            "name": "POO (smaller is better)",
            "nameLocation": "middle",
            "nameRotate": 90,
            "nameGap": 52,
        },
        "series": [
            _echarts_line(seconds, np.where(np.isfinite(room), lower, np.nan), unseen),
            _echarts_line(seconds, room, unseen | filled),
            _echarts_line(seconds, upper, high),
            _echarts_line(seconds, lower, low),
        ],
    }


def _echarts_line(x: FloatArray, y: FloatArray, looks: dict[str, Any]) -> dict[str, Any]:
    known = np.isfinite(y)
    pairs = [[round(a, 2), round(b, 6)] for a, b in zip(x[known].tolist(), y[known].tolist(), strict=True)]
    return {"type": "line", "step": "end", "symbol": "none", "data": pairs, **looks}


def closing(seconds: FloatArray, lower: FloatArray, upper: FloatArray) -> go.Figure:
    """The two bounds over time as steps, the room between them filled. What no bound is known for stays empty.

    Args:
        seconds: When each line was reported, rising; shape [r].
        lower: As in `live`.
        upper: As in `live`.
    """
    figure = new_figure(x_title="Seconds", y_title="POO (smaller is better)", height=_HEIGHT)
    figure.add_traces(_lines(seconds, lower, upper))
    figure.update_layout(margin={"t": 40})
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(tickformat=".4~f", exponentformat="none")
    return figure


def replay(seconds: FloatArray, lower: FloatArray, upper: FloatArray) -> go.Figure:
    """The finished figure of `closing`, with a slider through time and a button that plays it as it happened.

    Args:
        seconds: When each line was reported, rising; shape [r], r >= 1.
        lower: As in `closing`.
        upper: As in `closing`.
    """
    end = float(seconds[-1])
    figure = closing(seconds, lower, upper)
    moments = np.linspace(float(seconds[0]), end, _FRAMES) if end > seconds[0] else np.array([end])
    frames = []
    for number, moment in enumerate(moments.tolist()):
        past = slice(0, max(1, int(np.searchsorted(seconds, moment, side="right"))))
        lines = _lines(*_on_to(moment, seconds[past], lower[past], upper[past]))
        # The name of a frame must not depend on rounding: two of them may show the same tenth of a second.
        frames.append(go.Frame(data=lines, name=str(number)))
    figure.frames = frames
    known = np.concatenate([lower[np.isfinite(lower)], upper[np.isfinite(upper)]])
    room = 0.06 * (float(np.ptp(known)) or 1e-6)
    figure.update_xaxes(range=[0, end * 1.02 or 1.0])
    figure.update_yaxes(range=[float(known.min()) - room, float(known.max()) + room])
    figure.update_layout(
        height=_HEIGHT + 90, margin={"b": 110}, sliders=[_slider(moments)], updatemenus=[_play_button()]
    )
    return figure


def gap_curve(seconds: FloatArray, shares: FloatArray, *, asked: float | None = None) -> go.Figure:
    """The gap over time on a logarithmic axis: a steady fall shows as a straight line.

    Args:
        seconds: When each line was reported, rising; shape [r].
        shares: The gap as a share of the transport term; not finite before both bounds are known; shape [r].
        asked: The gap at which the solver was asked to stop; None or 0 for none.
    """
    figure = new_figure(x_title="Seconds", y_title="Gap (logarithmic)", height=_HEIGHT + 90, legend=bool(asked))
    drawn = np.isfinite(shares) & (shares > _CLOSED)  # a gap of nothing has no place on a logarithmic axis
    style = STYLES[Role.CORESET]
    figure.add_scatter(
        x=seconds[drawn],
        y=shares[drawn],
        mode="lines+markers",
        name="Proven gap",
        line={"color": style.color, "width": 2, "shape": "hv"},
        marker={"size": 5},
        hovertemplate="after %{x:.1f} s: gap %{y:.3%}<extra></extra>",
    )
    if asked:
        ends = seconds[drawn][[0, -1]] if drawn.any() else np.array([0.0, 1.0])
        color = STYLES[Role.RANDOM].color
        figure.add_scatter(
            x=[0.0, float(ends[1])],
            y=[asked, asked],
            mode="lines",
            name="Requested gap",
            line={"color": color, "dash": "dash", "width": 1.5},
            hovertemplate="requested: %{y:.3%}<extra></extra>",
        )
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(type="log", tickformat=".2~%", dtick="D2", minor={"showgrid": False}, title_standoff=18)
    return figure


def _on_to(
    until: float, seconds: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same lines with the last bounds holding until later."""
    if until <= seconds[-1]:
        return seconds, lower, upper
    return np.append(seconds, until), np.append(lower, lower[-1]), np.append(upper, upper[-1])


def _lines(seconds: FloatArray, lower: FloatArray, upper: FloatArray) -> list[go.Scatter]:
    """Four traces: two unseen edges with the filling between them where both are known, and the lines themselves."""
    below, above = np.isfinite(lower), np.isfinite(upper)
    both = below & above
    orange, blue = STYLES[Role.CORESET], STYLES[Role.VALIDATION]
    room = np.where(both, upper - np.where(both, lower, 0), np.nan)
    edge = _line(seconds[both], upper[both], name="", color=CLEAR, hoverinfo="skip", showlegend=False)
    filling = _line(
        seconds[both],
        lower[both],
        name="",
        color=CLEAR,
        hoverinfo="skip",
        showlegend=False,
        fill="tonexty",
        fillcolor=faded(orange.color, 0.16),
    )
    low = _line(
        seconds[below],
        lower[below],
        name=LOWER,
        color=blue.color,
        dash="dash",
        customdata=room[below],
        hovertemplate="after %{x:.1f} s: no coreset below %{y:.6f}<br>gap %{customdata:.6f}<extra></extra>",
    )
    high = _line(
        seconds[above],
        upper[above],
        name=UPPER,
        color=orange.color,
        customdata=room[above],
        hovertemplate="after %{x:.1f} s: best coreset %{y:.6f}<br>gap %{customdata:.6f}<extra></extra>",
    )
    return [edge, filling, high, low]


def _line(x: FloatArray, y: FloatArray, *, color: str, dash: str = "solid", **more: Any) -> go.Scatter:
    line = {"color": color, "width": 2, "dash": dash, "shape": "hv"}
    return go.Scatter(x=x, y=y, mode="lines", line=line, **more)


def _slider(moments: FloatArray) -> dict[str, Any]:
    jump = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    digits = 1 if moments[-1] >= 5 else 2
    steps = [
        {"method": "animate", "args": [[str(number)], jump], "label": f"{moment:.{digits}f} s"}
        for number, moment in enumerate(moments.tolist())
    ]
    return {
        "active": len(steps) - 1,
        "steps": steps,
        "x": 0.24,
        "len": 0.76,
        "y": -0.28,
        "yanchor": "top",
        "pad": {"t": 12, "b": 0},
        "currentvalue": {"prefix": "after ", "xanchor": "right"},
        "bgcolor": GRID,
        "activebgcolor": STYLES[Role.CORESET].color,
        "borderwidth": 0,
        "ticklen": 0,
        "minorticklen": 0,
        "font": {"color": _MENU_INK},
        "tickcolor": CLEAR,
    }


def _play_button() -> dict[str, Any]:
    play = {
        "fromcurrent": False,
        "mode": "immediate",
        "frame": {"duration": _FRAME_MS, "redraw": False},
        "transition": {"duration": 0},
    }
    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "y": -0.28,
        "xanchor": "left",
        "yanchor": "top",
        "pad": {"t": 22, "l": 0, "r": 0},
        "bgcolor": CLEAR,
        "bordercolor": _MENU_INK,
        "font": {"color": _MENU_INK},
        "buttons": [{"label": "▶ Replay", "method": "animate", "args": [None, play]}],
    }
