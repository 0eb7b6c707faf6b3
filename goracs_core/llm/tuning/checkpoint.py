"""The state of a training between two epochs, on disk: written whole or not at all, and used by the same training only.

One safetensors file: the tensors, and in its metadata the key of the training and the rest as JSON.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from goracs_core.llm.tuning.outcomes import Epoch
from goracs_core.store.atomic import staged

_KEY, _STATE = "key", "state"


@dataclass
class TrainingState:
    """How far a training has come, after a finished epoch.

    Args:
        epochs: Before training, then after each pass.
        steps: Pairs (step, loss); every `stride`-th step.
        stride: Steps from one kept loss to the next.
        step: Optimiser steps so far.
        best_epoch: The pass whose weights are kept.
        tokens: Tokens that were trained on.
        seconds: Spent so far, over all sittings.
    """

    epochs: list[Epoch] = field(default_factory=list)
    steps: list[tuple[int, float]] = field(default_factory=list)
    stride: int = 1
    step: int = 0
    best_epoch: int = 0
    tokens: int = 0
    seconds: float = 0.0


def save_checkpoint(path: Path, key: str, state: TrainingState, tensors: dict[str, torch.Tensor]) -> None:
    """Replace the checkpoint in one step; a stop at any moment leaves the old one or the new one.

    Args:
        path: The file.
        key: Fingerprint of everything that decides the training.
        state: All but the tensors.
        tensors: Weights and the optimiser's moments, by name.

    Raises:
        StoreError: It cannot be written.
    """
    from safetensors.torch import save_file

    metadata = {_KEY: key, _STATE: json.dumps(asdict(state))}
    with staged(path) as staging:
        save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, staging, metadata)


def load_checkpoint(path: Path, key: str) -> tuple[TrainingState, dict[str, torch.Tensor]] | None:
    """The state after the last finished epoch; None when there is none, it is another training's, or it is damaged.

    Args:
        path: The file.
        key: As it was saved under.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get(_KEY) != key:
                return None
            state = TrainingState(**json.loads(metadata[_STATE]))
            state.epochs = [Epoch(**epoch) for epoch in state.epochs]  # pyright: ignore[reportCallIssue]
            state.steps = [(int(step), float(loss)) for step, loss in state.steps]
            return state, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
