"""The embedding map: pool dimmed, validation on it, coreset on top; every setting on the same fixed coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import CATEGORIES, SEQUENTIAL, STYLES, Role, RoleStyle, faded
from goracs_core.errors import ShapeError
from goracs_core.evaluation.projection import Projection
from goracs_core.types import BoolArray, Float32Array, FloatArray, IndexArray

MAX_SELECTABLE = 25_000  # a lasso sends about 130 bytes per point, and 25 MB end the connection
MAX_TEXTS = 5_000
_CORESET_ROLES = (Role.CORESET, Role.SECOND_CORESET)
_HEIGHT = 620


@dataclass(frozen=True, eq=False)
class MapColor:
    """What colours the points, beyond their role. Points without a value keep the colour of their role.

    Args:
        title: Name and unit, for the legend and hover.
        pool: Number or code per pool sample, shape [n]; None leaves the pool in its role colour.
        validation: The same per validation sample, shape [m].
        names: Names of the codes, most important first; empty for numbers.
        log: Colour numbers by log10(1 + value).
    """

    title: str
    pool: FloatArray | IndexArray | None
    validation: FloatArray | IndexArray | None
    names: tuple[str, ...] = ()
    log: bool = False

    @property
    def categorical(self) -> bool:
        """Whether values are codes of `names`."""
        return bool(self.names)


@dataclass(frozen=True, eq=False)
class MapFlows:
    """Flows to draw as arrows from validation samples to the coreset samples that serve them.

    Args:
        validation: Validation rows; shape [e].
        pool: Pool rows; shape [e].
        share: Share of the plan's mass that they carry.
    """

    validation: IndexArray
    pool: IndexArray
    share: float


def drawn_pool_rows(
    num_pool: int, num_validation: int, chosen: IndexArray, *, limit: int = MAX_SELECTABLE
) -> IndexArray:
    """Pool rows that the map draws as points: all, or a seeded random sample with every chosen row in it; sorted.

    Args:
        num_pool: Pool samples (n).
        num_validation: Validation samples (m), drawn first.
        chosen: Rows that must be there.
        limit: Points on the map altogether.
    """
    room = max(limit - min(num_validation, limit // 2), 1)
    if num_pool <= room:
        return np.arange(num_pool)
    others = np.setdiff1d(np.arange(num_pool), chosen)
    extra = np.random.default_rng(0).choice(others, max(min(room - len(chosen), len(others)), 0), replace=False)
    return np.union1d(chosen, extra)


def embedding_map(
    projection: Projection,
    coresets: Mapping[str, IndexArray],
    *,
    color: MapColor | None = None,
    flows: MapFlows | None = None,
    highlight: IndexArray | None = None,
    titles: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> go.Figure:
    """The map. `customdata` of each point is its id: the pool row, or n + the validation row.

    Args:
        projection: Where the samples lie.
        coresets: Pool rows of one or two coresets, by name; shapes [k].
        color: What colours the points; None for their roles.
        flows: Arrows to draw.
        highlight: Ids to mark with a star.
        titles: Text per pool and per validation sample for hovering; used where there are at most 5,000 points.

    Raises:
        ShapeError: More than two coresets.
    """
    if len(coresets) > len(_CORESET_ROLES):
        raise ShapeError(f"{len(coresets)} coresets for one map; it shows at most {len(_CORESET_ROLES)}")
    num_pool, num_validation = len(projection.pool), len(projection.validation)
    figure = _canvas(color)
    chosen = np.unique(np.concatenate([np.empty(0, np.int64), *coresets.values()]))
    drawn = drawn_pool_rows(num_pool, num_validation, chosen)
    shown = _sampled_validation(num_validation)
    if len(drawn) < num_pool:
        _add_density(figure, projection.pool)
    layers = [_Layer("Pool", Role.POOL, drawn, drawn)]
    layers.append(_Layer("Validation", Role.VALIDATION, shown, num_pool + shown))
    layers += [
        _Layer(escape(name), role, rows, rows)
        for (name, rows), role in zip(coresets.items(), _CORESET_ROLES, strict=False)
    ]
    points = np.concatenate([projection.pool, projection.validation])  # [n + m, 2]
    if flows is not None:
        _add_flows(figure, projection, flows)
    for layer in layers:
        _add_layer(figure, layer, points, num_pool, color, titles)
    if highlight is not None and len(highlight):
        _add_points(
            figure, "Found", RoleStyle(STYLES[Role.HIGHLIGHT].color, "star", ""), points[highlight], highlight,
            size=17, line={"width": 1.2, "color": "#ffffff"}, hover=_hover(None, False),
        )  # fmt: skip
    return figure


@dataclass(frozen=True, eq=False)
class _Layer:
    name: str
    role: Role
    rows: IndexArray
    ids: IndexArray

    @property
    def marker(self) -> dict[str, Any]:
        if self.role is Role.POOL:
            return {"size": 5, "opacity": 0.35}
        if self.role is Role.VALIDATION:
            return {"size": 6, "opacity": 0.75}
        return {"size": 10, "opacity": 1.0}


def _canvas(color: MapColor | None) -> go.Figure:
    figure = new_figure(x_title="", y_title="", height=_HEIGHT)
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    figure.update_xaxes(**hidden)
    figure.update_yaxes(scaleanchor="x", **hidden)
    figure.update_layout(
        dragmode="lasso", uirevision="map", margin={"l": 8, "r": 8, "t": 40, "b": 8}, hovermode="closest"
    )
    if color is not None and not color.categorical:
        figure.update_layout(coloraxis={"colorscale": SEQUENTIAL, "colorbar": _colorbar(color)})
    return figure


def _sampled_validation(num_validation: int) -> IndexArray:
    room = MAX_SELECTABLE // 2
    if num_validation <= room:
        return np.arange(num_validation)
    return np.sort(np.random.default_rng(0).choice(num_validation, room, replace=False))


def _add_layer(
    figure: go.Figure,
    layer: _Layer,
    points: Float32Array,
    num_pool: int,
    color: MapColor | None,
    titles: tuple[Sequence[str], Sequence[str]],
) -> None:
    """One role's points; categorical colours split them into one trace per category."""
    of_pool = layer.role is not Role.VALIDATION
    source = titles[0] if of_pool else titles[1]
    texts = (
        [escape(source[int(row)], 90) for row in layer.rows] if len(source) and len(layer.rows) <= MAX_TEXTS else None
    )
    style, marker = STYLES[layer.role], layer.marker
    place = points[layer.ids]
    values = None if color is None else color.pool if of_pool else color.validation
    if color is None or values is None:
        _add_points(figure, layer.name, style, place, layer.ids, texts=texts, hover=_hover(texts, False), **marker)
        return
    own = np.asarray(values)[layer.rows]
    marker["opacity"] = max(marker["opacity"], 0.7)
    if layer.role not in (Role.POOL, Role.VALIDATION):  # the coreset keeps its colour as an outline
        marker["line"] = {"width": 1.5, "color": style.color}
    if not color.categorical:
        shade = np.log10(1 + np.maximum(own, 0)) if color.log else own
        marker |= {"color": shade.astype(np.float32), "coloraxis": "coloraxis"}
        _add_points(
            figure,
            layer.name,
            style,
            place,
            layer.ids,
            texts=texts,
            hover=_hover(texts, True),
            values=own.astype(np.float64),
            **marker,
        )
        return
    kept = min(len(color.names), len(CATEGORIES) - 1)
    codes = np.minimum(own, kept)
    # Points without this layer's colours still need the layer in the legend: it names the shape.
    _add_points(figure, layer.name, style, place[:0], layer.ids[:0], hover="", **layer.marker)
    for code in np.unique(codes):
        inside = codes == code
        name = escape(color.names[code], 40) if code < kept else "all others"
        _add_points(
            figure, name, RoleStyle(CATEGORIES[code if code < kept else -1], style.symbol, ""), place[inside],
            layer.ids[inside], texts=_pick(texts, inside), hover=_hover(texts, False), group=name,
            in_legend=layer.role is Role.POOL, **marker,
        )  # fmt: skip


def _pick(texts: list[str] | None, inside: BoolArray) -> list[str] | None:
    return None if texts is None else [text for text, keep in zip(texts, inside, strict=True) if keep]


def _add_points(
    figure: go.Figure,
    name: str,
    style: RoleStyle,
    place: Float32Array,
    ids: IndexArray,
    *,
    hover: str,
    texts: list[str] | None = None,
    values: FloatArray | IndexArray | None = None,
    group: str | None = None,
    in_legend: bool = True,
    **marker: Any,
) -> None:
    looks = {"symbol": style.symbol, "color": style.color, **marker}
    figure.add_trace(
        go.Scattergl(
            x=place[:, 0],
            y=place[:, 1],
            mode="markers",
            name=name,
            marker=looks,
            customdata=ids.astype(np.int32) if values is None else np.column_stack([ids, values]),
            text=texts,
            hovertemplate=hover,
            legendgroup=group,
            showlegend=in_legend,
        )
    )


def _hover(texts: list[str] | None, valued: bool) -> str:
    lines = ["%{text}"] if texts else ["sample %{customdata[0]:d}" if valued else "sample %{customdata:d}"]
    if valued:
        lines.append("%{customdata[1]:.4g}")
    return "<br>".join(lines) + "<extra>%{fullData.name}</extra>"


def _colorbar(color: MapColor) -> dict[str, Any]:
    bar: dict[str, Any] = {
        "title": {"text": escape(color.title), "side": "right"},
        "thickness": 12,
        "outlinewidth": 0,
        "len": 0.9,
    }
    if color.log:
        top = max(float(values.max(initial=0)) for values in (color.pool, color.validation) if values is not None)
        ticks = [0, *(10.0**power for power in range(int(np.log10(top + 1)) + 1))]
        bar |= {
            "tickvals": [float(np.log10(1 + tick)) for tick in ticks],
            "ticktext": [f"{tick:,.0f}" for tick in ticks],
        }
    return bar


def _add_density(figure: go.Figure, pool: Float32Array) -> None:
    """All pool samples as a shade behind the drawn ones; not selectable."""
    counts, x_edges, y_edges = np.histogram2d(pool[:, 0], pool[:, 1], bins=160)
    shade = np.where(counts > 0, np.log10(1 + counts), np.nan).T.astype(np.float32)
    grey = STYLES[Role.POOL].color
    figure.add_heatmap(
        x=(x_edges[:-1] + x_edges[1:]) / 2,
        y=(y_edges[:-1] + y_edges[1:]) / 2,
        z=shade,
        colorscale=((0.0, faded(grey, 0.08)), (1.0, faded(grey, 0.5))),
        showscale=False,
        hoverinfo="skip",
        name="Pool density",
    )


def _add_flows(figure: go.Figure, projection: Projection, flows: MapFlows) -> None:
    start, end = projection.validation[flows.validation], projection.pool[flows.pool]
    along = (end - start).astype(np.float64)
    color = faded(STYLES[Role.VALIDATION].color, 0.55)
    figure.add_trace(
        go.Quiver(
            x=start[:, 0],
            y=start[:, 1],
            u=along[:, 0],
            v=along[:, 1],
            anchor="tail",
            arrowref="data",
            lengthmode="raw",
            marker={"color": color, "line": {"width": 1}},
            name=f"Flows ({flows.share:.0%} of the mass)",
            hoverinfo="skip",
            showlegend=True,
        )
    )
