"""What the Dataset page says about a dataset in numbers, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.types import IndexArray

_MOST_CATEGORIES = 20


@dataclass(frozen=True)
class DatasetSummary:
    """Numbers about what is left after filters, before sample limits.

    Args:
        density: Interactions per user and item pair; 0 without users.
        num_untrained_items: Items without any training interaction.
        head_share: Share of training interactions that go to the most popular tenth of all items.
        first_time, last_time: Seconds since 1970 of the first and last interaction, or None without times.
        categories: The categories with most items, and how many; at most 20, "" left out.
        repeat_share: Share of interactions whose user had the same item before.
    """

    density: float
    num_untrained_items: int
    head_share: float
    first_time: float | None
    last_time: float | None
    categories: tuple[tuple[str, int], ...]
    repeat_share: float


def dataset_summary(dataset: Dataset) -> DatasetSummary:
    """Summarise `dataset`; a fraction of a second for a few hundred thousand interactions."""
    items, interactions = dataset.items, dataset.interactions
    counts = np.sort(items.popularity)[::-1]
    total = int(counts.sum())
    num_users, num_items = len(interactions.user_ids), len(items)
    times = interactions.times
    span = None if times is None or not len(times) else (float(times.min()), float(times.max()))
    return DatasetSummary(
        density=len(interactions) / (num_users * num_items) if num_users else 0.0,
        num_untrained_items=int((counts == 0).sum()),
        head_share=float(counts[: max(1, num_items // 10)].sum() / total) if total else 0.0,
        first_time=None if span is None else span[0],
        last_time=None if span is None else span[1],
        categories=tuple(category_counts(items.categories)[:_MOST_CATEGORIES]),
        repeat_share=_repeat_share(interactions.users, interactions.items, num_items),
    )


def category_counts(categories: tuple[str, ...] | list[str]) -> list[tuple[str, int]]:
    """Each category, "" left out, and how often it occurs; most frequent first, then in alphabetical order."""
    names, counts = np.unique([name for name in categories if name] or np.empty(0, "U1"), return_counts=True)
    return [(str(names[one]), int(counts[one])) for one in np.argsort(-counts, kind="stable")]


def _repeat_share(users: IndexArray, items: IndexArray, num_items: int) -> float:
    if not len(users):
        return 0.0
    return 1.0 - len(np.unique(users * num_items + items)) / len(users)
