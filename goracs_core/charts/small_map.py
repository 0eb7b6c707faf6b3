"""The embedding map as a small picture that leads on: pool, validation and coreset, nothing to click."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageDraw

from goracs_core.charts.layout import new_figure
from goracs_core.charts.palette import STYLES, Role
from goracs_core.evaluation.projection import Projection
from goracs_core.types import IndexArray

_MOST = 4_000  # points of pool and of validation; more only make the picture fuller
_PIXELS = 800  # of the longer side: sharp on screens with two pixels per point
_MARGIN = 0.02
# Name, role, radius in pixels of the picture, opacity.
_GROUND = (("Pool", Role.POOL, 3.0, 0.35), ("Validation", Role.VALIDATION, 4.0, 0.55))


@dataclass(frozen=True)
class Ground:
    """Pool and validation as one image, the same below every coreset.

    A browser takes a third of a second for thousands of marks that nobody can point at.

    Attributes:
        image: A PNG as an address that holds its data.
        x: Where its left and right edges lie on the map.
        y: Where its lower and upper edges lie.
    """

    image: str
    x: tuple[float, float]
    y: tuple[float, float]


def ground_of(projection: Projection) -> Ground:
    """Pool and validation of a map as an image."""
    both = np.concatenate([projection.pool, projection.validation])
    low, high = both.min(axis=0), both.max(axis=0)
    margin = _MARGIN * max(float(np.max(high - low)), 1e-9)
    low, high = low - margin, high + margin
    image = _image((projection.pool, projection.validation), low, high)
    return Ground(image, (float(low[0]), float(high[0])), (float(low[1]), float(high[1])))


def small_map(
    projection: Projection, rows: IndexArray, ground: Ground, *, height: int = 230, legend: bool = False
) -> go.Figure:
    """Where the coreset lies among pool and validation.

    Args:
        projection: Where the samples lie.
        rows: Pool rows of the coreset; shape [k].
        ground: Pool and validation of this map.
        height: In pixels.
        legend: Whether the roles are named.
    """
    figure = new_figure(x_title="", y_title="", height=height, legend=legend)
    (left, right), (bottom, top) = ground.x, ground.y
    size = {"x": left, "y": top, "sizex": right - left, "sizey": top - bottom}
    figure.add_layout_image(source=ground.image, xref="x", yref="y", sizing="stretch", layer="below", **size)
    for name, role, _, opacity in _GROUND:  # for the legend
        style = STYLES[role]
        marker = {"symbol": style.symbol, "color": style.color, "size": 8, "opacity": opacity}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=name, hoverinfo="skip", marker=marker)
    style = STYLES[Role.CORESET]
    figure.add_scatter(
        x=projection.pool[rows, 0],
        y=projection.pool[rows, 1],
        mode="markers",
        name="Coreset",
        hoverinfo="skip",
        marker={"symbol": style.symbol, "color": style.color, "size": 5, "line": {"color": "#ffffff", "width": 0.3}},
    )
    figure.update_xaxes(visible=False, range=ground.x)
    figure.update_yaxes(visible=False, range=ground.y, scaleanchor="x")
    figure.update_layout(margin={"l": 0, "r": 0, "t": 26 if legend else 0, "b": 0})
    return figure


def _image(groups: tuple[np.ndarray, np.ndarray], low: np.ndarray, high: np.ndarray) -> str:
    """Both groups as marks on a transparent picture; its address holds the data."""
    scale = _PIXELS / float(np.max(high - low))
    size = np.maximum(np.ceil((high - low) * scale), 1).astype(int)
    picture = Image.new("RGBA", (int(size[0]), int(size[1])))
    rng = np.random.default_rng(0)
    for points, (_, role, radius, opacity) in zip(groups, _GROUND, strict=True):
        layer = Image.new("RGBA", picture.size)
        draw = ImageDraw.Draw(layer)
        color = (*bytes.fromhex(STYLES[role].color[1:]), round(255 * opacity))
        places = (_some(points, rng) - low) * scale
        for x, y in np.column_stack([places[:, 0], size[1] - places[:, 1]]).tolist():
            if role is Role.VALIDATION:
                draw.polygon([(x - radius, y), (x, y - radius), (x + radius, y), (x, y + radius)], fill=color)
            else:
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
        picture = Image.alpha_composite(picture, layer)
    file = BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _some(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(points) <= _MOST:
        return points
    return points[np.sort(rng.choice(len(points), _MOST, replace=False))]
