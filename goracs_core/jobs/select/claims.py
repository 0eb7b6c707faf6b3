"""What the files of a run claim, read without trusting any of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from goracs_core.errors import ConfigError, StoreError
from goracs_core.jobs.select import files
from goracs_core.jobs.weights import recorded_weighting
from goracs_core.methods import SelectionConfig, config_from_dict
from goracs_core.store.codec import unpack
from goracs_core.store.kind import read_head
from goracs_core.types import FloatArray, IndexArray
from goracs_core.workspace import Workspace


@dataclass(frozen=True)
class Claims:
    """What run.json says.

    Args:
        run: The run's id.
        config: Method and options.
        inputs: Fingerprints of what went in.
        dataset: Name of the dataset, "" for bare arrays.
        dataset_fingerprint: Its fingerprint, "" likewise.
        problem_fingerprint: Fingerprint of the problem.
        rows_fingerprint: Fingerprint of the chosen rows in their order.
        digests: Digest of each other file by name.
        values: poo, transport_term, gradient_term, label_aware_poo, lower_bound, gap; None where nothing is claimed.
    """

    run: str
    config: SelectionConfig
    inputs: Mapping[str, str]
    dataset: str
    dataset_fingerprint: str
    problem_fingerprint: str
    rows_fingerprint: str
    digests: Mapping[str, str]
    values: Mapping[str, float | None]


def find_folder(given: str, workspace: Workspace) -> Path:
    """The folder of a run: an output folder of `select`, or the id of a run in the workspace.

    Raises:
        StoreError: Neither.
    """
    path = Path(given).expanduser()
    if not path.is_dir() and (workspace.runs / path.name).is_dir() and path.name == given:
        path = workspace.runs / given
    if not path.is_dir():
        raise StoreError(
            f"there is no folder {given} and no run of that id; give the folder that --output named",
            code="no-such-run",
            fields={"run": given},
        )
    if not (path / files.RUN).is_file():
        raise StoreError(
            f"{given} holds no {files.RUN}, so it is no output folder of select; check the path",
            code="no-output-folder",
            fields={"folder": given},
        )
    return path


def read_claims(directory: Path) -> Claims:
    """What run.json says.

    Raises:
        StoreError: Missing, damaged or of another format.
    """
    head = read_head(files.RUN_KIND, directory, checked=False)
    record = head.values
    try:
        selection, certificate = record["selection"], record["selection"]["certificate"]
        values = {name: selection[name] for name in ("poo", "transport_term", "gradient_term", "label_aware_poo")}
        values |= {name: None if certificate is None else certificate[name] for name in ("lower_bound", "gap")}
        numbers = {name: None if value is None else float(value) for name, value in values.items()}
        if any(value is not None and not math.isfinite(value) for value in numbers.values()):
            raise ValueError("a value is no finite number")
        recorded_weighting(record["inputs"])  # a number, or damaged
        return Claims(
            run=str(record["id"]),
            config=config_from_dict(record["config"]),
            inputs=dict(record["inputs"]),
            dataset=str(record["dataset"]["name"]),
            dataset_fingerprint=str(record["dataset"]["fingerprint"]),
            problem_fingerprint=str(selection["problem_fingerprint"]),
            rows_fingerprint=str(selection["fingerprint"]),
            digests=dict(head.digests),
            values=numbers,
        )
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise StoreError(
            f"{files.RUN} of {directory} is damaged ({error}); select again",
            code="record-damaged",
            fields={"file": files.RUN},
        ) from error


def chosen_rows(directory: Path) -> IndexArray:
    """The rows that coreset.csv names, because that is the file people take away; else those of selection.npz.

    Raises:
        StoreError: Neither file, or a damaged one.
    """
    path = directory / files.CORESET
    if not path.exists():
        return np.asarray(_archive(directory, ("selection.indices", "indices"), required=True), np.int64).reshape(-1)
    return table_rows(path)


def table_rows(path: Path) -> IndexArray:
    """The rows that a CSV file names in its column `index`.

    Raises:
        StoreError: It has none, or cannot be read.
    """
    import pandas as pd

    try:
        columns = [str(column) for column in pd.read_csv(path, nrows=0).columns]
        if "index" not in columns:
            shown = ", ".join(columns[:8])
            raise StoreError(
                f"{path} has the columns {shown}, but no column `index` with the rows of the pool; add it",
                code="no-column",
                fields={"column": "index"},
            )
        return pd.read_csv(path, usecols=["index"])["index"].to_numpy().astype(np.int64, casting="safe")
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(
            f"{path} is no coreset: its column `index` must hold one whole number per line; select again",
            code="no-coreset",
            fields={"file": path.name},
        ) from error


def prices_of(directory: Path) -> FloatArray | None:
    """The prices of the validation samples; None where there are none.

    Raises:
        StoreError: A damaged file.
    """
    found = _archive(directory, ("selection.certificate.prices", "prices"), required=False)
    return None if found is None else np.asarray(found, np.float64)


def _archive(directory: Path, names: Sequence[str], *, required: bool) -> np.ndarray | None:
    """The first array of selection.npz that has one of these names (today's, version 1's); None when there is none."""
    path = directory / files.SELECTION
    found = None
    if path.exists():
        try:
            arrays = unpack(path.read_bytes())
            found = next((arrays[name] for name in names if name in arrays), None)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{path} is damaged; select again", code="record-damaged", fields={"file": files.SELECTION}
            ) from error
    if found is None and required:
        raise StoreError(
            f"{directory} has neither {files.CORESET} nor {files.SELECTION}, so there is no coreset to verify; "
            "give the whole output folder of select",
            code="no-coreset",
        )
    return found
