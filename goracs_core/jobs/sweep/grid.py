"""The grid of lambdas and budgets, checked before any work is done."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from goracs_core.errors import ConfigError

MOST_POINTS = 400


def check_grid(
    lambdas: Sequence[float], budgets: Sequence[int], *, whose: str = "a sweep"
) -> tuple[list[float], list[int]]:
    """The values of a grid, each once and rising.

    Args:
        lambdas: As given.
        budgets: As given.
        whose: What needs them, for the sentence: "a sweep", "an experiment".

    Raises:
        ConfigError: Nothing given, a value that is not allowed, or too many points.
    """
    rising = rising_lambdas(lambdas, whose=whose), rising_budgets(budgets, whose=whose)
    points = len(rising[0]) * len(rising[1])
    if points > MOST_POINTS:
        raise ConfigError(
            f"{len(rising[0])} lambdas and {len(rising[1])} budgets make {points:,} points, but {whose} has at most "
            f"{MOST_POINTS}; give fewer of one of them",
            code="too-many-points",
            fields={"points": points, "most": MOST_POINTS},
        )
    return rising


def rising_lambdas(lambdas: Sequence[float], *, whose: str) -> list[float]:
    """Weights of the gradient term, each once and rising; see `check_grid`."""
    _check(
        lambdas, "lambda", whose, "0, 0.05, 0.1", "a finite number >= 0", lambda one: math.isfinite(one) and one >= 0
    )
    return sorted({0.0 + float(value) for value in lambdas})  # 0.0 + turns -0.0 into 0.0, which has the same key


def rising_budgets(budgets: Sequence[int], *, whose: str) -> list[int]:
    """Numbers of samples, each once and rising; see `check_grid`."""
    _check(budgets, "budget", whose, "64, 256", "a whole number >= 1", lambda one: one == int(one) and one >= 1)
    return sorted({int(value) for value in budgets})


def _check(
    values: Sequence[float], what: str, whose: str, example: str, rule: str, allowed: Callable[[float], bool]
) -> None:
    if not values:
        raise ConfigError(
            f"{whose} needs at least one {what}, and none was given; give a list like {example}", code=f"no-{what}s"
        )
    for value in values:
        if not allowed(value):
            raise ConfigError(
                f"one {what} of the list is {value}, but each must be {rule}; change it",
                code=f"bad-{what}",
                fields={what: value},
            )


def check_budgets(budgets: Sequence[int], num_pool: int) -> None:
    """Refuse a budget that is larger than the pool.

    Raises:
        ConfigError: One is.
    """
    if max(budgets) > num_pool:
        raise ConfigError(
            f"one budget of the list is {max(budgets):,}, but the pool has only {num_pool:,} samples; "
            f"give budgets of at most {num_pool:,}",
            code="budget-too-large",
            fields={"budget": max(budgets), "pool": num_pool},
        )
