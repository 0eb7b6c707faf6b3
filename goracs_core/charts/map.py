"""The embedding map as a still figure for reports: pool dimmed, validation on it, coresets on top.

The page Embedding map draws all samples by an element of the browser instead (pages/_ui/map).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import STYLES, Role, faded
from goracs_core.charts.points import MAX_SELECTABLE, drawn_rows, hover_texts
from goracs_core.errors import ShapeError
from goracs_core.evaluation.projection import Projection
from goracs_core.types import Float32Array, IndexArray

_CORESET_ROLES = (Role.CORESET, Role.SECOND_CORESET)
_HEIGHT = 620
_MANY = 150  # chosen samples that get small marks


def embedding_map(
    projection: Projection,
    coresets: Mapping[str, IndexArray],
    *,
    titles: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> go.Figure:
    """The map, one scale in both directions. `customdata` of each point is its id: the pool row, or n + validation row.

    Args:
        projection: Where the samples lie.
        coresets: Pool rows of one or two coresets, by name; shapes [k].
        titles: Text per pool and per validation sample for hovering; used where there are at most 5,000 points.

    Raises:
        ShapeError: More than two coresets.
    """
    if len(coresets) > len(_CORESET_ROLES):
        raise ShapeError(f"{len(coresets)} coresets for one map; it shows at most {len(_CORESET_ROLES)}")
    num_pool, num_validation = len(projection.pool), len(projection.validation)
    chosen = np.unique(np.concatenate([np.empty(0, np.int64), *coresets.values()]))
    validation = drawn_rows(num_validation, np.empty(0, np.int64), limit=MAX_SELECTABLE // 2)
    pool = drawn_rows(num_pool, chosen, limit=MAX_SELECTABLE - len(validation))
    figure = _canvas()
    if len(pool) < num_pool:
        _add_density(figure, projection.pool)
    points = np.concatenate([projection.pool, projection.validation])  # [n + m, 2]
    _add_layer(figure, "Pool", Role.POOL, points, ids=pool, titles=titles[0])
    texts = hover_texts(titles[1], validation)
    _add_layer(figure, "Validation", Role.VALIDATION, points, ids=validation + num_pool, texts=texts)
    for (name, rows), role in zip(coresets.items(), _CORESET_ROLES, strict=False):
        _add_layer(figure, escape(name), role, points, ids=rows, titles=titles[0])
    return figure


def _canvas() -> go.Figure:
    figure = new_figure(x_title="", y_title="", height=_HEIGHT)
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "showline": False}
    figure.update_xaxes(**hidden)
    figure.update_yaxes(**hidden, scaleanchor="x")
    margin = {"l": 8, "r": 44, "t": 40, "b": 8}
    return figure.update_layout(hovermode="closest", margin=margin, legend_itemsizing="constant")


def _looks(role: Role, count: int) -> dict[str, Any]:
    style = STYLES[role]
    sizes = {Role.POOL: (5, 0.35), Role.VALIDATION: (6, 0.75)}
    size, opacity = sizes.get(role, (10 if count <= _MANY else 7, 1.0))
    return {"symbol": style.symbol, "color": style.color, "size": size, "opacity": opacity}


def _add_layer(
    figure: go.Figure,
    name: str,
    role: Role,
    points: Float32Array,
    *,
    ids: IndexArray,
    titles: Sequence[str] = (),
    texts: Any = None,
) -> None:
    texts = hover_texts(titles, ids) if texts is None else texts
    place = points[ids]
    figure.add_trace(
        go.Scattergl(
            x=place[:, 0],
            y=place[:, 1],
            mode="markers",
            name=name,
            marker=_looks(role, len(ids)),
            customdata=ids.astype(np.int32),
            text=texts,
            hovertemplate=("sample %{customdata:d}" if texts is None else "%{text}")
            + "<extra>%{fullData.name}</extra>",
        )
    )


def _add_density(figure: go.Figure, pool: Float32Array) -> None:
    """All pool samples as a shade behind the drawn ones."""
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
