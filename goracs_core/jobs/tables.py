"""Tables for people and programs: one value that is written as aligned text, as Markdown and as CSV."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MISSING = "-"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        name: Key of its values in the rows, and its head in CSV.
        title: Its head in text and Markdown; None for a column of the CSV file alone.
        form: Format of a value in text and Markdown, which may also name other values of the row, like
            "{} of {planned}"; or what writes the cell of a row.
        spread: Key of a standard deviation that follows the value after ±, in the same format; "" for none.
        left: Whether its cells are aligned to the left, as texts are; numbers are aligned to the right.
    """

    name: str
    title: str | None = None
    form: str | Callable[[Mapping[str, Any]], str] = "{}"
    spread: str = ""
    left: bool = False

    def cell(self, row: Mapping[str, Any]) -> str:
        """The value of a row as text; "-" where there is none."""
        value = row.get(self.name)
        if not is_known(value):
            return MISSING
        text = self.form.format(value, **row) if isinstance(self.form, str) else self.form(row)
        if self.spread and is_known(row[self.spread]) and row[self.spread] > 0:
            text += f" ± {str(self.form).format(row[self.spread])}"
        return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)


@dataclass(frozen=True)
class Table:
    """Columns, rows of values by name, and sentences below.

    Args:
        columns: From left to right.
        rows: From top to bottom; a value that is missing is None or NaN.
        notes: Sentences about the rows.
    """

    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of_cells(cls, titles: Sequence[str], rows: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> Table:
        """A table of texts whose first column is aligned to the left, the others to the right."""
        columns = tuple(Column(str(place), title, left=place == 0) for place, title in enumerate(titles))
        named = ({str(place): cell for place, cell in enumerate(cells)} for cells in rows)
        return cls(columns, tuple(named), tuple(notes))

    def lines(self) -> list[str]:
        """Aligned text, line by line, the notes below."""
        shown, rows = self._cells()
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        told = [
            "  ".join(
                cell.ljust(width) if column.left else cell.rjust(width)
                for column, cell, width in zip(shown, cells, widths, strict=True)
            ).rstrip()
            for cells in rows
        ]
        return [*told, *self.notes]

    def markdown(self) -> str:
        """A Markdown table, the notes below as a list."""
        shown, rows = self._cells()
        cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
        cells.insert(1, ["---" if column.left else "--:" for column in shown])
        lines = [f"| {' | '.join(row)} |" for row in cells]
        return "\n".join([*lines, *([""] if self.notes else []), *(f"* {note}" for note in self.notes), ""])

    def csv(self) -> bytes:
        """All columns in full precision; see `goracs_core.jobs.select.export.to_csv`."""
        from goracs_core.jobs.select.export import to_csv  # loads pandas

        return to_csv(self.frame())

    def frame(self) -> pd.DataFrame:
        """All columns that some row has a value of or leaves open, in full precision."""
        import pandas as pd

        names = [column.name for column in self.columns if any(column.name in row for row in self.rows)]
        values = {name: [row.get(name) for row in self.rows] for name in names}
        types = {name: "float64" for name, cells in values.items() if all(cell is None for cell in cells)}
        return pd.DataFrame(values).astype(types)

    def _cells(self) -> tuple[list[Column], list[list[str]]]:
        """The columns that people see, those without any value left out; their heads and cells."""
        shown = [
            column
            for column in self.columns
            if column.title is not None and (not self.rows or any(is_known(row.get(column.name)) for row in self.rows))
        ]
        heads = [str(column.title) for column in shown]
        return shown, [heads, *([column.cell(row) for column in shown] for row in self.rows)]


def is_known(value: object) -> bool:
    """Whether a cell has a value: neither None nor NaN nor infinite."""
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def number(value: float, decimals: int) -> str:
    """A number with so many decimals; "-" where it is not known."""
    return f"{value:.{decimals}f}" if is_known(value) else MISSING
