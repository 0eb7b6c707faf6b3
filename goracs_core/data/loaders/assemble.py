"""Checked columns -> SourceInteractions: known items only, ordered by user and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goracs_core.data.loaders.faults import FileFaults
from goracs_core.data.loaders.source import SourceInteractions
from goracs_core.data.prompts import clean_title
from goracs_core.data.report import InputError, ReportEntry, warning
from goracs_core.types import BoolArray, FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items as a source lists them.

    Args:
        ids: Unique; length v.
        titles, categories: As found, "" where missing; length v.
        file: Name of the file they come from.
    """

    ids: Sequence[str]
    titles: Sequence[str]
    categories: Sequence[str]
    file: str


@dataclass(frozen=True, eq=False)
class RawInteractions:
    """Interactions as a source lists them; every column of shape [r].

    Args:
        users, items: Ids as texts.
        rows: Row of each in `file`, to name it.
        file: Name of the file they come from.
        times: Seconds since 1970, or None.
        ratings: NaN where missing, or None.
        splits: POOL, VALIDATION or TEST, or None.
        positions: Order within a user (and split), or None.
    """

    users: pd.Series
    items: pd.Series
    rows: IndexArray
    file: str
    times: FloatArray | None = None
    ratings: FloatArray | None = None
    splits: NDArray[np.int8] | None = None
    positions: FloatArray | None = None

    def without(self, faults: FileFaults) -> RawInteractions:
        """Those in rows that can be used."""
        return self.take(faults.good(self.rows))

    def take(self, kept: BoolArray) -> RawInteractions:
        """Those where `kept` is true; shape [r]."""
        if kept.all():
            return self

        def taken(column: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if column is None else column[kept]

        return RawInteractions(
            users=self.users.loc[kept],
            items=self.items.loc[kept],
            rows=self.rows[kept],
            file=self.file,
            times=taken(self.times),
            ratings=taken(self.ratings),
            splits=taken(self.splits),
            positions=taken(self.positions),
        )


def assemble(raw: RawInteractions, catalogue: Catalogue) -> tuple[SourceInteractions, list[ReportEntry]]:
    """Join interactions with their catalogue.

    Interactions of unknown items are dropped with a warning. Order: user by first appearance, then time, split,
    position and row, as far as the source has them.

    Raises:
        InputError: No interactions, or none whose item the catalogue knows.
    """
    if not len(raw.users):
        raise InputError(
            "holds no interactions; it needs at least one row under its header", "no-interactions", file=raw.file
        )
    known_ids, titles, entries = _titles(catalogue)
    items = pd.Index(known_ids).get_indexer(pd.Index(raw.items)).astype(np.int64)
    unknown = items < 0
    if unknown.all():
        message = (
            f"no interaction names an item of {catalogue.file}, for example {str(raw.items.iloc[0])!r}; "
            "both files must use the same item ids"
        )
        raise InputError(message, "items-unknown", file=raw.file, row=int(raw.rows[0]), count=len(items))
    if unknown.any():
        count, at = int(unknown.sum()), int(unknown.argmax())
        words = (
            f"{count:,} interactions of unknown items dropped; the first names {str(raw.items.iloc[at])!r}, "
            f"which {catalogue.file} does not list"
        )
        entries.append(warning(words, file=raw.file, row=int(raw.rows[at]), count=count))
    kept = np.flatnonzero(~unknown)
    users, user_ids = pd.factorize(raw.users.iloc[kept])
    keys = [column[kept] for column in (raw.positions, raw.splits, raw.times) if column is not None]
    order = np.lexsort((*keys, users)) if keys else np.argsort(users, kind="stable")
    kept = kept[order]
    return (
        SourceInteractions(
            item_ids=tuple(known_ids),
            titles=tuple(titles),
            categories=tuple(clean_title(category) for category in catalogue.categories),
            user_ids=tuple(str(user) for user in user_ids),
            users=users[order],
            items=items[kept],
            times=None if raw.times is None else raw.times[kept],
            ratings=None if raw.ratings is None else raw.ratings[kept],
            splits=None if raw.splits is None else raw.splits[kept],
        ),
        entries,
    )


def _titles(catalogue: Catalogue) -> tuple[list[str], list[str], list[ReportEntry]]:
    ids = list(catalogue.ids)
    cleaned = [clean_title(title) for title in catalogue.titles]
    untitled = [row for row, title in enumerate(cleaned) if not title]
    entries: list[ReportEntry] = []
    if untitled:
        for row in untitled:
            cleaned[row] = clean_title(ids[row]) or "untitled"
        which = "no item has" if len(untitled) == len(ids) else f"{len(untitled):,} of {len(ids):,} items have no"
        words = (
            f"{which} {'a title' if len(untitled) == len(ids) else 'title'}; "
            f"prompts show the id instead (first: {ids[untitled[0]]!r})"
        )
        entries.append(warning(words, file=catalogue.file, count=len(untitled)))
    return ids, cleaned, entries


def sound_catalogue(ids: pd.Series, titles: Sequence[str], categories: Sequence[str], faults: FileFaults) -> Catalogue:
    """The items in rows that can be used; a row whose id an earlier row has is marked.

    Args:
        ids: The index is the row in the file.
        titles: As found; of the same length.
        categories: As found; of the same length.
        faults: Of the file.
    """
    listed = ids.loc[faults.good(ids.index)]
    message = "item id {} is already in an earlier row; list every item once"
    faults.mark(listed.duplicated(), listed, message, "id-repeated")
    good = np.flatnonzero(faults.good(ids.index)).tolist()
    return Catalogue(
        [ids.iloc[at] for at in good], [titles[at] for at in good], [categories[at] for at in good], faults.file
    )
