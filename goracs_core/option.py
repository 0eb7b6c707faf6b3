"""What is said about an option: its help, label and range, kept with the field of the config or options it is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from goracs_core.checks import check_choice, check_number, check_share, check_switch, check_whole
from goracs_core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Option:
    """Help, range and widget of an option: command line, pages, checks and `methods NAME` are made from it.

    Args:
        help: What it decides, in one or two sentences of plain text.
        label: Short, with the unit; for a form.
        low: Least number that is allowed.
        high: Largest number that a form offers; a config takes any.
        step: Of a form's plus and minus buttons.
        format: Of a number with a point, as printf has it.
        choices: Value to name, for one of a few values; empty for any other option.
        percent: A share, 0 or more and below 1, that forms show in per cent.
        positive: Any number above 0 is allowed, also one below `low`, from which a form starts.
        within_pool: A number of samples or of groups of them: at most as many as the pool has samples.
        advanced: Kept behind "Advanced options".
        only_with: Field and value of another option without which this one changes nothing.
        without_norms: Values that are left where there are no gradient norms; empty where it does not matter.
        key: Name in a form's session and in the address of a page; "" for the field's own name. Options of the same
            key are one widget for several methods.
        unset: What holds where the default is None, in words.
        metavar: What stands for its value in `--help`; "" takes a letter of the field's name.
    """

    help: str
    label: str
    low: float = 0.0
    high: float = 1e6
    step: float | None = None
    format: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    percent: bool = False
    positive: bool = False
    within_pool: bool = False
    advanced: bool = True
    only_with: tuple[str, str] | None = None
    without_norms: Sequence[Any] = ()
    key: str = ""
    unset: str = ""
    metavar: str = ""


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
        if self.default is None:
            return f"default: {self.words.unset}"
        if isinstance(self.default, bool):
            return f"default: {'yes' if self.default else 'no'}"
        return f"default: {self.default:g}" if isinstance(self.default, float) else f"default: {self.default}"

    def check(self, value: Any) -> None:
        """Insist on a value that is allowed.

        Raises:
            ConfigError: One outside the range, or another one than the choices.
        """
        words, name = self.words, self.name.rstrip("_")
        if words.choices:
            check_choice(name, value, tuple(words.choices))
        elif words.percent:
            check_share(name, value)
        elif isinstance(self.default, float):
            check_number(name, value, above=0 if words.positive else None, least=words.low)
        elif isinstance(self.default, bool):
            check_switch(name, value)
        else:
            check_whole(name, value, least=int(words.low), optional=self.default is None)

    def check_pool(self, value: int, num_pool: int) -> None:
        """Insist on a pool that has as many samples as the option needs.

        Raises:
            ConfigError: It has fewer.
        """
        if self.words.within_pool and value > num_pool:
            raise ConfigError(
                f"the {self.name} is {value}, but the pool has only {num_pool} samples; "
                f"give {self.flag} {num_pool} or less",
                code="more-than-pool",
                fields={"option": self.name, "value": value, "pool": num_pool},
            )


def options_of(config: type) -> list[NamedOption]:
    """The options of a config in the order of its fields.

    Raises:
        ConfigError: A field that was made without `option`, so that nothing could be said about it.
    """
    found = []
    for entry in fields(config):
        words = entry.metadata.get("option")
        if not isinstance(words, Option):
            raise ConfigError(
                f"the field {entry.name!r} of {config.__name__} has no words; make it with `option(...)`",
                code="option-without-words",
                fields={"option": entry.name},
            )
        found.append(NamedOption(entry.name, entry.default, words))
    return found
