"""What options must be in every room: a whole number, a finite number, a share, one of a few names."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from numbers import Real
from typing import Any

from goracs_core.errors import ConfigError


def bad_option(option: str, value: Any, message: str, **fields: Any) -> ConfigError:
    """The refusal of an option's value; `fields` are further values that the message speaks of."""
    return ConfigError(message, code="bad-option", fields={"option": option, "value": value, **fields})


def check_whole(option: str, value: int | None, *, least: int, most: int | None = None, optional: bool = False) -> None:
    """Insist on a whole number of at least `least`, and at most `most` where there is such a limit.

    Args:
        option: Its name, for the message.
        value: What was given.
        least: The least number.
        most: The largest; None for no limit.
        optional: Whether None is allowed, too.

    Raises:
        ConfigError: Another value.
    """
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
        allowed = f"of {least} or more" if most is None else f"from {least} to {most}"
        raise bad_option(option, value, f"{option} is {value!r}, but it must be a whole number {allowed}")


def check_number(option: str, value: float, *, above: float | None = None, least: float = 0.0) -> None:
    """Insist on a finite number above `above`; of `least` or more where that is not given (minus infinity: any).

    Raises:
        ConfigError: Another value.
    """
    if not _is_number(value) or not math.isfinite(value) or (value < least if above is None else value <= above):
        allowed = f" above {above:g}" if above is not None else f" of {least:g} or more" if least > -math.inf else ""
        raise bad_option(option, value, f"{option} is {_shown(value)}, but it must be a finite number{allowed}")


def check_share(option: str, value: float) -> None:
    """Insist on a share of at least 0 and below 1.

    Raises:
        ConfigError: Another value.
    """
    if not _is_number(value) or not 0 <= value < 1:
        raise bad_option(option, value, f"{option} is {_shown(value)}, but it must be a share from 0 to below 1")


def check_switch(option: str, value: bool) -> None:
    """Insist on true or false.

    Raises:
        ConfigError: Another value.
    """
    if not isinstance(value, bool):
        raise bad_option(option, value, f"{option} is {value!r}, but it must be true or false")


def check_choice(option: str, value: str, choices: Collection[str]) -> None:
    """Insist on one of a few names.

    Raises:
        ConfigError: Another one.
    """
    if value not in tuple(choices):
        raise bad_option(option, value, f"{option} is {value!r}, but it must be one of {', '.join(choices)}")


def check_text(option: str, value: str, advice: str) -> None:
    """Insist on a text that is not blank; `advice` says what to give instead.

    Raises:
        ConfigError: Another value.
    """
    if not isinstance(value, str):
        raise bad_option(option, value, f"{option} is {value!r}, but it must be a text; {advice}")
    if not value.strip():
        raise bad_option(option, value, f"{option} is empty; {advice}")


def check_texts(option: str, value: Iterable[str]) -> None:
    """Insist on a list of texts; it may be empty.

    Raises:
        ConfigError: Another value.
    """
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise bad_option(option, value, f"{option} is {value!r}, but it must be a list of names")


def check_known(given: Iterable[str], known: Collection[str], what: str) -> None:
    """Insist on names of options that exist.

    Args:
        given: Names of options.
        known: Those that exist.
        what: What they are for, in words that follow "for".

    Raises:
        ConfigError: An unknown one.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ConfigError(
            f"unknown option {unknown[0]!r} for {what}; there are {', '.join(known)}",
            code="unknown-option",
            fields={"option": unknown[0]},
        )


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _shown(value: object) -> str:
    return str(value) if _is_number(value) else repr(value)
