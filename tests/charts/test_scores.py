"""Figures of the Scores page: every sample once, in its own trace; what is drawn is what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from goracs_core.charts.palette import STYLES, Role
from goracs_core.charts.points import PointColor
from goracs_core.charts.scores import LearningCurve, ScoreAxis, ScorePoints, histogram, learning_curve, scatter
from goracs_core.charts.trace import against_random
from goracs_core.errors import ShapeError
from goracs_core.evaluation.score_report import score_bands, score_histogram, strata_counts
from goracs_core.scores import PRUNED, ScoreTrace
from goracs_core.selection.strata import draw_by_strata

N, K, STRATA = 300, 40, 6


@pytest.fixture(scope="module")
def drawn() -> tuple[ScoreTrace, np.ndarray]:
    rng = np.random.default_rng(0)
    values = rng.gamma(1.5, size=N)
    draw = draw_by_strata(values, K, hard_prune_fraction=0.1, num_strata=STRATA, rng=rng)
    return ScoreTrace({"el2n": values}, "el2n", draw.strata, draw.edges), draw.rows


def traces(figure: Any) -> tuple[Any, ...]:
    return tuple(figure.data)


def named(figure: Any, name: str) -> Any:
    """The trace of that name that has points; legend entries have none."""
    (found,) = [one for one in traces(figure) if one.name == name and one.customdata is not None]
    return found


def points(trace: ScoreTrace, rows: np.ndarray, **more: Any) -> ScorePoints:
    effort = np.random.default_rng(1).gamma(2.0, size=N)
    given: dict[str, Any] = {"coresets": {"Coreset": rows}, **more}
    x, y = ScoreAxis("Influence", trace.values * 1e-7, scaled=True), ScoreAxis("Effort", effort, scaled=True)
    return ScorePoints(given.pop("x", x), given.pop("y", y), trace.strata, **given)


def test_the_histogram_shows_every_sample_and_each_stratums_draw(drawn: tuple[ScoreTrace, np.ndarray]) -> None:
    trace, rows = drawn
    bands = score_bands(trace)
    figure = histogram(score_histogram(bands, [rows]), ["Coreset"], title="EL2N")
    pool, dropped, coreset = traces(figure)
    assert pool.y.sum() + dropped.y.sum() == N
    assert dropped.y.sum() == bands.num_pruned
    counts = strata_counts(bands, rows)
    assert coreset.y[:STRATA].tolist() == counts.drawn.tolist()
    assert coreset.y[STRATA:].sum() == 0, "nothing was drawn from what was dropped"
    assert dropped.marker.pattern.shape, "not told by colour alone"
    assert (np.diff(pool.marker.color) >= 0).all()
    for bar in traces(figure):
        assert (bar.width > 0).all()


def test_two_coresets_stand_side_by_side(drawn: tuple[ScoreTrace, np.ndarray]) -> None:
    trace, rows = drawn
    bins = score_histogram(score_bands(trace), [rows, np.arange(K)])
    *_, first, second = traces(histogram(bins, ["A: one", "B: <b>two</b>"], title="EL2N"))
    assert (second.x > first.x).all()
    assert ((second.x - second.width / 2) >= (first.x + first.width / 2) - 1e-12).all()
    assert second.name == "B: &lt;b&gt;two&lt;/b&gt;"


def test_without_strata_the_bars_have_one_colour() -> None:
    trace = ScoreTrace({"el2n": np.arange(50.0)}, "el2n", np.empty(0, np.int64), np.empty(0))
    figure = histogram(score_histogram(score_bands(trace), [np.arange(45, 50)]), ["Coreset"], title="EL2N")
    assert [one.name for one in traces(figure)] == ["Pool", "Coreset"]
    assert isinstance(traces(figure)[0].marker.color, str)
    assert traces(figure)[1].y.sum() == 5


def test_the_scatter_has_each_sample_in_its_place(drawn: tuple[ScoreTrace, np.ndarray]) -> None:
    trace, rows = drawn
    content = points(trace, rows, color=PointColor("Stratum", trace.strata))
    figure = scatter(content)
    dropped, pool, coreset = (named(figure, name) for name in ("Excluded before sampling", "Pool", "Coreset"))
    ids = np.concatenate([dropped.customdata[:, 0], pool.customdata[:, 0]]).astype(int)
    assert sorted(ids.tolist()) == list(range(N))
    assert (trace.strata[dropped.customdata[:, 0].astype(int)] == PRUNED).all()
    assert coreset.customdata[:, 0].astype(int).tolist() == rows.tolist()
    assert pool.customdata[:, 1] == pytest.approx(trace.values[pool.customdata[:, 0].astype(int)] * 1e-7)
    assert pool.x.min() >= 0
    assert max(dropped.x.max(), pool.x.max()) == pytest.approx(1)
    assert coreset.marker.symbol == STYLES[Role.CORESET].symbol
    assert len({one.marker.symbol for one in (dropped, pool, coreset)}) == 3
    assert traces(figure)[-1].name == "Coreset", "on top"


def test_unscaled_and_logarithmic_axes_keep_the_numbers(drawn: tuple[ScoreTrace, np.ndarray]) -> None:
    trace, rows = drawn
    popular = (np.arange(N) % 40).astype(np.float64)
    figure = scatter(
        points(trace, rows, x=ScoreAxis("EL2N", trace.values), y=ScoreAxis("Popularity", popular, log=True))
    )
    pool = named(figure, "Pool")
    ids = pool.customdata[:, 0].astype(int)
    assert pool.x == pytest.approx(trace.values[ids], rel=1e-6)
    assert pool.y == pytest.approx(np.maximum(popular[ids], 1))
    assert figure.to_dict()["layout"]["yaxis"]["type"] == "log"
    assert ScoreAxis("constant", np.ones(3), scaled=True).places.tolist() == [0, 0, 0]


def test_categories_get_a_trace_each_and_titles_stay_text(drawn: tuple[ScoreTrace, np.ndarray]) -> None:
    trace, rows = drawn
    color = PointColor("Membership", np.arange(N) % 3, ("<i>a</i>", "b", "c"))
    titles = [f"<b>{row}</b> %{{x}}" for row in range(N)]
    figure = scatter(points(trace, rows, color=color, titles=titles, border=((0.5, 0.0), (0.2, 1.0))))
    names = [one.name for one in traces(figure)]
    assert {"&lt;i&gt;a&lt;/i&gt;", "b", "c", "Excluded above this line"} <= set(names)
    assert not any("<b>" in text or "%{" in text for one in traces(figure) if one.text is not None for text in one.text)


def test_a_large_pool_is_sampled_with_every_chosen_sample_in_it() -> None:
    n = 60_000
    values = np.random.default_rng(0).random(n)
    rows = np.arange(0, n, 97)
    content = ScorePoints(ScoreAxis("a", values), ScoreAxis("b", values), np.empty(0, np.int64), {"Coreset": rows})
    assert len(content.drawn) <= 30_000
    assert np.isin(rows, content.drawn).all()
    with pytest.raises(ShapeError):
        ScorePoints(content.x, content.y, content.strata, dict.fromkeys("abc", rows))


def test_the_learning_curve_has_popularity_as_its_reference() -> None:
    curve = LearningCurve(np.array([9.0, 7.0, 6.5]), np.array([0.01, 0.03, 0.02]), popularity=0.015, best=2)
    loss, ndcg, popular, kept = traces(learning_curve(curve))
    assert loss.y.tolist() == [9.0, 7.0, 6.5]
    assert ndcg.y.tolist() == [0.01, 0.03, 0.02]
    assert set(popular.y) == {0.015}
    assert (kept.x[0], kept.y[0]) == (2, 0.03)
    assert len(traces(learning_curve(LearningCurve(curve.losses, curve.ndcg)))) == 2


def test_a_run_stands_beside_random_coresets() -> None:
    random, own = traces(against_random(0.4, np.array([0.5, 0.45, 0.47])))
    assert list(random.x) == [0.5, 0.45, 0.47]
    assert list(own.x) == [0.4]
    assert random.marker.symbol != own.marker.symbol
