"""Small sources on disk, and reading them with the type the test expects."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from goracs_core.data.loaders.registry import load_source
from goracs_core.data.loaders.source import SourceInstructions, SourceInteractions, SourceOptions


def interactions(path: Path, options: SourceOptions | None = None) -> SourceInteractions:
    """The interactions at `path`."""
    content = load_source(path, options=options or SourceOptions()).content
    assert isinstance(content, SourceInteractions)
    return content


def instructions(path: Path) -> SourceInstructions:
    """The instruction samples at `path`."""
    content = load_source(path).content
    assert isinstance(content, SourceInstructions)
    return content


def triples(content: SourceInteractions) -> list[tuple[str, str, float | None]]:
    """User id, title and rating of each interaction, in order."""
    ratings = [None] * len(content.users) if content.ratings is None else content.ratings.tolist()
    return [
        (content.user_ids[user], content.titles[item], rating)
        for user, item, rating in zip(content.users, content.items, ratings, strict=True)
    ]


def write_lines(path: Path, records: Iterable[object]) -> Path:
    """JSON Lines, compressed where the name says so."""
    data = "\n".join(json.dumps(record) for record in records).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def save_titles(path: Path, titles: object) -> None:
    """A pickled .npy file as DEALRec ships its title map."""
    box = np.empty((), dtype=object)
    box[()] = titles
    np.save(path, box, allow_pickle=True)


def dealrec_folder(folder: Path) -> Path:
    """Two users, three items, every part."""
    folder.mkdir()
    (folder / "sequential_train.txt").write_text("1 1 2 3\n2 2 3\n")
    (folder / "sequential_valid.txt").write_text("1 1\n2\n")
    (folder / "sequential_test.txt").write_text("1\n2 1\n")
    save_titles(folder / "title_maps.npy", {"seqid2title": {"1": "One", "2": "Two", "3": "Three"}})
    return folder


def shop_log(path: Path, *, users: int = 40, items: int = 15, events: int = 12, seed: int = 0) -> Path:
    """A CSV of interactions with time, rating, title and category, long-tailed in its items."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, items + 1)
    rows = ["user,item,time,rating,title,category"]
    for event in range(events):
        for user in rng.permutation(users):
            item = int(rng.choice(items, p=weights / weights.sum()))
            when = event * 1000 + int(rng.integers(0, 1000))
            rows.append(f"u{user},i{item},{when},{int(rng.integers(1, 6))},Title {item},c{item % 3}")
    path.write_text("\n".join(rows) + "\n")
    return path
