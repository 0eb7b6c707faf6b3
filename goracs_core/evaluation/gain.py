"""What a training did to the test loss: before and after, paired by sample, as numbers and in two sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

from goracs_core.evaluation.crossed import CrossedMean, crossed_mean
from goracs_core.evaluation.standing import percent
from goracs_core.types import FloatArray


@dataclass(frozen=True)
class Gain:
    """The test loss of a training with one seed.

    Args:
        before, after: Mean loss over the test samples, in nats.
        change: After less before, paired by sample.
        improved: Share of the samples whose loss is smaller after training.
    """

    before: float
    after: float
    change: CrossedMean
    improved: float

    @classmethod
    def of(cls, before: FloatArray, after: FloatArray) -> Gain:
        """From the loss of each test sample; shapes [q]."""
        change = crossed_mean((after - before)[None])
        return cls(float(before.mean()), float(after.mean()), change, float((after < before).mean()))

    @property
    def place(self) -> int:
        """-1, 0 or 1: the interval of the change lies below 0, contains it, or lies above it."""
        return sign_of(self.change)


def sign_of(mean: CrossedMean) -> int:
    """-1, 0 or 1: the 95 % interval lies below 0, contains it, or lies above it."""
    low, high = mean.interval()
    return int(low > 0) - int(high < 0)


def gain_verdict(gain: Gain, *, answer: str) -> tuple[str, str]:
    """Two sentences: how far the loss moved, and what that means.

    Args:
        gain: The numbers.
        answer: Whose probability the loss is about, such as "the right answer".
    """
    change, place = gain.change, gain.place
    low, high = change.interval()
    if place:
        verb = "lowered" if place < 0 else "raised"
        ends = sorted((abs(low), abs(high)))
        first = (
            f"Training {verb} the test loss from {gain.before:.3f} to {gain.after:.3f} nats: by "
            f"{abs(change.mean):.3f} ({ends[0]:.3f} to {ends[1]:.3f})."
        )
    else:
        first = (
            f"Training did not change the test loss significantly: {gain.before:.3f} nats before, {gain.after:.3f} "
            f"after, difference {change.mean:+.3f} ({low:+.3f} to {high:+.3f})."
        )
    how = "more" if change.mean < 0 else "less"
    factor = math.exp(-abs(change.mean))
    by = percent(1 / factor - 1 if change.mean < 0 else 1 - factor)
    return first, (
        f"{answer[:1].upper()}{answer[1:]} became {by} {how} probable (geometric mean over {change.samples:,} test "
        f"samples, one seed; 95 % interval above); {_share(gain)}."
    )


def _share(gain: Gain) -> str:
    """The share of improved samples, and why it seems to contradict the mean where it does."""
    share = percent(gain.improved)
    if gain.place < 0 and gain.improved < 0.5:
        return f"only {share} of the samples improved, but these by more than the others got worse"
    if gain.place > 0 and gain.improved >= 0.5:
        return f"{share} of the samples improved, but the others got worse by more"
    return f"{share} of the samples improved"
