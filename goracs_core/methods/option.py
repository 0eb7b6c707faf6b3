"""What is said about an option of a method: its help, label and range, kept with the config's field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from goracs_core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option in words: command line, pages and `methods NAME` are made from it.

    Args:
        help: What it decides, in one or two sentences of plain text.
        label: Short, with the unit; for a form.
        low, high: Range of a number. A form keeps to it; the config's own checks decide what is allowed.
        step: Of a form's plus and minus buttons.
        format: Of a number with a point, as printf has it.
        choices: Value to name, for one of a few values; empty for any other option.
        percent: A share that forms show in per cent.
        advanced: Kept behind "Advanced options".
        only_with: Field and value of another option without which this one changes nothing.
        without_norms: Values that are left where there are no gradient norms; empty where it does not matter.
        key: Name in a form's session and in the address of a page; "" for the field's own name. Options of the same
            key are one widget for several methods.
    """

    help: str
    label: str
    low: float = 0.0
    high: float = 1e6
    step: float | None = None
    format: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    percent: bool = False
    advanced: bool = True
    only_with: tuple[str, str] | None = None
    without_norms: Sequence[Any] = ()
    key: str = ""


def option(default: Any = MISSING, **words: Any) -> Any:
    """A field of a config with its default and its words.

    Args:
        default: Its default; without one the option must be given.
        **words: See `Option`.
    """
    return field(default=default, metadata={"option": Option(**words)})


@dataclass(frozen=True)
class NamedOption:
    """An option of a config, with the name and the default of its field.

    Args:
        name: Of the field.
        default: Of the field; MISSING where it must be given.
        words: What is said about it.
    """

    name: str
    default: Any
    words: Option

    @property
    def key(self) -> str:
        """Its name in a form's session and in the address of a page."""
        return self.words.key or self.name

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--{self.name.rstrip('_').replace('_', '-')}"

    @property
    def shown_default(self) -> str:
        """The default in words."""
        if self.default is MISSING:
            return "must be given"
        if isinstance(self.default, bool):
            return f"default: {'yes' if self.default else 'no'}"
        return f"default: {self.default:g}" if isinstance(self.default, float) else f"default: {self.default}"


def options_of(config: type) -> list[NamedOption]:
    """The options of a config in the order of its fields.

    Raises:
        ConfigError: A field that was made without `option`, so that nothing could be said about it.
    """
    found = []
    for entry in fields(config):
        words = entry.metadata.get("option")
        if not isinstance(words, Option):
            raise ConfigError(f"the field {entry.name!r} of {config.__name__} has no words; make it with `option(...)`")
        found.append(NamedOption(entry.name, entry.default, words))
    return found
