"""Frozen dataclasses as JSON and arrays, and back exactly, driven by their type hints.

A value becomes plain JSON values and, beside them, its NumPy arrays by name; where an array stood, the JSON holds its
name. Numbers that JSON does not have are written as "nan", "inf" and "-inf". A field of several possible types says
which one it holds. Nothing is ever executed: only classes that a type hint names are built.
"""

from __future__ import annotations

import functools
import io
import json
import math
import types
import typing
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

Plain = Any  # what JSON knows: None, bool, int, float, str, list, dict with texts as keys
Arrays = dict[str, np.ndarray]

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_TAGS = ("$tuple", "$float", "$dict")  # how `Any` keeps what JSON would change
_UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
_SCALARS: dict[Any, tuple[type, ...]] = {int: (int, np.integer), str: (str,), bool: (bool, np.bool_)}


@dataclass(frozen=True)
class Codec:
    """Writes and reads values of given types.

    Args:
        converters: Types (as hints name them) that have plain values of their own: a pair of functions, to and from.
        names: Gives the classes that hints name but that their modules do not import when they run.
    """

    converters: Mapping[Any, tuple[Callable[[Any], Plain], Callable[[Any], Any]]] = field(default_factory=dict)
    names: Callable[[], Mapping[str, Any]] = dict

    def encode(self, value: Any, hint: Any = None) -> tuple[Plain, Arrays]:
        """The plain values and the arrays of `value`.

        Args:
            value: What to write.
            hint: Its type; the value's own where not given.

        Raises:
            TypeError: A value that its hint does not describe, or of a type that cannot be kept.
        """
        arrays: Arrays = {}
        return self._encode(value, type(value) if hint is None else hint, "", arrays), arrays

    def decode(self, hint: Any, plain: Plain, arrays: Mapping[str, np.ndarray] | None = None) -> Any:
        """The value of type `hint` whose plain values and arrays these are.

        Raises:
            ValueError: They are of another type: a field unknown or missing, a value of the wrong kind.
            GoracsError: The class itself refuses the values.
        """
        try:
            return self._decode(hint, plain, {} if arrays is None else arrays, "")
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    def _encode(self, value: Any, hint: Any, place: str, arrays: Arrays) -> Plain:
        if (converter := self._converter(hint)) is not None:
            return converter[0](value)
        if (members := _members(hint)) is not None:
            return self._encode_member(value, members, place, arrays)
        kind = get_origin(hint) or hint
        if kind is Any:
            return _encode_any(value, place)
        if not fits(value, hint):
            raise TypeError(f"{place or 'the value'} is {value!r}, but it should be {_name(hint)}")
        if kind is np.ndarray:
            name = place or "values"
            arrays[name] = value
            return name
        if kind is Literal:
            return value
        if is_dataclass(kind):
            hints = self._hints(kind)
            return {
                one.name: self._encode(getattr(value, one.name), hints[one.name], _inner(place, one.name), arrays)
                for one in fields(kind)
                if one.init or hints[one.name] in _SCALARS
            }
        if kind in (tuple, list):
            pairs = zip(value, _item_hints(hint, len(value)), strict=True)
            return [self._encode(one, inside, _inner(place, row), arrays) for row, (one, inside) in enumerate(pairs)]
        if issubclass(kind, Mapping):
            _, inside = get_args(hint) or (str, Any)
            return {
                _encode_key(key): self._encode(one, inside, _inner(place, row), arrays)
                for row, (key, one) in enumerate(value.items())
            }
        return _encode_scalar(value, kind)

    def _encode_member(self, value: Any, members: Sequence[Any], place: str, arrays: Arrays) -> Plain:
        if value is None and type(None) in members:
            return None
        real = [member for member in members if member is not type(None)]
        fitting = next((member for member in real if fits(value, member)), None)
        if fitting is None:
            raise TypeError(f"{place or 'the value'} is {value!r}, which is none of {', '.join(map(_name, members))}")
        plain = self._encode(value, fitting, place, arrays)
        return plain if len(real) == 1 else {"is": _name(fitting), "value": plain}

    def _decode(self, hint: Any, plain: Plain, arrays: Mapping[str, np.ndarray], place: str) -> Any:
        if (converter := self._converter(hint)) is not None:
            return converter[1](plain)
        if (members := _members(hint)) is not None:
            return self._decode_member(members, plain, arrays, place)
        kind = get_origin(hint) or hint
        if kind is Any:
            return _decode_any(plain)
        if kind is Literal:
            if plain not in get_args(hint):
                raise ValueError(f"{place} is {plain!r}, which is none of {get_args(hint)}")
            return plain
        if kind is np.ndarray:
            array = arrays[_checked(plain, str, place)]
            array.setflags(write=False)
            return array
        if is_dataclass(kind):
            return self._decode_dataclass(typing.cast("type", kind), _checked(plain, dict, place), arrays, place)
        if kind in (tuple, list):
            hints = _item_hints(hint, len(_checked(plain, list, place)))
            return kind(
                self._decode(one, value, arrays, _inner(place, row))
                for row, (value, one) in enumerate(zip(plain, hints, strict=True))
            )
        if issubclass(kind, Mapping):
            outside, inside = get_args(hint) or (str, Any)
            return {
                _decode_key(key, outside): self._decode(inside, value, arrays, _inner(place, key))
                for key, value in _checked(plain, dict, place).items()
            }
        return _decode_scalar(plain, kind, place)

    def _decode_member(self, members: Sequence[Any], plain: Plain, arrays: Mapping[str, np.ndarray], place: str) -> Any:
        real = [member for member in members if member is not type(None)]
        if plain is None and len(real) < len(members):
            return None
        if len(real) == 1:
            return self._decode(real[0], plain, arrays, place)
        tagged = _checked(plain, dict, place)
        return self._decode({_name(member): member for member in real}[tagged["is"]], tagged["value"], arrays, place)

    def _decode_dataclass(self, kind: type, plain: dict[str, Any], arrays: Mapping[str, np.ndarray], place: str) -> Any:
        hints = self._hints(kind)
        derived = {one.name: plain[one.name] for one in fields(kind) if not one.init and one.name in plain}
        plain = {name: value for name, value in plain.items() if name not in derived}
        known = {one.name: one for one in fields(kind) if one.init}
        if unknown := sorted(set(plain) - set(known)):
            raise ValueError(f"{kind.__name__} has no field {unknown[0]!r}")
        optional = {name for name, one in known.items() if (one.default, one.default_factory) != (MISSING, MISSING)}
        if missing := sorted(set(known) - set(plain) - optional):
            raise ValueError(f"{kind.__name__} needs the field {missing[0]!r}")
        made = kind(
            **{name: self._decode(hints[name], value, arrays, _inner(place, name)) for name, value in plain.items()}
        )

        for name, value in derived.items():  # such as a fingerprint: what the class makes of the fields
            if getattr(made, name) != value:
                raise ValueError(f"the {name} of {_inner(place, kind.__name__)} does not match its contents")
        return made

    def _hints(self, kind: Any) -> Mapping[str, Any]:
        return _type_hints(kind, self.names)

    def _converter(self, hint: Any) -> tuple[Callable[[Any], Plain], Callable[[Any], Any]] | None:
        return self.converters.get(hint) if self.converters else None


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the type that a hint names, seen from outside: what is in a container is not looked at."""
    members = _members(hint)
    if members is not None:
        return any(fits(value, member) for member in members)
    kind = get_origin(hint) or hint
    if kind is Any:
        return True
    if kind is Literal:
        return value in get_args(hint)
    if kind is float:
        return isinstance(value, float | int | np.floating | np.integer) and not isinstance(value, bool)
    if kind in _SCALARS:
        return isinstance(value, _SCALARS[kind]) and (kind is bool or not isinstance(value, bool))
    return type(value) is kind if is_dataclass(kind) else isinstance(value, kind)


def dump(plain: Plain) -> bytes:
    """Plain values as a JSON file.

    Raises:
        ValueError: NaN or infinity among them.
    """
    return (json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as a compressed .npz file without pickle; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()


def unpack(content: bytes) -> Arrays:
    """The arrays of an .npz file.

    Raises:
        ValueError: It is damaged, or holds pickled objects.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:  # from memory: it leaves a damaged file open
            return {name: archive[name] for name in archive.files}
    except _UNREADABLE as error:
        raise ValueError(f"the arrays cannot be read: {error}") from error


@functools.lru_cache(maxsize=512)
def _type_hints(kind: type, names: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    return typing.get_type_hints(kind, localns=dict(names()))


def _members(hint: Any) -> tuple[Any, ...] | None:
    """The members of a union; None for another hint."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else None


def _name(hint: Any) -> str:
    return getattr(hint, "__name__", None) or str(hint) if get_origin(hint) is None else str(hint)


def _inner(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _item_hints(hint: Any, length: int) -> Sequence[Any]:
    inside = get_args(hint)
    if not inside:
        return [Any] * length
    if get_origin(hint) is list or inside[1:] == (...,):
        return [inside[0]] * length
    return inside


def _encode_key(key: Any) -> str:
    if isinstance(key, Enum):
        key = key.value
    if not isinstance(key, str | int) or isinstance(key, bool):
        raise TypeError(f"keys must be texts or whole numbers, not {key!r}")
    return str(key)


def _decode_key(key: str, hint: Any) -> Any:
    if hint is int:
        return int(key)
    return hint(key) if isinstance(hint, type) and issubclass(hint, Enum) else key


def _encode_scalar(value: Any, kind: Any) -> Plain:
    if kind is float:
        return float(value) if math.isfinite(value) else _special(float(value))
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if kind in _SCALARS:
        return kind(value)
    raise TypeError(f"values of type {_name(kind)} cannot be kept")


def _decode_scalar(plain: Plain, kind: Any, place: str) -> Any:
    if kind is float:
        if isinstance(plain, str):
            return _SPECIAL[plain]
        return float(_checked(plain, (int, float), place))
    if kind in _SCALARS:
        return _checked(plain, kind, place)
    if isinstance(kind, type) and issubclass(kind, Enum | Path):
        return kind(plain)
    raise TypeError(f"values of type {_name(kind)} cannot be kept")


def _special(value: float) -> str:
    return next(name for name, number in _SPECIAL.items() if repr(number) == repr(value))


def _checked(plain: Plain, kind: Any, place: str) -> Any:
    if not isinstance(plain, kind) or (isinstance(plain, bool) and kind is not bool):
        raise ValueError(f"{place or 'the value'} is {plain!r}, which is of another type than was written")
    return plain


def _encode_any(value: Any, place: str) -> Plain:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": _special(value)}
    if isinstance(value, tuple):
        return {"$tuple": [_encode_any(one, place) for one in value]}
    if isinstance(value, list):
        return [_encode_any(one, place) for one in value]
    if isinstance(value, Mapping):
        inside = {_encode_key(key): _encode_any(one, _inner(place, key)) for key, one in value.items()}
        return {"$dict": inside} if len(inside) == 1 and next(iter(inside)) in _TAGS else inside
    raise TypeError(f"{place or 'the value'} holds {value!r}, which JSON does not know")


def _decode_any(plain: Plain) -> Any:
    if isinstance(plain, list):
        return [_decode_any(one) for one in plain]
    if not isinstance(plain, dict):
        return plain
    match plain:
        case {"$float": name} if len(plain) == 1:
            return _SPECIAL[name]
        case {"$tuple": items} if len(plain) == 1:
            return tuple(_decode_any(one) for one in items)
        case {"$dict": inside} if len(plain) == 1:
            return {key: _decode_any(one) for key, one in inside.items()}
    return {key: _decode_any(one) for key, one in plain.items()}
