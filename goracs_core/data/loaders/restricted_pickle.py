"""Read a pickled NumPy object file (such as DEALRec's title map) without executing anything.

Unpickling calls whatever the file names. Here the file may name only the scaffolding NumPy wraps around a plain
container, and each of those names leads to an inert class of this module. The opcodes are listed beforehand, so that
extension codes, instance builders and memory bombs are refused before the machine runs.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.report import InputError

_PLAIN_DTYPE = re.compile(r"[biufS]\d{1,4}|U\d{1,6}|\?")
_FORBIDDEN = frozenset(
    [
        "INST",
        "OBJ",
        "NEWOBJ",
        "NEWOBJ_EX",
        "EXT1",
        "EXT2",
        "EXT4",
        "PERSID",
        "BINPERSID",
        "BYTEARRAY8",
        "NEXT_BUFFER",
        "READONLY_BUFFER",
    ]
)


class _Inert:
    """Takes no state: a BUILD on a class (instead of an instance) must fail rather than set attributes on it."""

    def __setstate__(self, state: Any) -> None:
        raise ValueError(f"{type(self).__name__} takes no state")


class _NdarrayName(_Inert):
    """Stands for numpy.ndarray where it is only mentioned."""


class _Dtype(_Inert):
    """A data type as the file describes it; nothing is looked up."""

    def __init__(self, code: object = "", *_: object) -> None:
        self.code = code if isinstance(code, str) else ""
        self.order = "|"

    def __setstate__(self, state: Any) -> None:
        self.order = state[1] if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|") else "|"

    def numpy(self) -> np.dtype:
        if not _PLAIN_DTYPE.fullmatch(self.code):
            raise ValueError(f"data type {self.code!r}")
        return np.dtype(self.order.replace("|", "") + self.code)


class _Array(_Inert):
    """An array as the file describes it."""

    def __init__(self, *_: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def tolist(self) -> list[Any]:
        _, _, dtype, _, content = self.state
        if isinstance(content, list):
            return content
        if not isinstance(dtype, _Dtype) or not isinstance(content, bytes):
            raise ValueError("an array without content")
        return np.frombuffer(content, dtype.numpy()).tolist()


class _Scalar(_Inert):
    """A NumPy number; becomes the plain number at once, since it may be a dictionary's key."""

    def __new__(cls, dtype: object = None, content: object = None) -> Any:
        if not isinstance(dtype, _Dtype) or not isinstance(content, bytes):
            raise ValueError("a scalar without a plain data type")
        return np.frombuffer(content, dtype.numpy())[0].item()


_INERT = {
    ("numpy", "ndarray"): _NdarrayName,
    ("numpy", "dtype"): _Dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Scalar for core in ("core", "_core")},
}


class _ForeignNameError(Exception):
    """The file asks for something that is not plain data."""


class _InertUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        try:
            return _INERT[module, name]
        except KeyError:
            raise _ForeignNameError(f"{module}.{name}") from None


def read_pickled_object(path: Path) -> Any:
    """The single object, or list of objects, in a pickled .npy file: dict, list, tuple, set, text, number, None.

    Raises:
        InputError: Not such a file, damaged, or naming anything beyond plain data and NumPy's scaffolding.
    """
    data = _pickle_bytes(path)
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in _FORBIDDEN:
                raise _ForeignNameError(f"opcode {opcode.name}")
            # A memo index is an allocation.
            if "PUT" in opcode.name and isinstance(argument, int) and argument > len(data):
                raise ValueError("memo index out of range")
        value = _InertUnpickler(io.BytesIO(data)).load()
        return _content(value)
    except _ForeignNameError as error:
        message = (
            f"asks for {error}, but a title map may hold only plain containers, texts and numbers; "
            "nothing of it was executed; save the map as a plain dictionary"
        )
        raise InputError(message, "foreign-pickle", file=path.name) from None
    except Exception as error:  # a damaged pickle can fail in any way; none may reach the user as a traceback
        message = (
            f"cannot be read as a pickled NumPy file ({type(error).__name__}); it is damaged or of another kind, "
            "so copy it again"
        )
        raise InputError(message, "file-damaged", file=path.name) from error


def _pickle_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            _, _, dtype = read(file)
            data = file.read()
    except Exception as error:  # a damaged header, a Python literal, can fail in any way
        raise InputError(
            "is not a NumPy .npy file; give the file as it was published", "not-numpy", file=path.name
        ) from error
    if not dtype.hasobject:
        raise InputError(
            f"holds an array of {dtype}, but a title map is a pickled dictionary of texts", "no-titles", file=path.name
        )
    return data


def _content(value: Any) -> Any:
    if isinstance(value, _Array):
        items = value.tolist()
        return items[0] if len(items) == 1 else items
    return value
