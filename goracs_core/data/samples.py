"""Interactions -> samples: each target with the earlier items of its user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.data.dataset import Samples, Task
from goracs_core.data.prompts import ctr_answer, ctr_prompt, seqrec_answer, seqrec_prompt
from goracs_core.data.splits import SplitCodes
from goracs_core.progress import Progress, silent
from goracs_core.types import FloatArray, IndexArray, Ragged

_REPORT_EVERY = 20_000


@dataclass(frozen=True, eq=False)
class Windows:
    """Targets and where their histories lie, before any text is made.

    Args:
        rows: The interactions that part may see, in user and time order; shape [s].
        targets: Places in `rows` of the targets; shape [n].
        starts: Places in `rows` where each history begins; it ends before the target; shape [n].
        positions: How many earlier items the user has in `rows`; shape [n].
    """

    rows: IndexArray
    targets: IndexArray
    starts: IndexArray
    positions: IndexArray

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def target_rows(self) -> IndexArray:
        """The target interactions; shape [n]."""
        return self.rows[self.targets]

    def take(self, chosen: IndexArray) -> Windows:
        """The given windows, in the given order."""
        return Windows(self.rows, self.targets[chosen], self.starts[chosen], self.positions[chosen])

    def histories(self, values: IndexArray) -> Ragged:
        """`values` (one per interaction; shape [r]) of each history, oldest first."""
        lengths = self.targets - self.starts
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - self.starts, lengths)
        return Ragged(values[self.rows[places]], offsets)


def sample_windows(users: IndexArray, splits: SplitCodes, *, part: int, min_history: int, max_history: int) -> Windows:
    """Every interaction of `part` with at least `min_history` earlier ones of its user.

    A history may hold earlier interactions of the same and of earlier parts only: never the future, and for the pool
    never an item that validation or test will ask for.

    Args:
        users: User of each interaction, grouped and in time order; shape [r].
        splits: Part of each interaction; shape [r].
        part: Code of the part.
        min_history: Minimum number of earlier items.
        max_history: Maximum number of items kept, the latest.
    """
    rows = np.flatnonzero(splits <= part)
    seen_users = users[rows]
    starts = np.flatnonzero(np.diff(seen_users, prepend=-1))
    first = np.repeat(starts, np.diff(np.append(starts, len(rows))))  # where the row's user begins
    positions = np.arange(len(rows)) - first
    targets = np.flatnonzero((splits[rows] == part) & (positions >= min_history))
    return Windows(rows, targets, targets - np.minimum(positions[targets], max_history), positions[targets])


@dataclass(frozen=True, eq=False)
class InteractionColumns:
    """What samples are made of.

    Args:
        users, items: Shape [r]; users grouped, in time order.
        times: Seconds, or None; shape [r].
        labels: 1 liked, 0 disliked (click prediction), or None; shape [r].
        user_ids: Id of each user.
        titles: Title of each item.
    """

    users: IndexArray
    items: IndexArray
    times: FloatArray | None
    labels: IndexArray | None
    user_ids: list[str]
    titles: list[str]


def build_samples(
    columns: InteractionColumns, windows: Windows, *, task: Task, domain: str, progress: Progress = silent
) -> Samples:
    """Texts and columns of the given windows.

    Ids are "<user id>@<earlier interactions of the user>": unique, and stable under sampling.

    Args:
        columns: The interactions.
        windows: Which become samples, n of them.
        task: What is asked.
        domain: What the items are called in prompts.
        progress: Called with stage "write prompts".
    """
    rows = windows.target_rows
    users, targets = columns.users[rows], columns.items[rows]
    histories = windows.histories(columns.items)
    labels = history_labels = None
    if task is Task.CTR:
        if columns.labels is None:
            raise ValueError("click prediction needs labels")
        labels, history_labels = columns.labels[rows], windows.histories(columns.labels)
    titles = columns.titles
    prompts: list[str] = []
    flat, offsets = histories.values.tolist(), histories.offsets.tolist()
    liked_flat = [] if history_labels is None else history_labels.values.tolist()
    for number, target in enumerate(targets.tolist()):
        if number % _REPORT_EVERY == 0:
            progress("write prompts", number, len(rows))
        start, stop = offsets[number], offsets[number + 1]
        history = flat[start:stop]
        if labels is None:
            prompts.append(seqrec_prompt([titles[item] for item in history], domain))
        else:
            judged = list(zip(history, liked_flat[start:stop], strict=True))
            liked, disliked = ([titles[item] for item, label in judged if label == wanted] for wanted in (1, 0))
            prompts.append(ctr_prompt(liked, disliked, titles[target], domain))
    if labels is None:
        answers = tuple(seqrec_answer(titles[target]) for target in targets.tolist())
    else:
        answers = tuple(ctr_answer(label) for label in labels.tolist())
    ids = [f"{columns.user_ids[u]}@{p}" for u, p in zip(users.tolist(), windows.positions.tolist(), strict=True)]
    return Samples(
        ids=tuple(ids),
        prompts=tuple(prompts),
        answers=answers,
        users=users,
        histories=histories,
        history_labels=history_labels,
        targets=targets,
        labels=labels,
        times=None if columns.times is None else columns.times[rows],
    )
