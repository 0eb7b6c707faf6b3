"""Rows of numbers computed from texts, chunk by chunk, with each finished chunk kept on disk.

A job that is cancelled or killed loses at most the chunk it was in; the next one finds the others by their content.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from goracs_core.progress import Progress
from goracs_core.store.cache import Cache
from goracs_core.store.codec import Arrays
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
        kept = chunk_cache(cache, key)
        values = kept.get(key)
        if values is None or len(values) != len(chunk) or not np.isfinite(values).all():
            values = compute(chunk, lambda done, start=start: progress(stage, start + done, len(unique)))
            kept.put(key, values)
        parts.append(values)
        progress(stage, start + len(chunk), len(unique))
    rows = np.array([where[entry] for entry in texts], np.int64)  # [n]
    return np.concatenate(parts)[rows]


def chunk_cache(cache: Path, key: str) -> Cache[np.ndarray]:
    """Where the chunk of a key is kept in a cache folder."""
    return Cache(cache / "chunks" / key[:2], np.ndarray, former=_former)


def _former(key: str, arrays: Arrays) -> np.ndarray | None:
    values = arrays["values"]
    return values if str(arrays["check"]) == fingerprint(key, values) else None
