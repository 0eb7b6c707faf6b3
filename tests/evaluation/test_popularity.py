"""Popularity report: hand-computed cases, bounds, invariances, and intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.popularity import gini, js_divergence, lorenz, popularity_report
from goracs_core.evaluation.popularity_scale import item_classes, log_bin_edges, pool_deciles, popularity_scale
from goracs_core.evaluation.reading import popularity_reading
from tests.refusals import told

COUNTS = arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 50)).filter(lambda counts: counts.sum() > 0)


def shares(size: int) -> st.SearchStrategy[np.ndarray]:
    return (
        arrays(np.float64, size, elements=st.floats(0, 1)).filter(lambda v: v.sum() > 1e-6).map(lambda v: v / v.sum())
    )


def long_tail(num_items: int = 400, num_pool: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Popularity, pool and validation targets of a small long-tailed shop."""
    rng = np.random.default_rng(7)
    popularity = (rng.pareto(1.1, num_items) * 5).astype(np.int64) + 1
    chance = popularity / popularity.sum()
    return popularity, rng.choice(num_items, num_pool, p=chance), rng.choice(num_items, 500, p=chance)


def test_gini_of_equal_counts_is_zero_and_of_one_owner_is_one_minus_one_over_n() -> None:
    assert gini(np.full(9, 4)) == pytest.approx(0, abs=1e-15)
    assert gini(np.array([0, 0, 0, 12])) == pytest.approx(3 / 4)
    assert gini(np.array([1, 3])) == pytest.approx(1 / 4)  # |1 - 3| / (2 * n * sum) * 2 pairs = 4 / 16


@given(COUNTS, st.integers(1, 9))
def test_gini_is_half_the_mean_difference_over_the_mean(counts: np.ndarray, factor: int) -> None:
    pairs = np.abs(counts[:, None] - counts[None, :]).mean()
    assert gini(counts) == pytest.approx(pairs / (2 * counts.mean()))
    assert gini(counts * factor) == pytest.approx(gini(counts))
    assert gini(counts[::-1]) == pytest.approx(gini(counts))


def test_gini_without_any_sample_is_an_error() -> None:
    with pytest.raises(ShapeError, check=told("no-positive-count")):
        gini(np.zeros(3))


@given(COUNTS)
def test_lorenz_rises_from_0_to_1_below_the_diagonal_and_encloses_the_gini(counts: np.ndarray) -> None:
    curve = lorenz(counts, points=10 * len(counts) + 1)  # every corner of the curve is hit
    x = np.linspace(0, 1, len(curve))
    assert curve[0] == 0
    assert curve[-1] == pytest.approx(1)
    assert (np.diff(curve) >= -1e-12).all()
    assert (curve <= x + 1e-12).all()
    assert 1 - 2 * np.trapezoid(curve, x) == pytest.approx(float(gini(counts)), abs=1e-9)


@given(shares(6), shares(6))
def test_js_is_symmetric_within_0_and_1_and_zero_for_equals(first: np.ndarray, second: np.ndarray) -> None:
    value = js_divergence(first, second)
    assert 0 <= value <= 1
    assert value == pytest.approx(js_divergence(second, first), abs=1e-12)
    assert js_divergence(first, first) == pytest.approx(0, abs=1e-12)


def test_js_of_disjoint_shares_is_one_bit_and_a_known_case_fits() -> None:
    assert js_divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(1)
    # m = (3/4, 1/4); JS = H(m) - (0 + 1) / 2 with H(m) = 2 - 3/4 log2 3
    assert js_divergence(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(2 - 0.75 * np.log2(3) - 0.5)


def test_head_and_tail_hold_a_fifth_of_the_interactions_each() -> None:
    popularity = np.array([20, 15, 15, 10, 10, 10, 10, 5, 5])  # 100 in all
    # tail: 5 + 5 hold 10 %, and the middle of the 10s lies at 10 + 20 = 30 %; head: only 20 is in the upper fifth
    assert item_classes(popularity).tolist() == [0, 1, 1, 1, 1, 1, 1, 2, 2]
    assert item_classes(np.array([3, 3, 3])).tolist() == [1, 1, 1]
    assert item_classes(np.array([1000, 1])).tolist() == [0, 2]


@given(arrays(np.int64, st.integers(2, 40), elements=st.integers(0, 30)), st.randoms(use_true_random=False))
def test_classes_follow_popularity_alone(popularity: np.ndarray, random: object) -> None:
    order = np.random.default_rng(len(popularity)).permutation(len(popularity))
    classes = item_classes(popularity)
    assert (item_classes(popularity[order]) == classes[order]).all()
    more_popular = popularity[:, None] > popularity[None, :]
    assert (classes[:, None] <= classes[None, :])[more_popular].all()


@given(st.integers(0, 10**7))
def test_bins_are_whole_numbers_and_hold_every_popularity(largest: int) -> None:
    edges = log_bin_edges(largest)
    assert edges[0] == 0
    assert edges[1] == 1
    assert (np.diff(edges) > 0).all()
    assert edges[-1] > largest
    assert len(edges) <= 18


def test_bin_labels_name_what_the_bins_hold() -> None:
    popularity = np.array([0, 1, 2, 3, 100, 5000])
    scale = popularity_scale(popularity, np.arange(6))
    labels = [scale.bin_labels[one] for one in scale.item_bin]
    for count, label in zip(popularity, labels, strict=True):
        ends = [int(end.replace(",", "")) for end in label.split("–")]
        assert ends[0] <= count <= ends[-1]


def test_deciles_cut_between_popularities_and_hold_a_tenth_of_the_pool() -> None:
    popularity = np.arange(1, 101)
    decile, count = pool_deciles(popularity, np.arange(100))
    assert count == 10
    assert np.bincount(decile).tolist() == [10] * 10
    same, one = pool_deciles(np.full(5, 3), np.array([0, 1, 2]))
    assert one == 1
    assert same.tolist() == [0] * 5


def test_a_tiny_report_by_hand() -> None:
    popularity = np.array([100, 10, 1, 0])
    report = popularity_report(
        popularity,
        {"mine": np.array([0, 0, 2])},
        pool=np.array([0, 0, 1, 1, 2, 2]),
        validation=np.array([0, 1]),
        categories=["a", "b", "b", ""],
        draws=20,
    )
    mine = report.coresets["mine"]
    assert mine.arp == pytest.approx(67)
    assert mine.coverage == pytest.approx(2 / 4)
    assert mine.class_shares.tolist() == pytest.approx([2 / 3, 0, 1 / 3])
    assert mine.gini == pytest.approx(float(gini(np.array([2, 0, 1, 0]))))
    assert dict(zip(report.scale.categories, mine.category_shares, strict=True)) == pytest.approx(
        {"b": 1 / 3, "a": 2 / 3, "(none)": 0}
    )
    assert report.pool.lift.tolist() == pytest.approx([1, 1, 1])
    assert mine.lift.tolist() == pytest.approx([1, 0, 2])
    assert report.pool.js_pool == 0
    assert mine.histogram.sum() == pytest.approx(1)
    assert report.random_for("mine").mean.size == 3


def test_the_report_does_not_depend_on_the_order_of_samples_and_items() -> None:
    popularity, pool, validation = long_tail()
    rng = np.random.default_rng(0)
    chosen = pool[:100]
    renamed = rng.permutation(len(popularity))  # item i becomes renamed[i]
    other_popularity = np.empty_like(popularity)
    other_popularity[renamed] = popularity
    first = popularity_report(popularity, {"x": chosen}, pool=pool, validation=validation, draws=2)
    second = popularity_report(
        other_popularity,
        {"x": renamed[rng.permutation(chosen)]},
        pool=renamed[pool],
        validation=renamed[rng.permutation(validation)],
        draws=2,
    )
    for measure in (
        "histogram",
        "class_shares",
        "arp",
        "gini",
        "coverage",
        "lorenz",
        "lift",
        "js_pool",
        "js_validation",
    ):
        assert np.allclose(getattr(first.coresets["x"], measure), getattr(second.coresets["x"], measure)), measure


def test_the_whole_pool_is_like_itself_and_its_random_reference_has_no_spread() -> None:
    popularity, pool, validation = long_tail()
    report = popularity_report(popularity, {"all": pool}, pool=pool, validation=validation, draws=3)
    reference = report.random_for("all")
    assert report.coresets["all"].js_pool == 0
    assert np.allclose(report.coresets["all"].lift, 1)
    assert reference.low.arp == pytest.approx(reference.high.arp)
    assert reference.place(report.pool, "gini") == 0


def test_random_coresets_fall_inside_the_interval_about_as_often_as_it_says() -> None:
    popularity, pool, validation = long_tail()
    rng = np.random.default_rng(123)
    coresets = {f"{i}": rng.choice(pool, 200, replace=False) for i in range(300)}
    report = popularity_report(popularity, coresets, pool=pool, validation=validation, draws=400, level=0.9)
    for measure in ("arp", "head_share", "coverage", "gini", "js_validation"):
        inside = np.mean([report.random_for(name).place(report.coresets[name], measure) == 0 for name in coresets])
        assert 0.84 <= inside <= 0.97, (
            measure
        )  # 90 % give or take three standard errors of both sides; shares are lumpy


def test_same_seed_same_interval_and_another_seed_another() -> None:
    popularity, pool, validation = long_tail()

    def high(seed: int) -> float:
        found = popularity_report(popularity, {"x": pool[:50]}, pool=pool, validation=validation, draws=20, seed=seed)
        return found.random_for("x").high.arp

    assert high(1) == high(1)
    assert high(1) != high(2)


def test_drawing_in_blocks_draws_whole_coresets(monkeypatch: pytest.MonkeyPatch) -> None:
    popularity, pool, validation = long_tail()
    monkeypatch.setattr("goracs_core.evaluation.popularity._BLOCK", 7 * len(pool))
    report = popularity_report(popularity, {"x": pool[:50]}, pool=pool, validation=validation, draws=50)
    mean = report.random_for("x").mean
    assert mean.histogram.sum() == pytest.approx(1)
    assert mean.arp == pytest.approx(report.pool.arp, rel=0.1)


@pytest.mark.parametrize(
    ("change", "error", "code", "fields"),
    [
        ({"coresets": {"x": np.array([99_999])}}, ShapeError, "unknown-item", {"items": 400}),
        ({"coresets": {"x": np.array([], dtype=np.int64)}}, ShapeError, "no-targets", {"shape": (0,)}),
        (
            {"coresets": {"x": np.zeros(9999, dtype=np.int64)}},
            ShapeError,
            "coreset-too-large",
            {"size": 9999, "pool": 3000},
        ),
        ({"draws": 1}, ConfigError, "bad-interval", {"draws": 1}),
        ({"level": 1.0}, ConfigError, "bad-interval", {"level": 1.0}),
        ({"categories": ["a"]}, ShapeError, "categories-unequal", {"categories": 1, "items": 400}),
    ],
)
def test_bad_input_is_one_sentence(change: dict, error: type[Exception], code: str, fields: dict) -> None:
    popularity, pool, validation = long_tail()
    given_ = {"coresets": {"x": pool[:5]}, "pool": pool, "validation": validation} | change
    with pytest.raises(error, check=told(code, **fields)):
        popularity_report(popularity, given_.pop("coresets"), **given_)


def test_the_reading_says_which_way_a_biased_coreset_leans() -> None:
    popularity, pool, validation = long_tail()
    by_popularity = pool[np.argsort(popularity[pool], kind="stable")]
    report = popularity_report(
        popularity, {"head": by_popularity[-200:], "tail": by_popularity[:200]}, pool=pool, validation=validation
    )
    assert "is head-heavier than random" in popularity_reading(report, "head")[0]
    assert "less head-heavy than random" in popularity_reading(report, "tail")[0]
    assert any("The share of tail items is larger" in sentence for sentence in popularity_reading(report, "tail"))
    assert f"{report.coresets['head'].head_share:.1%}" in popularity_reading(report, "head")[0]
