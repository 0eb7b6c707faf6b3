"""The Dataset and its parts: what every loader returns and everything later starts from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from goracs_core.errors import DataError
from goracs_core.types import FloatArray, IndexArray, Ragged, fingerprint, protect


class Task(StrEnum):
    """What the recommender is asked: the next title (seqrec), or whether a title will be liked (ctr)."""

    SEQREC = "seqrec"
    CTR = "ctr"


class Split(StrEnum):
    """The three parts: rows we choose from; the measure we transport to; held out for evaluation."""

    POOL = "pool"
    VALIDATION = "validation"
    TEST = "test"


def _first_repeat(ids: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for value in ids:
        if value in seen:
            return value
        seen.add(value)
    return None


def _taken(column: Any, rows: IndexArray) -> Any:
    """The given rows of a column of samples; None stays None."""
    match column:
        case None:
            return None
        case Ragged():
            return column.take(rows)
        case tuple():
            return tuple(column[int(row)] for row in rows)
    return column[rows]


@dataclass(frozen=True, eq=False)
class Items:
    """The catalogue.

    Args:
        ids: The source's own item ids, unique; length v.
        titles: Title per item; length v.
        categories: Category per item, "" where unknown; length v.
        popularity: Training interactions per item, counted before any sampling; shape [v].
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    categories: tuple[str, ...]
    popularity: IndexArray

    def __post_init__(self) -> None:
        protect(self, popularity=np.int64)
        if not self.ids:
            raise DataError("the catalogue has no items; a dataset needs at least one", code="no-items")
        if not len(self.ids) == len(self.titles) == len(self.categories) == len(self.popularity):
            raise DataError("items need as many ids as titles, categories and popularities", code="columns-unequal")
        repeat = _first_repeat(self.ids)
        if repeat is not None:
            message = f"item id {repeat!r} occurs more than once in the catalogue; ids must be unique"
            raise DataError(message, code="id-repeated", fields={"id": repeat})
        if (self.popularity < 0).any():
            raise DataError("popularity counts must be >= 0", code="negative-popularity")

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Interactions:
    """Who touched what, when: time order within a user.

    Args:
        users: Index into `user_ids`; shape [r].
        items: Row of `Items`; shape [r].
        times: Seconds since 1970, or None when the source has only an order; shape [r].
        ratings: Rating, or None; shape [r].
        user_ids: The source's own user ids, unique.
    """

    users: IndexArray
    items: IndexArray
    times: FloatArray | None
    ratings: FloatArray | None
    user_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        protect(self, users=np.int64, items=np.int64, times=np.float64, ratings=np.float64)
        users, times, ratings = self.users, self.times, self.ratings
        if len(users) != len(self.items) or any(a is not None and len(a) != len(users) for a in (times, ratings)):
            raise DataError("interactions need as many users as items, times and ratings", code="columns-unequal")
        if len(users) and (users.min() < 0 or users.max() >= len(self.user_ids)):
            raise DataError("an interaction names a user that is not in user_ids", code="unknown-user")
        if times is not None and len(users) > 1:
            order = np.argsort(users, kind="stable")
            same_user = users[order][1:] == users[order][:-1]
            if (same_user & (np.diff(times[order]) < 0)).any():
                raise DataError("interactions of a user must be in time order", code="not-in-time-order")

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, eq=False)
class Samples:
    """Training examples as the language model will read them.

    Args:
        ids: Unique sample ids; length n.
        prompts: Text before the answer; length n.
        answers: The text to learn (a title, or Yes / No); length n.
        users: Index into the interactions' `user_ids`, or -1 when the source has none; shape [n].
        histories: Item rows of the history, oldest first.
        history_labels: 1 liked, 0 disliked, aligned with `histories` (ctr), or None.
        targets: Item row of the answer (seqrec) or of the item asked about (ctr); shape [n].
        labels: 1 yes, 0 no (ctr), or None (seqrec); shape [n].
        times: Seconds since 1970 of the target interaction, or None; shape [n].
    """

    ids: tuple[str, ...]
    prompts: tuple[str, ...]
    answers: tuple[str, ...]
    users: IndexArray
    histories: Ragged
    history_labels: Ragged | None
    targets: IndexArray
    labels: IndexArray | None
    times: FloatArray | None

    def __post_init__(self) -> None:
        protect(self, users=np.int64, targets=np.int64, labels=np.int64, times=np.float64)
        lengths = {len(column) for column in vars(self).values() if column is not None}
        if len(lengths) != 1:
            message = f"samples need equal lengths in every column, got {sorted(lengths)}"
            raise DataError(message, code="columns-unequal", fields={"lengths": sorted(lengths)})
        repeat = _first_repeat(self.ids)
        if repeat is not None:
            message = f"sample id {repeat!r} occurs more than once; ids must be unique"
            raise DataError(message, code="id-repeated", fields={"id": repeat})
        if self.history_labels is not None and (self.history_labels.lengths != self.histories.lengths).any():
            raise DataError("each history item needs one label", code="labels-unequal")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: IndexArray) -> Samples:
        """The given rows, in the given order."""
        return Samples(**{name: _taken(column, rows) for name, column in vars(self).items()})

    def checked_rows(self, rows: IndexArray) -> IndexArray:
        """The given rows, which must be there; in the given order.

        Raises:
            DataError: One is not.
        """
        rows = np.asarray(rows, np.int64)
        if len(rows) and (rows.min() < 0 or rows.max() >= len(self)):
            raise DataError(
                f"rows run from 0 to {len(self) - 1}, but {rows.min()} to {rows.max()} were given",
                code="rows-out-of-range",
                fields={"largest": len(self) - 1, "given": (int(rows.min()), int(rows.max()))},
            )
        return rows

    def content(self) -> str:
        """Fingerprint of every column."""
        empty = np.empty(0)
        history_labels = empty if self.history_labels is None else self.history_labels.values
        return fingerprint(
            self.ids,
            self.prompts,
            self.answers,
            self.users,
            self.histories.values,
            self.histories.offsets,
            history_labels,
            self.targets,
            empty if self.labels is None else self.labels,
            empty if self.times is None else self.times,
        )


@dataclass(frozen=True, eq=False)
class Dataset:
    """Everything known about one recommendation dataset, split and ready for features.

    Args:
        name: Short name shown everywhere.
        task: What the recommender is asked.
        items: The catalogue.
        interactions: All interactions kept (after k-core), before sample limits.
        pool, validation, test: The three parts.
        provenance: JSON-able record of where the data came from and what was done to it: source, format, options,
            counts before and after each step, `sampling` sentences to show wherever the data is shown, ground truth
            of synthetic data.
    """

    name: str
    task: Task
    items: Items
    interactions: Interactions
    pool: Samples
    validation: Samples
    test: Samples
    provenance: dict[str, Any]
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        if len(self.pool) == 0 or len(self.validation) == 0:
            raise DataError(
                f"the split leaves {len(self.pool)} pool and {len(self.validation)} validation samples, but both need "
                "at least one; use more data, a smaller k-core or a larger validation share",
                code="empty-part",
                fields={"pool": len(self.pool), "validation": len(self.validation)},
            )
        v = len(self.items)
        parts = [("interactions", self.interactions.items)]
        for split, samples in self.parts():
            parts += [(f"{split} targets", samples.targets), (f"{split} histories", samples.histories.values)]
            if (samples.labels is not None) != (self.task is Task.CTR):
                message = f"{self.task} samples must {'have' if self.task is Task.CTR else 'not have'} labels ({split})"
                raise DataError(message, code="labels-and-task", fields={"task": str(self.task), "part": str(split)})
        for what, rows in parts:
            if len(rows) and (rows.min() < 0 or rows.max() >= v):
                message = f"{what} name an item that is not in the catalogue of {v} items"
                raise DataError(message, code="unknown-item", fields={"what": what, "items": v})
        json.dumps(self.provenance)
        interactions = self.interactions
        empty = np.empty(0)
        object.__setattr__(
            self,
            "fingerprint",
            fingerprint(
                str(self.task),
                self.items.ids,
                self.items.titles,
                self.items.categories,
                self.items.popularity,
                interactions.users,
                interactions.items,
                empty if interactions.times is None else interactions.times,
                empty if interactions.ratings is None else interactions.ratings,
                interactions.user_ids,
                *(samples.content() for _, samples in self.parts()),
            ),
        )

    def parts(self) -> tuple[tuple[Split, Samples], ...]:
        """The three parts with their names, in order."""
        return ((Split.POOL, self.pool), (Split.VALIDATION, self.validation), (Split.TEST, self.test))

    def counts(self) -> dict[str, int]:
        """Numbers of items, users, interactions and samples of each part, by name."""
        around = {"items": self.items, "users": self.interactions.user_ids, "interactions": self.interactions}
        return {name: len(rows) for name, rows in (around | {str(split): part for split, part in self.parts()}).items()}

    @property
    def sampling_notes(self) -> tuple[str, ...]:
        """Sentences that announce any sampling ("30,000 of 210,432, by popularity decile"); empty when none."""
        return tuple(self.provenance.get("sampling", ()))
