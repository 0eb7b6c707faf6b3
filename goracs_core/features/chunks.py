"""Rows of numbers computed from texts, chunk by chunk, with each finished chunk kept on disk.

A job that is cancelled or killed loses at most the chunk it was in; the next one finds the others by their content.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from goracs_core.progress import Progress
from goracs_core.store.atomic import write_file
from goracs_core.types import fingerprint

CHUNK = 256

Texts = tuple[str, ...]
Compute = Callable[[list[Texts], Callable[[int], None]], np.ndarray]


def compute_in_chunks(
    texts: Sequence[Texts], *, recipe: str, compute: Compute, cache: Path, stage: str, progress: Progress
) -> np.ndarray:
    """One row of numbers per entry of `texts`; shape [n, ...].

    Equal entries are computed once and get equal rows. Chunks are cut from the entries sorted by length, longest first
    (padding is small, and memory runs out at the start if at all), so they do not depend on the order of the rows.

    Args:
        texts: n entries of one or more texts.
        recipe: Everything else that decides the numbers (model, options), as one fingerprint.
        compute: Turns a chunk of entries into rows; calls its second argument with the entries done so far.
        cache: Folder of the chunk files.
        stage: Name for the progress.
        progress: Told after every batch; may raise JobCancelled.
    """
    unique = sorted(set(texts), key=lambda entry: (-sum(map(len, entry)), entry))
    where = {entry: row for row, entry in enumerate(unique)}
    parts: list[np.ndarray] = []
    progress(stage, 0, len(unique))
    for start in range(0, len(unique), CHUNK):
        chunk = unique[start : start + CHUNK]
        key = fingerprint(recipe, *(text for entry in chunk for text in (str(len(entry)), *entry)))
        values = read_chunk(cache, key, len(chunk))
        if values is None:
            values = compute(chunk, lambda done, start=start: progress(stage, start + done, len(unique)))
            write_chunk(cache, key, values)
        parts.append(values)
        progress(stage, start + len(chunk), len(unique))
    rows = np.array([where[entry] for entry in texts], np.int64)  # [n]
    return np.concatenate(parts)[rows]


def read_chunk(cache: Path, key: str, length: int) -> np.ndarray | None:
    """The rows stored under `key`, or None when there are none or the file is damaged in any way."""
    try:
        # From memory: numpy leaves a damaged file open.
        archive = np.load(io.BytesIO(_path(cache, key).read_bytes()), allow_pickle=False)
        values, check = archive["values"], str(archive["check"])
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile, NotImplementedError):
        return None
    if check != fingerprint(key, values) or len(values) != length or not np.isfinite(values).all():
        return None
    return values


def write_chunk(cache: Path, key: str, values: np.ndarray) -> None:
    """Store rows under `key`, whole or not at all.

    Raises:
        StoreError: The folder cannot be written.
    """
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, values=values, check=np.array(fingerprint(key, values)))
    write_file(_path(cache, key), buffer.getvalue())


def _path(cache: Path, key: str) -> Path:
    return cache / "chunks" / key[:2] / f"{key}.npz"
