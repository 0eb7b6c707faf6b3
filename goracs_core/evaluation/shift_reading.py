"""What a shift report says, in sentences."""

from __future__ import annotations

from goracs_core.evaluation.shift import SLOPE_DAYS, ArmShift, Estimate, OverTime, ShiftReport


def shift_reading(report: ShiftReport) -> list[str]:
    """One sentence per arm against random, one per arm with decay; what is within chance is said to be.

    Args:
        report: From `shift_report`.
    """
    sentences = [
        _against_random(arm, arm.to_random)
        for arm in report.arms
        if arm.to_random is not None and arm.half_life is None
    ]
    sentences += [_against_no_decay(arm, arm.to_undecayed) for arm in report.arms if arm.to_undecayed is not None]
    fewest = min((arm.seeds for arm in report.arms), default=0)
    if sentences and fewest == 1:
        sentences.append(
            "Some arms have only one seed: their intervals cover the variation over test samples, but not over "
            "trainings."
        )
    elif sentences and fewest == 2:
        sentences.append(
            "Some arms have only two seeds. Two trainings say little about the variation between seeds, so the "
            "intervals are wide. More seeds narrow them most."
        )
    return sentences


def words(estimate: Estimate) -> str:
    """The number with its sign and interval: "-0.034 (-0.051 to -0.017)"."""
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"


def _against_random(arm: ArmShift, gain: OverTime) -> str:
    if gain.whole.clear:
        start = f"{arm.name} has a {'lower' if gain.whole.value < 0 else 'higher'} loss than random"
    else:
        start = f"{arm.name} does not differ significantly from random"
    trend = gain.slope
    if not trend.clear:
        end = "no significant change over time"
    elif (trend.value > 0) == (gain.whole.value < 0):
        end = f"the difference decreases over time by {abs(trend.value):.3f} per {SLOPE_DAYS:.0f} days"
    else:
        end = f"the difference increases over time by {abs(trend.value):.3f} per {SLOPE_DAYS:.0f} days"
    return f"{start}: {words(gain.whole)} nats; {end}."


def _against_no_decay(arm: ArmShift, change: OverTime) -> str:
    late = change.slices[-1]
    if not late.clear:
        return f"{arm.name}: on the latest slice it does not differ significantly from no decay: {words(late)} nats."
    which = "helps" if late.value < 0 else "hurts"
    return f"{arm.name}: on the latest slice, weighting recent validation samples more {which}: {words(late)} nats."
