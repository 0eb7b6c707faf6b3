"""Figures of a coreset's standing, and the small map."""

from __future__ import annotations

import base64
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from goracs_core.charts.palette import STYLES, Role
from goracs_core.charts.small_map import ground_of, small_map
from goracs_core.charts.standing import poo_axis, poo_rows, terms
from goracs_core.evaluation.projection import Projection, ProjectionMethod
from tests.charts.figures import traces
from tests.evaluation.test_standing import FOUND


def named(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in traces(figure)}


def test_the_axis_shows_coreset_random_bound_and_other_runs() -> None:
    found = named(poo_axis(FOUND, others=np.array([0.4]), names=("<b>other</b>",)))
    assert list(found["This coreset"].x) == [FOUND.poo]
    assert found["This coreset"].marker.color == STYLES[Role.CORESET].color
    np.testing.assert_allclose(found["2 random coresets"].x, FOUND.random_poo)
    assert set(found["Proven lower bound"].x) == {FOUND.lower_bound}
    assert "<" not in found["Other runs of this size and λ"].customdata[0]


def test_without_bound_and_others_nothing_is_made_up() -> None:
    found = named(poo_axis(replace(FOUND, lower_bound=None), others=np.empty(0)))
    assert set(found) == {"This coreset", "2 random coresets"}


def test_terms_lie_end_to_end() -> None:
    found = named(terms(FOUND))
    assert found["Transport term"].x[1] == FOUND.transport_term
    np.testing.assert_allclose(found["λ · gradient term"].x, [0.05 * 0.2, 0.05 * 0.2])


def test_the_small_map_draws_the_coreset_last() -> None:
    rng = np.random.default_rng(0)
    pool, validation = rng.normal(size=(5000, 2)), rng.normal(size=(20, 2))
    places = pool.astype(np.float32), validation.astype(np.float32)
    place = Projection(*places, method=ProjectionMethod.PCA, key="k", trustworthiness=1.0, note="")
    ground = ground_of(place)
    figure = small_map(place, np.array([3, 9]), ground)
    found = traces(figure)
    assert [trace.name for trace in found] == ["Pool", "Validation", "Coreset"]
    np.testing.assert_allclose(found[2].x, pool[[3, 9], 0], rtol=1e-6)
    assert figure.layout.images[0].source == ground.image


def test_the_ground_of_the_small_map_has_each_sample_at_its_place() -> None:
    corners = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 2.0]], np.float32)
    place = Projection(corners, corners[:1] + 1, method=ProjectionMethod.PCA, key="k", trustworthiness=1.0, note="")
    ground = ground_of(place)
    picture = Image.open(BytesIO(base64.b64decode(ground.image.partition(",")[2]))).convert("RGBA")
    scale = picture.width / (ground.x[1] - ground.x[0])

    def color_at(x: float, y: float) -> tuple[int, ...]:
        where = round((x - ground.x[0]) * scale), round((ground.y[1] - y) * scale)
        found = picture.getpixel(where)
        assert isinstance(found, tuple)
        return tuple(int(part) for part in found)

    for x, y in corners.tolist():
        assert color_at(x, y)[:3] == tuple(bytes.fromhex(STYLES[Role.POOL].color[1:]))
    assert color_at(1, 1)[:3] == tuple(bytes.fromhex(STYLES[Role.VALIDATION].color[1:]))
    assert color_at(0, 2)[3] == 0


def test_rows_of_coresets_share_one_axis() -> None:
    found = {"A <b>": FOUND, "B": None, "C": FOUND}
    figure = poo_rows(found, {"A <b>": (FOUND.poo, 0.2), "B": (0.5, None), "C": (0.4, 0.3)})
    bands = [trace for trace in traces(figure) if trace.name == "Random coresets"]
    assert len(bands) == 2, "none is made up where no random coresets were drawn"
    for band in bands:
        assert list(band.x) == [FOUND.random_poo.min(), FOUND.random_poo.max()]
    assert [trace.showlegend for trace in bands] == [True, False]
    one = {trace.name: trace for trace in traces(figure)}
    assert list(one["Coreset"].x) == [FOUND.poo, 0.5, 0.4]
    assert list(one["Proven lower bound"].x) == [0.2, 0.3]
    assert "<" not in one["Coreset"].y[0]
    assert list(one["Proven lower bound"].y) == [one["Coreset"].y[0], one["Coreset"].y[2]]
