"""The first rows of a table as texts, within limits: enough to look at and to guess from, never the whole file."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goracs_core.data.loaders.records import is_json, safe_text, sound_records
from goracs_core.data.loaders.table_files import guess_delimiter, is_parquet
from goracs_core.data.loaders.text import TextFile
from goracs_core.data.report import InputError

HEAD_ROWS = 1000

_MOST_CHARACTERS = 4_000_000
_MOST_PARQUET_BYTES = 64 * 2**20  # of the first row group, unpacked
_LONGEST_CELL = 300  # characters


def table_head(
    path: Path, *, encoding: str = "utf-8", delimiter: str | None = None, rows: int = HEAD_ROWS
) -> pd.DataFrame:
    """The first rows of a table, every cell a text and "" where it is missing; fewer where they are long.

    Rows that do not fit the header are passed over.

    Args:
        path: The table.
        encoding: Of its text.
        delimiter: Of its columns; None: told by the header.
        rows: Number of rows at most.

    Returns:
        The rows; an empty table where they cannot be read this way (whoever reads the file will say why).
    """
    try:
        if is_parquet(path):
            frame = _parquet_head(path, rows)
        elif is_json(path):
            frame = _json_head(path, encoding, rows)
        else:
            frame = _text_head(path, encoding, delimiter, rows)
    except (InputError, OSError, ValueError, csv.Error, pa.ArrowException):
        return pd.DataFrame()
    return frame


def _text_head(path: Path, encoding: str, delimiter: str | None, rows: int) -> pd.DataFrame:
    characters = 0
    kept: list[str] = []
    with TextFile(path, encoding=encoding) as file:
        for _, line in file.lines():
            characters += len(line)
            if len(kept) > rows or (characters > _MOST_CHARACTERS and kept):
                break
            kept.append(f"{line}\n")
    header, *cells = csv.reader(kept, delimiter=delimiter or guess_delimiter(kept[0] if kept else ""))
    width = len(header)
    fitting = [[*row, *[""] * (width - len(row))] for row in cells if row and len(row) <= width]
    return pd.DataFrame(fitting, columns=pd.Index(header), dtype="str")


def _json_head(path: Path, encoding: str, rows: int) -> pd.DataFrame:
    characters = 0
    records: list[dict[str, str]] = []
    for _, record in sound_records(path, encoding=encoding):
        records.append({key: _cell(value) for key, value in record.items()})
        characters += sum(map(len, records[-1].values()))
        if len(records) >= rows or characters > _MOST_CHARACTERS:
            break
    return _texts(pd.DataFrame.from_records(records))


def _parquet_head(path: Path, rows: int) -> pd.DataFrame:
    with path.open("rb") as file:
        schema = pq.ParquetFile(file).schema_arrow
        texts = [
            field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
        table = pq.ParquetFile(file, read_dictionary=texts)  # a long text that many rows share is kept once
        if not table.metadata.num_row_groups or table.metadata.row_group(0).total_byte_size > _MOST_PARQUET_BYTES:
            return pd.DataFrame()
        batch = next(table.iter_batches(batch_size=rows, row_groups=[0], use_threads=False), None)
        if batch is None:
            return pd.DataFrame(columns=pd.Index(schema.names))
        columns: dict[str, list[str]] = {}
        for name, column in zip(schema.names, batch.columns, strict=True):
            columns[name] = [_cell(value) for value in _shortened(column).to_pylist()]
    return _texts(pd.DataFrame(columns))


def _shortened(column: pa.Array) -> pa.Array:
    """Texts that many rows share cut before they become as many texts."""
    if not isinstance(column, pa.DictionaryArray):
        return column
    short = pa.array([None if one is None else one[:_LONGEST_CELL] for one in column.dictionary.to_pylist()])
    return pa.DictionaryArray.from_arrays(column.indices, short)


def _cell(value: object) -> str:
    return "" if value is None or value != value else safe_text(value)[:_LONGEST_CELL]


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.fillna("").astype("str")
