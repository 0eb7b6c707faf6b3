"""Amazon reviews of 2014, 2018 and 2023 (*.json[l][.gz]) with their metadata file.

Field names differ by year: reviewerID, asin, overall, unixReviewTime until 2018; user_id, parent_asin, rating,
timestamp (milliseconds) in 2023. Metadata of 2014 are Python literals rather than JSON; they are parsed, never
evaluated.
"""

from __future__ import annotations

import ast
import html
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from goracs_core.data.loaders.assemble import Catalogue, RawInteractions, assemble
from goracs_core.data.loaders.columns import as_ids, as_numbers, scale_times
from goracs_core.data.loaders.faults import FileFaults, RowFaults
from goracs_core.data.loaders.instructions import is_instruction
from goracs_core.data.loaders.loader import Loader, Match
from goracs_core.data.loaders.records import (
    Record,
    first_record,
    first_records,
    is_json,
    iter_records,
    safe_text,
    sound_records,
)
from goracs_core.data.loaders.source import Source, SourceOptions
from goracs_core.data.loaders.text import TextFile, existing
from goracs_core.data.report import InputError, ReportEntry, ValidationReport, info, warning
from goracs_core.progress import Progress, silent
from goracs_core.types import BoolArray

_UNTIL_2018 = {"user": "reviewerID", "item": "asin", "rating": "overall", "time": "unixReviewTime"}
_SINCE_2023 = {"user": "user_id", "item": "parent_asin", "rating": "rating", "time": "timestamp"}
_PROBED_RECORDS = 100
_LONGEST_LITERAL = 1_000_000  # characters; Python's parser needs a multiple of it in memory


def detect_amazon(path: Path) -> Match:
    """Told by the fields of the first record of a JSON file."""
    tells = any(is_review(record) and not is_instruction(record) for record in first_records(path))
    return Match.CONTENT if tells else Match.NO


def is_review(record: Record) -> bool:
    """A review of 2014, 2018 (reviewerID, asin) or 2023 (user_id, parent_asin)."""
    return {"reviewerID", "asin"} <= record.keys() or {"user_id", "parent_asin"} <= record.keys()


def load_amazon(path: Path, *, options: SourceOptions, faults: RowFaults, progress: Progress = silent) -> Source:
    """Read a review file, or a folder with one review file and perhaps one metadata file.

    Raises:
        InputError: No review file, or several.
    """
    reviews, metadata = _files(path) if path.is_dir() else (path, None)
    metadata = options.items or metadata
    raw, entries = _read_reviews(reviews, options.encoding, faults.of(reviews), progress)
    if metadata is None:
        ids = [str(item) for item in raw.items.unique()]
        catalogue = Catalogue(ids, [""] * len(ids), [""] * len(ids), reviews.name)
    else:
        catalogue = _read_metadata(
            existing(metadata), set(raw.items), options.encoding, faults.of(metadata), entries, progress=progress
        )
    content, found = assemble(raw, catalogue)
    files = (reviews.name,) if metadata is None else (reviews.name, metadata.name)
    name = path.name.split(".")[0] if path.is_file() else path.name
    return Source(name, LOADER.name, files, "products", content, ValidationReport((*entries, *found)))


def _files(folder: Path) -> tuple[Path, Path | None]:
    reviews: list[Path] = []
    metadata: list[Path] = []
    for file in (entry for entry in sorted(folder.iterdir()) if is_json(entry)):
        if "meta" in file.name.lower():
            metadata.append(file)
        elif is_review(record := first_record(file)):
            reviews.append(file)
        elif not is_instruction(record):
            metadata.append(file)
    for found, what in ((reviews, "review"), (metadata, "metadata")):
        if len(found) > 1:
            message = f"the folder holds several {what} files ({found[0].name}, {found[1].name}); keep one"
            raise InputError(message, "several-files", file=folder.name)
    if not reviews:
        message = "the folder holds no Amazon reviews; add a file such as Video_Games_5.json.gz"
        raise InputError(message, "file-missing", file=folder.name)
    return reviews[0], metadata[0] if metadata else None


def _read_reviews(
    path: Path, encoding: str, faults: FileFaults, progress: Progress
) -> tuple[RawInteractions, list[ReportEntry]]:
    rows: list[int] = []
    cells: dict[str, list[object]] = {role: [] for role in _UNTIL_2018}
    fields = _fields_of_year(path, encoding)
    for row, record in iter_records(path, encoding=encoding, faults=faults, progress=progress):
        lacking = [field for field in fields.values() if record.get(field) is None]
        for field in lacking:
            message = "the field is missing; every review needs " + ", ".join(fields.values())
            faults.add(message, "field-missing", row=row, column=field)
        if not lacking:
            for role, field in fields.items():
                cells[role].append(record[field])
            rows.append(row)
    if not rows:
        raise InputError("is empty; it needs one review per line", "empty-file", file=path.name)
    frame = {fields[role]: pd.Series(values, index=rows, name=fields[role]) for role, values in cells.items()}
    users, items = (as_ids(frame[fields[role]], faults) for role in ("user", "item"))
    ratings, times = (as_numbers(frame[fields[role]], faults, required=True) for role in ("rating", "time"))
    raw = RawInteractions(users, items, np.array(rows, np.int64), path.name, times, ratings).without(faults)
    # These collections repeat some reviews byte for byte; a repeat at the same second is no second purchase.
    repeated = _duplicated(raw)
    entries = [info(f"user, item, rating and time from {', '.join(fields.values())}", file=path.name)]
    if repeated.any():
        at, count = int(repeated.argmax()), int(repeated.sum())
        words = f"{count:,} reviews that repeat an earlier one exactly dropped"
        entries.append(warning(words, file=path.name, row=int(raw.rows[at]), count=count))
    raw = raw.take(~repeated)
    return replace(raw, times=None if raw.times is None else scale_times(raw.times)), entries


def _fields_of_year(path: Path, encoding: str) -> dict[str, str]:
    """The names of the fields in the year of the file, told by its first review."""
    records = itertools.islice(sound_records(path, encoding=encoding), _PROBED_RECORDS)
    first = next((record for _, record in records if is_review(record)), {})
    return _SINCE_2023 if _SINCE_2023["user"] in first else _UNTIL_2018


def _duplicated(raw: RawInteractions) -> BoolArray:
    columns = {"u": raw.users.to_numpy(), "i": raw.items.to_numpy(), "t": raw.times, "r": raw.ratings}
    return pd.DataFrame(columns).duplicated().to_numpy(bool)


def _read_metadata(
    path: Path,
    wanted: set[str],
    encoding: str,
    faults: FileFaults,
    entries: list[ReportEntry],
    *,
    progress: Progress,
) -> Catalogue:
    """Title and category of the wanted products only: the file lists many times more. First listing wins."""
    listed: dict[str, tuple[str, str]] = {}
    repeats = 0
    for row, record in _metadata_records(path, encoding, faults, progress):
        item = record.get("parent_asin", record.get("asin"))
        if not isinstance(item, str) or not item:
            message = "the field is missing; every product needs asin or parent_asin"
            faults.add(message, "field-missing", row=row, column="asin")
            continue
        if item not in wanted:
            continue
        if item in listed:
            repeats += 1
            continue
        title = record.get("title")
        listed[item] = (html.unescape(safe_text(title)) if isinstance(title, str) else "", _category(record))
    if repeats:
        words = f"{repeats:,} products listed again; the first listing was kept"
        entries.append(warning(words, file=path.name, column="asin", count=repeats))
    if not listed:
        message = "describes none of the reviewed products; give the metadata of the same category and year"
        raise InputError(message, "items-unknown", file=path.name)
    return Catalogue(
        list(listed), [title for title, _ in listed.values()], [category for _, category in listed.values()], path.name
    )


def _metadata_records(
    path: Path, encoding: str, faults: FileFaults, progress: Progress
) -> Iterator[tuple[int, Record]]:
    with TextFile(path, encoding=encoding, progress=progress) as file:
        for row, line in file.lines():
            if not line.strip():
                continue
            record = _literal(line)
            if not isinstance(record, dict):
                faults.add("is not one JSON object; give one product per line", "not-json", row=row)
            else:
                yield row, record


def _literal(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        if len(line) > _LONGEST_LITERAL:
            return None
    try:
        return ast.literal_eval(line.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _category(record: Record) -> str:
    """The second level of the category path, since the first is the same for the whole file."""
    path = record.get("categories") or record.get("category") or []
    if isinstance(path, list) and path and isinstance(path[0], list):
        path = path[0]
    names = [html.unescape(name) for name in path if isinstance(name, str)] if isinstance(path, list) else [str(path)]
    if len(names) > 1:
        return names[1]
    main = record.get("main_category")
    return names[0] if names else safe_text(main or "")


LOADER = Loader(
    name="amazon",
    title="Amazon reviews",
    layout="Amazon reviews (*.json[l][.gz])",
    endings=("json", "jsonl"),
    options=frozenset({"encoding", "items", "bad_rows"}),
    detect=detect_amazon,
    load=load_amazon,
)
