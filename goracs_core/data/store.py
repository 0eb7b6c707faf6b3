"""A Dataset as a folder: parquet tables and one JSON file; written whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from goracs_core.data.dataset import Dataset, Interactions, Items, Samples, Split, Task
from goracs_core.errors import GoracsError, StoreError
from goracs_core.store.atomic import recover, staged
from goracs_core.types import Ragged

FORMAT = 1
MANIFEST = "dataset.json"


def save_dataset(dataset: Dataset, directory: Path) -> None:
    """Write `dataset` into `directory`, replacing a dataset that is there.

    Files: dataset.json, items.parquet, interactions.parquet, pool.parquet, validation.parquet, test.parquet.
    A `features` folder of a dataset with the same fingerprint is kept.

    Raises:
        StoreError: `directory` exists and is not a dataset folder, or cannot be written.
    """
    directory = Path(directory)
    if directory.exists() and any(directory.iterdir()) and not (directory / MANIFEST).exists():
        message = f"{directory} exists and is not a dataset folder; give an empty or new folder"
        raise StoreError(message, code="not-a-dataset-folder", fields={"folder": str(directory)})
    with staged(directory) as staging:
        staging.mkdir()
        _write_tables(dataset, staging)
        kept = directory / "features"
        if kept.exists() and _manifest(directory).get("fingerprint") == dataset.fingerprint:
            shutil.copytree(kept, staging / "features")


def load_dataset(directory: Path) -> Dataset:
    """Read a folder written by `save_dataset` and check its fingerprint.

    Raises:
        StoreError: No dataset there, another format version, or contents that do not match the fingerprint.
    """
    directory = Path(directory)
    manifest = _manifest(directory)
    if manifest.get("format") != FORMAT:
        message = (
            f"{directory} has dataset format {manifest.get('format')!r}, this version reads {FORMAT}; prepare it again"
        )
        raise StoreError(message, code="unknown-format", fields={"format": manifest.get("format")})
    try:
        dataset = Dataset(
            name=manifest["name"],
            task=Task(manifest["task"]),
            items=_read_items(directory),
            interactions=_read_interactions(directory),
            pool=_read_samples(directory, Split.POOL),
            validation=_read_samples(directory, Split.VALIDATION),
            test=_read_samples(directory, Split.TEST),
            provenance=manifest["provenance"],
        )
    except GoracsError:
        raise
    except (OSError, KeyError, ValueError, TypeError) as error:
        message = f"the dataset in {directory} is damaged ({error}); prepare it again"
        raise StoreError(message, code="dataset-damaged", fields={"folder": str(directory)}) from error
    if dataset.fingerprint != manifest.get("fingerprint"):
        message = f"the dataset in {directory} does not match its fingerprint; prepare it again"
        raise StoreError(message, code="dataset-changed", fields={"folder": str(directory)})
    return dataset


def read_manifest(directory: Path) -> dict[str, Any]:
    """The dataset.json of a dataset folder: name, task, fingerprint, counts, provenance; cheap, reads no table."""
    return _manifest(Path(directory))


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / MANIFEST
    if not path.is_file():
        recover(directory.parent)
    if not path.is_file():
        message = f"{directory} holds no dataset ({MANIFEST} is missing); run `prepare` first or give another folder"
        raise StoreError(message, code="no-dataset", fields={"folder": str(directory)})
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read ({error}); prepare the dataset again"
        raise StoreError(message, code="dataset-damaged", fields={"folder": str(directory)}) from error


def _write_tables(dataset: Dataset, directory: Path) -> None:
    items, interactions = dataset.items, dataset.interactions
    pd.DataFrame(
        {"id": items.ids, "title": items.titles, "category": items.categories, "popularity": items.popularity}
    ).to_parquet(directory / "items.parquet", index=False)
    table: dict[str, Any] = {"user": interactions.users, "item": interactions.items}
    if interactions.times is not None:
        table["time"] = interactions.times
    if interactions.ratings is not None:
        table["rating"] = interactions.ratings
    pd.DataFrame(table).to_parquet(directory / "interactions.parquet", index=False)
    pd.DataFrame({"id": np.asarray(interactions.user_ids, dtype=object)}).to_parquet(
        directory / "users.parquet", index=False
    )
    for split, samples in dataset.parts():
        _samples_frame(samples).to_parquet(directory / f"{split}.parquet", index=False)
    manifest = {
        "format": FORMAT,
        "name": dataset.name,
        "task": str(dataset.task),
        "fingerprint": dataset.fingerprint,
        "counts": dataset.counts(),
        "provenance": dataset.provenance,
    }
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")


def _samples_frame(samples: Samples) -> pd.DataFrame:
    table: dict[str, Any] = {
        "id": np.asarray(samples.ids, dtype=object),
        "prompt": np.asarray(samples.prompts, dtype=object),
        "answer": np.asarray(samples.answers, dtype=object),
        "user": samples.users,
        "history": list(samples.histories),
        "target": samples.targets,
    }
    if samples.history_labels is not None:
        table["history_label"] = list(samples.history_labels)
    if samples.labels is not None:
        table["label"] = samples.labels
    if samples.times is not None:
        table["time"] = samples.times
    return pd.DataFrame(table)


def _read_samples(directory: Path, split: Split) -> Samples:
    frame = pd.read_parquet(directory / f"{split}.parquet")
    labels = _optional(frame, "label")
    return Samples(
        ids=tuple(frame["id"]),
        prompts=tuple(frame["prompt"]),
        answers=tuple(frame["answer"]),
        users=frame["user"].to_numpy(np.int64),
        histories=Ragged.from_rows(list(frame["history"])),
        history_labels=Ragged.from_rows(list(frame["history_label"])) if "history_label" in frame else None,
        targets=frame["target"].to_numpy(np.int64),
        labels=None if labels is None else labels.astype(np.int64),
        times=_optional(frame, "time"),
    )


def _read_items(directory: Path) -> Items:
    frame = pd.read_parquet(directory / "items.parquet")
    ids, titles, categories = (tuple(frame[name]) for name in ("id", "title", "category"))
    return Items(ids, titles, categories, frame["popularity"].to_numpy(np.int64))


def _read_interactions(directory: Path) -> Interactions:
    frame = pd.read_parquet(directory / "interactions.parquet")
    return Interactions(
        frame["user"].to_numpy(np.int64),
        frame["item"].to_numpy(np.int64),
        _optional(frame, "time"),
        _optional(frame, "rating"),
        tuple(pd.read_parquet(directory / "users.parquet")["id"]),
    )


def _optional(frame: pd.DataFrame, column: str) -> np.ndarray | None:
    return frame[column].to_numpy(np.float64) if column in frame else None
