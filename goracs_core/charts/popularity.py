"""Figures of the Popularity page: where the coreset's items lie between head and tail, against chance."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import Axis, add_band, escape, new_figure
from goracs_core.charts.palette import STYLES, Role
from goracs_core.evaluation.popularity import LORENZ_POINTS, PopularityMeasures, PopularityReport
from goracs_core.evaluation.popularity_scale import CLASS_NAMES

_HALF_HEIGHT = 380  # two charts side by side: their legends wrap
_LIFT_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
_CORESET_ROLES = (Role.CORESET, Role.SECOND_CORESET, Role.HIGHLIGHT)


def _rows(report: PopularityReport) -> list[tuple[str, Role, PopularityMeasures]]:
    """Pool, validation and coresets with their looks, in drawing order."""
    coresets = [
        (escape(name), _CORESET_ROLES[i % len(_CORESET_ROLES)], measures)
        for i, (name, measures) in enumerate(report.coresets.items())
    ]
    return [("Pool", Role.POOL, report.pool), ("Validation", Role.VALIDATION, report.validation), *coresets]


def _random_band(figure: go.Figure, report: PopularityReport, x: Axis, measure: str, *, unit: str) -> None:
    """The random interval of the first coreset's size."""
    for name in list(report.coresets)[:1]:
        reference = report.random_for(name)
        add_band(
            figure,
            x,
            getattr(reference.low, measure),
            getattr(reference.high, measure),
            name=f"Random, {reference.level:.0%} interval",
            hover=f"random %{{customdata:{unit}}} to %{{y:{unit}}}<extra></extra>",
        )


def histogram(report: PopularityReport) -> go.Figure:
    """Share of samples by the popularity of their target, on bins common to all groups."""
    labels = report.scale.bin_labels
    figure = new_figure(x_title="Popularity of the target item (interactions, log bins)", y_title="Share of samples")
    _random_band(figure, report, labels, "histogram", unit=".1%")
    for name, role, measures in _rows(report):
        style = STYLES[role]
        figure.add_scatter(
            x=labels,
            y=measures.histogram,
            mode="lines+markers",
            name=name,
            line={"color": style.color, "dash": style.dash, "width": 2},
            marker={"symbol": style.symbol, "size": 8},
            hovertemplate="%{x} interactions: %{y:.1%}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=list(labels))
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure


def class_shares(report: PopularityReport) -> go.Figure:
    """Share of samples with a head, mid and tail target, per group; random coresets with their interval."""
    figure = new_figure(x_title="", y_title="Share of samples", height=_HALF_HEIGHT)
    names = [name.capitalize() for name in CLASS_NAMES]
    for label, role, measures in _rows(report):
        figure.add_bar(
            x=names,
            y=measures.class_shares,
            name=label,
            marker={"color": STYLES[role].color},
            text=[f"{share:.0%}" for share in measures.class_shares] if role is Role.CORESET else None,
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
        )
    for name in list(report.coresets)[:1]:
        reference = report.random_for(name)
        low, mean, high = (m.class_shares for m in (reference.low, reference.mean, reference.high))
        figure.add_bar(
            x=names,
            y=mean,
            name=f"Random, {reference.level:.0%} interval",
            customdata=np.column_stack([low, high]),
            marker={"color": STYLES[Role.RANDOM].color, "pattern": {"shape": "/", "fillmode": "overlay"}},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": high - mean,
                "arrayminus": mean - low,
                "thickness": 2,
                "color": STYLES[Role.POOL].color,
            },
            hovertemplate="%{x}: mean %{y:.1%}, %{customdata[0]:.1%} to %{customdata[1]:.1%}<extra>random</extra>",
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure


def small_class_shares(report: PopularityReport, *, height: int = 230) -> go.Figure:
    """Head, mid and tail shares of the first coreset as bars, the interval of random coresets as a whisker."""
    figure = new_figure(x_title="", y_title="", height=height, legend=False)
    name = next(iter(report.coresets))
    reference, shares = report.random_for(name), report.coresets[name].class_shares
    names = [f"{kind.capitalize()} {share:.0%}" for kind, share in zip(CLASS_NAMES, shares, strict=True)]
    low, mean, high = (m.class_shares for m in (reference.low, reference.mean, reference.high))
    figure.add_bar(
        x=names,
        y=shares,
        marker={"color": STYLES[Role.CORESET].color},
    )
    style = STYLES[Role.RANDOM]
    figure.add_scatter(
        x=names,
        y=mean,
        mode="markers",
        marker={"symbol": style.symbol, "color": style.color, "size": 8, "line": {"color": "#ffffff", "width": 1}},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - mean,
            "arrayminus": mean - low,
            "thickness": 2,
            "width": 10,
            "color": STYLES[Role.POOL].color,
        },
    )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", nticks=4)
    figure.update_layout(margin={"l": 40, "r": 4, "t": 6, "b": 24})
    return figure


def lift(report: PopularityReport) -> go.Figure:
    """How many times as often each popularity decile of the pool is chosen as its share; log axis around 1."""
    labels = list(report.scale.decile_labels)
    figure = new_figure(
        x_title="Popularity of the target item (deciles of the pool)",
        y_title="Lift (1 = as in the pool)",
        height=_HALF_HEIGHT,
    )
    _random_band(figure, report, labels, "lift", unit=".2f")
    for name, role, measures in _rows(report)[1:]:
        style = STYLES[role]
        figure.add_scatter(
            x=labels,
            y=np.where(measures.lift > 0, measures.lift, np.nan),
            mode="lines+markers",
            name=name,
            line={"color": style.color, "dash": style.dash, "width": 2},
            marker={"symbol": style.symbol, "size": 8},
            customdata=measures.decile_shares,
            hovertemplate="%{x} interactions: lift %{y:.2f}, %{customdata:.1%} of it<extra>%{fullData.name}</extra>",
        )
    figure.add_hline(y=1, line={"color": STYLES[Role.POOL].color, "width": 1, "dash": "dot"})
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=labels)
    figure.update_yaxes(type="log", tickvals=_LIFT_TICKS, ticktext=[f"{tick:g}" for tick in _LIFT_TICKS])
    return figure


def lorenz(report: PopularityReport) -> go.Figure:
    """Lorenz curves: how evenly the samples spread over the catalogue; the diagonal is perfectly even."""
    x = np.linspace(0, 1, LORENZ_POINTS)
    figure = new_figure(
        x_title="Share of the catalogue, least frequent items first",
        y_title="Share of the samples",
        height=_HALF_HEIGHT,
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="Line of equality",
        line={"color": STYLES[Role.POOL].color, "dash": "dot", "width": 1},
        hoverinfo="skip",
    )
    _random_band(figure, report, x, "lorenz", unit=".1%")
    for name, role, measures in _rows(report):
        style = STYLES[role]
        figure.add_scatter(
            x=x,
            y=measures.lorenz,
            mode="lines",
            name=f"{name} (Gini {measures.gini:.3f})",
            line={"color": style.color, "dash": style.dash, "width": 2},
            hovertemplate="least frequent %{x:.0%} of items: %{y:.1%} of samples<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    return figure


def categories(report: PopularityReport, limit: int = 12) -> go.Figure:
    """Share of samples per category, per group, with the random interval; the `limit` most frequent of the pool."""
    names = [escape(name, 28) for name in report.scale.categories[:limit]]
    figure = new_figure(x_title="Share of samples", y_title="", height=90 + 46 * len(names))
    for name in list(report.coresets)[:1]:
        reference = report.random_for(name)
        low, mean, high = (m.category_shares[:limit] for m in (reference.low, reference.mean, reference.high))
        figure.add_scatter(
            x=mean,
            y=names,
            mode="markers",
            name=f"Random, {reference.level:.0%} interval",
            marker={"color": STYLES[Role.RANDOM].color, "symbol": "line-ns-open", "size": 14},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": high - mean,
                "arrayminus": mean - low,
                "thickness": 6,
                "width": 0,
                "color": STYLES[Role.RANDOM].color,
            },
            customdata=np.column_stack([low, high]),
            hovertemplate="%{y}: random %{customdata[0]:.1%} to %{customdata[1]:.1%}<extra></extra>",
        )
    for label, role, measures in _rows(report):
        style = STYLES[role]
        figure.add_scatter(
            x=measures.category_shares[:limit],
            y=names,
            mode="markers",
            name=label,
            marker={"color": style.color, "symbol": style.symbol, "size": 11},
            hovertemplate="%{y}: %{x:.1%}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(tickformat=".0%", rangemode="tozero", showgrid=True)
    figure.update_yaxes(autorange="reversed", type="category")
    return figure
