"""Features of a dataset: kept in the dataset's folder, read back and checked."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.store import read_manifest
from goracs_core.errors import GoracsError, StoreError
from goracs_core.features.value import Features, check_lengths
from goracs_core.store.atomic import recover, write_folder
from goracs_core.store.codec import unpack
from goracs_core.types import Embeddings, GradientNorms

FORMAT = 1
FOLDER = "features"
META = "features.json"
ARRAYS = "features.npz"


def has_features(dataset_directory: Path) -> bool:
    """Whether a dataset's folder has features (which may still be of another dataset: `load_features` checks)."""
    folder = Path(dataset_directory) / FOLDER
    if not folder.exists():
        recover(folder.parent)
    return (folder / META).is_file() and (folder / ARRAYS).is_file()


def save_features(features: Features, dataset_directory: Path) -> None:
    """Write features into the folder of their dataset, replacing those that are there; whole or not at all.

    Raises:
        StoreError: The folder holds another dataset, none, or cannot be written.
    """
    directory = Path(dataset_directory)
    _check_dataset(features.meta, read_manifest(directory), directory)
    buffer = io.BytesIO()
    arrays = {"pool": features.pool.values, "validation": features.validation.values}
    if features.gradient_norms is not None:
        arrays["gradient_norms"] = features.gradient_norms.values
    np.savez(buffer, allow_pickle=False, **arrays)  # pyright: ignore[reportArgumentType]
    norms = features.gradient_norms
    record = {
        "format": FORMAT,
        "fingerprint": features.fingerprint,
        "pool_encoder": features.pool.encoder,
        "validation_encoder": features.validation.encoder,
        "norms": None if norms is None else {"model": norms.model, "loss": norms.loss},
        "meta": features.meta,
    }
    write_folder(directory / FOLDER, {ARRAYS: buffer.getvalue(), META: json.dumps(record, indent=1).encode()})


def read_features_meta(dataset_directory: Path) -> dict[str, Any]:
    """The record beside the features (`Features.meta`), without reading the arrays.

    Raises:
        StoreError: None there, not readable, or of another format.
    """
    return _record(Path(dataset_directory))["meta"]


def load_features(dataset_directory: Path) -> Features:
    """Read the features in a dataset's folder and check them.

    Raises:
        StoreError: None there, damaged, of another format, or of another dataset.
    """
    directory = Path(dataset_directory)
    record = _record(directory)
    manifest = read_manifest(directory)
    try:
        _check_dataset(record["meta"], manifest, directory)
        arrays = unpack((directory / FOLDER / ARRAYS).read_bytes())
        norms = record["norms"]
        features = Features(
            pool=Embeddings(arrays["pool"], record["pool_encoder"]),
            validation=Embeddings(arrays["validation"], record["validation_encoder"]),
            gradient_norms=norms and GradientNorms(arrays["gradient_norms"], norms["model"], norms["loss"]),
            meta=record["meta"],
        )
        check_lengths(features.pool, features.validation, manifest["counts"]["pool"], manifest["counts"]["validation"])
    except StoreError:
        raise
    except (OSError, KeyError, TypeError, ValueError, GoracsError) as error:
        message = f"the features in {directory} are damaged ({error}); compute them again"
        raise StoreError(message, code="features-damaged", fields={"folder": str(directory)}) from error
    if features.fingerprint != record.get("fingerprint"):
        message = f"the features in {directory} do not match their fingerprint; compute them again"
        raise StoreError(message, code="features-changed", fields={"folder": str(directory)})
    return features


def _check_dataset(meta: dict[str, Any], manifest: dict[str, Any], directory: Path) -> None:
    if meta["dataset"]["fingerprint"] != manifest.get("fingerprint"):
        message = (
            f"these features belong to another dataset ({meta['dataset']['name']!r}) than the one in {directory} "
            f"({manifest.get('name')!r}); compute them for this one"
        )
        raise StoreError(message, code="other-dataset", fields={"folder": str(directory)})


def _record(directory: Path) -> dict[str, Any]:
    path = directory / FOLDER / META
    if not path.exists():
        recover(directory)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"{directory} has no features yet; run `features` for this dataset first"
        raise StoreError(message, code="no-features", fields={"folder": str(directory)}) from error
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read ({error}); compute the features again"
        raise StoreError(message, code="features-damaged", fields={"folder": str(directory)}) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT or not isinstance(record.get("meta"), dict):
        found = record.get("format") if isinstance(record, dict) else None
        message = f"the features in {directory} have format {found!r}, this version reads {FORMAT}; compute them again"
        raise StoreError(message, code="unknown-format", fields={"format": found})
    return record
