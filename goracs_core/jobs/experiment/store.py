"""Experiments on disk: one folder each with a readable record and the outcomes sample by sample; no pickle."""

from __future__ import annotations

import io
import json
import math
import re
import shutil
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.demo import demo_directory
from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.experiment.record import Arm, Entry, Experiment, TestOutcomes
from goracs_core.jobs.select import files
from goracs_core.llm.tuning.options import Recommender
from goracs_core.workspace import Workspace

FORMAT = 1
RECORD, ARRAYS = "experiment.json", "outcomes.npz"
SHIPPED = "experiments"  # folder of finished experiments inside the demo's

_IDENTIFIER = re.compile(r"[0-9a-f]{16}")
_PLAIN = (
    "id", "started", "finished", "dataset_name", "dataset_fingerprint", "problem_fingerprint", "model", "lambda_",
    "command",
)  # fmt: skip
_MAPPINGS = ("options", "measure", "machine")
_OUTCOMES = (
    "rows", "losses", "ranked_rows", "full", "sampled", "chances", "start_losses", "popular_full", "popular_sampled",
)  # fmt: skip


class ExperimentStore:
    """The experiments of one workspace, and those that are shipped with the demo.

    Args:
        workspace: Whose experiments.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.directory = workspace.root / "experiments"
        self.shipped = demo_directory() / SHIPPED

    def save(self, experiment: Experiment) -> None:
        """Keep an experiment; one with the same id is replaced.

        Raises:
            StoreError: The workspace cannot be written.
        """
        write_experiment(experiment, self._path(experiment.id))

    def get(self, experiment: str) -> Experiment:
        """Read an experiment: the workspace's, else the shipped one.

        Raises:
            StoreError: No such experiment, or its files are damaged.
        """
        path = self._path(experiment)
        if not path.is_dir() and (self.shipped / experiment).is_dir():
            path = self.shipped / experiment
        return read_experiment(path)

    def is_shipped(self, experiment: str) -> bool:
        """Whether `get` finds the one that came with the demo."""
        return not self._path(experiment).is_dir() and (self.shipped / experiment).is_dir()

    def list(self, dataset_fingerprint: str | None = None, *, kind: str | None = None) -> tuple[Experiment, ...]:
        """All experiments that can be read, last asked for first; of one dataset and kind when given."""
        folders = {path.parent.name for path in self.shipped.glob(f"*/{RECORD}")}
        folders |= {path.parent.name for path in self.directory.glob(f"*/{RECORD}")}
        found = []
        for folder in folders:
            try:
                found.append(self.get(folder))
            except StoreError:  # deleted since, or damaged: opening it by its address says so
                continue
        mine = [
            one for one in found
            if dataset_fingerprint in (None, one.dataset_fingerprint) and kind in (None, one.kind)
        ]  # fmt: skip
        return tuple(sorted(mine, key=lambda one: (self.is_shipped(one.id), -one.started, one.id)))

    def delete(self, experiment: str) -> None:
        """Forget an experiment, damaged or not; its runs and trainings stay.

        Raises:
            StoreError: No such experiment, or a shipped one.
        """
        path = self._path(experiment)
        if not path.is_dir():
            shipped = (self.shipped / experiment).is_dir()
            reason = "it came with the demo and stays" if shipped else "it may have been deleted"
            raise StoreError(f"there is no experiment {experiment!r} in this workspace; {reason}")
        shutil.rmtree(path, ignore_errors=True)

    def _path(self, experiment: str) -> Path:
        if not _IDENTIFIER.fullmatch(experiment):  # so that no path can be smuggled in
            raise StoreError(f"{experiment!r} is no experiment; they are called by 16 digits and letters a to f")
        return self.directory / experiment


def write_experiment(experiment: Experiment, directory: Path) -> None:
    """Write an experiment's folder, file by file whole or not at all.

    Raises:
        StoreError: The folder cannot be written.
    """
    buffer = io.BytesIO()
    outcomes = {name: getattr(experiment.outcomes, name) for name in _OUTCOMES}
    np.savez_compressed(buffer, allow_pickle=False, **outcomes)
    record: dict[str, Any] = {"format": FORMAT, **{name: getattr(experiment, name) for name in _PLAIN}}
    record |= {name: dict(getattr(experiment, name)) for name in _MAPPINGS}
    record |= {
        "kind": experiment.kind,
        "recommender": str(experiment.recommender),
        "arms": [asdict(arm) | {"config": dict(arm.config)} for arm in experiment.arms],
        "entries": [_plain_entry(entry) for entry in experiment.entries],
        "notes": list(experiment.notes),
    }
    contents = {ARRAYS: buffer.getvalue(), RECORD: files.dump(record)}
    files.write_folder(directory, files.RunFiles(contents), replace=True)


def read_experiment(directory: Path) -> Experiment:
    """Read an experiment's folder.

    Raises:
        StoreError: No such folder, or its files are damaged.
    """
    try:
        record = json.loads((directory / RECORD).read_text(encoding="utf-8"))
        if record["format"] != FORMAT or record["id"] != directory.name:
            raise ValueError("it is of another kind")
        with np.load(io.BytesIO((directory / ARRAYS).read_bytes()), allow_pickle=False) as found:
            outcomes = TestOutcomes(**{name: found[name] for name in _OUTCOMES})
        return Experiment(
            **{name: record[name] for name in (*_PLAIN, *_MAPPINGS)},
            kind=str(record["kind"]),
            recommender=Recommender(record["recommender"]),
            arms=tuple(Arm(**arm) for arm in record["arms"]),
            entries=tuple(_entry(values) for values in record["entries"]),
            outcomes=outcomes,
            notes=tuple(record["notes"]),
        )
    except FileNotFoundError as error:
        raise StoreError(f"there is no experiment {directory.name!r}; it may have been deleted") from error
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, GoracsError) as error:
        raise StoreError(
            f"the experiment {directory.name} is damaged ({error}); delete it and make it again"
        ) from error


def _plain_entry(entry: Entry) -> dict[str, Any]:
    values = {name: float(value) if math.isfinite(value) else None for name, value in entry.values.items()}
    return asdict(entry) | {"values": values}


def _entry(values: dict[str, Any]) -> Entry:
    numbers = {name: math.nan if value is None else float(value) for name, value in values["values"].items()}
    return Entry(**{**values, "values": numbers})
