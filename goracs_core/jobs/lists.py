"""Lists of numbers as people write them, like "0, 0.05, 0.1"; a fault is told by the name of what the list holds."""

from __future__ import annotations

import re

from goracs_core.errors import ConfigError

_SEPARATORS = re.compile(r"[,;\s]+")


def parse_numbers(text: str, *, of: str, example: str, one: str = "number") -> list[float]:
    """The numbers of a list.

    Args:
        text: The list; commas, semicolons and spaces separate.
        of: What it holds, in the plural: "lambdas", "half-lives".
        example: A list that does.
        one: What it holds, in the singular.

    Raises:
        ConfigError: Something in it is no number, or it is empty.
    """
    parts = [part for part in _SEPARATORS.split(text) if part]
    if not parts:
        raise ConfigError(
            f"the list of {of} is empty, and at least one {one} is needed; give a list like {example}",
            code="empty-list",
            fields={"list": of},
        )
    return [_number(part, of, example) for part in parts]


def parse_lambdas(text: str) -> list[float]:
    """Weights of the gradient term, like "0, 0.05, 0.1"; see `parse_numbers`."""
    return parse_numbers(text, of="lambdas", example="0, 0.05, 0.1", one="lambda")


def parse_half_lives(text: str) -> list[float]:
    """Half-lives in days, like "7, 30, 90"; see `parse_numbers`."""
    return parse_numbers(text, of="half-lives", example="7, 30, 90", one="half-life")


def _number(part: str, of: str, example: str) -> float:
    try:
        return float(part)
    except ValueError as error:
        raise ConfigError(
            f"the {of} hold {part!r}, which is no number; give a list with commas and decimal points, like {example}",
            code="not-numbers",
            fields={"list": of, "entry": part},
        ) from error
