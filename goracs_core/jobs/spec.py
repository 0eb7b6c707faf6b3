"""What a job is asked: a frozen dataclass per kind of job, plain values in a queue's row and back."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Self, Union, get_args, get_origin, get_type_hints

from goracs_core.checks import bad_option
from goracs_core.errors import ConfigError

_WORDS = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    tuple: "a list",
    Mapping: "a mapping of names to values",
}
_ARGUMENT = "argument"


class Style(StrEnum):
    """How a field is written on the command line."""

    VALUE = "--name VALUE"
    FILE = "--name PATH"
    DATASET = "--name DATASET: its folder, its name in the workspace, or demo"
    LIST = "--name V,V,..., of numbers"
    BUDGETS = "--name K,K,..., numbers of samples or shares of the pool"
    NAMES = "--name NAME,NAME,..."
    REPEATED = "--name V --name V"
    SWITCH = "--name, or --no-name where that is the other choice"
    NAMED = "--name KEY=VALUE, once per entry of a mapping"
    JSON = "--name KEY=VALUE, the value as JSON or bare text"
    SPREAD = "--key VALUE, an option per entry of a mapping"
    POSITION = "VALUE, without a name"


@dataclass(frozen=True)
class Argument:
    """How a field of a spec is written on the command line; the command writer and the parser read it.

    Args:
        name: The option, like "--budgets"; "" for a positional one.
        style: See `Style`.
        help: What it is, for `--help`.
        metavar: What stands for its value in `--help`.
        off: The option that says False, where True is the default or there are three states; else "".
        own: Entries of a mapping whose option has a name of its own, by key; "" for one that goes without saying. An
            entry that is a mapping itself has an option per entry, the key put in place of {}.
    """

    name: str
    style: Style = Style.VALUE
    help: str = ""
    metavar: str = ""
    off: str = ""
    own: Mapping[str, str] | None = None


def asked(argument: Argument | None = None, *, default: Any = MISSING) -> Any:
    """A field of a spec.

    Args:
        argument: How it is written on the command line; None for what only a page or another job asks.
        default: What holds when it is left out; without it the field must be given.
    """
    return field(default=default, metadata={_ARGUMENT: argument})


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What one job is asked. A kind of job has its own: fields without a default must be given.

    Values are plain: text, numbers, true or false, lists (tuples here) and mappings of these.
    """

    job: ClassVar[str] = "job"

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From plain values, as they stand in the queue.

        Raises:
            ConfigError: An unknown field, one that is missing, or a value of another type.
        """
        if not isinstance(values, Mapping):
            raise ConfigError(
                f"the job {cls.job} was given {values!r}, but its spec is a mapping of names to values",
                code="bad-spec",
                fields={"job": cls.job},
            )
        known = {entry.name: entry for entry in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ConfigError(
                f"the job {cls.job} has no {unknown[0]!r} in its spec; it has {', '.join(known)}: leave it out",
                code="unknown-option",
                fields={"option": unknown[0], "job": cls.job},
            )
        missing = [name for name, entry in known.items() if _required(entry) and values.get(name) in (None, "", {})]
        if missing:
            raise ConfigError(
                f"the job {cls.job} needs {missing[0]!r}, and its spec has none; give it",
                code="missing-option",
                fields={"option": missing[0], "job": cls.job},
            )
        hints = _hints(cls)
        given = {name: value for name, value in values.items() if value is not None}
        return cls(**{name: _checked(cls.job, name, value, hints[name]) for name, value in given.items()})

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `from_dict` reads; what is at its default is left out."""
        given = {entry.name: (getattr(self, entry.name), entry.default) for entry in fields(self)}
        return {name: _plain(value) for name, (value, default) in given.items() if value != default}


def arguments_of(spec: type[Spec]) -> dict[str, Argument]:
    """The fields of a kind of spec that have an option on the command line."""
    found = {entry.name: entry.metadata.get(_ARGUMENT) for entry in fields(spec)}
    return {name: option for name, option in found.items() if option is not None}


def changed(values: Mapping[str, Any] | None, usual: Mapping[str, Any], *, keep: Sequence[str] = ()) -> dict[str, Any]:
    """The entries that are not at their default.

    Args:
        values: Options as given.
        usual: The defaults.
        keep: Entries that stay whatever they are.
    """
    return {name: value for name, value in (values or {}).items() if name in keep or value != usual.get(name)}


def required(spec: type[Spec], name: str) -> bool:
    """Whether a field must be given."""
    return any(entry.name == name and _required(entry) for entry in fields(spec))


def type_of(spec: type[Spec], name: str) -> type:
    """The type of a field, None left out: str, bool, int, float, tuple or Mapping."""
    return _allowed(_hints(spec)[name])[0]


def item_type(spec: type[Spec], name: str) -> Any:
    """The type of the entries of a field that is a list."""
    hint = _hints(spec)[name]
    parts = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return next(get_args(part)[0] for part in parts if get_origin(part) is tuple)


@cache
def _hints(spec: type[Spec]) -> dict[str, Any]:
    return get_type_hints(spec)


def _required(entry: Field[Any]) -> bool:
    return entry.default is MISSING


def _allowed(hint: Any) -> list[type]:
    """The types of a hint, None among them where it may be left out; no deeper than the outermost."""
    if get_origin(hint) in (Union, types.UnionType):
        return sorted((one for part in get_args(hint) for one in _allowed(part)), key=lambda one: one is types.NoneType)
    origin = get_origin(hint) or hint
    return [tuple] if origin is tuple else [Mapping] if issubclass(origin, Mapping) else [origin]


def _checked(job: str, name: str, value: Any, hint: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = tuple(value)
    allowed = _allowed(hint)
    if not any(_is(value, kind) for kind in allowed):
        words = " or ".join(_WORDS[kind] for kind in allowed if kind in _WORDS)
        raise bad_option(name, value, f"{name!r} of the job {job} is {value!r}, but it must be {words}; change it")
    return value


def _is(value: Any, kind: type) -> bool:
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(entry) for entry in value]
    return str(value) if isinstance(value, str) else value
