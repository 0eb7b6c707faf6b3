"""Surrogates on disk: finished ones, found again by content, and the state of a training that was stopped."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from goracs_core.data.dataset import Dataset, Samples
from goracs_core.store.atomic import staged
from goracs_core.store.keys import code_fingerprint
from goracs_core.surrogate.options import SurrogateOptions
from goracs_core.types import fingerprint

_WEIGHTS, _RECORD = "weights.safetensors", "record.json"
_STATE = "state"  # the one key of a checkpoint's metadata


def surrogate_key(dataset: Dataset, options: SurrogateOptions) -> str:
    """Fingerprint of all that decides a trained surrogate: samples as it sees them, options and the code it runs."""
    code = code_fingerprint("goracs_core.surrogate.train")
    samples = [part for _, each in dataset.parts() for part in _seen(each)]
    return fingerprint(json.dumps(asdict(options), sort_keys=True), str(len(dataset.items)), code, *samples)


def _seen(samples: Samples) -> tuple[np.ndarray, ...]:
    empty = np.empty(0)
    return (
        samples.users,
        samples.histories.values,
        samples.histories.offsets,
        empty if samples.history_labels is None else samples.history_labels.values,
        samples.targets,
        empty if samples.labels is None else samples.labels,
        empty if samples.times is None else samples.times,
    )


def weights_fingerprint(weights: dict[str, torch.Tensor]) -> str:
    """Hash of all weights with their names."""
    return fingerprint(*(part for name in sorted(weights) for part in (name, weights[name].numpy())))


def load_finished(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """Weights and record of a finished surrogate; None when there is none, or it is damaged (and then removed)."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not folder.is_dir():
        return None
    try:
        weights = load_file(folder / _WEIGHTS)
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        if weights_fingerprint(weights) == record["fingerprint"]:
            return weights, record
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    return None


def save_finished(folder: Path, weights: dict[str, torch.Tensor], record: dict[str, Any]) -> None:
    """Keep a surrogate, whole or not at all.

    Raises:
        StoreError: The folder cannot be written.
    """
    from safetensors.torch import save_file

    with staged(folder) as staging:
        staging.mkdir()
        save_file(weights, staging / _WEIGHTS)
        (staging / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")


@dataclass
class TrainingState:
    """How far a training has come, after a finished epoch.

    Args:
        epochs: Per finished epoch its number, mean loss and validation NDCG@10.
        best_epoch: The one of the highest NDCG@10; 0 before the first.
        best_ndcg: That NDCG@10.
        seconds: Spent so far, over all sittings.
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_ndcg: float = -1.0
    seconds: float = 0.0


def save_checkpoint(path: Path, state: TrainingState, tensors: dict[str, torch.Tensor]) -> None:
    """Replace the checkpoint in one step; a stop at any moment leaves the old one or the new one.

    Raises:
        StoreError: It cannot be written.
    """
    from safetensors.torch import save_file

    with staged(path) as staging:
        save_file(tensors, staging, metadata={_STATE: json.dumps(asdict(state))})


def load_checkpoint(path: Path) -> tuple[TrainingState, dict[str, torch.Tensor]] | None:
    """The state after the last finished epoch; None when there is none, or it cannot be read."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            state = TrainingState(**json.loads(file.metadata()[_STATE]))
            return state, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        path.unlink(missing_ok=True)
        return None
