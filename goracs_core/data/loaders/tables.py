"""Generic interaction tables: CSV / TSV (plain or gzip), Parquet, JSON Lines; alone or as a folder with a catalogue."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goracs_core.data.loaders.assemble import Catalogue, RawInteractions, assemble, refuse_repeats
from goracs_core.data.loaders.columns import (
    as_ids,
    as_numbers,
    as_splits,
    as_texts,
    as_times,
    first_category,
    guess_mapping,
)
from goracs_core.data.loaders.records import iter_records
from goracs_core.data.loaders.source import ColumnMapping, Source, SourceKind, SourceOptions
from goracs_core.data.loaders.text import TextFile, existing, first_bytes
from goracs_core.data.report import InputError, ReportEntry, ValidationReport, info, warning
from goracs_core.types import Progress, silent

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".json", ".jsonl", ".ndjson")
_DELIMITERS = ",\t;|"
_CHUNK_ROWS = 500_000
_MESSAGE_TAIL = "Error tokenizing data. C error: "


def plain_suffix(path: Path) -> str:
    """File ending in small letters, without .gz."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def find_table(folder: Path, stem: str) -> Path | None:
    """The table called `stem` in `folder`, whatever its format."""
    found = [p for p in sorted(folder.iterdir()) if p.name.lower().split(".")[0] == stem and is_table(p)]
    return found[0] if found else None


def is_table(path: Path) -> bool:
    """Whether the name ends like a table."""
    return path.is_file() and plain_suffix(path) in TABLE_SUFFIXES


def load_tables(path: Path, *, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read one table of interactions, or a folder with interactions.* and perhaps items.*.

    Raises:
        InputError: A column is missing, or a value is not what its column must hold.
    """
    file = existing(path)
    items_file = options.items
    if path.is_dir():
        found = find_table(path, "interactions")
        if found is None:
            raise InputError("the folder lacks interactions.csv, .parquet or .jsonl; add one", file=path.name)
        file, items_file = found, items_file or find_table(path, "items")
    columns = table_columns(file, encoding=options.encoding, delimiter=options.delimiter)
    mapping = _checked_mapping(guess_mapping(columns, options.mapping), columns, file)
    used = list(dict.fromkeys(column for column in vars(mapping).values() if column))
    frame = read_columns(file, used, encoding=options.encoding, delimiter=options.delimiter, progress=progress)
    if frame.empty:
        raise InputError("holds no interactions; it needs at least one row under its header", file=file.name)
    raw = _interactions(frame, mapping, file)
    if items_file is None:
        catalogue, entries = _items_of_interactions(frame, raw, mapping, file), []
    else:
        catalogue, entries = read_catalogue(items_file, options=options, progress=progress)
    entries = [_mapping_note(mapping, file), *entries]
    content, found_entries = assemble(raw, catalogue)
    files = (file.name,) if items_file is None else (file.name, items_file.name)
    name = path.name.split(".")[0] if path.is_file() else path.name
    return Source(name, SourceKind.TABLES, files, "items", content, ValidationReport((*entries, *found_entries)))


def table_columns(path: Path, *, encoding: str = "utf-8", delimiter: str | None = None) -> tuple[str, ...]:
    """Column names of a table, reading little more than its header.

    Raises:
        InputError: Empty, unreadable, or with a column name twice.
    """
    if _is_parquet(path):
        columns = tuple(_parquet(path).schema_arrow.names)
    elif plain_suffix(path).startswith((".json", ".ndjson")):
        columns = ()
        for (_, record), _ in zip(iter_records(path, encoding=encoding), range(100), strict=False):
            columns += tuple(key for key in record if key not in columns)
    else:
        columns = _header(path, encoding, delimiter)
    repeated = next((column for column in columns if columns.count(column) > 1), None)
    if repeated is not None:
        raise InputError("the header names this column twice; rename one", file=path.name, row=1, column=repeated)
    return columns


def read_columns(
    path: Path, columns: Sequence[str], *, encoding: str = "utf-8", delimiter: str | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:  # fmt: skip
    """The given columns as found; the index is the row in the file (a header is row 1).

    Raises:
        InputError: The table is damaged or a row has too many values.
    """
    if _is_parquet(path):
        return _read_parquet(path, columns, progress)
    if plain_suffix(path).startswith((".json", ".ndjson")):
        rows: list[int] = []
        values: dict[str, list[object]] = {column: [] for column in columns}
        for row, record in iter_records(path, encoding=encoding, progress=progress):
            rows.append(row)
            for column, cells in values.items():
                cells.append(record.get(column))
        return pd.DataFrame({c: pd.Series(v, dtype=object) for c, v in values.items()}).set_axis(pd.Index(rows), axis=0)
    return _read_csv(path, columns, encoding, delimiter, progress)


def read_catalogue(
    path: Path, *, options: SourceOptions, progress: Progress = silent
) -> tuple[Catalogue, list[ReportEntry]]:
    """A table of items: an item column, and title and category where it has them.

    Raises:
        InputError: No item column, or an item listed twice.
    """
    columns = table_columns(existing(path), encoding=options.encoding, delimiter=options.delimiter)
    given = options.mapping
    wanted = ColumnMapping(
        item=given.item if given.item in columns else None,
        title=given.title if given.title in (*columns, "") else None,
        category=given.category if given.category in (*columns, "") else None,
    )
    mapping = guess_mapping(columns, wanted)
    item = mapping.item or ("id" if "id" in columns else "")
    if not item:
        raise InputError(
            f"has no item column among {_quoted(columns)}; name one item_id", file=path.name, row=1, column="item"
        )
    used = [column for column in (item, mapping.title, mapping.category) if column]
    frame = read_columns(path, used, encoding=options.encoding, delimiter=options.delimiter, progress=progress)
    if frame.empty:
        raise InputError("lists no items; it needs at least one row under its header", file=path.name)
    ids = as_ids(frame[item], file=path.name)
    refuse_repeats(ids, file=path.name)
    titles = as_texts(frame[mapping.title]) if mapping.title else [""] * len(ids)
    categories = [first_category(v) for v in frame[mapping.category]] if mapping.category else [""] * len(ids)
    return Catalogue(list(ids), titles, categories, path.name), [
        info(
            f"item from column {item!r}, title from {mapping.title!r}, category from {mapping.category!r}",
            file=path.name,
        )
    ]


def _checked_mapping(mapping: ColumnMapping, columns: tuple[str, ...], file: Path) -> ColumnMapping:
    for role, column in vars(mapping).items():
        if column and column not in columns:
            raise InputError(
                f"has no column {column!r} to be the {role}; it has {_quoted(columns)}", file=file.name, row=1,
                column=column,
            )  # fmt: skip
        if not column and role in ("user", "item"):
            raise InputError(
                f"has no column that looks like the {role} among {_quoted(columns)}; map one to {role!r}, or rename it "
                f"{role}_id",
                file=file.name, row=1, column=role,
            )  # fmt: skip
    return mapping


def _interactions(frame: pd.DataFrame, mapping: ColumnMapping, file: Path) -> RawInteractions:
    def column(role: str) -> pd.Series:
        return frame[getattr(mapping, role)]

    name = file.name
    return RawInteractions(
        users=as_ids(column("user"), file=name),
        items=as_ids(column("item"), file=name),
        rows=frame.index.to_numpy("int64"),
        file=name,
        times=as_times(column("time"), file=name) if mapping.time else None,
        ratings=as_numbers(column("rating"), file=name) if mapping.rating else None,
        splits=as_splits(column("split"), file=name) if mapping.split else None,
        positions=as_numbers(column("position"), file=name, required=True) if mapping.position else None,
    )


def _items_of_interactions(frame: pd.DataFrame, raw: RawInteractions, mapping: ColumnMapping, file: Path) -> Catalogue:
    """Catalogue from the interactions themselves: the first title and category that any row gives an item."""
    described = pd.DataFrame({"id": raw.items.to_numpy()})
    described["title"] = as_texts(frame[mapping.title]) if mapping.title else ""
    described["category"] = [first_category(v) for v in frame[mapping.category]] if mapping.category else ""
    first = described.replace("", None).groupby("id", sort=False).first().fillna("")
    return Catalogue(
        [str(i) for i in first.index], [str(t) for t in first["title"]], [str(c) for c in first["category"]], file.name
    )


def _mapping_note(mapping: ColumnMapping, file: Path) -> ReportEntry:
    used = ", ".join(f"{role} from {column!r}" for role, column in vars(mapping).items() if column)
    if mapping.time or mapping.position:
        return info(used, file=file.name)
    return warning(f"{used}; no time column, so the order of the rows is taken as the order in time", file=file.name)


def _is_parquet(path: Path) -> bool:
    return plain_suffix(path) == ".parquet" or first_bytes(existing(path), 4) == b"PAR1"


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            "is not a readable Parquet file; it is damaged or of another format", file=path.name
        ) from error


def _read_parquet(path: Path, columns: Sequence[str], progress: Progress) -> pd.DataFrame:
    with _parquet(path) as table:
        total, done, frames = table.metadata.num_rows, 0, []
        try:
            for batch in table.iter_batches(batch_size=_CHUNK_ROWS, columns=list(columns), use_threads=False):
                frames.append(batch.to_pandas())
                done += batch.num_rows
                progress(f"read {path.name}", done, total)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError("the Parquet data is damaged; write the file again", file=path.name) from error
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=pd.Index(columns))
    return frame[list(columns)].set_axis(pd.RangeIndex(1, len(frame) + 1), axis=0)


def _header(path: Path, encoding: str, delimiter: str | None) -> tuple[str, ...]:
    with TextFile(path, encoding=encoding) as file:
        line = next((line for _, line in file.lines()), "")
    if not line.strip():
        raise InputError("is empty; it needs a header line with column names, then rows", file=path.name, row=1)
    return tuple(next(csv.reader([line], delimiter=delimiter or _guess_delimiter(line))))


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
                file, sep=delimiter or _guess_delimiter(header), dtype="str", na_filter=False, index_col=False,
                skip_blank_lines=False, chunksize=_CHUNK_ROWS,
            )  # fmt: skip
            frames = [chunk[list(columns)] for chunk in reader]
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            what = str(error).removeprefix(_MESSAGE_TAIL).strip().splitlines()[0]
            raise InputError(
                f"the rows do not fit the header ({what}); give every row one value per column, quoted where it holds "
                "the separator",
                file=path.name,
            ) from error
        except pd.errors.EmptyDataError as error:
            raise InputError("is empty; it needs a header line with column names, then rows", file=path.name) from error
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=pd.Index(columns))
    frame = frame.set_axis(pd.RangeIndex(2, len(frame) + 2), axis=0).fillna("")
    return frame[(frame != "").any(axis=1)]


def _quoted(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(column[:40]) for column in columns[:12])
    return shown + (f" and {len(columns) - 12} more" if len(columns) > 12 else "")
