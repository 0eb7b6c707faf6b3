"""Budgets as people write them: a number of samples, or a share of the pool."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from numbers import Real

from goracs_core.errors import ConfigError

Budget = int | float | str  # 256 samples, or a share of the pool: 0.02 or "2%"

_MOST_DIGITS = 18
_SEPARATORS = re.compile(r"[,;\s]+")


def parse_budget(given: object, num_pool: int) -> int:
    """Number of samples that a budget stands for.

    A whole number from 1 on counts samples (so that 1 and 1.0 are one sample). A number between 0 and 1, or a text that
    ends with %, is a share of the pool, rounded to the nearest number of samples, halves up, and at least 1.

    >>> parse_budget(256, 3000), parse_budget("2%", 3000), parse_budget(0.02, 3000), parse_budget("100%", 3000)
    (256, 60, 60, 3000)

    Args:
        given: The budget, as a number or as text.
        num_pool: Number of pool samples, n.

    Raises:
        ConfigError: Neither; a budget larger than the pool is for the method to refuse.
    """
    number, is_share = _read(given)
    return max(1, int(number * num_pool + Fraction(1, 2))) if is_share else int(number)


def check_budget(given: object) -> Budget:
    """The budget as it was given, once it is known to be one, for when the size of the pool is not known yet.

    A text without % becomes a number.

    Raises:
        ConfigError: Neither a number of samples nor a share.
    """
    number, is_share = _read(given)
    if not is_share:
        return int(number)
    return given if isinstance(given, str) and "%" in given else float(number)


def split_budgets(text: str) -> list[Budget]:
    """The budgets of a list like "64, 2%", each checked; shares stay shares.

    Raises:
        ConfigError: The list is empty, or something in it is no budget.
    """
    parts = [part for part in _SEPARATORS.split(text) if part]
    if not parts:
        raise ConfigError(
            "at least one budget is needed, and the list is empty; give one like 64, 256 or 2%", code="no-budgets"
        )
    return [check_budget(part) for part in parts]


def parse_budgets(text: str, num_pool: int) -> list[int]:
    """Numbers of samples that a list like "64, 2%" stands for.

    >>> parse_budgets("64, 2%", 3000)
    [64, 60]

    Raises:
        ConfigError: The list is empty, or something in it is no budget.
    """
    return [parse_budget(one, num_pool) for one in split_budgets(text)]


def is_share(given: object) -> bool:
    """Whether a budget is a share of the pool.

    Raises:
        ConfigError: It is no budget at all.
    """
    return _read(given)[1]


def _read(given: object) -> tuple[Fraction, bool]:
    """The exact number, and whether it is a share of the pool."""
    text = str(given).strip() if isinstance(given, Real | str) and not isinstance(given, bool) else ""
    percent = text.endswith("%")
    number = _exact(text.removesuffix("%")) / (100 if percent else 1)
    if (percent and 0 < number <= 1) or 0 < number < 1:
        return number, True
    if not percent and number >= 1 and number.denominator == 1:
        return number, False
    raise ConfigError(
        f"the budget is {given!r}, but it is a whole number of samples from 1 on, or a share of the pool such as 0.02 "
        "or '2%'; give one of these",
        code="bad-budget",
        fields={"budget": given},
    )


def _exact(text: str) -> Fraction:
    """The number without rounding; 0, which is no budget, for what is no number or absurdly large or small."""
    try:
        decimal = Decimal(text)
    except InvalidOperation:
        return Fraction(0)
    if not decimal.is_finite() or abs(decimal.adjusted()) > _MOST_DIGITS:
        return Fraction(0)
    return Fraction(decimal)
