"""Scores kept on disk beside their source, record and times, so that the models behind them are loaded once.

A key stands for everything that decides the numbers: the data, the options, the model and, by `store.keys`, the
code. Whoever makes scores makes the key; a file that is damaged or of another version counts as absent.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from goracs_core.errors import ShapeError, StoreError
from goracs_core.scores import SampleScores, ScoreKind
from goracs_core.types import fingerprint

_FORMAT = 1


def read_scores(cache: Path, key: str) -> SampleScores | None:
    """The scores kept under `key`, or None when there are none or the file is damaged in any way.

    Args:
        cache: The folder given to `write_scores`.
        key: A fingerprint.
    """
    try:
        # From memory: numpy leaves a damaged file open.
        archive = np.load(io.BytesIO(_path(cache, key).read_bytes()), allow_pickle=False)
        values, text, check = archive["values"], str(archive["record"]), str(archive["check"])
        if check != fingerprint(key, values, text):
            return None
        record = json.loads(text)
        if record["format"] != _FORMAT:
            return None
        return SampleScores(
            kind=ScoreKind(record["kind"]),
            values=values,
            source=str(record["source"]),
            details=dict(record["details"]),
            seconds=tuple((str(name), float(seconds)) for name, seconds in record["seconds"]),
        )
    except (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, ShapeError):
        return None
    except (zipfile.BadZipFile, NotImplementedError):
        return None


def write_scores(cache: Path, key: str, scores: SampleScores) -> None:
    """Keep scores under `key`, whole or not at all, replacing those that are there.

    Args:
        cache: Folder of everything that can be computed again; the file lies in its folder `scores`.
        key: A fingerprint of everything that decides the numbers.
        scores: With `details` that JSON can hold.

    Raises:
        StoreError: The folder cannot be written.
    """
    record = {
        "format": _FORMAT,
        "kind": str(scores.kind),
        "source": scores.source,
        "details": scores.details,
        "seconds": [list(step) for step in scores.seconds],
    }
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    check = fingerprint(key, scores.values, text)
    path = _path(cache, key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".scores-", dir=path.parent)
        staging = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, values=scores.values, record=np.array(text), check=np.array(check))
            os.replace(staging, path)
        finally:
            staging.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"the cache {cache} cannot be written ({error.strerror or error}); free some space") from error


def _path(cache: Path, key: str) -> Path:
    return Path(cache) / "scores" / f"{key}.npz"
