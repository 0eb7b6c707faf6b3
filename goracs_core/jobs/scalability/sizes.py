"""The sample sizes of a scalability measurement: sensible ones, and which are allowed."""

from __future__ import annotations

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.evaluation.scaling import LEAST_SIZES
from goracs_core.methods import CertifiedConfig, ItraConfig

MOST_SIZES = 12
MeasuredConfig = CertifiedConfig | ItraConfig

_DEFAULT_SIZES = 5
_SMALLEST_SHARE = 16
_LEAST_SPAN = 1.5  # largest size / smallest size


def default_sizes(num_pool: int, budget: int, *, proportional: bool = False) -> tuple[int, ...]:
    """Five sizes in equal ratios up to the whole pool; from a sixteenth of it, or from twice a fixed budget.

    Raises:
        ConfigError: The pool leaves no room for growing samples.
    """
    least = 2 if proportional else 2 * budget
    smallest = max(num_pool // _SMALLEST_SHARE, least)
    if smallest * _LEAST_SPAN > num_pool:
        advice = "measure on more data" if proportional else "take a smaller budget, or one in proportion to the sample"
        raise ConfigError(
            f"samples of this pool would grow from {smallest:,} to {num_pool:,} for a budget of {budget:,}, which is "
            f"too little to measure the growth; {advice}",
            code="pool-too-small",
            fields={"smallest": smallest, "pool": num_pool, "budget": budget},
        )
    series = np.geomspace(smallest, num_pool, _DEFAULT_SIZES)
    return tuple(sorted({round(size) for size in series.tolist()}))


def check_sizes(sizes: tuple[int, ...], num_pool: int, budget: int, *, proportional: bool = False) -> tuple[int, ...]:
    """The sizes in rising order.

    Raises:
        ConfigError: Too few or too many, above the pool, or too small for the budget.
    """
    found = tuple(sorted(set(sizes)))
    if not LEAST_SIZES <= len(found) <= MOST_SIZES:
        raise ConfigError(
            f"{len(found)} different sample sizes are given, but the growth is measured on {LEAST_SIZES} to "
            f"{MOST_SIZES}; give as many",
            code="bad-number-of-sizes",
            fields={"sizes": len(found), "least": LEAST_SIZES, "most": MOST_SIZES},
        )
    if found[-1] > num_pool:
        raise ConfigError(
            f"a sample of {found[-1]:,} is larger than the pool of {num_pool:,}; give smaller sizes",
            code="size-too-large",
            fields={"size": found[-1], "pool": num_pool},
        )
    if found[0] < 2 or (not proportional and found[0] <= budget):
        raise ConfigError(
            f"a sample of {found[0]:,} leaves nothing to select for a budget of {budget:,}; give larger sizes, a "
            "smaller budget, or one in proportion to the sample",
            code="size-too-small",
            fields={"size": found[0], "budget": budget},
        )
    if found[-1] < _LEAST_SPAN * found[0]:
        raise ConfigError(
            f"samples from {found[0]:,} to {found[-1]:,} are too similar to measure the growth; the largest must be at "
            f"least {_LEAST_SPAN:g} times the smallest",
            code="sizes-too-similar",
            fields={"smallest": found[0], "largest": found[-1]},
        )
    return found
