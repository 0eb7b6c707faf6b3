"""JSON objects one at a time: JSON Lines, or one array of any size on any number of lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from goracs_core.data.loaders.faults import FileFaults
from goracs_core.data.loaders.text import MAX_LINE, TextFile, plain_suffix
from goracs_core.data.report import InputError
from goracs_core.progress import Progress, silent

_CHUNK = 1 << 20
_MOST_BAD_AT_FIRST = 50
_SPACE = " \t\r\n"
Record = dict[str, Any]


def iter_records(
    path: Path, *, encoding: str = "utf-8", faults: FileFaults | None = None, progress: Progress = silent
) -> Iterator[tuple[int, Record]]:
    """Pairs of row and object; the row is the line of JSON Lines, or the place in an array, from 1.

    Args:
        path: The file.
        encoding: Of its text.
        faults: Where lines that are not JSON and records that are no objects are noted, to be passed over; None: the
            first of them ends the reading. Text that is not JSON always ends an array.
        progress: Called with the stage "read <file>".

    Raises:
        InputError: No records, or one that ends the reading.
    """
    with TextFile(path, encoding=encoding) as probe:
        start = probe.read(4096).lstrip(_SPACE)
    if not start:
        raise InputError("is empty; it needs at least one JSON object", "empty-file", file=path.name)
    read = _array if start[0] == "[" else _lines
    return read(path, encoding, faults, progress)


def is_json(path: Path) -> bool:
    """Whether it is a file whose name ends like JSON or JSON Lines, perhaps compressed."""
    return path.is_file() and plain_suffix(path) in (".json", ".jsonl", ".ndjson")


def first_record(path: Path) -> Record:
    """The first object of a JSON file that can be read, among its first records.

    Raises:
        InputError: None can.
    """
    return next(record for _, record in sound_records(path))


def sound_records(path: Path, *, encoding: str = "utf-8") -> Iterator[tuple[int, Record]]:
    """The records as `iter_records` gives them, up to the first fault of the file; some bad ones are passed over.

    For looking into a file, not for reading it.

    Raises:
        InputError: There is no record to yield.
    """
    faults = _FewFaults(path.name)
    some = False
    try:
        for row, record in iter_records(path, encoding=encoding, faults=faults):
            some = True
            yield row, record
    except InputError:  # who reads the file will meet it again
        if not some:
            raise
    if not some:
        raise faults.first()


class _FewFaults(FileFaults):
    """Ends the reading with its first fault when there are too many."""

    def add(self, message: str, code: str, *, row: int, column: str | None = None) -> None:
        super().add(message, code, row=row, column=column)
        if len(self.rows()) > _MOST_BAD_AT_FIRST:
            raise self.first()


def first_records(path: Path) -> Iterator[Record]:
    """The first object of a JSON file, or of each JSON file in a folder; files that cannot be read come last.

    Raises:
        InputError: At the end, for the first file that cannot be read.
    """
    fault: InputError | None = None
    for file in filter(is_json, sorted(path.iterdir()) if path.is_dir() else [path]):
        try:
            record = first_record(file)
        except InputError as error:  # Amazon metadata of 2014 are no JSON; a file beside them may tell
            fault = fault or error
        else:
            yield record
    if fault is not None:
        raise fault


def safe_text(value: object) -> str:
    """`value` as text that can be written as UTF-8; JSON may smuggle in half characters."""
    text = value if isinstance(value, str) else str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def _lines(path: Path, encoding: str, faults: FileFaults | None, progress: Progress) -> Iterator[tuple[int, Record]]:
    with TextFile(path, encoding=encoding, progress=progress) as file:
        for row, line in file.lines():
            if not line.strip(_SPACE):
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                fault = _not_json(path, row, error)
                if faults is None:
                    raise fault from error
                faults.add(fault.entry.message, fault.code, row=row)
                continue
            if _is_object(path, row, record, faults):
                yield row, record


def _array(path: Path, encoding: str, faults: FileFaults | None, progress: Progress) -> Iterator[tuple[int, Record]]:
    """Elements of one JSON array, decoded as they arrive so that a single long line costs no memory."""
    decoder = json.JSONDecoder()
    with _ArrayText(path, encoding=encoding, progress=progress) as file:
        buffer, at, row = file.read(_CHUNK), 0, 0
        at = buffer.index("[") + 1
        while True:
            row += 1
            buffer, at = _skip_space(file, buffer, at)
            if buffer[at : at + 1] == "]":
                break
            while True:
                try:
                    record, end = decoder.raw_decode(buffer, at)
                    break
                except (ValueError, RecursionError) as error:
                    more = "" if isinstance(error, RecursionError) else file.read(_CHUNK)
                    if not more or len(buffer) - at > MAX_LINE:
                        raise _not_json(path, row, error) from error
                    buffer, at = buffer[at:] + more, 0
            if _is_object(path, row, record, faults):
                yield row, record
            buffer, at = _skip_space(file, buffer, end)
            if buffer[at : at + 1] == ",":
                at += 1
            elif buffer[at : at + 1] != "]":
                message = "the JSON array is cut off or lacks a comma after this element; write the file again"
                raise InputError(message, "file-cut-off", file=path.name, row=row)
        if row == 1:
            raise InputError("is an empty JSON array; it needs at least one object", "empty-file", file=path.name)


class _ArrayText(TextFile):
    """Text without the limit on line length: here the record is limited instead."""

    def _check(self, text: str) -> None:
        self._since_newline = -len(text)
        super()._check(text)


def _skip_space(file: TextFile, buffer: str, at: int) -> tuple[str, int]:
    while True:
        while at < len(buffer) and buffer[at] in _SPACE:
            at += 1
        if at < len(buffer):
            return buffer, at
        more = file.read(_CHUNK)
        if not more:
            return buffer, at
        buffer, at = more, 0


def _is_object(path: Path, row: int, record: object, faults: FileFaults | None) -> bool:
    """Whether a record is an object; another one is noted."""
    if isinstance(record, dict):
        return True
    message = (
        f"holds a JSON {type(record).__name__}, but every record must be an object such as "
        '{"user": "u1", "item": "i1"}'
    )
    if faults is None:
        raise InputError(message, "not-an-object", file=path.name, row=row)
    faults.add(message, "not-an-object", row=row)
    return False


def _not_json(path: Path, row: int, error: Exception) -> InputError:
    why = "nested too deeply" if isinstance(error, RecursionError) else str(error).split(":")[0].lower()
    return InputError(
        f"is not valid JSON ({why}); every record must be one JSON object", "not-json", file=path.name, row=row
    )
