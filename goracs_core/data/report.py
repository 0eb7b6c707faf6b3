"""What a loader has to say about its input: entries that name file, row and column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from goracs_core.errors import DataError


class Severity(StrEnum):
    """How much an entry matters: an error aborts, a warning changed the data, an info explains a choice."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class ReportEntry:
    """One finding.

    Args:
        severity: How much it matters.
        message: What was found, what is allowed or was done, what to change; without the place.
        file: File name, "" when it concerns the source as a whole.
        row: 1-based, as an editor or spreadsheet counts (a header line is row 1); None when it concerns every row.
        column: Column, field or array name; None when it concerns the whole row.
        count: How many rows or values it concerns.
    """

    severity: Severity
    message: str
    file: str = ""
    row: int | None = None
    column: str | None = None
    count: int = 1

    @property
    def place(self) -> str:
        """Where: "ratings.csv, row 17, column 'rating'"; "" when nowhere in particular."""
        parts = [self.file] if self.file else []
        if self.row is not None:
            parts.append(f"row {self.row:,}")
        if self.column is not None:
            parts.append(f"column {self.column!r}")
        return ", ".join(parts)

    @property
    def sentence(self) -> str:
        """Place and message in one line."""
        return f"{self.place}: {self.message}" if self.place else self.message


@dataclass(frozen=True)
class ValidationReport:
    """All findings on one source, in the order found."""

    entries: tuple[ReportEntry, ...] = ()

    def __add__(self, more: ValidationReport | Iterable[ReportEntry]) -> ValidationReport:
        return ValidationReport((*self.entries, *(more.entries if isinstance(more, ValidationReport) else more)))

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def warnings(self) -> tuple[ReportEntry, ...]:
        """The entries that changed or dropped something."""
        return tuple(entry for entry in self.entries if entry.severity is Severity.WARNING)

    def to_list(self) -> list[dict[str, Any]]:
        """JSON-able form, kept in a dataset's provenance."""
        return [asdict(entry) | {"severity": str(entry.severity)} for entry in self.entries]

    @classmethod
    def from_list(cls, values: Iterable[dict[str, Any]]) -> ValidationReport:
        """The inverse of `to_list`."""
        return cls(tuple(ReportEntry(Severity(value.pop("severity")), **value) for value in map(dict, values)))


def warning(message: str, **place: Any) -> ReportEntry:
    """An entry for data that was changed or dropped; `place` as in `ReportEntry`."""
    return ReportEntry(Severity.WARNING, message, **place)


def info(message: str, **place: Any) -> ReportEntry:
    """An entry for a choice made on the user's behalf; `place` as in `ReportEntry`."""
    return ReportEntry(Severity.INFO, message, **place)


class InputError(DataError):
    """A DataError that knows its place: the message is place and finding in one sentence.

    Args:
        message: The finding.
        code: See `GoracsError`.
        file, row, column, count: The place, see `ReportEntry`; they are the error's fields as well.
    """

    def __init__(
        self,
        message: str,
        code: str = "",
        *,
        file: str = "",
        row: int | None = None,
        column: str | None = None,
        count: int = 1,
    ) -> None:
        self.entry = ReportEntry(Severity.ERROR, message, file, row, column, count)
        fields = {"file": file, "row": row, "column": column, "count": count}
        super().__init__(self.entry.sentence, code=code, fields=fields)


class RowsError(InputError):
    """Rows that cannot be used: the place and the code are those of the first problem, all are listed.

    Args:
        problems: Each kind of fault, with its place and its rows; at least one.
        codes: Their codes.
        num_rows: How many rows there are with any of them.
    """

    def __init__(self, problems: Sequence[ReportEntry], codes: Sequence[str], *, num_rows: int) -> None:
        first = problems[0]
        more = len(problems) - 1
        others = f"; {more} more problem{'s' if more > 1 else ''}, {num_rows:,} rows in all" if more else ""
        super().__init__(
            f"{first.message}{others}; bad_rows 'drop' reads the other rows",
            codes[0],
            file=first.file,
            row=first.row,
            column=first.column,
            count=first.count,
        )
        self.problems = tuple(problems)
        self.details = tuple(entry.sentence for entry in problems) if more else ()
        listed = ValidationReport(self.problems).to_list()
        self.fields |= {
            "problems": [one | {"code": code} for one, code in zip(listed, codes, strict=True)],
            "rows": num_rows,
        }
