"""Surrogates on disk: finished ones, found again by content, and the state of a training that was stopped."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from goracs_core.data.dataset import Dataset, Samples
from goracs_core.store.keys import code_fingerprint
from goracs_core.store.tensors import load_tensors
from goracs_core.surrogate.options import SurrogateOptions
from goracs_core.types import fingerprint


def surrogate_key(dataset: Dataset, options: SurrogateOptions) -> str:
    """Fingerprint of all that decides a trained surrogate: samples as it sees them, options and the code it runs."""
    others = tuple(f"goracs_core.surrogate.{name}" for name in ("bert4rec", "dcrec", "sasrec") if name != options.name)
    code = code_fingerprint("goracs_core.surrogate.train", beside=others)
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


def weights_fingerprint(weights: dict[str, torch.Tensor]) -> str:
    """Hash of all weights with their names."""
    return fingerprint(*(part for name in sorted(weights) for part in (name, weights[name].numpy())))


def load_finished(path: Path, key: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """Weights and record of a finished surrogate; None when there is none, or it is damaged."""
    found = load_tensors(path, key, dict)
    if found is None or weights_fingerprint(found[1]) != found[0].get("fingerprint"):
        return None
    return found[1], found[0]
