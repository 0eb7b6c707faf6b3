"""The records of one kind in one folder: kept, listed, found again, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from goracs_core.errors import RecordMissingError, StoreError
from goracs_core.store import atomic
from goracs_core.store.kind import Head, Kind, encode, own_head, read, read_files, record_id, stamp

T = TypeVar("T")


class RecordStore(Generic[T]):
    """The records of one kind in one folder. Safe to use from several processes and threads at once.

    Args:
        kind: How they are written and read.
        directory: Their folder, made when the first one is saved.
        shipped: A second folder, whose records are found too, after those of the first, but never changed.
    """

    def __init__(self, kind: Kind[T], directory: Path, *, shipped: Path | None = None) -> None:
        self.kind, self.directory, self.shipped = kind, Path(directory), shipped

    def save(self, value: T, attached: Mapping[str, bytes] | None = None, *, replace: bool = True) -> None:
        """Keep a value under its `id`, whole or not at all.

        Args:
            value: What to keep.
            attached: Further files, name to bytes.
            replace: Whether one with the same id may be replaced.

        Raises:
            RecordExistsError: There is one with this id, and `replace` is False.
            StoreError: The folder cannot be written.
        """
        path = self.path(value.id)  # pyright: ignore[reportAttributeAccessIssue]
        atomic.write_folder(path, encode(self.kind, value, attached), replace=replace)

    def get(self, identifier: str) -> T:
        """Read a record, every byte checked.

        Raises:
            RecordMissingError: There is no such record.
            RecordFormatError: Another version wrote it.
            RecordDamagedError: Its files are damaged.
            StoreError: Not an id of this kind.
        """
        return read(self.kind, self.find(identifier))

    def head(self, identifier: str) -> Head:
        """The plain values of a record, without the arrays; errors as of `get`."""
        return own_head(self.kind, self.find(identifier))

    def files(self, identifier: str) -> dict[str, bytes]:
        """The files of a record, name to bytes, each checked against its digest; errors as of `get`."""
        path = self.find(identifier)
        return {
            self.kind.record: (path / self.kind.record).read_bytes(),
            **read_files(self.kind, path, own_head(self.kind, path)),
        }

    def has(self, identifier: str) -> bool:
        """Whether there is such a record, and it can be read."""
        try:
            self.get(identifier)
        except StoreError:
            return False
        return True

    def ids(self) -> tuple[str, ...]:
        """Ids of all records, damaged ones included, in rising order."""
        atomic.recover(self.directory)
        return tuple(sorted({record_id(self.kind, path) for path in self._paths()}))

    def heads(self) -> Iterator[Head]:
        """The plain values of all records that can be read, by rising id."""
        for identifier in self.ids():
            try:
                yield self.head(identifier)
            except StoreError:  # damaged, or deleted since
                continue

    def values(self) -> Iterator[T]:
        """All records that can be read, by rising id."""
        for identifier in self.ids():
            try:
                yield self.get(identifier)
            except StoreError:  # damaged, or deleted since
                continue

    def damaged(self) -> dict[str, str]:
        """The records that cannot be read: a sentence by id."""
        found: dict[str, str] = {}
        for identifier in self.ids():
            try:
                self.get(identifier)
            except RecordMissingError:  # deleted since
                continue
            except StoreError as error:
                found[identifier] = str(error)
        return found

    def delete(self, identifier: str) -> None:
        """Remove a record, damaged or not.

        Raises:
            RecordMissingError: There is no such record in this folder.
        """
        removed = False
        for path in (self._own(identifier), *self._former(identifier)):  # an older form must not come to light
            with suppress(FileNotFoundError):
                atomic.remove(path)
                removed = True
        if not removed:
            reason = "it came with the demo and stays" if self.is_shipped(identifier) else "it may have been deleted"
            raise RecordMissingError(
                f"there is no {self.kind.name} {identifier!r} in this workspace; {reason}",
                code="no-such-record",
                fields={"kind": self.kind.name, "id": identifier},
            )

    def is_shipped(self, identifier: str) -> bool:
        """Whether `get` finds the one in the second folder."""
        return not self._own(identifier).exists() and (
            self.shipped is not None and (self.shipped / identifier).is_dir()
        )

    def path(self, identifier: str) -> Path:
        """The folder of a record of this store, there or not.

        Raises:
            StoreError: Not an id of this kind, so that no path can be smuggled in.
        """
        if not isinstance(identifier, str) or not re.fullmatch(self.kind.pattern, identifier):
            raise StoreError(
                f"{identifier!r} is no {self.kind.name}: its id must match {self.kind.pattern}",
                code="bad-id",
                fields={"kind": self.kind.name, "id": identifier},
            )
        return self.directory / identifier

    def find(self, identifier: str) -> Path:
        """Where a record is read from: this store's, else the shipped one; errors as of `path`."""
        own = self._own(identifier)
        return self.shipped / identifier if self.shipped is not None and self.is_shipped(identifier) else own

    def stamp(self, identifier: str) -> str:
        """Changes whenever a file of the record is rewritten, cut short or removed; what caches of pages go by."""
        return stamp(self.find(identifier))

    def _own(self, identifier: str) -> Path:
        path = self.path(identifier)
        if not path.exists():
            atomic.recover(self.directory)
            if not path.exists():
                return next(iter(self._former(identifier)), path)
        return path

    def _former(self, identifier: str) -> list[Path]:
        """The single files in which version 1 kept a record."""
        return list(self.directory.glob(self.kind.former_files.format(id=identifier))) if self.kind.former_files else []

    def _paths(self) -> Iterator[Path]:
        for folder in (self.directory, self.shipped):
            if folder is not None and folder.is_dir():
                yield from (path for path in folder.iterdir() if path.is_dir() and self._is_id(path.name))
        yield from (path for path in self._former("*") if self._is_id(path.stem))

    def _is_id(self, name: str) -> bool:
        return re.fullmatch(self.kind.pattern, name) is not None
