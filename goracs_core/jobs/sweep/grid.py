"""The grid of lambdas and budgets, checked before any work is done."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    if not lambdas or not budgets:
        what, example = ("lambda", "0, 0.05, 0.1") if not lambdas else ("budget", "64, 256")
        raise ConfigError(f"{whose} needs at least one {what}, and none was given; give a list like {example}")
    for lambda_ in lambdas:
        if not math.isfinite(lambda_) or lambda_ < 0:
            raise ConfigError(f"one lambda of the list is {lambda_}, but each must be a finite number >= 0; change it")
    for budget in budgets:
        if budget != int(budget) or budget < 1:
            raise ConfigError(f"one budget of the list is {budget}, but each must be a whole number >= 1; change it")
    # 0.0 + turns -0.0 into 0.0: they are the same lambda and have to have the same key.
    rising = sorted({0.0 + float(value) for value in lambdas}), sorted({int(value) for value in budgets})
    points = len(rising[0]) * len(rising[1])
    if points > MOST_POINTS:
        raise ConfigError(
            f"{len(rising[0])} lambdas and {len(rising[1])} budgets make {points:,} points, but {whose} has at most "
            f"{MOST_POINTS}; take fewer of one of them"
        )
    return rising


def check_budgets(budgets: Sequence[int], num_pool: int) -> None:
    """Refuse a budget that the pool cannot fill.

    Raises:
        ConfigError: One is larger than the pool.
    """
    if max(budgets) > num_pool:
        raise ConfigError(
            f"one budget of the list is {max(budgets):,}, but the pool has only {num_pool:,} samples; "
            f"give budgets of at most {num_pool}"
        )
