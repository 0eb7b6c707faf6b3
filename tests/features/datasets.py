"""Small datasets made on the spot."""

from __future__ import annotations

import numpy as np

from goracs_core.data.dataset import Dataset, Interactions, Items, Samples, Task
from goracs_core.types import Ragged

FIRST = ("Alpha", "Beta", "Gamma", "Delta", "Omega", "Kappa", "Sigma")
SECOND = ("one", "two", "three", "four", "five")
TITLES = tuple(f"{first} {second}" for first in FIRST for second in SECOND)


def make_samples(count: int, *, task: Task, seed: int) -> Samples:
    """Random histories over the catalogue with the prompts that belong to them."""
    rng = np.random.default_rng(seed)
    histories = [rng.integers(0, len(TITLES), rng.integers(1, 7)) for _ in range(count)]
    targets = rng.integers(0, len(TITLES), count)
    labels = rng.integers(0, 2, count) if task is Task.CTR else None
    prompts, answers = [], []
    for row, history in enumerate(histories):
        listed = " , ".join(TITLES[item] for item in history)
        if labels is None:
            prompts.append(f"Someone picked these games : {listed} .\nWhich comes next ?\n")
            answers.append(TITLES[targets[row]])
        else:
            prompts.append(f"Liked : {listed} .\nWill {TITLES[targets[row]]} be liked too ? Answer Yes or No .\n")
            answers.append("Yes" if labels[row] else "No")
    return Samples(
        ids=tuple(f"{seed}-{row}" for row in range(count)),
        prompts=tuple(prompts),
        answers=tuple(answers),
        users=np.full(count, -1),
        histories=Ragged.from_rows(histories),
        history_labels=None if labels is None else Ragged.from_rows([np.ones(len(h), int) for h in histories]),
        targets=targets,
        labels=labels,
        times=None,
    )


def make_dataset(*, task: Task = Task.SEQREC, pool: int = 40, validation: int = 9, seed: int = 0) -> Dataset:
    """A dataset without interactions whose samples are random."""
    none = np.empty(0, np.int64)
    return Dataset(
        name="made here",
        task=task,
        items=Items(tuple(map(str, range(len(TITLES)))), TITLES, ("",) * len(TITLES), np.ones(len(TITLES), int)),
        interactions=Interactions(none, none, None, None, ()),
        pool=make_samples(pool, task=task, seed=3 * seed),
        validation=make_samples(validation, task=task, seed=3 * seed + 1),
        test=make_samples(2, task=task, seed=3 * seed + 2),
        provenance={},
    )
