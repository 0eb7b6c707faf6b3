"""Tables as they lie on disk: CSV / TSV (plain or gzip), Parquet, JSON Lines -> the requested columns."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from goracs_core.data.loaders.records import is_json, iter_records
from goracs_core.data.loaders.text import TextFile, existing, first_bytes, plain_suffix
from goracs_core.data.report import InputError
from goracs_core.progress import Progress, silent

Columns = dict[str, pd.Series]  # by name; every series has the row in the file as its index

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".json", ".jsonl", ".ndjson")
_DELIMITERS = ",\t;|"
_CHUNK_ROWS = 500_000
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
        columns = ()
        for (_, record), _ in zip(iter_records(path, encoding=encoding), range(100), strict=False):
            columns += tuple(key for key in record if key not in columns)
    else:
        columns = _header(path, encoding, delimiter)
    repeated = next((column for column in columns if columns.count(column) > 1), None)
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
    progress: Progress = silent,
) -> Columns:
    """The given columns as found; rows as an editor counts them (a header is row 1).

    Raises:
        InputError: A column is missing, the table is damaged, or a row has too many values.
    """
    present = table_columns(path, encoding=encoding, delimiter=delimiter)
    missing = next((column for column in columns if column not in present), None)
    if missing is not None:
        message = f"the column is missing; the table has {quoted(present)}"
        raise InputError(message, "column-missing", file=path.name, row=1, column=missing)
    if is_parquet(path):
        frame = _read_parquet(path, columns, progress)
    elif is_json(path):
        frame = _read_json(path, columns, encoding, progress)
    else:
        frame = _read_csv(path, columns, encoding, delimiter, progress)
    return {column: pd.Series(frame[column]) for column in columns}


def csv_fault(error: Exception) -> str:
    """What pandas' parser complains about, in one line."""
    return str(error).removeprefix(_MESSAGE_HEAD).strip().splitlines()[0]


def quoted(columns: Sequence[str]) -> str:
    """Column names for a message, at most twelve."""
    shown = ", ".join(repr(column[:40]) for column in columns[:12])
    return shown + (f" and {len(columns) - 12} more" if len(columns) > 12 else "")


def drop_blank(frame: pd.DataFrame, first_row: int) -> pd.DataFrame:
    """Number the rows of a text table from `first_row`, then leave out lines with nothing in them."""
    frame = frame.set_axis(pd.RangeIndex(first_row, len(frame) + first_row), axis=0).fillna("")
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
            frames.append(batch.to_pandas(ignore_metadata=True))
            done += batch.num_rows
            progress(f"read {path.name}", done, total)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=pd.Index(columns))
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1), axis=0)


def _read_json(path: Path, columns: Sequence[str], encoding: str, progress: Progress) -> pd.DataFrame:
    rows: list[int] = []
    values: dict[str, list[object]] = {column: [] for column in columns}
    for row, record in iter_records(path, encoding=encoding, progress=progress):
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
        return tuple(next(csv.reader([line], delimiter=delimiter or _guess_delimiter(line))))
    except csv.Error as error:
        raise InputError(
            f"the header cannot be read ({error}); write one line of column names", "bad-header", file=path.name, row=1
        ) from error


def _guess_delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _read_csv(
    path: Path, columns: Sequence[str], encoding: str, delimiter: str | None, progress: Progress
) -> pd.DataFrame:
    with TextFile(path, encoding=encoding) as file:
        header = next((line for _, line in file.lines()), "")
    frames = []
    with TextFile(path, encoding=encoding, progress=progress) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            reader = pd.read_csv(
                file,
                sep=delimiter or _guess_delimiter(header),
                dtype="str",
                na_filter=False,
                index_col=False,
                skip_blank_lines=False,
                chunksize=_CHUNK_ROWS,
            )
            frames = [chunk[list(columns)] for chunk in reader]
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            message = (
                f"the rows do not fit the header ({csv_fault(error)}); give every row one value per column, "
                "quoted where it holds the separator"
            )
            raise InputError(message, "rows-unequal", file=path.name) from error
        except pd.errors.EmptyDataError as error:
            raise InputError(
                "is empty; it needs a header line with column names, then rows", "empty-file", file=path.name
            ) from error
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=pd.Index(columns))
    return drop_blank(frame, first_row=2)
