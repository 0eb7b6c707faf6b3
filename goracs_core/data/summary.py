"""What the Dataset page shows: counts and distributions of one dataset, computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from goracs_core.data.dataset import Dataset, Samples
from goracs_core.types import FloatArray, IndexArray, readonly

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class DatasetSummary:
    """Counts and distributions; parts are named pool, validation and test.

    Args:
        num_users, num_items, num_interactions: What is left after filters, before sample limits.
        num_samples: Samples by part.
        density: Interactions per user and item pair; 0 without users.
        popularity_ranks: 1, 2, ... of the items with training interactions, most popular first; shape [v'].
        popularity_counts: Training interactions of each; shape [v'].
        num_untrained_items: Items without any training interaction.
        head_share: Share of training interactions that go to the most popular tenth of all items.
        history_lengths: Number of samples with 0, 1, 2, ... earlier items, by part; shapes [longest + 1].
        activity: Number of users with 0, 1, 2, ... interactions; shape [most + 1].
        first_time, last_time: Seconds since 1970 of the first and last interaction, or None without times.
        part_times: First and last target time by part; empty without times.
        label_shares: Share of Yes by part (click prediction), else empty.
        categories: The categories with most items, and how many; at most 20, "" left out.
        repeat_share: Share of interactions whose user had the same item before.
    """

    num_users: int
    num_items: int
    num_interactions: int
    num_samples: dict[str, int]
    density: float
    popularity_ranks: IndexArray
    popularity_counts: IndexArray
    num_untrained_items: int
    head_share: float
    history_lengths: dict[str, IndexArray]
    activity: IndexArray
    first_time: float | None
    last_time: float | None
    part_times: dict[str, tuple[float, float]]
    label_shares: dict[str, float]
    categories: tuple[tuple[str, int], ...]
    repeat_share: float

    def __post_init__(self) -> None:
        for name in ("popularity_ranks", "popularity_counts", "activity"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.int64))


def dataset_summary(dataset: Dataset) -> DatasetSummary:
    """Summarise `dataset`; a fraction of a second for a few hundred thousand interactions."""
    items, interactions = dataset.items, dataset.interactions
    counts = np.sort(items.popularity[items.popularity > 0])[::-1]
    total = int(counts.sum())
    num_users, num_items = len(interactions.user_ids), len(items)
    times = interactions.times
    span = None if times is None or not len(times) else (float(times.min()), float(times.max()))
    return DatasetSummary(
        num_users=num_users,
        num_items=num_items,
        num_interactions=len(interactions),
        num_samples={str(part): len(samples) for part, samples in dataset.parts()},
        density=len(interactions) / (num_users * num_items) if num_users else 0.0,
        popularity_ranks=np.arange(1, len(counts) + 1),
        popularity_counts=counts,
        num_untrained_items=num_items - len(counts),
        head_share=float(counts[: max(1, num_items // 10)].sum() / total) if total else 0.0,
        history_lengths=_by_part(dataset, lambda samples: np.bincount(samples.histories.lengths)),
        activity=np.bincount(np.bincount(interactions.users, minlength=num_users)),
        first_time=None if span is None else span[0],
        last_time=None if span is None else span[1],
        part_times=_by_part(dataset, _time_span),
        label_shares=_by_part(
            dataset, lambda samples: None if samples.labels is None else float(samples.labels.mean())
        ),
        categories=_categories(items.categories),
        repeat_share=_repeat_share(interactions.users, interactions.items, num_items),
    )


def _by_part(dataset: Dataset, compute: Callable[[Samples], Value | None]) -> dict[str, Value]:
    found = {str(part): compute(samples) for part, samples in dataset.parts() if len(samples)}
    return {part: value for part, value in found.items() if value is not None}


def _time_span(samples: Samples) -> tuple[float, float] | None:
    times: FloatArray | None = samples.times
    return None if times is None else (float(times.min()), float(times.max()))


def _categories(categories: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    names, counts = np.unique([name for name in categories if name] or np.empty(0, "U1"), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:20]
    return tuple((str(names[i]), int(counts[i])) for i in order)


def _repeat_share(users: IndexArray, items: IndexArray, num_items: int) -> float:
    if not len(users):
        return 0.0
    return 1.0 - len(np.unique(users * num_items + items)) / len(users)
