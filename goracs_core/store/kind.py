"""How one record is written and read: a value that is kept for good, in one folder, every byte checked.

A folder holds a JSON file with the plain values (the record), an .npz file with the arrays where there are any, and
files of other kinds that belong to it. The record names every other file with its digest, and carries one of itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from goracs_core.errors import GoracsError, RecordDamagedError, RecordFormatError, RecordMissingError, StoreError
from goracs_core.store.codec import Codec, dump, pack, unpack

T = TypeVar("T")

_READINGS = 3  # of a record that another process replaces meanwhile


@dataclass(frozen=True)
class Kind(Generic[T]):
    """How records of one kind are written and read.

    Args:
        name: What sentences call it, like "training".
        value: Gives the class, which has a field `id`; called when it is first needed.
        pattern: What ids look like, as a regular expression; nothing in it may stand for a path.
        again: What to do when a record is damaged, like "train again".
        record, arrays: Names of the two files.
        codec: Turns values into plain ones and back.
        version: Of the format that is written.
        former: Turns what version 1 wrote (the JSON values and the arrays) into today's plain values, in which an array
            stands as its name; it may add arrays. None where version 1 is not read.
        former_files: Where version 1 kept a record in a single file, relative to the store, with `{id}` in it.
    """

    name: str
    value: Callable[[], type[T]]
    pattern: str
    again: str
    record: str = "record.json"
    arrays: str = "arrays.npz"
    codec: Codec = field(default_factory=Codec)
    version: int = 2
    former: Callable[[dict[str, Any], dict[str, np.ndarray]], dict[str, Any]] | None = None
    former_files: str = ""


@dataclass(frozen=True)
class Head:
    """The part of a record that a list needs.

    Args:
        id: The record's id.
        values: Plain values of the record, as `Codec.encode` makes them.
        digests: Digest of each other file by name.
        arrays: Of a record that version 1 wrote, read already; None of others.
    """

    id: str
    values: dict[str, Any]
    digests: Mapping[str, str]
    arrays: Mapping[str, np.ndarray] | None = None


def encode(kind: Kind[T], value: T, attached: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """The files of a record, name to bytes; `attached` are further files that belong to it."""
    plain, arrays = kind.codec.encode(value, kind.value())
    files = dict(attached or {})
    if arrays:
        files[kind.arrays] = pack(arrays)
    return {kind.record: _record(kind, plain, {name: digest(content) for name, content in files.items()}), **files}


def read_head(kind: Kind[T], path: Path, *, checked: bool = True) -> Head:
    """The record of a folder (or of the single file that version 1 wrote).

    Args:
        kind: What it is a record of.
        path: The folder or file.
        checked: Whether the digest of the record itself must be right.

    Raises:
        RecordMissingError: There is none.
        RecordFormatError: Another version wrote it.
        RecordDamagedError: It cannot be read, or was changed.
    """
    file = path if path.suffix == ".json" and not path.is_dir() else path / kind.record
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it holds no record")
        version = found.get("format")
        if version == 1 and kind.former is not None:
            return _former_head(kind, found, path)
        if version != kind.version:
            raise _unreadable(kind, path, version)
        values, digests = found["record"], found["files"]
        if found["kind"] != kind.name or (checked and found["digest"] != digest_of(values, digests)):
            raise ValueError(f"{file.name} was changed")
        return Head(str(values["id"]), values, digests)
    except (FileNotFoundError, NotADirectoryError) as error:
        if path.is_dir():
            raise RecordDamagedError(
                f"the {kind.name} {path.name} has no {kind.record}; delete it and {kind.again}",
                code="record-damaged",
                fields={"kind": kind.name, "id": path.name},
            ) from error
        raise RecordMissingError(
            f"there is no {kind.name} {path.stem!r}; it may have been deleted",
            code="no-such-record",
            fields={"kind": kind.name, "id": path.stem},
        ) from error
    except StoreError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, GoracsError) as error:
        raise _damaged(kind, path, error) from error


def read_files(kind: Kind[T], path: Path, head: Head) -> dict[str, bytes]:
    """The files that a record names, name to bytes, each checked against its digest.

    Raises:
        RecordDamagedError: A file is missing or was changed.
    """
    contents: dict[str, bytes] = {}
    for name, expected in head.digests.items():
        try:
            contents[name] = (path / Path(name).name).read_bytes()
        except OSError as error:
            raise _damaged(kind, path, f"{name} cannot be read: {error.strerror}") from error
        if digest(contents[name]) != expected:
            raise _damaged(kind, path, f"{name} does not match its digest")
    return contents


def read(kind: Kind[T], path: Path, *, named: bool = True) -> T:
    """The value of a record's folder, every byte checked.

    Args:
        kind: What it is a record of.
        path: The folder.
        named: Whether the folder must be called by the record's id; a copy outside of a store need not.

    Raises:
        RecordMissingError: There is no record.
        RecordFormatError: Another version wrote it.
        RecordDamagedError: Anything is missing or was changed.
    """
    for reading in range(_READINGS):
        before = _stamp(path)
        try:
            return _read_once(kind, path, named=named)
        except RecordDamagedError:
            if reading + 1 == _READINGS or _stamp(path) == before:
                raise
    raise AssertionError  # pragma: no cover


def digest(content: bytes) -> str:
    """What a record says about the content of another file; finds accidents, is no signature."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def digest_of(values: Any, digests: Any) -> str:
    """What a record says about itself: about its values and its digests of the other files."""
    return digest(json.dumps([values, digests], sort_keys=True, ensure_ascii=False, allow_nan=False).encode())


def as_written(values: dict[str, Any], _: dict[str, np.ndarray]) -> dict[str, Any]:
    """The `Kind.former` of a kind whose version 1 had the same plain values."""
    return values


def without_nan(values: Mapping[str, float | None]) -> dict[str, float | str]:
    """Numbers among which version 1 wrote null for NaN, as today's plain values."""
    return {name: "nan" if value is None else value for name, value in values.items()}


def stamp(path: Path) -> str:
    """Changes whenever a file of a folder (or the file itself) is rewritten, cut short, added or removed."""
    parts: list[str] = []
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        try:
            status = file.stat()
        except OSError:
            continue
        parts.append(f"{file.name}:{status.st_size}:{status.st_mtime_ns}:{status.st_ino}")
    return " ".join(parts)


def record_id(kind: Kind[Any], path: Path) -> str:
    """The id that a record's folder (or single file) stands for."""
    return path.stem if kind.former_files and path.suffix == ".json" else path.name


def _record(kind: Kind[Any], values: dict[str, Any], digests: Mapping[str, str]) -> bytes:
    head = {"format": kind.version, "kind": kind.name, "digest": digest_of(values, digests), "files": dict(digests)}
    return dump({**head, "record": values})


def own_head(kind: Kind[T], path: Path) -> Head:
    """`read_head` of a folder whose name must be the id; errors as of `read`."""
    head = read_head(kind, path)
    if head.id != record_id(kind, path):
        raise RecordDamagedError(
            f"the {kind.name} {record_id(kind, path)} says it is {head.id!r}; give its folder that name or delete it",
            code="other-id",
            fields={"kind": kind.name, "id": head.id},
        )
    return head


def _read_once(kind: Kind[T], path: Path, *, named: bool) -> T:
    head = own_head(kind, path) if named else read_head(kind, path)
    contents = read_files(kind, path, head)
    try:
        arrays = head.arrays
        if arrays is None:
            arrays = unpack(contents[kind.arrays]) if kind.arrays in contents else {}
        return kind.codec.decode(kind.value(), head.values, arrays)
    except (GoracsError, ValueError, TypeError, KeyError) as error:
        raise _damaged(kind, path, error) from error


def _former_head(kind: Kind[T], found: dict[str, Any], path: Path) -> Head:
    assert kind.former is not None
    values = {name: value for name, value in found.items() if name != "format"}
    digests = values.pop("files", {})
    file = path / kind.arrays
    arrays: dict[str, np.ndarray] = {}
    with suppress(OSError, ValueError):  # missing or damaged: whoever needs the arrays says so
        arrays = unpack(file.read_bytes())
    values = kind.former(values, arrays)
    return Head(str(values["id"]), values, digests, arrays)


def _unreadable(kind: Kind[Any], path: Path, version: object) -> RecordFormatError:
    known = f"1 to {kind.version}" if kind.former is not None else str(kind.version)
    newer = isinstance(version, int) and version > kind.version
    advice = "use the newer version of this program that wrote it" if newer else f"delete it and {kind.again}"
    return RecordFormatError(
        f"the {kind.name} {record_id(kind, path)} has format {version!r}, this version reads {known}; {advice}",
        code="unknown-format",
        fields={"kind": kind.name, "version": version},
    )


def _damaged(kind: Kind[Any], path: Path, reason: object) -> RecordDamagedError:
    return RecordDamagedError(
        f"the {kind.name} {record_id(kind, path)} is damaged ({reason}); delete it and {kind.again}",
        code="record-damaged",
        fields={"kind": kind.name, "id": record_id(kind, path)},
    )


def _stamp(path: Path) -> tuple[int, int] | None:
    """Changes when another process replaces or removes the folder."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
