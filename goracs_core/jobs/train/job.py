"""The train job: one recommender on one coreset (or the whole pool), tested and kept, with a curve to watch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.data.store import load_dataset
from goracs_core.errors import ConfigError, StoreError
from goracs_core.features.encoder import DEFAULT_ENCODER
from goracs_core.features.store import has_features, read_features_meta
from goracs_core.jobs.select.claims import chosen_rows, find_folder, read_claims, table_rows
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.train.kind import CoresetSpec, TrainSpec
from goracs_core.jobs.train.record import WHOLE_POOL, Training
from goracs_core.llm.tuning.options import MeasureOptions, recommender_of, training_options
from goracs_core.llm.tuning.outcomes import TrainingLog
from goracs_core.progress import Progress, silent
from goracs_core.store.cache import Cache
from goracs_core.types import IndexArray, fingerprint
from goracs_core.workspace import Workspace

_NOT_ASKED = frozenset({"fresh"})


def train_job(spec: TrainSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Train on a run's coreset or on the whole pool, test, and keep what came out.

    A training that was cancelled resumes after its last finished epoch when it is started again.

    Args:
        spec: What to train and test.
        workspace: Where runs, trainings and models are kept.
        progress: Told the stages; may raise JobCancelled.

    Returns:
        training (its id), reused, summary (see `training_summary`).

    Raises:
        GoracsError: Inputs or options that do not do, or a training that failed.
    """
    from goracs_core.jobs.train.workbench import Workbench

    directory = Path(spec.dataset)
    dataset = load_dataset(directory)
    rows, run = coreset_rows(spec, dataset, workspace)
    recommender = recommender_of(spec.recommender, dataset.task)
    options = training_options(recommender, spec.options or {})
    measure = MeasureOptions.from_dict(spec.measure or {})
    encoder = encoder_of(directory)
    progress("loading the model", 0, 0)
    bench = Workbench(
        dataset, recommender, options, measure=measure, workspace=workspace, encoder=encoder, progress=progress
    )
    watch = curve_writer(workspace, curve_id(spec.to_dict()))
    training, reused = bench.train(rows, seed=options.seed, run=run, watch=watch, fresh=spec.fresh, progress=progress)
    return {"training": training.id, "reused": reused, "summary": training_summary(training)}


def coreset_rows(spec: CoresetSpec, dataset: Dataset, workspace: Workspace) -> tuple[IndexArray, str]:
    """The pool rows to train on, and what they are called: a run's id, a file's name, "" for the whole pool.

    Raises:
        ConfigError: Neither a run nor the whole pool, or both.
        StoreError: No such run, one of another dataset, or rows that are not in the pool.
    """
    run, whole = spec.run, spec.whole_pool
    if bool(run) == whole:
        raise ConfigError(
            "give a run to train on its coreset, or ask for the whole pool; one of the two", code="run-or-pool"
        )
    if whole:
        return np.arange(len(dataset.pool), dtype=np.int64), ""
    path = Path(str(run)).expanduser()
    rows, name = _taken_away(path, dataset) if path.exists() else _of_run(str(run), dataset, workspace)
    fault = _fault(rows, len(dataset.pool))
    if fault:
        message = (
            f"{name} {fault}, but the pool of {dataset.name} has each of the rows 0 to {len(dataset.pool) - 1:,} once; "
            "give a coreset of this dataset"
        )
        raise StoreError(message, code="bad-rows", fields={"coreset": name, "pool": len(dataset.pool)})
    return rows, name


def _fault(rows: IndexArray, num_pool: int) -> str:
    """What is wrong with the rows of a coreset, in words; "" for nothing."""
    if not len(rows):
        return "names no row"
    outside = rows[(rows < 0) | (rows >= num_pool)]
    if len(outside):
        return f"names the row {outside[0]}"
    values, counts = np.unique(rows, return_counts=True)
    return f"names the row {values[counts > 1][0]} twice" if len(values) < len(rows) else ""


def _of_run(run: str, dataset: Dataset, workspace: Workspace) -> tuple[IndexArray, str]:
    if Path(run).suffix or len(Path(run).parts) != 1:
        message = f"there is no file or folder {run}; give one that is there, or a run's id (`runs list`)"
        raise StoreError(message, code="no-such-coreset", fields={"given": run})
    found = RunStore(workspace).get(run)
    _check_same(found.dataset.fingerprint, found.dataset.name, dataset, f"the run {run}")
    return found.selection.indices, run


def _taken_away(path: Path, dataset: Dataset) -> tuple[IndexArray, str]:
    """Rows from a folder that `select --output` wrote, or from a table with a column `index`."""
    if path.is_file():
        return table_rows(path), path.name
    claims = read_claims(find_folder(str(path), Workspace(path.parent)))
    _check_same(claims.dataset_fingerprint, claims.dataset, dataset, f"the coreset in {path.name}")
    return chosen_rows(path), claims.run


def _check_same(fingerprint: str, name: str, dataset: Dataset, what: str) -> None:
    if fingerprint != dataset.fingerprint:
        message = (
            f"{what} was chosen from {name or 'bare arrays'}, not from {dataset.name}; "
            "give that dataset, or a coreset of this one"
        )
        raise StoreError(message, code="other-dataset", fields={"coreset": name, "dataset": dataset.name})


def encoder_of(directory: Path) -> str:
    """The encoder that a dataset's features were made with; the default where there are none or they came as arrays."""
    if not has_features(directory):
        return DEFAULT_ENCODER
    options = read_features_meta(directory).get("options") or {}
    return str(options.get("encoder") or DEFAULT_ENCODER)


def training_summary(training: Training) -> dict[str, Any]:
    """What is worth telling of a training in one JSON object; null where there is no number."""
    log = training.log
    numbers = {name: float(value) if np.isfinite(value) else None for name, value in training.metrics.items()}
    return {
        "training": training.id,
        "recommender": str(training.recommender),
        "model": training.model,
        "weights": trained_weights(training.options),
        "run": training.run or WHOLE_POOL,
        "budget": training.budget,
        "seed": training.seed,
        "test_samples": len(training.tested.losses.rows),
        **numbers,
        "epochs": len(log.epochs) - 1,
        "best_epoch": log.best_epoch,
        "stopped": log.stopped,
        "tokens": log.tokens,
        "train_seconds": round(log.seconds, 2),
        "test_seconds": round(test_seconds(training), 2),
        "notes": list(log.notes),
    }


def trained_weights(options: Mapping[str, Any]) -> str:
    """What was trained of a language model, in words; "" where there is no choice."""
    if options.get("weights") == "lora":
        return f"LoRA of rank {options['rank']} on {', '.join(options['targets'])}"
    return "all weights" if "weights" in options else ""


def test_seconds(training: Training) -> float:
    """Seconds that the test took: losses and, where items were ranked, the ranking."""
    tested = training.tested
    return tested.losses.seconds + (0.0 if tested.rankings is None else tested.rankings.seconds)


def curve_id(spec: Mapping[str, Any]) -> str:
    """Under which name the curve of a train job is found while it runs; known before it starts."""
    asked = {name: value for name, value in spec.items() if name not in _NOT_ASKED}
    return fingerprint(json.dumps(asked, sort_keys=True, default=str))[:16]


def curve_writer(workspace: Workspace, curve: str) -> Callable[[TrainingLog], None]:
    """What shows a growing log to readers of `read_curve`."""
    return partial(_curves(workspace).put, curve)


def read_curve(workspace: Workspace, curve: str) -> TrainingLog | None:
    """The log of a training as far as it has come; None when there is none or it cannot be read."""
    return _curves(workspace).get(curve)


def _curves(workspace: Workspace) -> Cache[TrainingLog]:
    return Cache(workspace.cache / "curves", TrainingLog)
