"""Options of the command line made from the words of a config's fields."""

from __future__ import annotations

import argparse
import typing
from collections.abc import Collection
from types import NoneType
from typing import Any

from goracs_core.option import NamedOption, options_of


def add_options(group: Any, config: type, names: Collection[str] | None = None) -> None:
    """Add the options of a config's fields, or of some of them, to a parser or its group."""
    hints = typing.get_type_hints(config)
    for one in options_of(config):
        if names is None or one.name in names:
            add_option(group, one, kind=_kind(hints[one.name]))


def add_option(group: Any, one: NamedOption, *, kind: type, note: str = "") -> None:
    """Add an option named like the config's field.

    Args:
        group: The parser or its group.
        one: The option.
        kind: Type of its values.
        note: Said between its help and its default.
    """
    words = f"{first_low(one.words.help)}{note} ({one.shown_default})"
    if kind is bool:
        group.add_argument(one.flag, action=argparse.BooleanOptionalAction, default=None, help=words)
        return
    choices = [str(value) for value in one.words.choices] or None
    metavar = None if choices else one.words.metavar or one.name.rpartition("_")[2][:1].upper()
    group.add_argument(one.flag, dest=one.name, type=kind, metavar=metavar, choices=choices, help=words)


def first_low(text: str) -> str:
    """A sentence as argparse's help has it: in lower case, without the last full stop, per cent signs doubled."""
    return (text[:1].lower() + text[1:]).removesuffix(".").replace("%", "%%")


def _kind(hint: Any) -> type:
    """The type of a field's values on the command line, where None may stand for the default."""
    members = [one for one in typing.get_args(hint) if one is not NoneType]
    kind = members[0] if members and isinstance(members[0], type) else hint
    return kind if kind in (bool, int, float) else str
