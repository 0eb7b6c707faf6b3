"""Losses over time: means, slopes and differences as by hand, and intervals that cover as often as they say."""

from __future__ import annotations

import itertools
from typing import Any, cast

import numpy as np
import pytest
import scipy.stats

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.drift import embedding_drift
from goracs_core.evaluation.shift import ArmLosses, contrast, shift_report, time_slices
from tests.refusals import told

DAY = 86_400.0


def times_of(count: int, *, seed: int = 0) -> np.ndarray:
    return 1.7e9 + DAY * np.random.default_rng(seed).uniform(0, 120, count)


def test_slices_are_equal_in_number_and_in_the_order_of_time() -> None:
    times = times_of(50)
    times[[3, 30]] = np.nan
    slices = time_slices(times, 5)
    sizes = [len(part.places) for part in slices]
    assert sum(sizes) == 48
    assert max(sizes) - min(sizes) <= 1
    assert not {3, 30} & {int(place) for part in slices for place in part.places}
    for earlier, later in itertools.pairwise(slices):
        assert earlier.last <= later.first
        assert earlier.first <= earlier.middle <= earlier.last


def test_times_that_cannot_be_sliced_are_refused() -> None:
    with pytest.raises(ConfigError, check=told("cannot-slice", samples=19, slices=4)):
        time_slices(times_of(19))
    with pytest.raises(ConfigError, check=told("cannot-slice", slices=1)):
        time_slices(times_of(19), 1)
    with pytest.raises(ConfigError, check=told("one-moment")):
        time_slices(np.full(40, 3.0))
    with pytest.raises(ConfigError, check=told("cannot-slice", samples=0)):
        time_slices(np.full(40, np.nan))


def test_with_one_seed_a_difference_is_the_paired_t_interval() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.gamma(2.0, size=(2, 1, 30))
    found = contrast([(1.0, first), (-1.0, second)])
    known = scipy.stats.ttest_rel(first[0], second[0])
    interval = known.confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx(
        ((first - second).mean(), interval.low, interval.high), rel=1e-9
    )
    assert found.clear == (known.pvalue < 0.05)


def test_with_one_seed_a_slope_is_the_least_squares_line() -> None:
    rng = np.random.default_rng(2)
    losses, when = rng.gamma(2.0, size=(1, 30)), rng.uniform(size=30)
    found = contrast([(1.0, losses)], along=when)
    known = cast("Any", scipy.stats.linregress(when, losses[0]))
    reach = scipy.stats.t.ppf(0.975, 28) * known.stderr
    assert (found.value, found.high - found.low) == pytest.approx((known.slope, 2 * reach), rel=1e-9)


def test_with_equal_samples_a_mean_is_the_t_interval_over_seeds() -> None:
    seeds = np.array([1.0, 1.5, 1.1, 1.2])
    found = contrast([(1.0, np.repeat(seeds[:, None], 20, axis=1))])
    reach = scipy.stats.t.ppf(0.975, 3) * seeds.std(ddof=1) / 2
    assert (found.low, found.high) == pytest.approx((seeds.mean() - reach, seeds.mean() + reach), rel=1e-9)


@pytest.mark.parametrize(
    ("by_seed", "by_sample", "rest"), [(1.0, 1.0, 1.0), (0.1, 1.0, 0.3), (1.0, 0.1, 0.3), (0.0, 0.0, 1.0)]
)
@pytest.mark.parametrize("slope", [False, True])
def test_intervals_cover_the_truth_as_often_as_they_say(
    by_seed: float, by_sample: float, rest: float, slope: bool
) -> None:
    """Two arms of 4 and 3 seeds on 25 samples with a true difference of 0.5 in level and slope."""
    rng, draws, hits = np.random.default_rng(3), 400, 0
    along = np.linspace(-1, 1, 25)
    pattern = along if slope else np.ones(25)  # what a seed shifts
    for _ in range(draws):
        shared = rng.normal(size=25)
        first, second = (
            by_seed / 5 * rng.normal(size=(seeds, 1)) * pattern
            + by_sample * (shared + 0.5 * rng.normal(size=25))
            + rest * rng.normal(size=(seeds, 25))
            for seeds in (4, 3)
        )
        found = contrast([(1.0, first + 0.5 * pattern), (-1.0, second)], along=along if slope else None)
        hits += found.low <= 0.5 <= found.high
    assert 0.92 <= hits / draws <= 0.995


def test_a_report_holds_the_means_of_its_slices_and_the_differences() -> None:
    rng, times = np.random.default_rng(4), times_of(60)
    times[5] = np.nan
    random, plain, decayed = rng.gamma(2.0, size=(3, 3, 60))
    report = shift_report(
        [ArmLosses("random", random), ArmLosses("goracs", plain), ArmLosses("goracs d", decayed[:2], 30.0, "goracs")],
        times,
        slices=3,
    )
    assert report.left_out == 1
    order = np.argsort(times[np.isfinite(times)])
    known = np.flatnonzero(np.isfinite(times))[order]
    first, second, third = report.arms
    assert (first.to_random, first.to_undecayed, second.to_undecayed) == (None, None, None)
    for place, columns in enumerate(np.array_split(known, 3)):
        assert second.loss.slices[place].value == pytest.approx(plain[:, columns].mean())
        assert second.to_random is not None
        gain = plain[:, columns].mean() - random[:, columns].mean()
        assert second.to_random.slices[place].value == pytest.approx(gain)
        assert third.to_undecayed is not None
        change = decayed[:2][:, columns].mean() - plain[:, columns].mean()
        assert third.to_undecayed.slices[place].value == pytest.approx(change)
    line = np.polyfit(times[known] / (30 * DAY) - 600, plain.mean(axis=0)[known], 1)
    assert second.loss.slope.value == pytest.approx(line[0], rel=1e-6)
    assert second.loss.whole.value == pytest.approx(plain[:, known].mean())
    assert (report.bases, [arm.name for arm in report.decays("goracs")]) == (("goracs",), ["goracs d", "goracs"])
    assert [arm.seeds for arm in report.arms] == [3, 3, 2]


def test_losses_that_are_no_losses_are_refused() -> None:
    with pytest.raises(ShapeError, check=told("bad-losses")):
        ArmLosses("x", np.full((1, 3), np.nan))
    with pytest.raises(ShapeError, check=told("times-unequal")):
        shift_report([ArmLosses("random", np.ones((1, 30)))], times_of(29))


def test_energy_distance_is_what_brute_force_says() -> None:
    rng, times = np.random.default_rng(5), times_of(24)
    values = rng.normal(size=(24, 3)) + 2 * (times > np.median(times))[:, None]
    drift = embedding_drift(values, times, slices=2, draws=50)

    def mean_distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.mean([np.linalg.norm(x - y) for x in a for y in b]))

    early, late = (values[part.places] for part in drift.slices)
    expected = 2 * mean_distance(early, late) - mean_distance(early, early) - mean_distance(late, late)
    assert drift.distances.tolist() == pytest.approx([expected])
    assert drift.distances[0] > drift.chance[0], "they moved by twice their spread"


def test_samples_that_do_not_drift_stay_within_chance() -> None:
    rng = np.random.default_rng(6)
    above = 0
    for seed in range(40):
        drift = embedding_drift(rng.normal(size=(60, 4)), times_of(60, seed=seed), slices=3, draws=60, seed=seed)
        above += int((drift.distances > drift.chance).sum())
    assert above / 80 < 0.15, "about one in twenty"


def test_drift_needs_a_time_per_embedding_and_takes_many() -> None:
    with pytest.raises(ShapeError, check=told("times-unequal")):
        embedding_drift(np.ones((3, 2)), np.ones(4))
    many = embedding_drift(np.random.default_rng(7).normal(size=(2_500, 2)), times_of(2_500), draws=5)
    assert many.used == 2_000
