"""Datasets with a rule to learn, and surrogates small enough to train in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from goracs_core.data.dataset import Dataset, Interactions, Items, Samples, Task
from goracs_core.surrogate.blocks import SequenceModel
from goracs_core.surrogate.options import SurrogateOptions
from goracs_core.surrogate.sequences import training_sequences
from goracs_core.surrogate.train import _build
from goracs_core.types import Ragged

ITEMS = 24
SMALL = SurrogateOptions(width=16, heads=2, layers=2, epochs=4, length=8, batch=32, learning_rate=5e-3, dropout=0.1)


def samples_of(
    histories: Sequence[Sequence[int]],
    targets: Sequence[int],
    users: Sequence[int] | None = None,
    *,
    labels: Sequence[int] | None = None,
    history_labels: Sequence[Sequence[int]] | None = None,
) -> Samples:
    """Samples without texts of interest."""
    n = len(targets)
    return Samples(
        ids=tuple(map(str, range(n))),
        prompts=("",) * n,
        answers=("",) * n,
        users=np.full(n, -1) if users is None else np.asarray(users),
        histories=Ragged.from_rows(histories),
        history_labels=None if history_labels is None else Ragged.from_rows(history_labels),
        targets=np.asarray(targets),
        labels=None if labels is None else np.asarray(labels),
        times=None,
    )


def walks(num_users: int, *, seed: int, length: int = 6) -> Samples:
    """Each user starts anywhere and goes 5 items on each time: the last item says the next, popularity nothing."""
    starts = np.random.default_rng(seed).integers(0, ITEMS, num_users)
    paths = [[(start + 5 * step) % ITEMS for step in range(length)] for start in starts.tolist()]
    windows = [(user, path[:place], path[place]) for user, path in enumerate(paths) for place in range(1, length)]
    return samples_of([w[1] for w in windows], [w[2] for w in windows], [w[0] for w in windows])


def dataset_of(pool: Samples, validation: Samples, test: Samples, *, num_items: int = ITEMS) -> Dataset:
    """A dataset of given samples."""
    none = np.empty(0, np.int64)
    names = tuple(f"item {item}" for item in range(num_items))
    return Dataset(
        name="walks",
        task=Task.SEQREC if pool.labels is None else Task.CTR,
        items=Items(names, names, ("",) * num_items, np.ones(num_items, int)),
        interactions=Interactions(none, none, None, None, ()),
        pool=pool,
        validation=validation,
        test=test,
        provenance={},
    )


def walking_shop(num_users: int = 40) -> Dataset:
    """A dataset of walks."""
    return dataset_of(walks(num_users, seed=0), walks(10, seed=1), walks(6, seed=2))


def fresh_model(name: str, *, seed: int = 0, **options: object) -> SequenceModel:
    """An untrained surrogate in evaluation mode, with weights large enough that everything matters."""
    dataset = walking_shop()
    chosen = replace(SMALL, name=name, **options)  # type: ignore[arg-type]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _build(chosen, ITEMS, training_sequences(dataset.pool, chosen.length))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
            model.items.weight[0] = 0
    return model.eval()
