"""What all figures share: neutral axes on a transparent ground, and texts that cannot smuggle in markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from goracs_core.charts.palette import BAND_OPACITY, CLEAR, GRID, STYLES, ZERO_LINE, Role, faded
from goracs_core.types import FloatArray

Axis = Sequence[float] | Sequence[str] | FloatArray

HOVER = "#31394a"  # ground of hover boxes: dark on both themes, with white text
_EXTRA = re.compile(r"<extra>(.+?)</extra>")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "%": "&#37;", "$": "&#36;", "\n": " ", "\r": " "})


def escape(text: str, limit: int = 80) -> str:
    """User text for a figure: cut to `limit` characters, plotly's pseudo-HTML and %{...} templates made inert.

    Titles reach figures as text, hover data or axis labels, and plotly reads <b>, <a href>, entities, %{...} and, with
    MathJax, $...$ in all of them.
    """
    cut = text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
    return cut.translate(_ENTITIES)


def new_figure(*, x_title: str, y_title: str, height: int = 340, legend: bool = True) -> go.Figure:
    """An empty figure in the house style, with axis titles that name their units."""
    figure = apply_style(go.Figure(), height=height, legend=legend)
    figure.update_xaxes(title_text=x_title)
    figure.update_yaxes(title_text=y_title)
    return figure


def apply_style(figure: go.Figure, *, height: int, legend: bool) -> go.Figure:
    """The house style: no title (the page has headings), legend above, quiet axes; the same figure, changed."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 60, "r": 16, "t": 34 if legend else 12, "b": 48},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.01, "xanchor": "left", "x": 0, "bgcolor": CLEAR},
        hoverlabel={
            "align": "left",
            "namelength": -1,
            "bgcolor": HOVER,
            "bordercolor": GRID,
            "font": {"color": "#ffffff"},
        },
        modebar={"bgcolor": CLEAR},
        bargap=0.18,
    )
    axis: dict[str, Any] = {"gridcolor": GRID, "zerolinecolor": ZERO_LINE, "linecolor": GRID, "automargin": True}
    figure.update_xaxes(showgrid=False, title_standoff=8, **axis)
    figure.update_yaxes(title_standoff=8, **axis)
    return figure


def name_in_hover(figure: go.Figure) -> go.Figure:
    """Write the names of traces as the first line of what hovering says; the same figure, changed once.

    Plotly writes them into a box of their own otherwise, which is white on any ground and covers marks.
    """
    traces: Any = figure.data
    for trace in traces:
        said: Any = getattr(trace, "hovertemplate", None)
        found = _EXTRA.search(said) if isinstance(said, str) else None
        if found is not None:
            trace.hovertemplate = f"{found[1]}<br>{said[: found.start()]}<extra></extra>"
    return figure


def add_band(figure: go.Figure, x: Axis, low: FloatArray, high: FloatArray, *, name: str, hover: str) -> None:
    """A band between two lines, as one legend entry in the role colour of random references."""
    color = STYLES[Role.RANDOM].color
    edge = {"width": 0.5, "color": faded(color, 0.6)}
    figure.add_scatter(
        x=list(x), y=low, mode="lines", line=edge, showlegend=False, hoverinfo="skip", legendgroup="random"
    )
    figure.add_scatter(
        x=list(x),
        y=high,
        mode="lines",
        line=edge,
        fill="tonexty",
        fillcolor=faded(color, BAND_OPACITY),
        name=name,
        customdata=low,
        hovertemplate=hover,
        legendgroup="random",
    )
