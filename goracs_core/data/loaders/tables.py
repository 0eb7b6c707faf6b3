"""Generic interaction tables, alone or as a folder: interactions.* with items.* beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from goracs_core.data.loaders.assemble import Catalogue, RawInteractions, assemble, sound_catalogue
from goracs_core.data.loaders.columns import (
    as_ids,
    as_numbers,
    as_splits,
    as_texts,
    as_times,
    first_category,
    guess_mapping,
)
from goracs_core.data.loaders.faults import FileFaults, RowFaults
from goracs_core.data.loaders.guess import implausible
from goracs_core.data.loaders.loader import Loader, Match
from goracs_core.data.loaders.preview import table_head
from goracs_core.data.loaders.source import ColumnMapping, Source, SourceOptions
from goracs_core.data.loaders.table_files import (
    Columns,
    find_table,
    is_parquet,
    is_table,
    quoted,
    read_columns,
    table_columns,
)
from goracs_core.data.loaders.text import existing
from goracs_core.data.report import InputError, ReportEntry, ValidationReport, info, warning
from goracs_core.progress import Progress, silent


def detect_tables(path: Path) -> Match:
    """A folder is told by a file called interactions; a single file needs the ending of a table."""
    if path.is_dir():
        return Match.NO if find_table(path, "interactions") is None else Match.NAMES
    return Match.ENDING if is_table(path) or is_parquet(path) else Match.NO


def load_tables(path: Path, *, options: SourceOptions, faults: RowFaults, progress: Progress = silent) -> Source:
    """Read one table of interactions, or a folder with interactions.* and perhaps items.*.

    Raises:
        InputError: A column is missing, or there are no rows.
    """
    file = existing(path)
    items_file = options.items
    if path.is_dir():
        found = find_table(path, "interactions")
        if found is None:
            raise InputError(
                "the folder lacks interactions.csv, .parquet or .jsonl; add one", "file-missing", file=path.name
            )
        file, items_file = found, items_file or find_table(path, "items")
    columns = table_columns(file, encoding=options.encoding, delimiter=options.delimiter)
    mapping = _checked_mapping(guess_mapping(columns, options.mapping), columns, file)
    _ask_of_guesses(file, mapping, options)
    used = list(dict.fromkeys(column for column in vars(mapping).values() if column))
    found = faults.of(file)
    reading: dict[str, Any] = {"encoding": options.encoding, "delimiter": options.delimiter, "progress": progress}
    table = read_columns(file, used, faults=found, **reading)
    if not len(table[mapping.user or ""]):
        raise InputError(
            "holds no interactions; it needs at least one row under its header", "no-interactions", file=file.name
        )
    raw = _interactions(table, mapping, found).without(found)
    if len(raw.users) < len(table[mapping.user or ""]):
        table = {name: column.loc[raw.users.index] for name, column in table.items()}
    if items_file is None:
        catalogue, entries = _items_of_interactions(table, raw, mapping, file), []
    else:
        catalogue, entries = read_catalogue(items_file, options=options, faults=faults, progress=progress)
    entries = [_mapping_note(mapping, file), *entries]
    content, found_entries = assemble(raw, catalogue)
    files = (file.name,) if items_file is None else (file.name, items_file.name)
    name = path.name.split(".")[0] if path.is_file() else path.name
    return Source(name, LOADER.name, files, "items", content, ValidationReport((*entries, *found_entries)))


def read_catalogue(
    path: Path, *, options: SourceOptions, faults: RowFaults, progress: Progress = silent
) -> tuple[Catalogue, list[ReportEntry]]:
    """A table of items: an item column, and title and category where it has them.

    Raises:
        InputError: No item column, or no items.
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
        message = f"has no item column among {quoted(columns)}; name one item_id"
        raise InputError(message, "column-missing", file=path.name, row=1, column="item")
    used = [column for column in (item, mapping.title, mapping.category) if column]
    found = faults.of(path)
    reading: dict[str, Any] = {"encoding": options.encoding, "delimiter": options.delimiter, "progress": progress}
    table = read_columns(path, used, faults=found, **reading)
    if not len(table[item]):
        raise InputError("lists no items; it needs at least one row under its header", "no-items", file=path.name)
    ids = as_ids(table[item], found)
    titles = as_texts(table[mapping.title]) if mapping.title else [""] * len(ids)
    categories = [first_category(v) for v in table[mapping.category]] if mapping.category else [""] * len(ids)
    return sound_catalogue(ids, titles, categories, found), [
        info(
            f"item from column {item!r}, title from {mapping.title!r}, category from {mapping.category!r}",
            file=path.name,
        )
    ]


def _checked_mapping(mapping: ColumnMapping, columns: tuple[str, ...], file: Path) -> ColumnMapping:
    for role, column in vars(mapping).items():
        if column and column not in columns:
            message = f"has no column {column!r} to be the {role}; it has {quoted(columns)}"
            raise InputError(message, "column-missing", file=file.name, row=1, column=column)
        if not column and role in ("user", "item"):
            message = (
                f"has no column that looks like the {role} among {quoted(columns)}; map one to {role!r}, or rename it "
                f"{role}_id"
            )
            raise InputError(message, "column-missing", file=file.name, row=1, column=role)
    return mapping


def _ask_of_guesses(file: Path, mapping: ColumnMapping, options: SourceOptions) -> None:
    """A column that is taken by its name alone must be plausible in the first rows."""
    head = table_head(file, encoding=options.encoding, delimiter=options.delimiter)
    for role, column in vars(mapping).items():
        against = "" if getattr(options.mapping, role) else implausible(head, role, mapping)
        if against:
            message = f"looks like the {role}, but {against}; map the {role} to this column or another one, or to ''"
            raise InputError(message, "doubtful-column", file=file.name, row=1, column=column)


def _interactions(table: Columns, mapping: ColumnMapping, faults: FileFaults) -> RawInteractions:
    def column(role: str) -> pd.Series:
        return table[getattr(mapping, role)]

    return RawInteractions(
        users=as_ids(column("user"), faults),
        items=as_ids(column("item"), faults),
        rows=column("user").index.to_numpy("int64"),
        file=faults.file,
        times=as_times(column("time"), faults) if mapping.time else None,
        ratings=as_numbers(column("rating"), faults) if mapping.rating else None,
        splits=as_splits(column("split"), faults) if mapping.split else None,
        positions=as_numbers(column("position"), faults, required=True) if mapping.position else None,
    )


def _items_of_interactions(table: Columns, raw: RawInteractions, mapping: ColumnMapping, file: Path) -> Catalogue:
    """Catalogue from the interactions themselves: the first title and category that any row gives an item."""
    described = pd.DataFrame({"id": raw.items.to_numpy()})
    described["title"] = as_texts(table[mapping.title]) if mapping.title else ""
    described["category"] = [first_category(v) for v in table[mapping.category]] if mapping.category else ""
    first = described.replace("", None).groupby("id", sort=False).first().fillna("")
    return Catalogue(
        [str(i) for i in first.index], [str(t) for t in first["title"]], [str(c) for c in first["category"]], file.name
    )


def _mapping_note(mapping: ColumnMapping, file: Path) -> ReportEntry:
    used = ", ".join(f"{role} from {column!r}" for role, column in vars(mapping).items() if column)
    if mapping.time or mapping.position:
        return info(used, file=file.name)
    return warning(f"{used}; no time column, so the order of the rows is taken as the order in time", file=file.name)


LOADER = Loader(
    name="tables",
    title="Table of interactions",
    layout=("a table of interactions (CSV, TSV, Parquet, JSON Lines) alone or as interactions.* beside items.*"),
    endings=("csv", "tsv", "txt", "parquet", "json", "jsonl", "ndjson"),
    options=frozenset({"encoding", "mapping", "items", "delimiter", "bad_rows"}),
    detect=detect_tables,
    load=load_tables,
)
