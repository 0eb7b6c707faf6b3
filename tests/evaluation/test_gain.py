"""The verdict on a training follows the paired interval, and says why the share of improved samples may differ."""

from __future__ import annotations

import math

import numpy as np
import pytest

from goracs_core.evaluation.crossed import crossed_mean
from goracs_core.evaluation.gain import Gain, gain_verdict
from goracs_core.types import FloatArray

RNG = np.random.default_rng(0)
BEFORE = RNG.gamma(8.0, 0.4, 200)
MANY_A_LITTLE_BETTER = np.where(np.arange(200) < 60, 1.0, -0.1) + 0.01 * RNG.normal(size=200)  # 70 % improve


@pytest.mark.parametrize(
    "change", [-0.3 + 0.1 * RNG.normal(size=200), MANY_A_LITTLE_BETTER, 0.01 * RNG.normal(size=200)]
)
def test_numbers_are_paired_by_sample(change: FloatArray) -> None:
    gain = Gain.of(BEFORE, BEFORE + change)
    assert gain.after - gain.before == pytest.approx(change.mean())
    assert gain.change.interval() == pytest.approx(crossed_mean(change[None]).interval())
    assert gain.improved == pytest.approx((change < 0).mean())
    turned = Gain.of(BEFORE + change, BEFORE)
    assert turned.place == -gain.place
    low, high = gain.change.interval()
    assert gain.place == (1 if low > 0 else -1 if high < 0 else 0)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_mean_that_few_samples_make_is_explained(sign: int) -> None:
    """Training lowers the mean while 30 % improve, or raises it while 70 % do: the sentence says that both is so."""
    gain = Gain.of(BEFORE, BEFORE + sign * MANY_A_LITTLE_BETTER)
    assert gain.place == sign
    assert gain.improved == pytest.approx(0.7 if sign > 0 else 0.3)
    first, meaning = gain_verdict(gain, answer="the right answer")
    assert ("raised" if sign > 0 else "lowered") in first
    assert "but" in meaning
    alike = gain_verdict(Gain.of(BEFORE, BEFORE + sign * 0.3 + 0.01 * MANY_A_LITTLE_BETTER), answer="the right answer")
    assert "but" not in alike[1]


@pytest.mark.parametrize("change", [-math.log(1.5), math.log(2)])
def test_the_change_is_told_as_a_ratio_of_probabilities(change: float) -> None:
    probability = RNG.uniform(0.1, 0.4, 50)
    after = probability * math.exp(-change)
    _, meaning = gain_verdict(Gain.of(-np.log(probability), -np.log(after)), answer="the right answer")
    assert ("50 % more" if change < 0 else "50 % less") in meaning


def test_no_clear_change_is_no_success() -> None:
    gain = Gain.of(BEFORE, BEFORE + np.where(np.arange(200) % 2, 0.5, -0.5))
    assert gain.place == 0
    first, _ = gain_verdict(gain, answer="the right answer")
    assert "lowered" not in first
    assert "raised" not in first
