"""The map of embeddings: points, colours, samples drawn of a large one, and flows."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.charts import map as maps
from goracs_core.charts import palette
from goracs_core.errors import ShapeError
from tests.charts.figures import named, projection, size, traces


def test_the_map_puts_every_sample_in_its_place_with_its_id() -> None:
    place = projection(20, 6)
    figure = maps.embedding_map(place, {"A": np.array([3, 7])}, highlight=np.array([21]))
    for name, ids in (("Pool", list(range(20))), ("Validation", list(range(20, 26))), ("A", [3, 7]), ("Found", [21])):
        one = named(figure, name)
        assert list(one.customdata) == ids
        points = np.concatenate([place.pool, place.validation])[ids]
        assert np.array_equal(np.column_stack([one.x, one.y]), points)
    assert [one.name for one in traces(figure)] == ["Pool", "Validation", "A", "Found"]  # the coreset on top
    assert len({one.marker.symbol for one in traces(figure)}) == 4
    assert named(figure, "Pool").marker.opacity < named(figure, "Validation").marker.opacity


def test_numbers_colour_points_and_unknown_values_stay_grey() -> None:
    values = np.array([1.0, np.nan, 3.0, np.nan])
    figure = maps.embedding_map(projection(4, 2), {"A": np.array([2])}, color=maps.MapColor("Price", values, None))
    grey, colored = (one for one in traces(figure) if one.name == "Pool")
    assert grey.marker.color == palette.STYLES[palette.Role.POOL].color
    assert list(grey.customdata) == [1, 3]
    assert list(colored.marker.color) == [1, 3]
    assert [list(one) for one in colored.customdata] == [[0, 1], [2, 3]]
    entry, mine = (one for one in traces(figure) if one.name == "A")
    assert list(mine.marker.color) == [3]
    assert mine.marker.line.color == entry.marker.color == palette.STYLES[palette.Role.CORESET].color
    assert (entry.customdata, entry.showlegend, mine.showlegend) == (None, None, False)
    assert named(figure, "Validation").marker.color == palette.STYLES[palette.Role.VALIDATION].color
    assert figure.layout.coloraxis.colorbar.title.text == "Price"


def test_what_has_no_value_steps_back_behind_what_has_one() -> None:
    place = projection(6, 3)
    plain = maps.embedding_map(place, {"A": np.array([1])})
    priced = maps.embedding_map(place, {"A": np.array([1])}, color=maps.MapColor("Price", None, np.array([1.0, 2, 3])))
    assert [one.name for one in traces(priced)] == ["Pool", "A", "Validation", "Validation"], "the last one lies on top"
    assert list(traces(priced)[-1].marker.color) == [1, 2, 3]
    assert named(priced, "A").marker.symbol == f"{named(plain, 'A').marker.symbol}-open"
    assert named(priced, "Pool").marker.opacity < named(plain, "Pool").marker.opacity
    assert list(named(priced, "A").customdata) == [1]


def test_log_colours_carry_the_plain_number_for_the_reader() -> None:
    popular = np.array([0, 9, 99, 999])
    figure = maps.embedding_map(projection(4, 2), {}, color=maps.MapColor("Popularity", popular, None, log=True))
    entry, pool = (one for one in traces(figure) if one.name == "Pool")
    assert entry.marker.color == palette.STYLES[palette.Role.POOL].color
    assert np.allclose(pool.marker.color, [0, 1, 2, 3])
    assert [one[1] for one in pool.customdata] == [0, 9, 99, 999]
    assert list(figure.layout.coloraxis.colorbar.ticktext) == ["0", "1", "10", "100", "1,000"]


def test_categories_get_one_colour_each_and_the_rare_ones_share_one() -> None:
    codes = np.arange(12)
    figure = maps.embedding_map(
        projection(12, 2), {"A": np.array([0])}, color=maps.MapColor("c", codes, None, tuple(f"n{i}" for i in codes))
    )
    kept = len(palette.CATEGORIES) - 1
    assert sorted(named(figure, "all others").customdata) == list(range(kept, 12))
    first = [one for one in traces(figure) if one.name == "n0"]
    assert [list(one.customdata) for one in first] == [[0], [0]]  # in the pool, and again in the coreset
    assert len({one.marker.color for one in first}) == 1
    assert [one.showlegend for one in first] == [True, False]


def test_a_large_map_draws_a_sample_with_every_chosen_row_in_it() -> None:
    chosen = np.array([5, 39_999])
    figure = maps.embedding_map(projection(40_000, 30_000), {"A": chosen})
    pool = named(figure, "Pool")
    drawn = sum(len(one.x) for one in traces(figure) if one.type == "scattergl")
    assert drawn <= maps.MAX_SELECTABLE + len(chosen)
    assert set(chosen) <= set(pool.customdata)
    assert np.array_equal(
        pool.customdata, named(maps.embedding_map(projection(40_000, 30_000), {"A": chosen}), "Pool").customdata
    )
    density = next(one for one in traces(figure) if one.type == "heatmap")
    assert density.hoverinfo == "skip"
    assert np.nansum(10.0 ** np.asarray(density.z, float) - 1) == pytest.approx(40_000, rel=1e-3)
    assert size(figure) < 1_500_000


@given(st.integers(1, 300), st.integers(1, 300), st.integers(20, 400))
def test_drawn_rows_are_sorted_distinct_and_within_the_limit(num_pool: int, num_validation: int, limit: int) -> None:
    chosen = np.arange(min(num_pool, 5))
    rows = maps.drawn_pool_rows(num_pool, num_validation, chosen, limit=limit)
    assert (np.diff(rows) > 0).all()
    assert set(chosen) <= set(rows)
    assert len(rows) == num_pool or len(rows) + min(num_validation, limit // 2) <= max(limit, len(chosen) + limit // 2)


def test_coordinates_travel_as_typed_arrays() -> None:
    drawn = json.loads(str(maps.embedding_map(projection(100, 20), {}).to_json()))
    assert drawn["data"][0]["x"]["dtype"] == "f4"
    assert drawn["data"][0]["customdata"]["dtype"] in ("i1", "i2", "i4")


def test_flows_point_from_the_served_to_the_serving_sample() -> None:
    place = projection(5, 3)
    flows = maps.MapFlows(np.array([2, 0]), np.array([4, 1]), 0.25)
    figure = maps.embedding_map(place, {"A": np.array([1, 4])}, flows=flows)
    arrows = named(figure, "Flows (25% of the mass)")
    assert np.allclose(np.column_stack([arrows.x, arrows.y]), place.validation[[2, 0]])
    ends = np.column_stack([np.add(arrows.x, arrows.u), np.add(arrows.y, arrows.v)])
    assert np.allclose(ends, place.pool[[4, 1]], atol=1e-6)


def test_three_coresets_are_too_many_for_one_map() -> None:
    with pytest.raises(ShapeError, match="at most 2"):
        maps.embedding_map(projection(4, 2), {name: np.array([0]) for name in "abc"})
