"""Which known layout lies at a path."""

from __future__ import annotations

from pathlib import Path

from goracs_core.data.loaders.dealrec import TITLE_MAP
from goracs_core.data.loaders.records import Record, iter_records
from goracs_core.data.loaders.source import SourceKind
from goracs_core.data.loaders.table_files import find_table, is_table, plain_suffix
from goracs_core.data.loaders.text import existing, first_bytes
from goracs_core.data.report import InputError

KNOWN_LAYOUTS = (
    "a DEALRec folder (sequential_train.txt ... title_maps.npy), a MovieLens folder (u.data, ratings.dat, or "
    "ratings.csv with movies.csv), Amazon reviews (*.json[l][.gz]), a table of interactions (CSV, TSV, Parquet, JSON "
    "Lines) alone or as interactions.* beside items.*, or instruction JSON (instruction, input, output)"
)


def detect_kind(path: Path) -> SourceKind:
    """The layout of a file or folder, told by file names and the first record.

    Raises:
        InputError: Nothing there, or nothing known.
    """
    path = existing(Path(path))
    return _folder_kind(path) if path.is_dir() else _file_kind(path)


def is_json(path: Path) -> bool:
    """Whether the name ends like JSON or JSON Lines, perhaps compressed."""
    return path.is_file() and plain_suffix(path) in (".json", ".jsonl", ".ndjson")


def first_record(path: Path, *, encoding: str = "utf-8") -> Record:
    """The first object of a JSON file."""
    return next(record for _, record in iter_records(path, encoding=encoding))


def is_review(record: Record) -> bool:
    """An Amazon review of 2014, 2018 (reviewerID, asin) or 2023 (user_id, parent_asin)."""
    return {"reviewerID", "asin"} <= record.keys() or {"user_id", "parent_asin"} <= record.keys()


def is_instruction(record: Record) -> bool:
    """A sample as BIGRec and TALLRec write them."""
    return {"instruction", "output"} <= record.keys()


def _folder_kind(folder: Path) -> SourceKind:
    names = {entry.name.lower() for entry in folder.iterdir()}
    if not names:
        raise InputError(f"the folder is empty; give {KNOWN_LAYOUTS}", file=folder.name)
    if "dataset.json" in names:
        raise InputError(
            "the folder is a dataset that was already prepared; open it instead of preparing it", file=folder.name
        )
    if "sequential_train.txt" in names or TITLE_MAP in names:
        return SourceKind.DEALREC
    if {"u.data", "ratings.dat"} & names or {"ratings.csv", "movies.csv"} <= names:
        return SourceKind.MOVIELENS
    if find_table(folder, "interactions") is not None:
        return SourceKind.TABLES
    unreadable: InputError | None = None
    for entry in filter(is_json, sorted(folder.iterdir())):
        try:
            kind = _record_kind(entry)
        except InputError as error:  # Amazon metadata of 2014 are no JSON; a file beside them may tell
            unreadable = unreadable or error
            continue
        if kind is not None:
            return kind
    if unreadable is not None:
        raise unreadable
    shown = ", ".join(sorted(names)[:5]) + (" ..." if len(names) > 5 else "")
    raise InputError(f"the folder holds {shown}, which is no known layout; give {KNOWN_LAYOUTS}", file=folder.name)


def _file_kind(path: Path) -> SourceKind:
    name = path.name.lower()
    if name in ("u.data", "ratings.dat") or (name == "ratings.csv" and (path.parent / "movies.csv").is_file()):
        return SourceKind.MOVIELENS
    if name.startswith("sequential_") or name == TITLE_MAP:
        raise InputError("is one file of a DEALRec folder; give the folder", file=path.name)
    if is_json(path):
        return _record_kind(path) or SourceKind.TABLES
    if is_table(path) or first_bytes(path, 4) == b"PAR1":
        return SourceKind.TABLES
    raise InputError(f"the file's ending is not known; give {KNOWN_LAYOUTS}", file=path.name)


def _record_kind(path: Path) -> SourceKind | None:
    record = first_record(path)
    if is_instruction(record):
        return SourceKind.INSTRUCTIONS
    return SourceKind.AMAZON if is_review(record) else None
