"""Laws of growth: exact ones are recovered, intervals hold the truth, and what makes no sense is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.outlook import MOST_RUNS, WIDEST, outlook
from goracs_core.evaluation.scaling import (
    Interval,
    StageTimes,
    extrapolate,
    fit_growth,
    growth_sentence,
)
from goracs_core.evaluation.trade_off import mean_interval, trade_off
from goracs_core.methods import certified, itra
from goracs_core.methods.phases import OTHER, PHASES, STAGE_NAMES
from goracs_core.types import FloatArray
from tests.refusals import told

SIZES = np.repeat(np.geomspace(200, 3200, 5), 2)
TRIALS = 300


@given(exponent=st.floats(-0.5, 3.0), factor=st.floats(1e-9, 1e3), far=st.floats(1.0, 1e4))
def test_an_exact_power_law_is_recovered(exponent: float, factor: float, far: float) -> None:
    fit = fit_growth(SIZES, factor * SIZES**exponent, powers=(1.0, 2.0, 3.0))
    assert fit.exponent.expected == pytest.approx(exponent, abs=1e-8)
    assert fit.exponent.high - fit.exponent.low < 1e-6
    target = 3200 * far
    at = fit.predict(target).at(0)
    assert at.expected == pytest.approx(factor * target**exponent, rel=1e-6)
    assert at.high / at.low < 1 + 1e-4 + 1e-5 * far  # a law that differs by rounding only may be among them


@given(constant=st.floats(1e-3, 1e3), factor=st.floats(1e-5, 1e-2), power=st.sampled_from([1.0, 2.0]))
def test_an_exact_constant_plus_a_power_is_recovered(constant: float, factor: float, power: float) -> None:
    share = factor * SIZES**power / constant
    truth = constant + factor * SIZES**power
    fit = fit_growth(SIZES, truth, powers=(1.0, 2.0))
    at = fit.predict(1e6).at(0)
    if share.min() > 1e-3 and share.max() < 1e3:  # both parts can be seen
        assert at.expected == pytest.approx(constant + factor * 1e6**power, rel=1e-3)
        assert not fit.best.pure
        assert fit.best.exponent == power
    assert at.low <= at.expected * (1 + 1e-9) <= at.high * (1 + 2e-9)


def covered(
    truth: Callable[[FloatArray], FloatArray], *, noise: float, level: float, far: float
) -> tuple[float, float]:
    """Share of simulated cases in which a new run lies in its interval, and in which the exponent lies in its own."""
    rng = np.random.default_rng(0)
    target = np.array([far * SIZES.max()])
    slope = np.log(truth(np.array([3200.0])) / truth(np.array([200.0])))[0] / np.log(16)
    runs = exponents = 0
    for _ in range(TRIALS):
        fit = fit_growth(SIZES, truth(SIZES) * np.exp(noise * rng.normal(size=len(SIZES))), level=level)
        at = fit.predict(target).at(0)
        runs += at.low <= truth(target)[0] * np.exp(noise * rng.normal()) <= at.high
        exponents += fit.exponent.low <= slope <= fit.exponent.high
    return runs / TRIALS, exponents / TRIALS


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5])
def test_the_intervals_hold_the_truth_about_as_often_as_they_say(exponent: float, level: float) -> None:
    runs, exponents = covered(lambda n: 1e-3 * n**exponent, noise=0.15, level=level, far=10)
    tolerance = 4 * np.sqrt(level * (1 - level) / TRIALS)
    assert abs(exponents - level) < tolerance
    assert runs > level - tolerance
    assert runs < 1.0 or level > 0.9, "an interval that always holds the truth says nothing"


@pytest.mark.parametrize("weight", [0.3, 1.0, 3.0, 10.0])
def test_a_constant_part_does_not_hide_the_growth(weight: float) -> None:
    """Where a constant dominates what was measured, a power law alone would miss the truth far out most of the time."""
    runs, _ = covered(lambda n: 1e-3 * (weight * 800 + n), noise=0.1, level=0.95, far=40)
    assert runs > 0.88


def test_a_stage_that_does_not_grow_is_no_trouble() -> None:
    rng = np.random.default_rng(3)
    fit = fit_growth(SIZES, 0.05 * np.exp(0.1 * rng.normal(size=len(SIZES))))
    assert fit.exponent.low < 0 < fit.exponent.high
    at = fit.predict(140_000).at(0)
    assert 0.02 < at.low <= 0.05 <= at.high
    assert at.low <= at.expected <= at.high
    assert at.high < 0.05 * 140_000 / 200, "at most linear from the smallest size on"
    assert "do not clearly grow" in growth_sentence("candidates", fit)


@given(seed=st.integers(0, 10_000), exponent=st.floats(0.2, 1.2))
def test_farther_out_is_less_certain(seed: int, exponent: float) -> None:
    rng = np.random.default_rng(seed)
    fit = fit_growth(SIZES, 1e-3 * SIZES**exponent * np.exp(0.2 * rng.normal(size=len(SIZES))))
    grid = np.geomspace(3200, 3.2e6, 40)
    found = fit.predict(grid)
    assert (np.diff(found.high / found.low) >= -1e-9).all()
    assert found.high[-1] / found.low[-1] > found.high[0] / found.low[0]
    assert (found.low <= found.expected * (1 + 1e-9)).all()
    assert (found.expected <= found.high * (1 + 1e-9)).all()


def test_more_runs_make_the_interval_narrower_and_a_higher_level_wider() -> None:
    rng = np.random.default_rng(0)
    many = np.repeat(SIZES, 20)
    truth = 1e-3 * many * np.exp(0.2 * rng.normal(size=len(many)))

    def width(count: int, level: float) -> float:
        at = fit_growth(many[::count], truth[::count], level=level).predict(30_000).at(0)
        return at.high / at.low

    assert width(1, 0.95) < width(20, 0.95)
    assert width(1, 0.5) < width(1, 0.95) < width(1, 0.999)


def test_growth_beyond_what_was_measured_stays_possible() -> None:
    """Few noisy points would allow any exponent; the algorithm does not, unless the points clearly say so."""
    noisy = fit_growth([200, 800, 3200], [0.2, 1.0, 0.7])
    assert noisy.exponent.high > 2
    edge, far = noisy.predict(3200).at(0), noisy.predict(320_000).at(0)
    assert far.high <= edge.high * 100**1.25 * (1 + 1e-9)
    assert far.low >= edge.low * (1 - 1e-9)
    cubic = fit_growth(SIZES, 1e-9 * SIZES**3)
    assert cubic.predict(320_000).at(0).expected == pytest.approx(1e-9 * 320_000**3)


@pytest.mark.parametrize(
    ("sizes", "seconds"),
    [
        ([100, 200], [1, 2]),
        ([100, 200, 200, 100], [1, 2, 2, 1]),
        ([100, 100, 100], [1, 2, 3]),
    ],
)
def test_fewer_than_three_sizes_are_refused(sizes: list[float], seconds: list[float]) -> None:
    with pytest.raises(ConfigError, check=told("too-few-sizes")):
        fit_growth(sizes, seconds)


@pytest.mark.parametrize(
    ("sizes", "seconds"),
    [
        ([100, 200, 400], [1, 2]),
        ([100, 200, 400], [1, 0, 2]),
        ([100, 200, 400], [1, -1, 2]),
        ([100, 200, 400], [1, np.nan, 2]),
        ([100, 200, np.inf], [1, 1, 2]),
        ([0, 200, 400], [1, 1, 2]),
        ([[100, 200, 400]], [[1, 1, 2]]),
    ],
)
def test_nonsense_is_refused(sizes: list[float], seconds: list[float]) -> None:
    with pytest.raises(ShapeError):
        fit_growth(sizes, seconds)


@pytest.mark.parametrize("level", [0, 1, -1, 2, float("nan")])
def test_a_level_outside_its_range_is_refused(level: float) -> None:
    with pytest.raises(ConfigError, check=told("bad-level")):
        fit_growth(SIZES, SIZES, level=level)


@pytest.mark.parametrize("size", [0, -5, float("nan"), float("inf")])
def test_predictions_at_impossible_sizes_are_refused(size: float) -> None:
    with pytest.raises(ShapeError):
        fit_growth(SIZES, SIZES).predict(size)


def test_stages_are_fitted_where_they_ran() -> None:
    ran = np.where(SIZES > 300, 0.5, 0.0)  # three sizes or more
    rare = np.where(SIZES > 1000, 0.5, 0.0)
    times = StageTimes(SIZES, {"distances": 1e-4 * SIZES, "exchanges": ran, "seldom": rare * (SIZES > 2000)})
    found = extrapolate(times)
    distances, exchanges = found.fits["distances"], found.fits["exchanges"]
    assert distances is not None
    assert distances.exponent.expected == pytest.approx(1)
    assert exchanges is not None
    assert exchanges.predict(1e5).at(0).expected == pytest.approx(0.5)
    assert found.fits["seldom"] is None
    assert np.allclose(times.total, 1e-4 * SIZES + ran + rare * (SIZES > 2000))
    assert np.allclose(times.means(times.stages["distances"]), 1e-4 * times.distinct)
    with pytest.raises(ConfigError, check=told("too-few-sizes")):
        extrapolate(StageTimes(SIZES[:4], {"distances": SIZES[:4]}))


@pytest.mark.parametrize(
    ("sizes", "stages"),
    [([], {"a": []}), ([1, 2], {}), ([1, 2], {"a": [1]}), ([1, 2], {"a": [1, -1]}), ([1, 2], {"a": [1, np.nan]})],
)
def test_stage_times_that_do_not_fit_are_refused(sizes: list[float], stages: dict[str, list[float]]) -> None:
    with pytest.raises(ShapeError):
        StageTimes(np.array(sizes), {name: np.array(values) for name, values in stages.items()})


def test_growth_in_words() -> None:
    rng = np.random.default_rng(1)
    fit = fit_growth(SIZES, 1e-3 * SIZES * np.exp(0.05 * rng.normal(size=len(SIZES))))
    low, high = fit.exponent.low, fit.exponent.high
    assert (
        growth_sentence("distances", fit)
        == f"distances grow like n^{fit.exponent.expected:.2f} ({low:.2f} to {high:.2f})"
    )
    assert "shrink" in growth_sentence("rounds", fit_growth(SIZES, 1 / SIZES))


def test_the_trade_off_adds_up() -> None:
    select, per_sample = Interval(10, 5, 30), Interval(0.1, 0.08, 0.12)
    trade = trade_off(select, per_sample, num_pool=1000, budget=100, epochs=2, features=40)
    assert astuple(trade.tune_coreset) == pytest.approx((20, 16, 24))
    assert astuple(trade.tune_pool) == pytest.approx((200, 160, 240))
    assert trade.saved.expected == pytest.approx(200 - 20 - 40 - 10)
    assert trade.saved.low < trade.saved.expected < trade.saved.high


@given(
    select=st.floats(0.01, 1e5),
    features=st.floats(0, 1e5),
    epochs=st.floats(0.5, 20),
    budget=st.integers(1, 999),
    per_sample=st.floats(1e-5, 10),
)
def test_choosing_saves_time_exactly_above_the_break_even(
    select: float, features: float, epochs: float, budget: int, per_sample: float
) -> None:
    at = trade_off(
        Interval(select, select, select),
        Interval(per_sample, per_sample, per_sample),
        num_pool=1000,
        budget=budget,
        epochs=epochs,
        features=features,
    )
    if abs(per_sample / at.break_even - 1) > 1e-9:
        assert (at.saved.expected > 0) == (per_sample > at.break_even)


def test_choosing_everything_never_pays_off() -> None:
    one = Interval(1, 1, 1)
    trade = trade_off(one, one, num_pool=10, budget=10, epochs=3)
    assert trade.break_even == float("inf")
    assert trade.saved.expected < 0
    for budget, epochs in ((0, 1), (11, 1), (5, 0), (5, float("nan"))):
        with pytest.raises(ConfigError):
            trade_off(one, one, num_pool=10, budget=budget, epochs=epochs)


def test_the_mean_has_students_interval() -> None:
    found = mean_interval([1.0, 2.0, 3.0], level=0.95)
    assert (found.expected, found.high - 2, 2 - found.low) == pytest.approx((2, 4.302653 / 3**0.5, 2), abs=1e-5)
    assert mean_interval([4.0]) == Interval(4, 4, 4)
    for bad in ([], [np.nan], [[1.0]]):
        with pytest.raises(ShapeError):
            mean_interval(bad)


def noisy(scatter: float, repeats: int) -> StageTimes:
    """Runs that take a constant and a part in proportion, scattered by a factor of `scatter` up and down."""
    sizes = np.repeat(np.geomspace(200, 3200, 5), repeats)
    up = np.where(np.arange(len(sizes)) % 2, scatter, 1 / scatter)
    return StageTimes(sizes, {"scales": (0.3 + 1e-3 * sizes) * up})


def test_exact_times_are_known_everywhere() -> None:
    seen = outlook(extrapolate(noisy(1.0, 2)), 1_000_000)
    assert seen.useful
    assert (seen.known_to, seen.runs) == (1_000_000, 2)
    assert seen.seconds.expected == pytest.approx(1000.3, rel=1e-3)


@pytest.mark.parametrize("scatter", [1.2, 1.5, 2.0, 4.0])
def test_what_is_known_and_what_more_runs_would_do(scatter: float) -> None:
    """The interval is narrow up to `known_to`; so many runs per size make it narrow at the size, one fewer do not."""
    found = extrapolate(noisy(scatter, 2))
    seen = outlook(found, 140_000)
    if seen.known_to:
        assert seen.known_to >= 3200
        near = found.total.predict(seen.known_to).at(0)
        assert near.high <= WIDEST * near.low
    assert seen.useful == (seen.known_to == 140_000)
    if seen.useful:
        assert seen.runs == 2
        return
    beyond = found.total.predict(max(1.1 * seen.known_to, 3200)).at(0)
    assert beyond.high > WIDEST * beyond.low
    if seen.runs is not None:
        assert 2 < seen.runs <= MOST_RUNS
        assert outlook(extrapolate(noisy(scatter, seen.runs)), 140_000).useful
        assert not outlook(extrapolate(noisy(scatter, seen.runs - 2)), 140_000).useful


def test_every_stage_of_the_solvers_has_a_word_and_one_kind() -> None:
    listed = [stage for stages in PHASES.values() for stage in stages]
    assert len(listed) == len(set(listed))
    assert {*certified.METHOD.stages, *itra.METHOD.stages, "scales", "evaluation"} <= set(listed)
    assert set(listed) == set(STAGE_NAMES)


def test_merged_stages_add_up_and_leave_nothing_out() -> None:
    rng = np.random.default_rng(0)
    names = ("scales", "greedy", "full passes", "dual ascent", "something new")
    times = StageTimes(SIZES, {name: rng.uniform(size=len(SIZES)) for name in names})
    merged = times.merged(PHASES, rest=OTHER)
    assert list(merged.stages) == ["Distances", "Greedy and exchanges", "Lower bound", OTHER]
    np.testing.assert_allclose(merged.total, times.total)
    np.testing.assert_allclose(merged.stages["Lower bound"], times.stages["full passes"] + times.stages["dual ascent"])
