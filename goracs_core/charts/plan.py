"""Figures of the transport plan: the clustered overview with its marginals, and the partners of one sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from goracs_core.charts.layout import apply_style, escape, new_figure
from goracs_core.charts.palette import CLEAR, MASS, STYLES, Role
from goracs_core.errors import ShapeError
from goracs_core.types import FloatArray

FLOOR = 1e-4  # share of the mass below which a cell stays blank
_MAX_LABEL = 22
_TICKS = 12  # as many numbers as fit below the columns on a phone


def shown_share(table: FloatArray, floor: float = FLOOR) -> float:
    """Share of the whole mass in the cells that the overview draws."""
    shares = table / table.sum()
    return float(shares[shares >= floor].sum())


def overview(
    table: FloatArray, names: Sequence[str], *, floor: float = FLOOR, marked: tuple[int, int] | None = None
) -> go.Figure:
    """Mass between clusters: coreset clusters down, validation clusters across, marginals at the edges.

    Columns carry numbers only, those with which the names of the rows begin. Heat maps send no selection events, so
    invisible markers lie on the drawn cells; their `customdata` is row * columns + column.

    Args:
        table: Mass from each coreset cluster to each validation cluster; shape [clusters, clusters].
        names: One name per cluster, in an order that puts similar clusters side by side.
        floor: Cells with a smaller share of the mass stay blank; the figure says how much mass is drawn.
        marked: Row and column of a cell with a frame; None for none.

    Raises:
        ShapeError: Not a square table with one name per cluster.
    """
    if table.ndim != 2 or table.shape != (len(names), len(names)):
        raise ShapeError(f"an overview needs a table of [{len(names)}, {len(names)}], got shape {table.shape}")
    shares = table / table.sum()
    drawn = shares >= floor
    labels = [escape(name, _MAX_LABEL) for name in names]
    figure = _overview_canvas(labels)
    _add_marginals(figure, shares, labels)
    top = np.log10(max(float(shares.max()), floor * 10))
    ticks = np.arange(np.ceil(np.log10(floor)), np.floor(top) + 1)
    figure.add_trace(
        go.Heatmap(
            x=labels,
            y=labels,
            z=np.where(drawn, np.log10(np.maximum(shares, floor)), np.nan).astype(np.float32),
            zmin=float(np.log10(floor)),
            zmax=float(top),
            colorscale=MASS,
            xgap=1,
            ygap=1,
            hoverinfo="skip",
            colorbar={
                "orientation": "h",
                "thickness": 8,
                "outlinewidth": 0,
                "tickvals": ticks,
                "ticktext": [f"{100 * 10.0**tick:g} %" for tick in ticks[:-1]]
                + [f"{100 * 10.0 ** ticks[-1]:g} % of mass"],
                "x": 0,
                "xanchor": "left",
                "len": 0.85,
                "y": 0,
                "yref": "container",
                "yanchor": "bottom",
                "ypad": 0,
            },
        ),
        row=2,
        col=1,
    )
    rows, columns = np.nonzero(drawn)
    figure.add_trace(
        go.Scatter(
            x=[labels[column] for column in columns],
            y=[labels[row] for row in rows],
            mode="markers",
            marker={"symbol": "square", "size": max(8, 460 // len(names)), "color": CLEAR},
            selected={"marker": {"color": CLEAR}},
            unselected={"marker": {"opacity": 0}},
            customdata=np.column_stack([rows * len(names) + columns, shares[drawn]]),
            hovertemplate="coreset cluster %{y}<br>matched to %{x}<br>%{customdata[1]:.3%} of the mass<extra></extra>",
            showlegend=False,
        ),
        row=2,
        col=1,
    )
    if marked is not None:
        row, column = marked
        edge = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
        figure.add_shape(type="rect", line={"color": STYLES[Role.HIGHLIGHT].color, "width": 3}, row=2, col=1, **edge)
    figure.add_annotation(
        text=f"{100 * shown_share(table, floor):.1f} % of the mass drawn, "
        f"{100 * np.trace(shares):.0f} % on the diagonal",
        xref="paper",
        yref="paper",
        x=1,
        y=1.0,
        yanchor="bottom",
        xanchor="right",
        showarrow=False,
        font={"size": 12},
    )
    return figure


def _overview_canvas(labels: list[str]) -> go.Figure:
    count = len(labels)
    figure = make_subplots(
        rows=2,
        cols=2,
        shared_xaxes=True,
        shared_yaxes=True,
        column_widths=[0.86, 0.14],
        row_heights=[0.13, 0.87],
        horizontal_spacing=0.012,
        vertical_spacing=0.015,
    )
    apply_style(figure, height=max(370, 116 + 12 * count), legend=False)
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_xaxes(zeroline=False)
    figure.update_layout(margin={"l": 30, "r": 8, "t": 20, "b": 76}, dragmode=False, clickmode="event+select")
    across, down = [-0.5, count - 0.5], [count - 0.5, -0.5]
    step = -(-count // _TICKS)
    numbers = {"tickvals": labels[::step], "ticktext": list(range(1, count + 1, step)), "tickangle": 0}
    figure.update_xaxes(title_text="Validation cluster", type="category", range=across, row=2, col=1, **numbers)
    every = {"tickvals": labels, "tickfont": {"size": 10}}
    figure.update_yaxes(title_text="Coreset cluster", type="category", range=down, row=2, col=1, **every)
    figure.update_yaxes(ticksuffix=" %", nticks=2, row=1, col=1)
    figure.update_xaxes(ticksuffix=" %", nticks=2, row=2, col=2)
    return figure


def _add_marginals(figure: go.Figure, shares: FloatArray, labels: list[str]) -> None:
    figure.add_trace(
        go.Bar(
            x=labels,
            y=100 * shares.sum(axis=0),
            marker={"color": STYLES[Role.VALIDATION].color},
            showlegend=False,
            hovertemplate="%{x}: %{y:.2f} % of the validation mass<extra></extra>",
        ),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Bar(
            y=labels,
            x=100 * shares.sum(axis=1),
            orientation="h",
            marker={"color": STYLES[Role.CORESET].color},
            showlegend=False,
            hovertemplate="%{y}: %{x:.2f} % of the coreset<extra></extra>",
        ),
        row=2,
        col=2,
    )


def partners(
    titles: Sequence[str], shares: FloatArray, distances: FloatArray, *, served: bool, prices: FloatArray | None = None
) -> go.Figure:
    """Who one sample exchanges mass with: bar length is the share of its mass; behind each title share and distance.

    Args:
        titles: One per partner, heaviest first.
        shares: Share of the sample's own mass; shape [partners].
        distances: Distance to each partner, as given (not scaled); shape [partners].
        served: The sample is a validation sample, its partners serve it; else it is a coreset sample that serves.
        prices: Price of each partner, shown on hover; None where partners have none; shape [partners].
    """
    role = Role.CORESET if served else Role.VALIDATION
    places = np.arange(len(titles))
    figure = new_figure(x_title="Share of the sample's mass", y_title="", height=76 + 46 * len(titles), legend=False)
    figure.add_bar(
        x=shares,
        y=places,
        orientation="h",
        width=0.42,
        marker={"color": STYLES[role].color},
        customdata=np.column_stack([distances, shares] if prices is None else [distances, shares, prices]),
        hovertemplate="%{customdata[1]:.1%} of the mass at distance %{customdata[0]:.4f}"
        + ("" if prices is None else "<br>price %{customdata[2]:.4f}")
        + "<extra></extra>",
    )
    # Titles stand above their bars: as axis labels they would leave no room for the bars in a narrow column.
    figure.add_scatter(
        x=np.zeros(len(titles)),
        y=places - 0.22,
        mode="text",
        text=[
            f"{escape(title, 42)} ({100 * share:.0f} %, {distance:.3f})"
            for title, share, distance in zip(titles, shares, distances, strict=True)
        ],
        textposition="top right",
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure.update_xaxes(tickformat=".0%", range=[0, max(float(shares.max()) * 1.02, 0.1)], nticks=5, tickangle=0)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, range=[len(titles) - 0.4, -0.85])
    figure.update_layout(margin={"l": 8, "r": 16, "t": 8, "b": 44})
    return figure
