"""Trainings on disk: one folder each with a readable record and the arrays; no pickle, whole or not at all."""

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

from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.select import files
from goracs_core.jobs.train.record import Training, TrainingSummary
from goracs_core.llm.tuning.options import Recommender
from goracs_core.llm.tuning.outcomes import Choices, Epoch, Rankings, SampleLosses, Tested, TrainingLog
from goracs_core.ranking import RankPositions
from goracs_core.workspace import Workspace

FORMAT = 1
RECORD, ARRAYS = "training.json", "outcomes.npz"

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")
_PLAIN = (
    "id", "created", "dataset_name", "dataset_fingerprint", "run", "rows_fingerprint", "budget", "model",
    "model_fingerprint",
)  # fmt: skip
_MAPPINGS = ("options", "measure", "machine")


class TrainingStore:
    """The trainings of one workspace.

    Args:
        workspace: Whose trainings.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.directory = workspace.root / "trainings"

    def save(self, training: Training) -> None:
        """Keep a training; one with the same id is replaced.

        Raises:
            StoreError: The workspace cannot be written.
        """
        tested = training.tested
        arrays = _npz(_arrays(tested))
        record: dict[str, Any] = {"format": FORMAT, **{name: getattr(training, name) for name in _PLAIN}}
        record |= {name: dict(getattr(training, name)) for name in _MAPPINGS}
        record |= {
            "recommender": str(training.recommender),
            "log": plain_log(training.log),
            "metrics": {name: _number(value) for name, value in training.metrics.items()},
            "written": list(tested.rankings.written) if tested.rankings is not None else [],
            "files": {ARRAYS: files.digest(arrays)},
        }
        contents = files.RunFiles({RECORD: files.dump(record), ARRAYS: arrays})
        files.write_folder(self._path(training.id), contents, replace=True)

    def has(self, training: str) -> bool:
        """Whether a training is kept."""
        return (self._path(training) / RECORD).is_file()

    def get(self, training: str) -> Training:
        """Read a training.

        Raises:
            StoreError: No such training, or its files are damaged.
        """
        directory = self._path(training)
        record = self._record(training)
        try:
            content = (directory / ARRAYS).read_bytes()
            if files.digest(content) != record["files"][ARRAYS]:
                raise ValueError(f"{ARRAYS} was changed")
            with np.load(io.BytesIO(content), allow_pickle=False) as found:
                arrays = {name: found[name] for name in found.files}
            return Training(
                **{name: record[name] for name in (*_PLAIN, *_MAPPINGS)},
                recommender=Recommender(record["recommender"]),
                log=log_from_plain(record["log"]),
                tested=_tested(arrays, tuple(record["written"])),
                metrics=_metrics(record),
            )
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, GoracsError) as error:
            raise StoreError(f"the training {training} is damaged ({error}); delete it and train again") from error

    def list(self, dataset_fingerprint: str | None = None) -> tuple[TrainingSummary, ...]:
        """All trainings that can be read, newest first; of one dataset when its fingerprint is given."""
        found = []
        for path in self.directory.glob(f"*/{RECORD}") if self.directory.is_dir() else ():
            try:
                record = self._record(path.parent.name)
                summary = TrainingSummary(
                    **{name: record[name] for name in ("id", "created", "dataset_fingerprint", "run", "budget")},
                    **{name: record[name] for name in ("options", "measure", "model")},
                    recommender=Recommender(record["recommender"]),
                    metrics=_metrics(record),
                )
            except (StoreError, KeyError, TypeError, ValueError):  # deleted since, or damaged: opening it says so
                continue
            if dataset_fingerprint in (None, summary.dataset_fingerprint):
                found.append(summary)
        return tuple(sorted(found, key=lambda one: (-one.created, one.id)))

    def delete(self, training: str) -> None:
        """Remove a training, damaged or not.

        Raises:
            StoreError: No such training.
        """
        path = self._path(training)
        if not path.is_dir():
            raise StoreError(f"there is no training {training!r}; it may have been deleted")
        shutil.rmtree(path, ignore_errors=True)

    def _record(self, training: str) -> dict[str, Any]:
        path = self._path(training) / RECORD
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if record["format"] != FORMAT or record["id"] != training:
                raise ValueError("it is of another kind")
        except FileNotFoundError as error:
            raise StoreError(f"there is no training {training!r}; it may have been deleted") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"the training {training} is damaged ({error}); delete it and train again") from error
        return record

    def _path(self, training: str) -> Path:
        if not _IDENTIFIER.fullmatch(training):  # so that no path can be smuggled in
            raise StoreError(f"{training!r} is no training; they are called by 32 digits and letters a to f")
        return self.directory / training


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return float(value) if math.isfinite(value) else None


def _from_json(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _metrics(record: dict[str, Any]) -> dict[str, float]:
    return {str(name): _from_json(value) for name, value in record["metrics"].items()}


def plain_log(log: TrainingLog) -> dict[str, Any]:
    """A log as JSON knows it."""
    plain = asdict(log)
    for epoch in plain["epochs"]:
        epoch["loss"], epoch["validation_loss"] = _number(epoch["loss"]), _number(epoch["validation_loss"])
    return plain


def log_from_plain(values: dict[str, Any]) -> TrainingLog:
    """The inverse of `plain_log`.

    Raises:
        KeyError, TypeError, ValueError: Something else.
    """
    epochs = tuple(
        Epoch(int(one["epoch"]), int(one["step"]), _from_json(one["loss"]), _from_json(one["validation_loss"]))
        for one in values["epochs"]
    )
    steps = tuple((int(step), float(loss)) for step, loss in values["steps"])
    return TrainingLog(**{**values, "epochs": epochs, "steps": steps, "notes": tuple(values["notes"])})


def _arrays(tested: Tested) -> dict[str, np.ndarray]:
    arrays = {"test_rows": tested.losses.rows, "losses": tested.losses.values}
    arrays["seconds"] = np.array([
        tested.losses.seconds, 0.0 if tested.rankings is None else tested.rankings.seconds
    ])  # fmt: skip
    if tested.start_losses is not None:
        arrays["start_losses"] = tested.start_losses.values
    for name, rankings in (("ranked", tested.rankings), ("popular", tested.popularity)):
        if rankings is not None:
            arrays[f"{name}_rows"] = rankings.rows
            for kind, positions in (("full", rankings.full), ("sampled", rankings.sampled)):
                arrays[f"{name}_{kind}"] = np.stack([positions.better, positions.equal])  # [2, q]
    if tested.choices is not None:
        arrays |= {"choice_rows": tested.choices.rows, "chances": tested.choices.chances}
        arrays["labels"] = tested.choices.labels
    if tested.popularity_scores is not None:
        arrays["popularity_scores"] = tested.popularity_scores
    return arrays


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _tested(arrays: dict[str, np.ndarray], written: tuple[str, ...]) -> Tested:
    loss_seconds, rank_seconds = arrays["seconds"].tolist()
    rows = arrays["test_rows"]

    def rankings(name: str, written: tuple[str, ...], seconds: float) -> Rankings | None:
        if f"{name}_rows" not in arrays:
            return None
        full, sampled = (RankPositions(*arrays[f"{name}_{kind}"]) for kind in ("full", "sampled"))
        return Rankings(arrays[f"{name}_rows"], full, sampled, written, seconds)

    return Tested(
        losses=SampleLosses(rows, arrays["losses"], loss_seconds),
        start_losses=SampleLosses(rows, arrays["start_losses"]) if "start_losses" in arrays else None,
        rankings=rankings("ranked", written, rank_seconds),
        popularity=rankings("popular", (), 0.0),
        choices=Choices(arrays["choice_rows"], arrays["chances"], arrays["labels"]) if "chances" in arrays else None,
        popularity_scores=arrays.get("popularity_scores"),
    )
