"""The still map of reports: points, order, and samples drawn of a large one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from goracs_core.charts import map as maps
from goracs_core.charts.points import MAX_SELECTABLE
from goracs_core.errors import ShapeError
from goracs_core.evaluation.projection import Projection, ProjectionMethod
from tests.charts.figures import named, size, traces


def projection(num_pool: int, num_validation: int) -> Projection:
    place = np.random.default_rng(1).normal(size=(num_pool + num_validation, 2)).astype(np.float32)
    return Projection(place[:num_pool], place[num_pool:], ProjectionMethod.PCA, "key", 0.9, "note")


def test_the_map_puts_every_sample_in_its_place_with_its_id() -> None:
    place = projection(20, 6)
    figure = maps.embedding_map(place, {"A": np.array([3, 7]), "B": np.array([7])})
    points = np.concatenate([place.pool, place.validation])
    for name, ids in (("Pool", list(range(20))), ("Validation", list(range(20, 26))), ("A", [3, 7]), ("B", [7])):
        one = named(figure, name)
        assert list(one.customdata) == ids
        assert np.array_equal(np.column_stack([one.x, one.y]), points[ids])
    assert [one.name for one in traces(figure)] == ["Pool", "Validation", "A", "B"]  # the coresets on top
    assert len({one.marker.symbol for one in traces(figure)}) == 4
    assert figure.layout.yaxis.scaleanchor == "x"


def test_a_large_map_draws_a_sample_with_every_chosen_row_in_it() -> None:
    chosen = np.array([5, 39_999])
    figure = maps.embedding_map(projection(40_000, 30_000), {"A": chosen})
    drawn = sum(len(one.x) for one in traces(figure) if one.type == "scattergl")
    assert drawn <= MAX_SELECTABLE + len(chosen)
    assert set(chosen) <= set(named(figure, "Pool").customdata)
    density = next(one for one in traces(figure) if one.type == "heatmap")
    assert np.nansum(10.0 ** np.asarray(density.z, float) - 1) == pytest.approx(40_000, rel=1e-3)
    assert size(figure) < 1_500_000


def test_titles_hold_no_markup_and_coordinates_travel_as_typed_arrays() -> None:
    evil = "<b>50% off</b>"
    figure = maps.embedding_map(projection(5, 3), {evil: np.array([1])}, titles=([evil] * 5, [evil] * 3))
    drawn = str(figure.to_json())
    assert "<b>" not in drawn
    assert "\\u003cb\\u003e" not in drawn
    assert json.loads(drawn)["data"][0]["x"]["dtype"] == "f4"


def test_three_coresets_are_too_many_for_one_map() -> None:
    with pytest.raises(ShapeError, match="at most 2"):
        maps.embedding_map(projection(4, 2), {name: np.array([0]) for name in "abc"})
