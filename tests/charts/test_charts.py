"""Figures carry the numbers they were given, no foreign markup, and not more bytes than a browser likes."""

from __future__ import annotations

import json
from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.charts import dataset, features, palette, plan, popularity, trace
from goracs_core.charts import map as maps
from goracs_core.charts.layout import escape
from goracs_core.errors import ShapeError
from goracs_core.evaluation.popularity import PopularityReport, popularity_report
from goracs_core.evaluation.projection import Projection, ProjectionMethod
from goracs_core.types import Exchange, Trace

EVIL = "<b>50% off</b> %{x} <a href='javascript:alert(1)'>$x$</a> & more"


def traces(figure: go.Figure) -> list[Any]:
    """The figure's traces; their attributes depend on their type, which no checker knows."""
    return list(cast("Any", figure).data)


def named(figure: go.Figure, name: str) -> Any:
    """The one trace called `name`."""
    found = [one for one in traces(figure) if one.name == name]
    assert len(found) == 1, [one.name for one in traces(figure)]
    return found[0]


def size(figure: go.Figure) -> int:
    return len(str(figure.to_json()))


@pytest.fixture(scope="module")
def report() -> PopularityReport:
    rng = np.random.default_rng(0)
    popularity_ = (rng.pareto(1.1, 300) * 5).astype(np.int64)
    pool = rng.integers(0, 300, 2000)
    return popularity_report(
        popularity_,
        {EVIL: pool[:100], "other": pool[100:150]},
        pool=pool,
        validation=rng.integers(0, 300, 300),
        categories=[f"{EVIL} {item % 14}" for item in range(300)],
        draws=30,
    )


def projection(num_pool: int, num_validation: int) -> Projection:
    rng = np.random.default_rng(1)
    place = rng.normal(size=(num_pool + num_validation, 2)).astype(np.float32)
    return Projection(place[:num_pool], place[num_pool:], ProjectionMethod.PCA, "key", 0.9, "note")


# --- palette and layout


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", [palette.LIGHT_GROUND, palette.DARK_GROUND])
def test_every_mark_stands_out_on_both_grounds(ground: str) -> None:
    for color in [*(style.color for style in palette.STYLES.values()), *palette.CATEGORIES]:
        assert contrast(color, ground) >= 3, (color, contrast(color, ground))
    for _, color in palette.SEQUENTIAL:
        assert contrast(color, ground) >= 2.5, (color, contrast(color, ground))


def test_roles_differ_in_shape_as_well_as_colour() -> None:
    assert set(palette.STYLES) == set(palette.Role)
    assert len({style.symbol for style in palette.STYLES.values()}) == len(palette.Role)
    assert len({style.color for style in palette.STYLES.values()}) == len(palette.Role)


def seen_by(color: str, matrix: np.ndarray) -> np.ndarray:
    """The colour as linear RGB through a colour-vision deficiency."""
    channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return np.clip(matrix @ linear, 0, 1) ** (1 / 2.2)


# Full protanopia and deuteranopia on linear RGB (Machado, Oliveira and Fernandes 2009).
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


@pytest.mark.parametrize("deficiency", list(DEFICIENCIES))
def test_the_main_roles_stay_apart_for_colour_blind_eyes(deficiency: str) -> None:
    main = [palette.Role.POOL, palette.Role.VALIDATION, palette.Role.CORESET]
    matrix = np.array(DEFICIENCIES[deficiency])
    looks = [seen_by(palette.STYLES[role].color, matrix) for role in main]
    for i in range(len(main)):
        for j in range(i):
            assert np.linalg.norm(looks[i] - looks[j]) > 0.2, (main[i], main[j])


@given(st.text(max_size=200))
def test_escaped_text_holds_no_markup(text: str) -> None:
    safe = escape(text, 60)
    assert not set(safe) & set("<>$\n\r%")
    assert "&" not in safe.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").replace("&#37;", "").replace(
        "&#36;", ""
    )
    if len(text) <= 60 and not set(text) & set("<>$\n\r%&"):
        assert safe == text


def test_figures_hold_no_foreign_markup(report: PopularityReport) -> None:
    figures = [
        popularity.histogram(report),
        popularity.class_shares(report),
        popularity.lift(report),
        popularity.lorenz(report),
        popularity.categories(report),
        plan.overview(np.eye(2), [EVIL, "b"]),
        plan.partners([EVIL], np.array([1.0]), np.array([0.5]), served=True),
        maps.embedding_map(projection(5, 3), {EVIL: np.array([1])}, titles=([EVIL] * 5, [EVIL] * 3)),
        dataset.history_lengths({EVIL: np.array([1, 2])}),
        dataset.label_shares({EVIL: np.array([0, 1])}),
        maps.embedding_map(projection(5, 3), {}, color=maps.MapColor(EVIL, np.arange(5.0), None)),
        maps.embedding_map(projection(5, 3), {}, color=maps.MapColor("c", np.zeros(5, int), None, (EVIL,))),
    ]
    for figure in figures:
        drawn = str(figure.to_json())
        for mark in ("<b>50", "\\u003cb\\u003e50", "%{x} &", "%{x} \\u0026", "<a ", "\\u003ca ", "$x$"):
            assert mark not in drawn, mark
        assert "50&#37; off" in drawn or "50\\u0026#37; off" in drawn, "the title is there, made harmless"
        assert figure.layout.title.text is None


# --- popularity


def test_popularity_figures_draw_the_reports_numbers(report: PopularityReport) -> None:
    measures = report.coresets["other"]
    for figure, measure in (
        (popularity.histogram(report), "histogram"),
        (popularity.lift(report), "lift"),
        (popularity.class_shares(report), "class_shares"),
    ):
        drawn = np.asarray(named(figure, "other").y, dtype=float)
        truth = np.asarray(getattr(measures, measure))
        assert np.allclose(drawn, np.where(truth > 0, truth, np.nan) if measure == "lift" else truth, equal_nan=True)
    curve = named(popularity.lorenz(report), f"other (Gini {measures.gini:.3f})")
    assert np.allclose(curve.y, measures.lorenz)
    band = named(popularity.histogram(report), "Random, 95% interval")
    reference = report.random_for(EVIL)
    assert np.allclose(band.y, reference.high.histogram)
    assert np.allclose(band.customdata, reference.low.histogram)


def test_categories_show_the_most_frequent_and_their_intervals(report: PopularityReport) -> None:
    figure = popularity.categories(report, limit=5)
    assert len(named(figure, "other").x) == 5
    assert np.allclose(named(figure, "other").x, report.coresets["other"].category_shares[:5])
    interval = named(figure, "Random, 95% interval")
    reference = report.random_for(EVIL)
    assert np.allclose(np.asarray(interval.x) + interval.error_x.array, reference.high.category_shares[:5])


# --- data and features


def test_the_popularity_curve_falls_and_says_what_it_leaves_out() -> None:
    counts = np.array([3, 0, 9, 1, 0])
    figure = dataset.popularity_curve(counts)
    assert list(traces(figure)[0].y) == [9, 3, 1]
    assert list(traces(figure)[0].x) == [1, 2, 3]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert "2 items without interactions" in figure.layout.annotations[0].text
    large = dataset.popularity_curve(np.random.default_rng(0).integers(1, 1000, 100_000))
    assert len(traces(large)[0].x) <= 2000
    assert traces(large)[0].x[-1] == 100_000
    assert size(large) < 120_000


def test_history_lengths_and_labels_are_shares_per_part() -> None:
    figure = dataset.history_lengths({"pool": np.array([1, 1, 3, 10]), "validation": np.array([2])})
    assert list(named(figure, "pool").x) == [1, 3, 10]
    assert list(named(figure, "pool").y) == [0.5, 0.25, 0.25]
    labels = dataset.label_shares({"pool": np.array([0, 1, 1, 1]), "test": np.array([1, 0])})
    assert list(named(labels, "Yes").x) == [0.75, 0.5]


def test_the_time_span_counts_every_sample_once() -> None:
    times = {"pool": np.linspace(0, 9e8, 500), "validation": np.linspace(9e8, 1e9, 50), "test": np.empty(0)}
    figure = dataset.time_span(times)
    assert sum(named(figure, "pool").y) == 500
    assert sum(named(figure, "validation").y) == 50
    assert len(traces(figure)) == 2
    assert len(traces(dataset.time_span({"pool": np.empty(0)}))) == 0


@pytest.mark.parametrize("norms", [np.array([0.0, 1.0, 1.0, 4.0]), np.full(6, 2.5)])
def test_norms_are_shares_on_common_bins(norms: np.ndarray) -> None:
    figure = features.gradient_norms(norms, np.array([1, 3]))
    for name, count in (("Pool", len(norms)), ("Coreset", 2)):
        one = named(figure, name)
        assert np.sum(one.y[:-1]) == pytest.approx(1)
        assert np.sum(one.customdata[:-1]) == count
    assert list(named(figure, "Pool").x) == list(named(figure, "Coreset").x)


# --- trace


def test_the_exchange_curve_starts_at_the_start_and_ends_at_the_end() -> None:
    steps = (Exchange(1, 2, 0.28, -0.01, 1), Exchange(5, 9, 0.25, -0.02, 3))
    figure = trace.exchange_curve(Trace(0.3, np.empty(0), steps), random_values=np.array([0.5, 0.4, 0.45]))
    run = named(figure, "This run")
    assert list(run.x) == [0, 1, 2]
    assert list(run.y) == [0.3, 0.28, 0.25]
    assert "row 5 removed, row 9 added" in run.customdata[2][0]
    band = named(figure, "Random coresets (3)")
    assert set(band.y) == {0.5}
    assert set(band.customdata) == {0.4}
    alone = trace.exchange_curve(Trace(0.3, np.empty(0)))
    assert list(traces(alone)[0].y) == [0.3]
    assert run.customdata[0][0] == "start set"
    polished = trace.exchange_curve(Trace(0.3, np.empty(0), steps), start="best of the ascent")
    assert named(polished, "This run").customdata[0][0] == "best of the ascent"


def test_a_reference_far_off_is_told_instead_of_flattening_the_curve() -> None:
    steps = (Exchange(1, 2, 0.299, -0.01, 1),)
    figure = trace.exchange_curve(Trace(0.3, np.empty(0), steps), random_values=np.array([0.5, 0.4]))
    assert [one.name for one in traces(figure)] == ["This run"]
    (told,) = (one.text for one in cast("Any", figure).layout.annotations)
    assert told == "2 random coresets are far above: 0.40000 to 0.50000"
    flat = trace.exchange_curve(Trace(0.3, np.empty(0)), random_values=np.array([0.5, 0.4]))
    assert named(flat, "Random coresets (2)"), "without exchanges there is no curve to flatten"


def test_the_greedy_curve_shows_each_gain() -> None:
    figure = trace.greedy_curve(Trace(0.3, np.array([9.0, 6.0, 5.0])))
    assert list(traces(figure)[0].x) == [1, 2, 3]
    assert list(traces(figure)[0].customdata) == [0, 3, 1]
    assert len(traces(trace.greedy_curve(Trace(0.3, np.empty(0))))[0].x) == 0


# --- plan


def test_the_overview_draws_the_mass_and_says_how_much() -> None:
    table = np.array([[0.6, 0.0], [0.39995, 0.00005]])
    figure = plan.overview(table, ["one", "two"])
    heat = next(one for one in traces(figure) if one.type == "heatmap")
    assert np.allclose(np.asarray(heat.z, float), np.log10([[0.6, np.nan], [0.39995, np.nan]]), equal_nan=True)
    cells = next(one for one in traces(figure) if one.type == "scatter")
    assert [int(cell[0]) for cell in cells.customdata] == [0, 2]
    assert list(zip(cells.y, cells.x, strict=True)) == [("one", "one"), ("two", "one")]
    top, side = (one for one in traces(figure) if one.type == "bar")
    assert np.allclose(top.y, [0.99995, 0.00005])
    assert np.allclose(side.x, [0.6, 0.4])
    assert plan.shown_share(table) == pytest.approx(0.99995)
    assert "100.0% of the mass shown" in figure.layout.annotations[0].text
    assert "60% stays within" in figure.layout.annotations[0].text


def test_the_overview_of_a_large_plan_stays_small() -> None:
    rng = np.random.default_rng(0)
    assert size(plan.overview(rng.random((40, 40)), [f"{n} some words" for n in range(40)])) < 300_000
    with pytest.raises(ShapeError, match="overview needs a table"):
        plan.overview(np.ones((2, 3)), ["a", "b"])


def test_partners_keep_equal_titles_apart() -> None:
    figure = plan.partners(["Same", "Same"], np.array([0.7, 0.3]), np.array([0.1, 0.2]), served=False)
    assert len(set(traces(figure)[0].y)) == 2
    assert list(traces(figure)[1].text) == ["Same (70%, 0.100)", "Same (30%, 0.200)"]
    assert list(traces(figure)[0].x) == [0.7, 0.3]
    assert traces(figure)[0].customdata[:, 0].tolist() == [0.1, 0.2]
    assert traces(figure)[0].marker.color == palette.STYLES[palette.Role.VALIDATION].color
    assert "price" not in traces(figure)[0].hovertemplate


def test_partners_with_a_price_say_it_on_hover() -> None:
    shares, distances = np.array([0.7, 0.3]), np.array([0.1, 0.2])
    figure = plan.partners(["a", "b"], shares, distances, served=False, prices=np.array([5.0, 6.0]))
    bars = traces(figure)[0]
    assert bars.customdata[:, 2].tolist() == [5.0, 6.0]
    assert "price %{customdata[2]" in bars.hovertemplate


# --- map


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
