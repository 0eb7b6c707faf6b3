"""Does a coreset still serve later? Test losses in slices of time, against random and against no decay.

Every number is a linear function of the losses of the same test samples under several seeds: a mean over a slice, a
slope over time, or a difference of two arms' means or slopes. Its interval counts both kinds of chance, as in a table
with two crossed random factors: which seeds were drawn (rows) and which test samples there are (columns).

    variance = sum over arms of var(seeds) / s  +  var(samples) / q  -  the part that both terms count (rows x columns)

Degrees of freedom follow Satterthwaite (1946). With one seed per arm the interval knows of the samples' chance only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.types import FloatArray, IndexArray, readonly

SLICES = 4
LEVEL = 0.95
SLOPE_DAYS = 30.0  # slopes are per so many days
_DAY = 86_400.0
_LEAST_IN_SLICE = 5


@dataclass(frozen=True, eq=False)
class ArmLosses:
    """Test losses of one arm.

    Args:
        name: The arm.
        losses: Shape [s, q]: a row per seed, a column per test sample.
        half_life: Days in which a validation sample's weight halves; None: all alike.
        base: For an arm with decay, the arm of the same method without; "" where there is none.
    """

    name: str
    losses: FloatArray
    half_life: float | None = None
    base: str = ""

    def __post_init__(self) -> None:
        losses = readonly(self.losses, np.float64)
        if losses.ndim != 2 or 0 in losses.shape or not np.isfinite(losses).all():
            raise ShapeError(
                f"the losses of {self.name} must be finite, a row per seed and a column per test sample",
                code="bad-losses",
                fields={"arm": self.name},
            )
        object.__setattr__(self, "losses", losses)


@dataclass(frozen=True)
class Estimate:
    """A number with its interval at `LEVEL`.

    Args:
        value: The number.
        low, high: Ends of the interval.
    """

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.low <= 0 <= self.high


@dataclass(frozen=True, eq=False)
class TimeSlice:
    """One slice of the test.

    Args:
        places: Columns of the losses; shape [c].
        first, middle, last: Times of its earliest and latest sample and their mean, in seconds since 1970.
    """

    places: IndexArray
    first: float
    middle: float
    last: float


@dataclass(frozen=True)
class OverTime:
    """Something over time, in nats.

    Args:
        whole: On the whole test.
        slices: On each slice, earliest first.
        slope: Change per `SLOPE_DAYS` days, by least squares over the samples' times.
    """

    whole: Estimate
    slices: tuple[Estimate, ...]
    slope: Estimate


@dataclass(frozen=True)
class ArmShift:
    """One arm over time.

    Args:
        name, half_life, base: As in `ArmLosses`.
        seeds: Trainings behind it.
        loss: Test loss.
        to_random: Test loss less that of the random arm; negative is better. None for random itself, or without it.
        to_undecayed: Test loss less that of the same method without decay; None where there is no such arm.
    """

    name: str
    half_life: float | None
    base: str
    seeds: int
    loss: OverTime
    to_random: OverTime | None
    to_undecayed: OverTime | None


@dataclass(frozen=True, eq=False)
class ShiftReport:
    """Arms over the time of the test.

    Args:
        slices: Equal numbers of test samples, earliest first.
        arms: In the given order.
        left_out: Test samples without a time.
    """

    slices: tuple[TimeSlice, ...]
    arms: tuple[ArmShift, ...]
    left_out: int

    @property
    def bases(self) -> tuple[str, ...]:
        """Arms without decay that have some with."""
        return tuple(dict.fromkeys(arm.base for arm in self.arms if arm.to_undecayed is not None))

    def decays(self, base: str) -> tuple[ArmShift, ...]:
        """The arms of a method by rising half-life, the one without decay last."""
        family = [arm for arm in self.arms if base in (arm.name, arm.base)]
        return tuple(sorted(family, key=lambda arm: math.inf if arm.half_life is None else arm.half_life))


def time_slices(times: FloatArray, count: int = SLICES) -> tuple[TimeSlice, ...]:
    """Equal-count slices of the samples with a time, earliest first.

    Args:
        times: Seconds since 1970; NaN where unknown; shape [q].
        count: How many.

    Raises:
        ConfigError: Too few samples with times for so many slices, or all of one moment.
    """
    known = np.flatnonzero(np.isfinite(times))
    if count < 2 or len(known) < count * _LEAST_IN_SLICE:
        raise ConfigError(
            f"{len(known):,} test samples with times cannot be split into {count} slices; at least 2 slices of "
            f"{_LEAST_IN_SLICE} samples are needed, so use fewer slices or more test samples",
            code="cannot-slice",
            fields={"samples": len(known), "slices": count},
        )
    if times[known].min() == times[known].max():
        raise ConfigError(
            "all test samples have the same time, so they cannot be split into time slices",
            code="one-moment",
        )
    parts = np.array_split(known[np.argsort(times[known], kind="stable")], count)
    return tuple(
        TimeSlice(readonly(part, np.int64), float(times[part[0]]), float(times[part].mean()), float(times[part[-1]]))
        for part in parts
    )


def shift_report(
    arms: Sequence[ArmLosses], times: FloatArray, *, slices: int = SLICES, random: str = "random"
) -> ShiftReport:
    """Put the arms' losses into slices of time.

    Args:
        arms: What was trained; at least one.
        times: Of the test samples, in the losses' order; shape [q].
        slices: How many slices.
        random: Name of the arm that the others are compared with.

    Raises:
        ConfigError: Times that cannot be sliced.
        ShapeError: Not one time per loss.
    """
    for arm in arms:
        if arm.losses.shape[1] != len(times):
            raise ShapeError(
                f"{arm.losses.shape[1]} losses of {arm.name} need as many times, got {len(times)}",
                code="times-unequal",
                fields={"losses": arm.losses.shape[1], "times": len(times)},
            )
    parts = time_slices(times, slices)
    known = np.flatnonzero(np.isfinite(times))
    named = {arm.name: arm for arm in arms}

    def over_time(*terms: tuple[float, ArmLosses]) -> OverTime:
        losses = [(weight, arm.losses) for weight, arm in terms]
        return OverTime(
            whole=contrast([(weight, values[:, known]) for weight, values in losses]),
            slices=tuple(contrast([(w, values[:, part.places]) for w, values in losses]) for part in parts),
            slope=contrast([(w, values[:, known]) for w, values in losses], along=times[known] / (SLOPE_DAYS * _DAY)),
        )

    def against(arm: ArmLosses, other: str) -> OverTime | None:
        there = named.get(other)
        return None if there is None or there is arm else over_time((1.0, arm), (-1.0, there))

    return ShiftReport(
        slices=parts,
        arms=tuple(
            ArmShift(
                arm.name,
                arm.half_life,
                arm.base,
                len(arm.losses),
                over_time((1.0, arm)),
                against(arm, random),
                against(arm, arm.base) if arm.base else None,
            )
            for arm in arms
        ),
        left_out=len(times) - len(known),
    )


def contrast(terms: Sequence[tuple[float, FloatArray]], *, along: FloatArray | None = None) -> Estimate:
    """A weighted sum of the arms' means (or slopes) over the same samples, with its interval.

    Args:
        terms: Weight and losses [s, q] of each arm; seeds of different arms have nothing in common.
        along: The samples' times, for slopes; None for means; shape [q].
    """
    q = terms[0][1].shape[1]
    fitted = np.ones((1, q)) if along is None else np.stack([np.ones(q), along - along.mean()])
    direction = (
        np.full(q, 1.0 / q) if along is None else fitted[1] / (fitted[1] @ fitted[1])
    )  # value = direction @ loss
    size = float(direction @ direction)
    combined = np.sum([weight * losses.mean(axis=0) for weight, losses in terms], axis=0)  # [q]
    degrees = q - len(fitted)
    by_samples = _residual_sum(combined, fitted) / degrees * size
    parts, both = [(by_samples, degrees)], 0.0
    for weight, losses in terms:
        seeds = len(losses)
        if seeds > 1:
            parts.append((weight**2 * float(np.var(losses @ direction, ddof=1)) / seeds, seeds - 1))
            centred = losses - losses.mean(axis=0)
            rest = sum(_residual_sum(row, fitted) for row in centred) / ((seeds - 1) * degrees)
            both += weight**2 * rest / seeds * size
    total = sum(variance for variance, _ in parts)
    spread = sum(variance**2 / freedom for variance, freedom in parts)
    value = float(combined @ direction)
    if total == 0:
        return Estimate(value, value, value)
    variance = max(total - both, *(part for part, _ in parts))
    reach = _quantile(total**2 / spread) * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach)


def _residual_sum(values: FloatArray, fitted: FloatArray) -> float:
    """Squares left after fitting orthogonal rows; `fitted` has shape [p, q]."""
    left = values - ((fitted @ values) / np.einsum("pq,pq->p", fitted, fitted)) @ fitted
    return float(left @ left)


def _quantile(degrees: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + LEVEL) / 2))
