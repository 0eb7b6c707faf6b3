"""What a caller gives, as the inputs of a selection: arrays or a dataset, each refused in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from goracs_core.data.dataset import Dataset
from goracs_core.data.demo import demo_directory
from goracs_core.data.folders import dataset_folder
from goracs_core.data.precomputed import PRECOMPUTED, LabelPair, number_labels
from goracs_core.data.store import load_dataset as read_dataset
from goracs_core.data.store import read_manifest
from goracs_core.errors import ConfigError, ShapeError, StoreError
from goracs_core.features.store import load_features
from goracs_core.jobs.inputs import SelectInputs, array_inputs, dataset_inputs
from goracs_core.jobs.weights import EQUAL, given_weighting, half_life_of
from goracs_core.types import Embeddings, FloatArray, GradientNorms
from goracs_core.workspace import Workspace, workspace_root

_opened: dict[str, Path] = {}  # folder of each dataset that was opened here, by its fingerprint


def load_dataset(folder: str | Path = "demo") -> Dataset:
    """Open a prepared dataset.

    >>> import goracs_core as goracs
    >>> goracs.load_dataset("demo").name
    'Demo shop'

    Args:
        folder: Its folder, its name in the workspace, or "demo".

    Raises:
        StoreError: There is none, or it is damaged.
    """
    directory = dataset_folder(str(folder), Workspace(workspace_root()))
    dataset = read_dataset(directory)
    _opened[dataset.fingerprint] = directory
    return dataset


def from_dataset(given: str | Path | Dataset, others: Mapping[str, Any], half_life: float | None) -> SelectInputs:
    """The inputs of a dataset with its features.

    Args:
        given: The dataset, or what `load_dataset` takes.
        others: Arrays that were given beside it, by argument; all must be None.
        half_life: Days, or None.

    Raises:
        ConfigError: Arrays beside a dataset, or a half-life that does not do.
        StoreError: No such dataset, or one without features.
    """
    beside = [name for name, value in others.items() if value is not None]
    if beside:
        raise ConfigError(
            f"a dataset brings its own {beside[0]}; leave {beside[0]} out, or give arrays only",
            code="source-twice",
            fields={"option": beside[0]},
        )
    dataset = given if isinstance(given, Dataset) else load_dataset(given)
    directory = _folder_of(dataset)
    return dataset_inputs(
        dataset, load_features(directory), directory, half_life=half_life_of({"half_life": half_life})
    )


def from_arrays(
    pool: ArrayLike,
    validation: ArrayLike | None,
    *,
    gradient_norms: ArrayLike | None,
    labels: ArrayLike | None,
    validation_labels: ArrayLike | None,
    validation_weights: ArrayLike | None,
) -> SelectInputs:
    """The inputs of bare arrays; see `goracs_core.api.coreset.select`.

    Raises:
        ShapeError: An array of another shape, or not of finite numbers.
        ConfigError: No validation, or labels of one side only.
    """
    if validation is None:
        raise ConfigError(
            "arrays need both sides: give the validation embeddings as the second argument",
            code="no-source",
            fields={"option": "validation"},
        )
    chosen, target = _embeddings("pool", pool), _embeddings("validation", validation)
    if gradient_norms is None:
        norms = None
    else:
        norms = GradientNorms(one_per_sample("gradient_norms", gradient_norms, len(chosen)), PRECOMPUTED, PRECOMPUTED)
    weighting = EQUAL
    if validation_weights is not None:
        weighting = given_weighting(one_per_sample("validation_weights", validation_weights, len(target)))
    return array_inputs(
        chosen,
        target,
        gradient_norms=norms,
        labels=_labels(labels, validation_labels, len(chosen), len(target)),
        weighting=weighting,
    )


def one_per_sample(name: str, given: ArrayLike, length: int) -> FloatArray:
    """One finite number per sample; shape [length].

    Raises:
        ShapeError: Another shape, or something that is no finite number.
    """
    values = _array(name, given, length)
    if values.dtype.kind not in "biuf":
        raise ShapeError(f"{name} must be numbers, got {_kind(values)}", code="not-numbers", fields={"name": name})
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(bad.argmax())
        raise ShapeError(
            f"{name} must be finite, and row {row} is {values[row]} (of {int(bad.sum())} such rows)",
            code="not-finite",
            fields={"name": name, "row": row},
        )
    return values.astype(np.float64)


def _embeddings(name: str, given: ArrayLike) -> Embeddings:
    values = _as_array(name, given)
    if values.dtype.kind in "iu":
        values = values.astype(np.float32)
    if values.dtype.kind != "f":
        raise ShapeError(
            f"{name} must be numbers, one row of embeddings per sample, got {_kind(values)}",
            code="not-numbers",
            fields={"name": name},
        )
    try:
        return Embeddings(values, PRECOMPUTED)
    except ShapeError as error:
        raise ShapeError(f"{name}: {error}", code=error.code, fields={**error.fields, "name": name}) from error


def _labels(
    pool: ArrayLike | None, validation: ArrayLike | None, num_pool: int, num_validation: int
) -> LabelPair | None:
    if pool is None and validation is None:
        return None
    if pool is None or validation is None:
        missing = "labels" if pool is None else "validation_labels"
        raise ConfigError(
            f"labels are needed for both sides; give {missing} as well, or neither",
            code="one-side-only",
            fields={"option": missing},
        )
    ours, theirs = _array("labels", pool, num_pool), _array("validation_labels", validation, num_validation)
    for name, values in (("labels", ours), ("validation_labels", theirs)):
        whole = values.dtype.kind == "f" and np.isfinite(values).all() and (values == np.floor(values)).all()
        if values.dtype.kind not in "biuU" and not whole:
            raise ShapeError(
                f"{name} must be whole numbers or texts, one per sample, got {_kind(values)}",
                code="not-classes",
                fields={"name": name},
            )
    if (ours.dtype.kind == "U") != (theirs.dtype.kind == "U"):
        raise ShapeError(
            "labels and validation_labels must both be texts, or both whole numbers",
            code="sides-differ",
            fields={"name": "labels"},
        )
    return number_labels(ours, theirs)


def _array(name: str, given: ArrayLike, length: int) -> NDArray[Any]:
    """A one-dimensional array of this length; [length, 1] counts, as some tools write it."""
    values = _as_array(name, given)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape != (length,):
        raise ShapeError(
            f"{name} must be one per sample, that is {length}, got an array of shape {values.shape}",
            code="bad-shape",
            fields={"name": name, "shape": values.shape, "samples": length},
        )
    return values


def _as_array(name: str, given: ArrayLike) -> NDArray[Any]:
    try:
        values = np.asarray(given)
    except (ValueError, TypeError) as error:  # rows of different length, or something that is no array at all
        raise ShapeError(
            f"{name} must be an array of numbers with rows of one length ({error})",
            code="no-array",
            fields={"name": name},
        ) from error
    # Text columns of a table are objects; as texts they compare and number as the others do.
    return values.astype(str) if values.dtype == object and all(isinstance(one, str) for one in values.flat) else values


def _kind(values: NDArray[Any]) -> str:
    return {"U": "texts", "O": "objects", "c": "complex numbers", "f": "fractions"}.get(
        values.dtype.kind, values.dtype.name
    )


def _folder_of(dataset: Dataset) -> Path:
    """Where a dataset lies, by its fingerprint: its features are there."""
    opened = _opened.get(dataset.fingerprint)
    folders = [*([] if opened is None else [opened]), *Workspace(workspace_root()).dataset_directories()]
    for folder in [*folders, demo_directory()]:
        try:
            if read_manifest(folder).get("fingerprint") == dataset.fingerprint:
                return folder
        except StoreError:  # gone, or damaged: another folder may hold it
            continue
    raise StoreError(
        f"the features of {dataset.name!r} lie in its folder, and no folder of the workspace holds this dataset; give "
        "the folder instead of the dataset",
        code="dataset-without-folder",
        fields={"dataset": dataset.name},
    )
