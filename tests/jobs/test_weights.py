"""Weights of validation samples: what a half-life means, and which weights are too uneven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goracs_core.data.demo import load_demo
from goracs_core.errors import ConfigError
from goracs_core.jobs.inputs import has_times, recorded_weighting
from goracs_core.jobs.select import export
from goracs_core.jobs.weights import (
    LEAST_SHARE,
    SECONDS_PER_DAY,
    given_weighting,
    half_life_of,
    half_life_weighting,
    weighting_words,
)
from goracs_core.methods import DealRecConfig, RandomConfig
from tests.jobs.made import inputs, run_of, shop

ages = st.lists(st.floats(0, 4000), min_size=1, max_size=12).map(lambda days: np.array(days) * SECONDS_PER_DAY)


def weights_of(times: np.ndarray, half_life: float) -> np.ndarray:
    values = half_life_weighting(times, half_life).values
    assert values is not None
    return values


@given(ages=ages, half_life=st.floats(200, 5000), later=st.floats(-1e9, 1e9))
def test_only_differences_of_times_matter_and_the_newest_weighs_one(
    ages: np.ndarray, half_life: float, later: float
) -> None:
    weights = weights_of(-ages, half_life)
    assert weights.max() == 1.0
    assert (np.diff(weights[np.argsort(ages)]) <= 0).all(), "older never weighs more"
    assert weights_of(later - ages, half_life) == pytest.approx(weights, rel=1e-6)


@given(newest=st.floats(0, 2e9), half_life=st.floats(0.01, 1e5))
def test_one_half_life_is_one_half(newest: float, half_life: float) -> None:
    times = newest - half_life * SECONDS_PER_DAY * np.array([0.0, 1.0, 2.0, 3.0])
    assert weights_of(times, half_life) == pytest.approx([1.0, 0.5, 0.25, 0.125], rel=1e-3)


@given(ages=ages, half_life=st.floats(1e-6, 300))
def test_a_half_life_is_refused_exactly_when_the_lightest_is_too_light(ages: np.ndarray, half_life: float) -> None:
    exact = np.exp2(-(ages - ages.min()) / SECONDS_PER_DAY / half_life)
    share = exact.min() / exact.mean()
    assume(abs(share / LEAST_SHARE - 1) > 1e-6)
    if share > LEAST_SHARE:
        assert weights_of(-ages, half_life) == pytest.approx(exact, rel=1e-9)
        return
    with pytest.raises(ConfigError, match="take a half-life of") as refusal:
        half_life_weighting(-ages, half_life)
    advised = float(str(refusal.value).split("take a half-life of ")[1].split(" days")[0])
    allowed = weights_of(-ages, advised)
    assert allowed.min() >= LEAST_SHARE * allowed.mean()
    with pytest.raises(ConfigError):
        half_life_weighting(-ages, 0.98 * advised)  # not longer than needed


def test_given_weights_keep_their_proportions_up_to_the_largest_numbers() -> None:
    for scale in (1e-300, 1.0, 1e307):
        values = given_weighting(scale * np.array([1.0, 2.0, 4.0])).values
        assert values is not None
        assert values / values.sum() == pytest.approx([1 / 7, 2 / 7, 4 / 7], rel=1e-12)


@pytest.mark.parametrize("given", ["soon", True, [], 0, -1, float("nan")])
def test_a_half_life_is_a_number_of_days(given: object) -> None:
    with pytest.raises(ConfigError, match="number of days above 0"):
        half_life_of({"half_life": given})
    assert half_life_of({}) is None
    assert half_life_of({"half_life": 30}) == 30.0


def test_a_run_says_how_its_validation_samples_weigh() -> None:
    plain = inputs(12, 6)
    weighed = replace(plain, weighting=half_life_weighting(np.arange(6.0) * SECONDS_PER_DAY, 2.5))
    run = run_of(RandomConfig(3), source=weighed)
    assert recorded_weighting(run.inputs) == {"half_life": 2.5}
    assert weighting_words(run.inputs) == "half-life of 2.5 days"
    assert "half-life of 2.5 days" in run.name
    assert export.summary(run)["validation_weights"] == "half-life of 2.5 days"
    other = run_of(RandomConfig(3), source=plain)
    assert recorded_weighting(other.inputs) == {}
    assert weighting_words(other.inputs) == "uniform"
    assert other.name == "Random · k 3 · λ 0.05"
    given = run_of(RandomConfig(3), source=replace(plain, weighting=given_weighting(np.arange(1.0, 7.0))))
    assert (weighting_words(given.inputs), recorded_weighting(given.inputs)) == ("given", {})


def test_datasets_say_whether_they_have_times() -> None:
    assert has_times(load_demo())
    without = shop()
    assert not has_times(without)
    broken = replace(without.validation, times=np.full(12, np.nan))
    assert not has_times(replace(without, validation=broken))


def test_runs_that_differ_in_an_option_are_called_differently() -> None:
    config = DealRecConfig(3, surrogate="dcrec", strata=9, recursion_steps=7)
    assert run_of(config).name == "DEALRec · k 3 · λ 0.05 · surrogate dcrec · strata 9", "idle options are not told"
    labelled = replace(inputs(12, 6), pool_labels=np.arange(12) % 2, validation_labels=np.arange(6) % 2)
    assert run_of(RandomConfig(4, label_aware=True), source=labelled).name.endswith("λ 0.05 · by label")
