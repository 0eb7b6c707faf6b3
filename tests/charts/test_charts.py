"""Figures carry the numbers they were given, no foreign markup, and not more bytes than a browser likes."""

from __future__ import annotations

import re
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.charts import dataset, features, palette, plan, popularity, trace
from goracs_core.charts.layout import escape
from goracs_core.errors import ShapeError
from goracs_core.evaluation.popularity import PopularityReport, popularity_report
from goracs_core.types import Exchange, Trace
from tests.charts.figures import named, size, traces

EVIL = "<b>50% off</b> %{x} <a href='javascript:alert(1)'>$x$</a> & more"


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


# --- palette and layout


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", [palette.LIGHT_GROUND, "#0e1117"], ids=["light", "dark"])
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
        dataset.history_lengths({EVIL: np.array([1, 2])}),
        dataset.label_shares({EVIL: np.array([0, 1])}),
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
    assert np.allclose(top.y, [99.995, 0.005])
    assert np.allclose(side.x, [60, 40])
    assert plan.shown_share(table) == pytest.approx(0.99995)
    said = [float(number) for number in re.findall(r"[\d.]+", str(figure.layout.annotations[0].text))]
    assert said == [100, 60], "drawn, and on the diagonal"
    assert not figure.layout.shapes


def test_the_overview_frames_the_marked_cell() -> None:
    figure = plan.overview(np.array([[0.6, 0.1], [0.2, 0.1]]), ["1 a", "2 b"], marked=(1, 0))
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 0.5, 1.5)
    heat = next(one for one in traces(figure) if one.type == "heatmap")
    assert (frame.xref, frame.yref) == (heat.xaxis, heat.yaxis)


def test_the_columns_of_a_fine_overview_carry_as_many_numbers_as_fit() -> None:
    names = [f"{number} some words" for number in range(1, 41)]
    axis = plan.overview(np.eye(40), names).layout.xaxis3
    assert len(axis.tickvals) <= 12
    assert [name.split()[0] for name in axis.tickvals] == [str(number) for number in axis.ticktext]


def test_the_overview_of_a_large_plan_stays_small() -> None:
    rng = np.random.default_rng(0)
    assert size(plan.overview(rng.random((40, 40)), [f"{n} some words" for n in range(40)])) < 300_000
    with pytest.raises(ShapeError, match="overview needs a table"):
        plan.overview(np.ones((2, 3)), ["a", "b"])


def test_partners_keep_equal_titles_apart() -> None:
    figure = plan.partners(["Same", "Same"], np.array([0.7, 0.3]), np.array([0.1, 0.2]), served=False)
    assert len(set(traces(figure)[0].y)) == 2
    assert list(traces(figure)[1].text) == ["Same (70 %, 0.100)", "Same (30 %, 0.200)"]
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
