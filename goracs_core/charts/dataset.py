"""Figures of the Dataset page: how popular items are, how long histories are, when things happened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import CATEGORIES, STYLES, Role
from goracs_core.types import FloatArray, IndexArray

_MAX_POINTS = 2_000


def popularity_curve(popularity: IndexArray) -> go.Figure:
    """Interactions per item, most popular first, on two log axes: a straight line is a power law.

    Args:
        popularity: Training interactions per item; shape [v]. Items with none are left out (log axis) and counted
            in a note on the figure.
    """
    ordered = np.sort(popularity[popularity > 0])[::-1]
    rank = np.arange(1, len(ordered) + 1)
    if len(ordered) > _MAX_POINTS:  # even steps on the log axis lose nothing that could be seen
        keep = np.unique(np.round(np.geomspace(1, len(ordered), _MAX_POINTS)).astype(np.int64)) - 1
        rank, ordered = rank[keep], ordered[keep]
    figure = new_figure(x_title="Item rank by popularity (log)", y_title="Interactions (log)", legend=False)
    figure.add_scatter(
        x=rank,
        y=ordered,
        mode="lines",
        line={"color": STYLES[Role.POOL].color, "width": 2.5},
        hovertemplate="rank %{x:,}: %{y:,} interactions<extra></extra>",
    )
    figure.update_xaxes(type="log", dtick=1)
    figure.update_yaxes(type="log", dtick=1)
    unused = int((popularity == 0).sum())
    if unused:
        figure.add_annotation(
            text=f"{unused:,} items without interactions are not shown",
            xref="paper",
            yref="paper",
            x=1,
            y=1,
            xanchor="right",
            yanchor="top",
            showarrow=False,
        )
    return figure


def history_lengths(lengths: Mapping[str, IndexArray]) -> go.Figure:
    """Share of samples by number of items in their history, per part (pool, validation, test).

    Args:
        lengths: History length of each sample, by part; shapes [samples].
    """
    figure = new_figure(x_title="Items in the history", y_title="Share of samples")
    roles = {"pool": Role.POOL, "validation": Role.VALIDATION}
    for position, (part, values) in enumerate(lengths.items()):
        if len(values) == 0:
            continue
        role = roles.get(part)
        counts = np.bincount(values)
        present = np.flatnonzero(counts)
        figure.add_bar(
            x=present,
            y=counts[present] / len(values),
            name=escape(part),
            customdata=counts[present],
            marker={"color": STYLES[role].color if role else CATEGORIES[(position + 1) % len(CATEGORIES)]},
            hovertemplate="%{x} items: %{customdata:,} samples (%{y:.1%})<extra>%{fullData.name}</extra>",
        )
    figure.update_yaxes(tickformat=".0%")
    return figure


def time_span(times: Mapping[str, FloatArray], bins: int = 60) -> go.Figure:
    """Samples over time, per part, on common bins: whether the split follows the clock.

    Args:
        times: Seconds since 1970 of each sample, by part; shapes [samples].
        bins: Equal periods from first to last.
    """
    figure = new_figure(x_title="Time of the target interaction", y_title="Samples per period")
    present = {part: values for part, values in times.items() if len(values)}
    if not present:
        return figure
    everything = np.concatenate(list(present.values()))
    edges = np.linspace(everything.min(), max(everything.max(), everything.min() + 1), bins + 1)
    middles = ((edges[:-1] + edges[1:]) / 2 * 1000).astype("datetime64[ms]")
    roles = {"pool": Role.POOL, "validation": Role.VALIDATION}
    for part, values in present.items():
        style = STYLES[roles.get(part, Role.HIGHLIGHT)]
        figure.add_scatter(
            x=middles,
            y=np.histogram(values, edges)[0],
            mode="lines",
            line={"shape": "hvh", "color": style.color, "dash": style.dash},
            name=escape(part),
            hovertemplate="%{x|%Y-%m-%d}: %{y:,} samples<extra>%{fullData.name}</extra>",
        )
    return figure


def label_shares(labels: Mapping[str, IndexArray], names: tuple[str, ...] = ("No", "Yes")) -> go.Figure:
    """Share of each answer, per part (click prediction).

    Args:
        labels: Label of each sample, by part; shapes [samples].
        names: Answer of each label.
    """
    figure = new_figure(x_title="Share of samples", y_title="", height=120 + 44 * len(labels))
    parts = [part for part, values in labels.items() if len(values)]
    for label, answer in enumerate(names):
        counts = np.array([int((labels[part] == label).sum()) for part in parts])
        sizes = np.array([len(labels[part]) for part in parts])
        figure.add_bar(
            y=[escape(part) for part in parts],
            x=counts / np.maximum(sizes, 1),
            orientation="h",
            name=escape(answer),
            customdata=counts,
            marker={"color": CATEGORIES[label % len(CATEGORIES)], "pattern": {"shape": "/" if label % 2 else ""}},
            hovertemplate="%{y}: %{customdata:,} samples (%{x:.1%})<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(autorange="reversed")
    return figure
