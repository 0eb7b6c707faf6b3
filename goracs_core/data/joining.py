"""Two datasets put together: samples behind each other, catalogues and users as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from goracs_core.data.dataset import Dataset, Interactions, Items, Samples
from goracs_core.types import IndexArray, Ragged


def join_samples(first: Samples, second: Samples) -> Samples:
    """One part after the other; an id of the first that the second has too gets "validation " in front.

    Columns that only one of them has (times, labels) are dropped.
    """
    taken = set(second.ids)
    ids = tuple(f"validation {one}" if one in taken else one for one in first.ids)
    both = (first, second)

    def ragged(rows: Sequence[Ragged]) -> Ragged:
        return Ragged.from_rows([row for part in rows for row in part])

    labels = [part.labels for part in both if part.labels is not None]
    judged = [part.history_labels for part in both if part.history_labels is not None]
    times = [part.times for part in both if part.times is not None]
    return Samples(
        ids=ids + second.ids,
        prompts=first.prompts + second.prompts,
        answers=first.answers + second.answers,
        users=np.concatenate([part.users for part in both]),
        histories=ragged([part.histories for part in both]),
        history_labels=ragged(judged) if len(judged) == 2 else None,
        targets=np.concatenate([part.targets for part in both]),
        labels=np.concatenate(labels) if len(labels) == 2 else None,
        times=np.concatenate(times) if len(times) == 2 else None,
    )


def join_items(items: Items, other: Dataset) -> tuple[Items, IndexArray]:
    """Both catalogues as one, and the row in it of each item of the other one; shape [v of the other].

    An item of the other with the id and title of one that is here is that item; the others have popularity 0, and one
    whose id is taken gets the other dataset's name in front.
    """
    rows_by_id = {one: row for row, one in enumerate(items.ids)}
    rows = np.empty(len(other.items), np.int64)
    ids, new = list(items.ids), []
    used = set(items.ids) | set(other.items.ids)
    for row, (one, title) in enumerate(zip(other.items.ids, other.items.titles, strict=True)):
        here = rows_by_id.get(one)
        if here is not None and items.titles[here] == title:
            rows[row] = here
            continue
        rows[row] = len(ids)
        ids.append(one if here is None else _free(f"{other.name}/{one}", used))
        new.append(row)
    joined = Items(
        tuple(ids),
        items.titles + tuple(other.items.titles[row] for row in new),
        items.categories + tuple(other.items.categories[row] for row in new),
        np.concatenate([items.popularity, np.zeros(len(new), np.int64)]),
    )
    return joined, rows


def join_users(interactions: Interactions, other: Dataset) -> tuple[Interactions, IndexArray]:
    """The interactions with the other's validation and test users appended, who did nothing here; the row of each user.

    The rows have an entry more than the other has users, for user -1: unknown stays unknown.
    """
    names = other.interactions.user_ids
    rows = np.full(len(names) + 1, -1, np.int64)
    present = np.unique(np.concatenate([other.validation.users, other.test.users]))
    used = set(interactions.user_ids) | set(names)
    known, user_ids = set(interactions.user_ids), list(interactions.user_ids)
    for user in present[present >= 0].tolist():
        rows[user] = len(user_ids)
        user_ids.append(_free(f"{other.name}/{names[user]}", used) if names[user] in known else names[user])
    return replace(interactions, user_ids=tuple(user_ids)), rows


def _free(name: str, used: set[str]) -> str:
    while name in used:
        name += "'"
    used.add(name)
    return name


def moved_samples(samples: Samples, item_rows: IndexArray, user_rows: IndexArray) -> Samples:
    """Samples of the other dataset in the rows of the joined catalogue and users."""
    histories = Ragged(item_rows[samples.histories.values], samples.histories.offsets)
    return replace(samples, users=user_rows[samples.users], histories=histories, targets=item_rows[samples.targets])
