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
_MAX_LABEL = 26


def shown_share(table: FloatArray, floor: float = FLOOR) -> float:
    """Share of the whole mass in the cells that the overview draws."""
    shares = table / table.sum()
    return float(shares[shares >= floor].sum())


def overview(table: FloatArray, names: Sequence[str], *, floor: float = FLOOR) -> go.Figure:
    """Mass between clusters: coreset clusters down, validation clusters across, marginals at the edges.

    Heat maps send no selection events, so invisible markers lie on the drawn cells; their `customdata` is
    row * columns + column.

    Args:
        table: Mass from each coreset cluster to each validation cluster; shape [clusters, clusters].
        names: One name per cluster, in an order that puts similar clusters side by side.
        floor: Cells with a smaller share of the mass stay blank; the figure says how much mass is drawn.

    Raises:
        ShapeError: Not a square table with one name per cluster.
    """
    if table.ndim != 2 or table.shape != (len(names), len(names)):
        raise ShapeError(f"an overview needs a table of [{len(names)}, {len(names)}], got shape {table.shape}")
    shares = table / table.sum()
    drawn = shares >= floor
    labels = [escape(name, _MAX_LABEL) for name in names]
    figure = _overview_canvas(len(names))
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
                "title": {"text": "Share of the mass (log)", "side": "right"},
                "thickness": 12,
                "outlinewidth": 0,
                "tickvals": ticks,
                "ticktext": [f"{100 * 10.0**tick:g}%" for tick in ticks],
                "y": 0,
                "yanchor": "bottom",
                "len": 0.82,
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
            selected={"marker": {"color": "rgba(128, 128, 128, 0.35)"}},
            unselected={"marker": {"opacity": 0}},
            customdata=np.column_stack([rows * len(names) + columns, shares[drawn]]),
            hovertemplate="coreset cluster %{y}<br>covers %{x}<br>%{customdata[1]:.3%} of the mass<extra></extra>",
            showlegend=False,
        ),
        row=2,
        col=1,
    )
    within = float(np.trace(shares))
    figure.add_annotation(
        text=f"{shown_share(table, floor):.1%} of the mass shown, cells below {floor:.2%} are blank; {within:.0%} "
        "stays within its cluster (diagonal)",
        xref="paper",
        yref="paper",
        x=0,
        y=1.0,
        yanchor="bottom",
        xanchor="left",
        showarrow=False,
        font={"size": 12},
    )
    return figure


def _overview_canvas(num_clusters: int) -> go.Figure:
    figure = make_subplots(
        rows=2,
        cols=2,
        shared_xaxes=True,
        shared_yaxes=True,
        column_widths=[0.86, 0.14],
        row_heights=[0.16, 0.84],
        horizontal_spacing=0.012,
        vertical_spacing=0.015,
    )
    apply_style(figure, height=max(480, 190 + 22 * num_clusters), legend=False)
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_xaxes(zeroline=False)
    figure.update_layout(margin={"l": 60, "r": 16, "t": 30, "b": 60}, dragmode=False, clickmode="event+select")
    across, down = [-0.5, num_clusters - 0.5], [num_clusters - 0.5, -0.5]
    figure.update_xaxes(title_text="Validation cluster", tickangle=-45, type="category", range=across, row=2, col=1)
    figure.update_yaxes(title_text="Coreset cluster", type="category", range=down, row=2, col=1)
    figure.update_yaxes(tickformat=".0%", nticks=3, row=1, col=1)
    figure.update_xaxes(tickformat=".0%", nticks=3, row=2, col=2)
    return figure


def _add_marginals(figure: go.Figure, shares: FloatArray, labels: list[str]) -> None:
    figure.add_trace(
        go.Bar(
            x=labels,
            y=shares.sum(axis=0),
            marker={"color": STYLES[Role.VALIDATION].color},
            showlegend=False,
            hovertemplate="%{x}: %{y:.2%} of the validation mass<extra></extra>",
        ),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Bar(
            y=labels,
            x=shares.sum(axis=1),
            orientation="h",
            marker={"color": STYLES[Role.CORESET].color},
            showlegend=False,
            hovertemplate="%{y}: %{x:.2%} of the coreset<extra></extra>",
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
            f"{escape(title, 42)} ({share:.0%}, {distance:.3f})"
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
