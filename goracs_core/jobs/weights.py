"""How much each validation sample counts: all alike, as given, or halved with every half-life of its age."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from goracs_core.checks import bad_option
from goracs_core.data.dataset import Dataset
from goracs_core.errors import ConfigError
from goracs_core.types import FloatArray, fingerprint

SECONDS_PER_DAY = 86_400.0
# Lightest weight that is allowed, as a share of the mean: below it a sample no longer differs from one left out, and
# transport would have to tell masses apart that rounding does not.
LEAST_SHARE = 1e-9


@dataclass(frozen=True, eq=False)
class Weighting:
    """Weights of the validation samples and what a run records of them.

    Args:
        values: Relative weights, > 0; shape [m]. None when all samples count alike.
        record: Entries of a run's `inputs`; empty when all samples count alike.
    """

    values: FloatArray | None = None
    record: dict[str, str] = field(default_factory=dict)


EQUAL = Weighting()


def has_times(dataset: Dataset) -> bool:
    """Whether the validation samples carry the times that a half-life needs."""
    times = dataset.validation.times
    return times is not None and bool(np.isfinite(times).all())


def half_life_of(spec: Mapping[str, Any]) -> float | None:
    """The half-life of a spec in days, or None.

    Raises:
        ConfigError: Not a finite number > 0.
    """
    given = spec.get("half_life")
    if given is None:
        return None
    try:
        days = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        days = math.nan
    if not (math.isfinite(days) and days > 0):
        raise bad_option(
            "half_life",
            given,
            f"half_life is {given}, but it is a number of days above 0; leave it out to let all samples count alike",
        )
    return days


def half_life_weighting(times: FloatArray, half_life: float, *, origin: str = "") -> Weighting:
    """0.5 ** (age / half-life), the age counted from the newest validation sample.

    Args:
        times: Seconds since 1970 of the validation samples; finite; shape [m].
        half_life: Days.
        origin: Fingerprint of the times where no dataset has them.

    Raises:
        ConfigError: The oldest sample would weigh next to nothing.
    """
    ages = (times.max() - times) / SECONDS_PER_DAY
    if _lightest_share(ages, half_life) < LEAST_SHARE:
        raise ConfigError(
            f"with a half-life of {half_life:g} days the oldest validation sample, {ages.max():,.0f} days older than "
            f"the newest, weighs less than {LEAST_SHARE:g} of the mean; take a half-life of "
            f"{_shortest_half_life(ages):g} days or more",
            code="half-life-too-short",
            fields={"half_life": half_life, "least": _shortest_half_life(ages)},
        )
    weights = 0.5 ** (ages / half_life)
    record = {"validation_weights": fingerprint(weights), "half_life": repr(half_life)}
    return Weighting(weights, record | ({"validation_times": origin} if origin else {}))


def given_weighting(weights: FloatArray) -> Weighting:
    """Weights as the user gives them.

    Raises:
        ConfigError: A weight that is not > 0, or next to nothing.
    """
    if (weights <= 0).any():
        row = int((weights <= 0).argmax())
        raise ConfigError(
            f"validation weights must be > 0, and row {row} is {weights[row]:g} "
            f"(of {int((weights <= 0).sum())} such rows); leave such samples out, or give them a small weight",
            code="not-positive",
            fields={"name": "validation weights", "row": row},
        )
    weights = weights / weights.max()
    lightest = int(weights.argmin())
    share = float(weights[lightest] / weights.mean())
    if share < LEAST_SHARE:
        raise ConfigError(
            f"the lightest validation weight, in row {lightest}, is {share:.1g} of the mean, and less than "
            f"{LEAST_SHARE:g} is no different from leaving the sample out; leave it out, or make the weights more "
            "alike (weights that decay in time: by a longer half-life)",
            code="weight-too-small",
            fields={"row": lightest, "share": share},
        )
    return Weighting(weights, {"validation_weights": fingerprint(weights)})


def recorded_weighting(inputs: Mapping[str, str]) -> dict[str, Any]:
    """The part of a spec that weighs the validation samples of a dataset as a run did.

    Args:
        inputs: `Run.inputs`.
    """
    return {"half_life": float(inputs["half_life"])} if inputs.get("half_life") else {}


def weighting_words(inputs: Mapping[str, str]) -> str:
    """`uniform`, `given` or `half-life of 30 days`, as a run recorded it in its `inputs`."""
    if inputs.get("half_life"):
        return f"half-life of {float(inputs['half_life']):g} days"
    return "given" if inputs.get("validation_weights") else "uniform"


def _lightest_share(ages: FloatArray, half_life: float) -> float:
    """Weight of the oldest sample as a share of the mean; 0 where numbers do not reach."""
    with np.errstate(over="ignore"):
        return float(1.0 / np.mean(np.exp2((ages.max() - ages) / half_life)))


def _shortest_half_life(ages: FloatArray) -> float:
    """The shortest half-life that is allowed, rounded up to three digits."""
    low, high = 0.0, float(ages.max())  # a half-life as long as the span leaves the oldest at least half
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _lightest_share(ages, middle) >= LEAST_SHARE else (middle, high)
    digit = 10.0 ** (math.floor(math.log10(high)) - 2)
    return math.ceil(high / digit) * digit
