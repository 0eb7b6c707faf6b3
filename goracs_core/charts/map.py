"""The embedding map: pool dimmed, validation on it, coreset on top; every setting on the same fixed coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import CATEGORIES, LIGHT_GROUND, SEQUENTIAL, STYLES, Role, faded
from goracs_core.errors import ShapeError
from goracs_core.evaluation.projection import Projection, ProjectionMethod
from goracs_core.types import BoolArray, Float32Array, FloatArray, IndexArray

MAX_SELECTABLE = 25_000  # a lasso sends about 130 bytes per point, and 25 MB end the connection
MAX_TEXTS = 5_000
_CORESET_ROLES = (Role.CORESET, Role.SECOND_CORESET)
_HEIGHT = 620
_FEW = 20  # found samples that get large stars
_MANY = 150  # chosen samples that get small marks


@dataclass(frozen=True, eq=False)
class MapColor:
    """What colours the points, beyond their role. Points without a value keep the colour of their role.

    Args:
        title: Name and unit, for the legend and hover.
        pool: Number or code per pool sample, shape [n]; None leaves the pool in its role colour.
        validation: The same per validation sample, shape [m].
        names: Names of the codes, most important first; empty for numbers.
        log: Colour numbers by log10(1 + value).
        colors: One per code; when there are fewer, the last stands for all further codes.
    """

    title: str
    pool: FloatArray | IndexArray | None
    validation: FloatArray | IndexArray | None
    names: tuple[str, ...] = ()
    log: bool = False
    colors: tuple[str, ...] = CATEGORIES

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
    if projection.method is ProjectionMethod.PCA:  # its distances mean something; UMAP's do not, and may fill the page
        figure.update_yaxes(scaleanchor="x")
    chosen = np.unique(np.concatenate([np.empty(0, np.int64), *coresets.values()]))
    drawn = drawn_pool_rows(num_pool, num_validation, chosen)
    if len(drawn) < num_pool:
        _add_density(figure, projection.pool)
    points = np.concatenate([projection.pool, projection.validation])  # [n + m, 2]
    layers = [
        _Layer("Pool", Role.POOL, drawn),
        _Layer("Validation", Role.VALIDATION, _drawn_validation(num_validation)),
    ]
    layers += [
        _Layer(escape(name), role, rows) for (name, rows), role in zip(coresets.items(), _CORESET_ROLES, strict=False)
    ]
    if flows is not None:
        _add_flows(figure, projection, flows)
    if color is not None:  # whatever has a value lies on top of what has none
        layers.sort(key=lambda layer: _values(layer, color) is not None)
    for layer in layers:
        offset = num_pool if layer.role is Role.VALIDATION else 0
        values = None if color is None else _values(layer, color)
        marks = _Marks(
            ids=layer.rows + offset,
            texts=hover_texts(titles[1] if offset else titles[0], layer.rows),
            values=None if values is None else values[layer.rows].astype(np.float64),
        )
        _add_layer(figure, layer, marks, points, color)
    if highlight is not None and len(highlight):
        found = _Layer("Found", Role.HIGHLIGHT, highlight)
        looks = _looks(found) | {"size": 17 if len(highlight) <= _FEW else 11}
        _add_marks(figure, found.name, looks, _Marks(highlight, None, None), points)
    return figure


@dataclass(frozen=True, eq=False)
class _Layer:
    """One role's samples: rows of the pool or of the validation samples."""

    name: str
    role: Role
    rows: IndexArray


@dataclass(frozen=True, eq=False)
class _Marks:
    """What is drawn in one trace: ids, hover texts or none, colour values or none; each shape [points]."""

    ids: IndexArray
    texts: NDArray[np.str_] | None
    values: FloatArray | None

    def take(self, inside: BoolArray) -> _Marks:
        """The marks where `inside` holds."""
        texts = None if self.texts is None else self.texts[inside]
        return _Marks(self.ids[inside], texts, None if self.values is None else self.values[inside])


def _canvas(color: MapColor | None) -> go.Figure:
    figure = new_figure(x_title="", y_title="", height=_HEIGHT)
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "showline": False}
    figure.update_xaxes(**hidden)
    figure.update_yaxes(**hidden)
    figure.update_layout(
        dragmode="lasso",
        uirevision="map",
        hovermode="closest",
        margin={"l": 8, "r": 44, "t": 40, "b": 8},
        modebar_orientation="v",  # beside the map, where it does not cover the legend
        legend_itemsizing="constant",
    )
    if color is not None and not color.categorical:
        figure.update_layout(coloraxis={"colorscale": SEQUENTIAL, "colorbar": colorbar(color)})
    return figure


def _drawn_validation(num_validation: int) -> IndexArray:
    room = MAX_SELECTABLE // 2
    if num_validation <= room:
        return np.arange(num_validation)
    return np.sort(np.random.default_rng(0).choice(num_validation, room, replace=False))


def hover_texts(titles: Sequence[str], rows: IndexArray) -> NDArray[np.str_] | None:
    """Hover texts where there are few enough: as many texts as points would make a slow and heavy figure."""
    if not len(titles) or len(rows) > MAX_TEXTS:
        return None
    return np.array([escape(titles[int(row)], 90) for row in rows], dtype=np.str_)


def _looks(layer: _Layer) -> dict[str, Any]:
    style = STYLES[layer.role]
    looks: dict[str, Any] = {"symbol": style.symbol, "color": style.color}
    if layer.role is Role.POOL:
        return looks | {"size": 5, "opacity": 0.35}
    if layer.role is Role.VALIDATION:
        return looks | {"size": 6, "opacity": 0.75}
    if layer.role is Role.HIGHLIGHT:
        return looks | {"line": {"width": 1, "color": LIGHT_GROUND}}
    return looks | {"size": 10 if len(layer.rows) <= _MANY else 7, "opacity": 1.0}


def _values(layer: _Layer, color: MapColor) -> FloatArray | IndexArray | None:
    return color.validation if layer.role is Role.VALIDATION else color.pool


def _step_back(layer: _Layer, looks: dict[str, Any]) -> dict[str, Any]:
    """Samples without a value leave the stage to those that have one: fainter, and the coreset only as outlines."""
    if layer.role in _CORESET_ROLES:
        return looks | {"symbol": f"{looks['symbol']}-open", "size": 7, "line": {"width": 1.2}}
    return looks | {"opacity": 0.5 * looks["opacity"]}


def _add_layer(figure: go.Figure, layer: _Layer, marks: _Marks, points: Float32Array, color: MapColor | None) -> None:
    """One role's points; categorical colours split them into one trace per category."""
    looks = _looks(layer)
    if color is not None and marks.values is None:
        looks = _step_back(layer, looks)
    if color is None or marks.values is None:
        _add_marks(figure, layer.name, looks, marks, points)
        return
    known = np.isfinite(marks.values)
    if not known.all():  # samples without a value, such as prices of pool samples that were not chosen
        rest = marks.take(~known)
        _add_marks(figure, layer.name, looks, _Marks(rest.ids, rest.texts, None), points)
        marks = marks.take(known)
    else:
        _add_legend_entry(figure, layer.name, looks)
    colored = looks | {"opacity": max(looks["opacity"], 0.7)}
    if layer.role in _CORESET_ROLES:  # the coreset keeps its colour as an outline
        colored |= {"line": {"width": 1, "color": looks["color"]}, "size": looks["size"] + 3}
    if color.categorical:
        _add_categories(figure, layer, colored, marks, points, color)
    elif marks.values is not None:
        shade = np.log10(1 + np.maximum(marks.values, 0)) if color.log else marks.values
        colored |= {"color": shade.astype(np.float32), "coloraxis": "coloraxis"}
        _add_marks(figure, layer.name, colored, marks, points, in_legend=False)


def _add_categories(
    figure: go.Figure, layer: _Layer, looks: dict[str, Any], marks: _Marks, points: Float32Array, color: MapColor
) -> None:
    assert marks.values is not None
    kept = len(color.names) if len(color.names) <= len(color.colors) else len(color.colors) - 1
    codes = np.minimum(marks.values, kept).astype(np.int64)
    for code in np.unique(codes).tolist():
        name = escape(color.names[code], 40) if code < kept else "all others"
        own = marks.take(codes == code)
        shown = looks | {"color": color.colors[min(code, len(color.colors) - 1)]}
        _add_marks(
            figure,
            name,
            shown,
            _Marks(own.ids, own.texts, None),
            points,
            group=name,
            in_legend=layer.role is Role.POOL,
        )


def _add_legend_entry(figure: go.Figure, name: str, looks: dict[str, Any]) -> None:
    """Names a layer's shape and colour where its points wear other colours: one point that lies nowhere."""
    nowhere = np.full(1, np.nan, np.float32)
    figure.add_trace(go.Scattergl(x=nowhere, y=nowhere, mode="markers", name=name, marker=looks, hoverinfo="skip"))


def _add_marks(
    figure: go.Figure,
    name: str,
    looks: dict[str, Any],
    marks: _Marks,
    points: Float32Array,
    *,
    group: str | None = None,
    in_legend: bool = True,
) -> None:
    place = points[marks.ids]
    sample = "sample %{customdata:d}" if marks.values is None else "sample %{customdata[0]:d}"
    lines = [sample if marks.texts is None else "%{text}", *([] if marks.values is None else ["%{customdata[1]:.4g}"])]
    data = marks.ids.astype(np.int32) if marks.values is None else np.column_stack([marks.ids, marks.values])
    figure.add_trace(
        go.Scattergl(
            x=place[:, 0],
            y=place[:, 1],
            mode="markers",
            name=name,
            marker=looks,
            customdata=data,
            text=marks.texts,
            hovertemplate="<br>".join(lines) + "<extra>%{fullData.name}</extra>",
            legendgroup=group,
            showlegend=in_legend,
        )
    )


def colorbar(color: MapColor) -> dict[str, Any]:
    """The legend of a colour axis, with the values' own numbers where they are coloured by their logarithm."""
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
