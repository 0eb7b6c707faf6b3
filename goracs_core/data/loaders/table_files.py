"""Tables as they lie on disk: CSV / TSV (plain or gzip), Parquet, JSON Lines -> the requested columns."""

from __future__ import annotations

import csv
import itertools
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from goracs_core.data.loaders.faults import FileFaults
from goracs_core.data.loaders.records import is_json, iter_records, sound_records
from goracs_core.data.loaders.text import TextFile, existing, first_bytes, plain_suffix
from goracs_core.data.report import InputError
from goracs_core.progress import Progress, silent
from goracs_core.types import IndexArray

Columns = dict[str, pd.Series]  # by name; every series has the row in the file as its index

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".json", ".jsonl", ".ndjson")
_DELIMITERS = ",\t;|"
_CHUNK_ROWS = 500_000
_PROBED_RECORDS = 100
_MESSAGE_HEAD = "Error tokenizing data. C error: "


def find_table(folder: Path, stem: str) -> Path | None:
    """The table called `stem` in `folder`, whatever its format."""
    found = [p for p in sorted(folder.iterdir()) if p.name.lower().split(".")[0] == stem and is_table(p)]
    return found[0] if found else None


def is_table(path: Path) -> bool:
    """Whether the name ends like a table."""
    return path.is_file() and plain_suffix(path) in TABLE_SUFFIXES


def table_columns(path: Path, *, encoding: str = "utf-8", delimiter: str | None = None) -> tuple[str, ...]:
    """Column names of a table, reading little more than its header.

    Raises:
        InputError: Empty, unreadable, or with a column name twice.
    """
    if is_parquet(path):
        with _parquet(path) as table:
            columns = tuple(table.schema_arrow.names)
    elif is_json(path):
        records = itertools.islice(sound_records(path, encoding=encoding), _PROBED_RECORDS)
        columns = tuple(dict.fromkeys(key for _, record in records for key in record))
    else:
        columns = _header(path, encoding, delimiter)
    repeated = next((column for column, count in Counter(columns).items() if count > 1), None)
    if repeated is not None:
        raise InputError(
            "the header names this column twice; rename one", "column-repeated", file=path.name, row=1, column=repeated
        )
    return columns


def read_columns(
    path: Path,
    columns: Sequence[str],
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    faults: FileFaults,
    progress: Progress = silent,
) -> Columns:
    """The given columns as found; rows as an editor counts them (a header is row 1).

    Rows with too many values, and lines of JSON Lines that are not JSON, are noted in `faults` and passed over.

    Raises:
        InputError: A column is missing, or the table is damaged.
    """
    present = table_columns(path, encoding=encoding, delimiter=delimiter)
    missing = next((column for column in columns if column not in present), None)
    if missing is not None:
        message = f"the column is missing; the table has {quoted(present)}"
        raise InputError(message, "column-missing", file=path.name, row=1, column=missing)
    if is_parquet(path):
        frame = _read_parquet(path, columns, progress)
    elif is_json(path):
        frame = _read_json(path, columns, encoding, faults, progress)
    else:
        frame = _read_csv(path, columns, encoding, delimiter, faults, progress)
    return {column: pd.Series(frame[column]) for column in columns}


def _csv_fault(error: Exception) -> str:
    """What pandas' parser complains about, in one line."""
    return str(error).removeprefix(_MESSAGE_HEAD).strip().splitlines()[0]


def quoted(columns: Sequence[str]) -> str:
    """Column names for a message, at most twelve."""
    shown = ", ".join(repr(column[:40]) for column in columns[:12])
    return shown + (f" and {len(columns) - 12} more" if len(columns) > 12 else "")


def _drop_blank(frame: pd.DataFrame) -> pd.DataFrame:
    """The table without lines with nothing in them; "" where a short row has no value."""
    frame = frame.fillna("")
    return frame.loc[(frame != "").any(axis=1)]


def is_parquet(path: Path) -> bool:
    """Whether it is a Parquet file by name or by its first bytes."""
    return plain_suffix(path) == ".parquet" or first_bytes(existing(path), 4) == b"PAR1"


@contextmanager
def _parquet(path: Path) -> Iterator[pq.ParquetFile]:
    """The open table; whatever fails while it is open is the file's fault."""
    with path.open("rb") as file:
        try:
            yield pq.ParquetFile(file)
        except Exception as error:  # damaged bytes can fail anywhere in Arrow or in its way to pandas
            raise InputError(
                "is not a readable Parquet file; it is damaged, so write it again", "file-damaged", file=path.name
            ) from error


def _read_parquet(path: Path, columns: Sequence[str], progress: Progress) -> pd.DataFrame:
    frames, done = [], 0
    with _parquet(path) as table:
        total = table.metadata.num_rows
        for batch in table.iter_batches(batch_size=_CHUNK_ROWS, columns=list(columns), use_threads=False):
            frames.append(batch.to_pandas(ignore_metadata=True, integer_object_nulls=True))
            done += batch.num_rows
            progress(f"read {path.name}", done, total)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=pd.Index(columns))
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1), axis=0)


def _read_json(
    path: Path, columns: Sequence[str], encoding: str, faults: FileFaults, progress: Progress
) -> pd.DataFrame:
    rows: list[int] = []
    values: dict[str, list[object]] = {column: [] for column in columns}
    for row, record in iter_records(path, encoding=encoding, faults=faults, progress=progress):
        rows.append(row)
        for column, cells in values.items():
            cells.append(record.get(column))
    index = pd.Index(rows)
    return pd.DataFrame({name: pd.Series(cells, index=index, dtype=object) for name, cells in values.items()})


def _header(path: Path, encoding: str, delimiter: str | None) -> tuple[str, ...]:
    with TextFile(path, encoding=encoding) as file:
        line = next((line for _, line in file.lines()), "")
    if not line.strip():
        raise InputError(
            "is empty; it needs a header line with column names, then rows", "empty-file", file=path.name, row=1
        )
    try:
        return tuple(next(csv.reader([line], delimiter=delimiter or guess_delimiter(line))))
    except csv.Error as error:
        raise InputError(
            f"the header cannot be read ({error}); write one line of column names", "bad-header", file=path.name, row=1
        ) from error


def guess_delimiter(header: str) -> str:
    """The character that most likely parts the columns of a header."""
    return max(_DELIMITERS, key=header.count)


def _read_csv(
    path: Path, columns: Sequence[str], encoding: str, delimiter: str | None, faults: FileFaults, progress: Progress
) -> pd.DataFrame:
    with TextFile(path, encoding=encoding) as file:
        header = next((line for _, line in file.lines()), "")
    delimiter = delimiter or guess_delimiter(header)
    width = len(next(csv.reader([header], delimiter=delimiter)))
    form = TextForm(path, encoding, delimiter, width, first_row=2, columns=tuple(columns))
    return read_text_table(form, faults, progress)


@dataclass(frozen=True)
class TextForm:
    """How a table of text is written.

    Args:
        path: The file.
        encoding: Of its text.
        delimiter: Between values.
        width: Values in a row.
        first_row: Row of the first values: 2 below a header, 1 without one.
        columns: The columns to read: names in the header, or places in a row without one.
    """

    path: Path
    encoding: str
    delimiter: str
    width: int
    first_row: int
    columns: tuple[str, ...] | tuple[int, ...]


def read_text_table(form: TextForm, faults: FileFaults, progress: Progress = silent) -> pd.DataFrame:
    """The columns of a table of text, rows with too many values noted and passed over.

    Raises:
        InputError: Empty, or damaged so that its rows cannot be told.
    """
    try:
        return _parse_text(form, progress, skipped=np.empty(0, np.int64))
    except pd.errors.EmptyDataError as error:
        raise InputError(
            "is empty; it needs a header line with column names, then rows", "empty-file", file=form.path.name
        ) from error
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        message = (
            f"the rows do not fit the header ({_csv_fault(error)}); give every row one value per column, "
            "quoted where it holds the separator"
        )
        damaged = InputError(message, "rows-unequal", file=form.path.name)
        skipped = _note_wide_rows(form, faults, damaged)
    try:  # again, now that the rows are known: the fast parser stops at the first of them
        return _parse_text(form, progress, skipped=skipped)
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise damaged from error


def _parse_text(form: TextForm, progress: Progress, *, skipped: IndexArray) -> pd.DataFrame:
    named: Any = {} if form.first_row == 2 else {"header": None, "names": list(range(form.width))}
    with TextFile(form.path, encoding=form.encoding, progress=progress) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        reader = pd.read_csv(
            file,
            sep=form.delimiter,
            dtype="str",
            na_filter=False,
            index_col=False,
            skip_blank_lines=False,
            skiprows=(skipped - 1).tolist(),
            chunksize=_CHUNK_ROWS,
            **named,
        )
        frames = [chunk[list(form.columns)] for chunk in reader]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=pd.Index(form.columns))
    rows = pd.RangeIndex(form.first_row, form.first_row + len(frame) + len(skipped))
    return _drop_blank(frame.set_axis(rows.delete(skipped - form.first_row) if len(skipped) else rows, axis=0))


def _note_wide_rows(form: TextForm, faults: FileFaults, damaged: InputError) -> IndexArray:
    """The rows with more values than the others may have; shape [rows].

    Raises:
        InputError: `damaged`, where there are none or rows cannot be told.
    """
    wide: list[int] = []
    with TextFile(form.path, encoding=form.encoding) as file:
        lines = (f"{line}\n" for _, line in file.lines())
        try:
            for row, values in enumerate(csv.reader(lines, delimiter=form.delimiter, strict=True), start=1):
                if len(values) > form.width:
                    wide.append(row)
                    message = (
                        f"has {len(values)} values, but there are {form.width} columns; give one value per column, "
                        "quoted where it holds the separator"
                    )
                    faults.add(message, "rows-unequal", row=row)
        except csv.Error as error:
            raise damaged from error
    if not wide:
        raise damaged
    return np.array(wide, np.int64)
