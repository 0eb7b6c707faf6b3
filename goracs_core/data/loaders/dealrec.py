"""DEALRec's folder: sequential_{train,valid,test}.txt (user, then item ids in time order) and title_maps.npy.

Layout of the repository Linxyhaha/DEALRec (arXiv 2401.17197).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from goracs_core.data.loaders.assemble import Catalogue, RawInteractions, assemble
from goracs_core.data.loaders.faults import FileFaults, RowFaults
from goracs_core.data.loaders.loader import Loader, Match
from goracs_core.data.loaders.records import safe_text
from goracs_core.data.loaders.restricted_pickle import read_pickled_object
from goracs_core.data.loaders.source import Source, SourceOptions
from goracs_core.data.loaders.text import TextFile, existing
from goracs_core.data.report import InputError, ValidationReport
from goracs_core.data.splits import POOL, TEST, VALIDATION
from goracs_core.progress import Progress, silent

TITLE_MAP = "title_maps.npy"
_FILES = {POOL: "sequential_train.txt", VALIDATION: "sequential_valid.txt", TEST: "sequential_test.txt"}


def detect_dealrec(path: Path) -> Match:
    """Told by the names of the files in a folder.

    Raises:
        InputError: One file of such a folder.
    """
    if path.is_dir():
        names = {entry.name.lower() for entry in path.iterdir()}
        return Match.NAMES if {_FILES[POOL], TITLE_MAP} & names else Match.NO
    name = path.name.lower()
    if name.startswith("sequential_") or name == TITLE_MAP:
        raise InputError("is one file of a DEALRec folder; give the folder", "part-of-folder", file=path.name)
    return Match.NO


def load_dealrec(path: Path, *, options: SourceOptions, faults: RowFaults, progress: Progress = silent) -> Source:
    """Read the folder; the split is the given one.

    Raises:
        InputError: A file is missing or damaged, or no item has a title.
    """
    for name in (*_FILES.values(), TITLE_MAP):
        if not (path / name).is_file():
            raise InputError(
                f"the DEALRec folder lacks {name}; put it beside the other files", "file-missing", file=path.name
            )
    titles = _read_titles(path / TITLE_MAP, faults.of(path / TITLE_MAP))
    parts = [
        _read_sequences(path / name, options.encoding, faults.of(path / name), progress) for name in _FILES.values()
    ]
    sizes = [len(items) for _, items, _ in parts]
    raw = RawInteractions(
        users=pd.Series([user for users, _, _ in parts for user in users], dtype="str"),
        items=pd.Series([item for _, items, _ in parts for item in items], dtype="str"),
        rows=np.concatenate([rows for _, _, rows in parts]).astype(np.int64),
        file="sequential_*.txt",
        splits=np.repeat(np.array(list(_FILES), np.int8), sizes),
        positions=np.concatenate([np.arange(size, dtype=np.float64) for size in sizes]),
    )
    catalogue = Catalogue(list(titles), list(titles.values()), [""] * len(titles), TITLE_MAP)
    content, entries = assemble(raw, catalogue)
    return Source(
        name=path.name,
        kind=LOADER.name,
        files=(*_FILES.values(), TITLE_MAP),
        domain="items",
        content=content,
        report=ValidationReport(tuple(entries)),
    )


def _read_titles(path: Path, faults: FileFaults) -> dict[str, str]:
    value = read_pickled_object(existing(path))
    if isinstance(value, dict) and isinstance(value.get("seqid2title"), dict):
        value = value["seqid2title"]
    if not isinstance(value, dict) or not value:
        message = "needs a dictionary under 'seqid2title' from item id to title, and has none"
        raise InputError(message, "no-titles", file=path.name, column="seqid2title")
    titles: dict[str, str] = {}
    for row, (item, title) in enumerate(value.items(), start=1):
        if not isinstance(item, (str, int)) or not isinstance(title, str):
            message = f"entry {item!r} leads to a {type(title).__name__}; every item id must lead to a title (text)"
            faults.add(message, "bad-title", row=row, column="seqid2title")
        elif safe_text(item) in titles:
            message = f"item id {str(item)!r} occurs twice; every item may be listed once"
            faults.add(message, "id-repeated", row=row, column="seqid2title")
        else:
            titles[safe_text(item)] = title
    return titles


def _read_sequences(
    path: Path, encoding: str, faults: FileFaults, progress: Progress
) -> tuple[list[str], list[str], list[int]]:
    """User, item and line of every interaction."""
    users: list[str] = []
    items: list[str] = []
    rows: list[int] = []
    seen: dict[str, int] = {}
    with TextFile(path, encoding=encoding, progress=progress) as file:
        for row, line in file.lines():
            words = line.split()
            if not words:
                continue
            user, *sequence = words
            if user in seen:
                message = f"user {user!r} is already in row {seen[user]:,}; give each user one line"
                faults.add(message, "user-repeated", row=row)
                continue
            seen[user] = row
            users += [user] * len(sequence)
            items += sequence
            rows += [row] * len(sequence)
    if not seen:
        raise InputError(
            "is empty; it needs one line per user: the user's id, then item ids", "empty-file", file=path.name
        )
    return users, items, rows


LOADER = Loader(
    name="dealrec",
    title="DEALRec folder",
    layout="a DEALRec folder (sequential_train.txt ... title_maps.npy)",
    endings=("txt", "npy"),
    options=frozenset({"encoding", "bad_rows"}),
    detect=detect_dealrec,
    load=load_dealrec,
)
