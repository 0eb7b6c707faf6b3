"""Figures of the Scores page: the score that decided with its strata, its parts against each other, the surrogate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from goracs_core.charts.layout import apply_style, escape, new_figure
from goracs_core.charts.palette import SEQUENTIAL, STYLES, ZERO_LINE, Role, faded
from goracs_core.charts.points import PointColor, colorbar, drawn_rows, hover_texts
from goracs_core.errors import ShapeError
from goracs_core.evaluation.score_report import ScoreHistogram
from goracs_core.scores import PRUNED
from goracs_core.types import FloatArray, IndexArray

_ROLES = (Role.CORESET, Role.SECOND_CORESET)
_DROPPED = "Excluded before sampling"
_PRUNED_SYMBOL = "triangle-up-open"
_MANY, _VERY_MANY = 150, 600  # drawn samples from which on marks get smaller


def histogram(bins: ScoreHistogram, names: Sequence[str], *, title: str) -> go.Figure:
    """Rows per bin of the score, coloured by stratum, and beneath, on the same axis, what each coreset drew there.

    Args:
        bins: The counts.
        names: One per coreset.
        title: The score, with its unit.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.07)
    banded = len(bins.strata) > 0
    pruned = bins.strata == PRUNED if banded else np.zeros(len(bins.counts), dtype=bool)
    single = np.arange(len(bins.counts))
    marker: dict[str, Any] = {"color": faded(STYLES[Role.POOL].color, 0.7), "line": {"width": 0}}
    if banded:
        marker |= {"color": bins.strata[~pruned], "colorscale": SEQUENTIAL, "showscale": False}
    _add_bars(
        figure, bins, single[~pruned], bins.counts[~pruned], "Pool, colored by stratum" if banded else "Pool", marker
    )
    if pruned.any():
        grey = STYLES[Role.POOL].color
        look = {"color": faded(grey, 0.25), "line": {"color": grey, "width": 1}, "pattern": {"shape": "/", "size": 5}}
        _add_bars(figure, bins, single[pruned], bins.counts[pruned], _DROPPED, look)
        border = {"color": ZERO_LINE, "dash": "dash", "width": 1.5}
        figure.add_vline(x=float(bins.edges[:-1][pruned].min()), line=border)
    starts = _stratum_starts(bins)
    for number, (name, counts) in enumerate(zip(names, bins.drawn, strict=True)):
        look = {"color": STYLES[_ROLES[number]].color}
        drawn = np.add.reduceat(counts, starts)
        _add_bars(figure, bins, starts, drawn, escape(name), look, part=(number, len(names)))
    apply_style(figure, height=460, legend=True)
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title_text=title, row=2, col=1)
    figure.update_yaxes(title_text="Pool samples", row=1, col=1)
    figure.update_yaxes(title_text="Drawn per stratum" if banded else "Drawn", rangemode="tozero", row=2, col=1)
    return figure


def _add_bars(
    figure: go.Figure,
    bins: ScoreHistogram,
    starts: IndexArray,
    counts: IndexArray,
    name: str,
    looks: dict[str, Any],
    *,
    part: tuple[int, int] | None = None,
) -> None:
    """Bars from the bins `starts` on; in the lower panel where several stand side by side: `part` is which of how many.

    Bars of several bins end where the next one starts.
    """
    low = bins.edges[starts]
    high = bins.edges[starts + 1] if part is None else np.append(low[1:], bins.edges[-1])
    place, count = part or (0, 1)
    width = 0.94 * (high - low) / count
    strata = bins.strata[starts] if len(bins.strata) else np.full(len(starts), PRUNED)
    words = np.array(["" if one < 0 else f"stratum {one}<br>" for one in strata], dtype=object)
    figure.add_bar(
        x=low + (place + 0.5) * (high - low) / count,
        y=counts,
        width=width,
        name=name,
        marker=looks,
        text=words,
        textposition="none",
        customdata=np.column_stack([low, high]),
        row=1 if part is None else 2,
        col=1,
        hovertemplate="%{text}%{customdata[0]:.4g} to %{customdata[1]:.4g}: %{y:,} samples"
        "<extra>%{fullData.name}</extra>",
    )


def _stratum_starts(bins: ScoreHistogram) -> IndexArray:
    """First bin of each stratum; every bin of what was dropped, and where there are no strata."""
    if not len(bins.strata):
        return np.arange(len(bins.counts))
    return np.flatnonzero(np.append(True, np.diff(bins.strata) != 0) | (bins.strata == PRUNED))


@dataclass(frozen=True, eq=False)
class ScoreAxis:
    """A number per pool sample along one side of the scatter.

    Args:
        title: Name and unit.
        values: As measured; shape [n].
        scaled: Draw it from 0 (smallest) to 1 (largest).
        log: Draw it on a logarithmic axis, values below 1 at 1.
    """

    title: str
    values: FloatArray
    scaled: bool = False
    log: bool = False

    @property
    def places(self) -> FloatArray:
        """Where the samples are drawn; shape [n]."""
        if self.log:
            return np.maximum(self.values, 1.0)
        if not self.scaled:
            return self.values
        low, high = float(self.values.min()), float(self.values.max())
        return np.zeros(len(self.values)) if high <= low else (self.values - low) / (high - low)

    @property
    def label(self) -> str:
        """Title of the axis."""
        return f"{escape(self.title)}, smallest 0, largest 1" if self.scaled and not self.log else escape(self.title)


@dataclass(frozen=True, eq=False)
class ScorePoints:
    """What the scatter shows.

    Args:
        x, y: The axes.
        strata: Stratum of each pool row, `PRUNED` for those dropped; shape [n], or empty.
        coresets: Pool rows of one or two coresets, by name; shapes [k].
        color: What colours the samples that were not dropped; None for one colour.
        titles: Text per pool sample, for hovering; empty for none.
        border: End points ((x0, y0), (x1, y1)) of the line above which samples were dropped, as drawn; or None.
    """

    x: ScoreAxis
    y: ScoreAxis
    strata: IndexArray
    coresets: Mapping[str, IndexArray]
    color: PointColor | None = None
    titles: Sequence[str] = ()
    border: tuple[tuple[float, float], tuple[float, float]] | None = None
    chosen: IndexArray = field(init=False)

    def __post_init__(self) -> None:
        if len(self.coresets) > len(_ROLES):
            raise ShapeError(f"{len(self.coresets)} coresets for one chart; it shows at most {len(_ROLES)}")
        object.__setattr__(self, "chosen", np.unique(np.concatenate([np.empty(0, np.int64), *self.coresets.values()])))

    @property
    def drawn(self) -> IndexArray:
        """Pool rows that are drawn: all, or a seeded sample with every chosen one in it."""
        return drawn_rows(len(self.x.values), self.chosen)


def scatter(points: ScorePoints) -> go.Figure:
    """One score against another. `customdata` of each point begins with its pool row.

    Kept samples are circles coloured by `points.color`, dropped ones grey triangles, drawn ones on top with the
    coreset's symbol.
    """
    figure = new_figure(x_title=points.x.label, y_title=points.y.label, height=560)
    figure.update_layout(dragmode="lasso", uirevision="scores", hovermode="closest", legend_itemsizing="constant")
    drawn = points.drawn
    dropped = points.strata[drawn] == PRUNED if len(points.strata) else np.zeros(len(drawn), dtype=bool)
    looks = {"symbol": _PRUNED_SYMBOL, "size": 6, "color": STYLES[Role.POOL].color, "opacity": 0.6}
    if dropped.any():
        _add_points(figure, points, drawn[dropped], _DROPPED, looks)
    _add_kept(figure, points, drawn[~dropped])
    for (name, rows), role in zip(points.coresets.items(), _ROLES, strict=False):
        style = STYLES[role]
        size = 10 if len(rows) <= _MANY else 7 if len(rows) <= _VERY_MANY else 5
        looks = {"symbol": style.symbol, "color": style.color, "size": size, "opacity": 0.85}
        _add_points(figure, points, rows, escape(name), looks)
    if points.border is not None:
        _add_border(figure, points.border)
    for update, axis in ((figure.update_xaxes, points.x), (figure.update_yaxes, points.y)):
        update(zeroline=False, **({"type": "log", "dtick": 1} if axis.log else {}))
    return figure


def _add_kept(figure: go.Figure, points: ScorePoints, rows: IndexArray) -> None:
    looks: dict[str, Any] = {"symbol": "circle", "size": 5, "opacity": 0.6, "color": STYLES[Role.POOL].color}
    color = points.color
    if color is None:
        _add_points(figure, points, rows, "Pool", looks)
        return
    values = color.values[rows]
    if not color.categorical:
        shade = np.log10(1 + np.maximum(values, 0)) if color.log else values
        figure.update_layout(coloraxis={"colorscale": SEQUENTIAL, "colorbar": colorbar(color)}, margin={"r": 44})
        shaded = looks | {"color": shade.astype(np.float32), "coloraxis": "coloraxis"}
        _add_points(figure, points, rows, "Pool", shaded, in_legend=False)
        # A legend entry in one colour, not in that of the axis' lower end.
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", name="Pool", marker=looks, hoverinfo="skip"))
        return
    kept = len(color.names) if len(color.names) <= len(color.colors) else len(color.colors) - 1
    codes = np.minimum(values, kept).astype(np.int64)
    for code in np.unique(codes).tolist():
        name = escape(color.names[code], 40) if code < kept else "all others"
        look = looks | {"color": color.colors[min(code, len(color.colors) - 1)]}
        _add_points(figure, points, rows[codes == code], name, look)


def _add_points(
    figure: go.Figure,
    points: ScorePoints,
    rows: IndexArray,
    name: str,
    looks: dict[str, Any],
    *,
    in_legend: bool = True,
) -> None:
    texts = hover_texts(points.titles, rows)
    data = [rows, points.x.values[rows], points.y.values[rows]]
    lines = [
        "sample %{customdata[0]:d}" if texts is None else "%{text}",
        f"{escape(points.x.title)}: %{{customdata[1]:.4g}}",
        f"{escape(points.y.title)}: %{{customdata[2]:.4g}}",
    ]
    if len(points.strata):
        data.append(points.strata[rows])
        if name != _DROPPED:
            lines.append("stratum %{customdata[3]:d}")
    figure.add_trace(
        go.Scattergl(
            x=points.x.places[rows].astype(np.float32),
            y=points.y.places[rows].astype(np.float32),
            mode="markers",
            name=name,
            marker=looks,
            customdata=np.column_stack(data),
            text=texts,
            hovertemplate="<br>".join(lines) + "<extra>%{fullData.name}</extra>",
            showlegend=in_legend,
        )
    )


def _add_border(figure: go.Figure, border: tuple[tuple[float, float], tuple[float, float]]) -> None:
    (x0, y0), (x1, y1) = border
    figure.add_trace(
        go.Scatter(
            x=[x0, x1],
            y=[y0, y1],
            mode="lines",
            name="Excluded above this line",
            hoverinfo="skip",
            line={"color": STYLES[Role.POOL].color, "dash": "dash", "width": 1.5},
        )
    )


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """How a surrogate learned.

    Args:
        losses: Training loss after each epoch; shape [epochs].
        ndcg: Validation NDCG@10 after each epoch; shape [epochs].
        popularity: The same measure of recommending the most popular items, or None.
        best: Epoch whose weights were kept, from 1; 0 where unknown.
    """

    losses: FloatArray
    ndcg: FloatArray
    popularity: float | None = None
    best: int = 0


def learning_curve(curve: LearningCurve) -> go.Figure:
    """Loss and validation NDCG per epoch, one above the other; popularity's NDCG as a reference."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    parts = ((curve.losses, Role.POOL, "Training loss"), (curve.ndcg, Role.CORESET, "Validation NDCG@10"))
    for row, (values, role, name) in enumerate(parts, start=1):
        style = STYLES[role]
        figure.add_scatter(
            x=np.arange(1, len(values) + 1),
            y=values,
            mode="lines+markers",
            name=name,
            line={"color": style.color, "width": 2},
            marker={"size": 5},
            hovertemplate="epoch %{x}: %{y:.4f}<extra>%{fullData.name}</extra>",
            row=row,
            col=1,
        )
    if curve.popularity is not None:
        reference = STYLES[Role.RANDOM]
        figure.add_scatter(
            x=[1, max(len(curve.ndcg), 2)],
            y=[curve.popularity] * 2,
            mode="lines",
            name="Most popular items",
            line={"color": reference.color, "dash": reference.dash, "width": 2},
            hovertemplate="most popular items: %{y:.4f}<extra></extra>",
            row=2,
            col=1,
        )
    if 0 < curve.best <= len(curve.ndcg):
        figure.add_scatter(
            x=[curve.best],
            y=[curve.ndcg[curve.best - 1]],
            mode="markers",
            name="Kept",
            marker={"symbol": STYLES[Role.HIGHLIGHT].symbol, "size": 14, "color": STYLES[Role.HIGHLIGHT].color},
            hovertemplate="epoch %{x} was kept: %{y:.4f}<extra></extra>",
            row=2,
            col=1,
        )
    apply_style(figure, height=400, legend=True)
    figure.update_xaxes(title_text="Epoch", tickformat="d", row=2, col=1)
    figure.update_yaxes(title_text="Loss (nats)", row=1, col=1)
    figure.update_yaxes(title_text="NDCG@10", rangemode="tozero", row=2, col=1)
    return figure
