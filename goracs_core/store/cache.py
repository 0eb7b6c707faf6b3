"""What can be computed again, kept under keys that stand for everything that decides it.

A damaged entry, or one of another version, counts as absent; so does one whose reader cannot make sense of it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from goracs_core.errors import GoracsError, StoreError
from goracs_core.store import atomic
from goracs_core.store.codec import Arrays, Codec, unpack
from goracs_core.types import fingerprint

T = TypeVar("T")
Former = Callable[[str, Arrays], T | None]

_RECORD, _CHECK = "$record", "$check"  # two entries beside the arrays, of names that no field has
_KEY = re.compile(r"[\w-]{1,100}")


class Cache(Generic[T]):
    """Values of one type, one file each.

    Args:
        folder: Of the files.
        value: Type of the values, as `Codec` takes it.
        codec: Turns values into plain ones and back.
        former: Reads the arrays of a file that an earlier version wrote under a key; None where they are damaged.
    """

    def __init__(
        self, folder: Path, value: Any, *, codec: Codec | None = None, former: Former[T] | None = None
    ) -> None:
        self.folder, self._value, self._codec, self._former = Path(folder), value, codec or Codec(), former

    def get_or_make(self, key: str, make: Callable[[], T]) -> T:
        """The value kept under `key`, else the one that `make` returns, which is kept.

        Raises:
            StoreError: The folder cannot be written.
        """
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found)
        return found

    def get(self, key: str) -> T | None:
        """The value kept under `key`, or None when there is none or the file is damaged in any way."""
        path = self.path(key)
        try:
            arrays = unpack(path.read_bytes())
            if self._former is not None and _CHECK not in arrays:
                return self._former(key, arrays)
            check, text = str(arrays.pop(_CHECK)), str(arrays.pop(_RECORD))
            if check != _check(key, text, arrays):
                return None
            return self._codec.decode(self._value, json.loads(text), arrays)
        except (OSError, ValueError, KeyError, TypeError, GoracsError):
            return None

    def put(self, key: str, value: T) -> None:
        """Keep a value under `key`, whole or not at all, replacing the one that is there.

        Raises:
            StoreError: The folder cannot be written.
        """
        plain, arrays = self._codec.encode(value, self._value)
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
        beside = {_RECORD: np.array(text), _CHECK: np.array(_check(key, text, arrays))}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays, **beside)
        try:
            atomic.write_file(self.path(key), buffer.getvalue())
        except StoreError as error:
            raise StoreError(f"{error}; free some space in the cache or delete it", code="cache-full") from error

    def path(self, key: str) -> Path:
        """The file of an entry.

        Raises:
            StoreError: Not a key, so that no path can be smuggled in.
        """
        if not _KEY.fullmatch(key):
            raise StoreError(
                f"{key!r} is no key of a cache; keys hold letters, digits, _ and -", code="bad-key", fields={"key": key}
            )
        return self.folder / f"{key}.npz"


def _check(key: str, text: str, arrays: dict[str, np.ndarray]) -> str:
    return fingerprint(key, text, *(part for name in sorted(arrays) for part in (name, arrays[name])))
