"""Rows of a source that cannot be used: collected, so that all are named at once, or left out and reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goracs_core.data.report import InputError, ReportEntry, RowsError, Severity, warning
from goracs_core.types import BoolArray, IndexArray

_NAMED_ROWS = 10
_LONGEST_VALUE = 60  # characters


@dataclass
class _Group:
    """Rows with one kind of fault in one column."""

    message: str
    rows: list[NDArray[np.int64]] = field(default_factory=list)

    def sorted_rows(self) -> IndexArray:
        return np.unique(np.concatenate(self.rows))


class FileFaults:
    """The rows of one file that cannot be used.

    Args:
        file: Name of the file.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._groups: dict[tuple[str, str | None], _Group] = {}

    def add(self, message: str, code: str, *, row: int, column: str | None = None) -> None:
        """Note that a row cannot be used.

        Args:
            message: What is wrong, what is allowed, what to change; that of the first row speaks for all of a kind.
            code: Kind of fault, see `GoracsError`.
            row: As an editor counts.
            column: Where in the row.
        """
        self._group(message, code, column).rows.append(np.array([row], np.int64))

    def mark(self, bad: pd.Series, values: pd.Series, message: str, code: str) -> None:
        """Note every row where `bad` is true.

        Args:
            bad: Shape [rows].
            values: The column as found; its index is the row in the file, its name the column.
            message: As for `add`; {} stands for the value in the first of the rows.
            code: Kind of fault.
        """
        places = np.flatnonzero(bad.to_numpy(bool))
        if not len(places):
            return
        said = message.replace("{}", _shown(values.iloc[int(places[0])]))
        rows = values.index.to_numpy(np.int64)[places]
        self._group(said, code, str(values.name)).rows.append(rows)

    def good(self, rows: IndexArray | pd.Index) -> BoolArray:
        """Which of some rows of the file can be used; shape [rows]."""
        return ~np.isin(np.asarray(rows, np.int64), self.rows())

    def rows(self) -> IndexArray:
        """The rows that cannot be used, each once, in order."""
        groups = [group.sorted_rows() for group in self._groups.values()]
        return np.unique(np.concatenate([np.empty(0, np.int64), *groups]))

    def problems(self) -> list[tuple[str, ReportEntry]]:
        """Code and entry of each kind of fault, by its first row; the entry's message names the rows."""
        found: list[tuple[str, ReportEntry]] = []
        for (code, column), group in self._groups.items():
            rows = group.sorted_rows()
            message = _with_rows(group.message, rows)
            found.append((code, ReportEntry(Severity.ERROR, message, self.file, int(rows[0]), column, len(rows))))
        return sorted(found, key=lambda one: one[1].row or 0)

    def first(self) -> InputError:
        """The first problem as an error."""
        code, entry = self.problems()[0]
        return InputError(entry.message, code, file=self.file, row=entry.row, column=entry.column, count=entry.count)

    def _group(self, message: str, code: str, column: str | None) -> _Group:
        return self._groups.setdefault((code, column), _Group(message))


class RowFaults:
    """The rows of a whole source that cannot be used; a loader notes them and goes on without them."""

    def __init__(self) -> None:
        self._files: dict[Path, FileFaults] = {}

    def of(self, path: Path) -> FileFaults:
        """The faults of one file."""
        return self._files.setdefault(path, FileFaults(path.name))

    def __len__(self) -> int:
        """How many rows cannot be used."""
        return sum(len(file.rows()) for file in self._files.values())

    def error(self, ended_by: InputError | None = None) -> RowsError:
        """All problems in one error.

        Args:
            ended_by: What ended the reading in a later row, where something did; it is listed last.
        """
        found = [problem for file in self._files.values() for problem in file.problems()]
        if ended_by is not None and ended_by.entry.row is not None:
            found.append((ended_by.code, ended_by.entry))
        return RowsError([entry for _, entry in found], [code for code, _ in found], num_rows=len(self))

    def left_out(self) -> list[ReportEntry]:
        """What is said of a source that was read without these rows: their number for each file, and why."""
        entries: list[ReportEntry] = []
        for file in self._files.values():
            count = len(file.rows())
            if count:
                words = f"{count:,} row{'s' if count > 1 else ''} left out, as asked; the next entries say why"
                entries.append(warning(words, file=file.file, count=count))
            for _, one in file.problems():
                place: dict[str, Any] = {"file": one.file, "row": one.row, "column": one.column, "count": one.count}
                entries.append(warning(f"left out: {one.message}", **place))
        return entries


def _shown(value: object) -> str:
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def _with_rows(message: str, rows: Sequence[int] | IndexArray) -> str:
    """The message, with the rows behind it where there are several."""
    if len(rows) == 1:
        return message
    named = ", ".join(f"{row:,}" for row in rows[:_NAMED_ROWS])
    more = " ..." if len(rows) > _NAMED_ROWS else ""
    return f"{message} ({len(rows):,} such rows: {named}{more})"
