"""From a prepared Dataset to another one: a target of one category, an early validation, another dataset's target.

Nothing is computed again: samples are taken as they are, and `Derived` says which rows they were, so that features can
be taken along (`goracs_core.features.taken`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset, Samples, Split
from goracs_core.data.ground_truth import GroundTruth, ground_truth
from goracs_core.data.joining import join_items, join_samples, join_users, moved_samples
from goracs_core.data.splits import SplitMethod
from goracs_core.data.summary import category_counts
from goracs_core.errors import ConfigError, DataError
from goracs_core.types import BoolArray, IndexArray, protect

_MOST_LISTED = 30


@dataclass(frozen=True, eq=False)
class Derived:
    """A dataset made from another one, and which rows it took.

    Args:
        dataset: The new dataset.
        pool_rows: Rows of the parent's pool; shape [n].
        validation_rows: Rows of the validation of `validation_from`; shape [m].
        parent: What it was made from.
        validation_from: The dataset whose validation it has: the parent, or the one given as the target.
    """

    dataset: Dataset
    pool_rows: IndexArray
    validation_rows: IndexArray
    parent: Dataset
    validation_from: Dataset

    def __post_init__(self) -> None:
        protect(self, pool_rows=np.int64, validation_rows=np.int64)


def target_categories(dataset: Dataset) -> dict[str, int]:
    """Categories of the validation samples' target items, and how many samples each has; most frequent first."""
    return dict(category_counts([dataset.items.categories[item] for item in dataset.validation.targets.tolist()]))


def category_target(
    dataset: Dataset, categories: Sequence[str], *, pool_others: bool = False, name: str | None = None
) -> Derived:
    """Only samples that ask for items of some categories as validation and test.

    Args:
        dataset: The parent.
        categories: One or more categories of the catalogue.
        pool_others: Leave out the pool samples whose target is of these categories: whom to take from elsewhere?
        name: Of the new dataset; None makes one up.

    Raises:
        ConfigError: Unknown categories, ones without validation samples, or nothing left of the pool.
    """
    wanted = _known_categories(dataset, categories)
    words = " and ".join(wanted)
    of_category = np.array([category in wanted for category in dataset.items.categories])  # [v]
    rows = {split: np.flatnonzero(of_category[samples.targets]) for split, samples in dataset.parts()}
    if not len(rows[Split.VALIDATION]):
        message = f"no validation sample asks for an item of {words}; categories that have some: {_listed(dataset)}"
        raise ConfigError(message, code="no-validation-samples", fields={"categories": list(wanted)})
    pool = np.arange(len(dataset.pool))
    if pool_others:
        pool = np.flatnonzero(~of_category[dataset.pool.targets])
        if not len(pool):
            message = f"every pool sample is of {words}, so that nothing is left to choose from elsewhere"
            raise ConfigError(message, code="empty-pool", fields={"categories": list(wanted)})
    validation, test = rows[Split.VALIDATION], rows[Split.TEST]
    sentence = (
        f"target {words}: {len(validation):,} of {len(dataset.validation):,} validation and {len(test):,} of "
        f"{len(dataset.test):,} test samples, those that ask for an item of it"
    )
    if pool_others:
        sentence += f"; {len(pool):,} of {len(dataset.pool):,} pool samples, those that ask for another one"
    truth = ground_truth(dataset)
    if truth is not None:
        kept = truth.pool.take(pool), truth.validation.take(validation), truth.test.take(test)
        truth = GroundTruth(truth.taste_names, *kept)
    parts = (dataset.pool.take(pool), dataset.validation.take(validation), dataset.test.take(test))
    derived = _made(
        dataset,
        parts,
        name=name or f"{dataset.name}, target {words}{' from elsewhere' * pool_others}",
        how={"how": "category target", "categories": list(wanted), "pool_others": pool_others},
        sentence=sentence,
        truth=truth,
    )
    return Derived(derived, pool, validation, dataset, dataset)


def early_validation(dataset: Dataset, share: float = 0.5, *, name: str | None = None) -> Derived:
    """The earliest part of the validation as validation; the later rest comes in front of the test.

    Samples of one moment stay together, so the share is met as closely as moments allow. Without times, the order of
    the rows counts where the split was made in the order of a file.

    Args:
        dataset: The parent.
        share: Of the validation samples that stay.
        name: Of the new dataset; None makes one up.

    Raises:
        ConfigError: A share that is not a part of 1.
        DataError: No order is known, or all samples are of one moment.
    """
    if not 0 < share < 1:  # NaN too
        message = f"the early share of the validation is {share:g}, but it must lie between 0 and 1; try 0.5"
        raise ConfigError(message, code="bad-share", fields={"share": share})
    early = _earliest(dataset, share)
    first, later = np.flatnonzero(early), np.flatnonzero(~early)
    test = join_samples(dataset.validation.take(later), dataset.test)
    sentence = (
        f"early validation: the {len(first):,} earliest of {len(dataset.validation):,} validation samples; the later "
        f"{len(later):,} stand in front of the {len(dataset.test):,} test samples"
    )
    truth = ground_truth(dataset)
    if truth is not None:
        later_truth = truth.validation.take(later).join(truth.test)
        truth = GroundTruth(truth.taste_names, truth.pool, truth.validation.take(first), later_truth)
    pool = np.arange(len(dataset.pool))
    derived = _made(
        dataset,
        (dataset.pool, dataset.validation.take(first), test),
        name=name or f"{dataset.name}, early validation {100 * share:g}%",
        how={"how": "early validation", "share": share},
        sentence=sentence,
        truth=truth,
    )
    return Derived(derived, pool, first, dataset, dataset)


def dataset_target(dataset: Dataset, other: Dataset, *, name: str | None = None) -> Derived:
    """Another dataset's validation and test as the target of this pool.

    The other catalogue is appended; an item with the id and the title of one that is here already is that item. Other
    ids that clash get the other dataset's name in front. Items that this pool never trained have popularity 0.

    Args:
        dataset: The parent, whose pool stays.
        other: Whose validation and test replace the parent's.
        name: Of the new dataset; None makes one up.

    Raises:
        ConfigError: The tasks differ, or it is the same dataset.
    """
    if other.fingerprint == dataset.fingerprint:
        message = f"the target is {other.name!r} itself, which it has already; give another dataset"
        raise ConfigError(message, code="same-dataset", fields={"target": other.name})
    if other.task is not dataset.task:
        raise ConfigError(
            f"{dataset.name!r} asks the task {dataset.task} and {other.name!r} the task {other.task}; "
            "a target needs the same task, so prepare one of them for the other's",
            code="wrong-task",
            fields={"task": str(dataset.task), "target_task": str(other.task)},
        )
    items, item_rows = join_items(dataset.items, other)
    interactions, user_rows = join_users(dataset.interactions, other)
    validation, test = (moved_samples(part, item_rows, user_rows) for part in (other.validation, other.test))
    sentence = (
        f"target {other.name}: its {len(validation):,} validation and {len(test):,} test samples stand in for those of "
        f"{dataset.name}; {len(items) - len(dataset.items):,} items of its catalogue are added"
    )
    truth, others = ground_truth(dataset), ground_truth(other)
    derived = _made(
        replace(dataset, items=items, interactions=interactions),
        (dataset.pool, validation, test),
        name=name or f"{dataset.name}, target {other.name}",
        how={"how": "dataset target", "target": other.name, "target_fingerprint": other.fingerprint},
        sentence=sentence,
        truth=None if truth is None or others is None else truth.with_target(others),
        parent=dataset,
        notes=[
            *_notes_on(dataset, Split.POOL),
            *(f"of {other.name}: {note}" for note in _notes_on(other, Split.VALIDATION, Split.TEST)),
        ],
    )
    return Derived(derived, np.arange(len(dataset.pool)), np.arange(len(validation)), dataset, other)


def _known_categories(dataset: Dataset, categories: Sequence[str]) -> tuple[str, ...]:
    there = set(dataset.items.categories) - {""}
    if not there:
        message = (
            f"the items of {dataset.name!r} have no categories, so none can be the target; prepare the data from a "
            "source with categories (--category-column)"
        )
        raise ConfigError(message, code="no-categories", fields={"dataset": dataset.name})
    wanted = tuple(dict.fromkeys(categories))
    unknown = [category for category in wanted if category not in there]
    if not wanted or unknown:
        given = f"there is no category {unknown[0]!r} in {dataset.name!r}" if unknown else "no category is given"
        message = f"{given}; categories with validation samples: {_listed(dataset)}"
        raise ConfigError(message, code="unknown-category", fields={"category": unknown[0] if unknown else None})
    return wanted


def _listed(dataset: Dataset) -> str:
    counts = target_categories(dataset)
    if not counts:
        return "none"
    shown = [f"{name} ({count:,})" for name, count in list(counts.items())[:_MOST_LISTED]]
    return ", ".join(shown) + (f" and {len(counts) - _MOST_LISTED} more" if len(counts) > _MOST_LISTED else "")


def _earliest(dataset: Dataset, share: float) -> BoolArray:
    """Which validation samples are the early ones; shape [m]."""
    times = dataset.validation.times
    if times is None or not np.isfinite(times).all():
        if dataset.provenance.get("split") != SplitMethod.ORDER:
            message = (
                f"the validation samples of {dataset.name!r} have no times and no known order, so none of them are "
                "early; prepare the data from a source with times (--time-column), or with --split order"
            )
            raise DataError(message, code="no-order", fields={"dataset": dataset.name})
        times = np.arange(len(dataset.validation), dtype=np.float64)
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < 2:
        message = f"the validation samples of {dataset.name!r} are all of one moment, so none of them are early"
        raise DataError(message, code="one-moment", fields={"dataset": dataset.name})
    before = np.cumsum(counts)[:-1]  # samples up to each moment but the last
    return times <= moments[int(np.abs(before - share * len(times)).argmin())]


def _made(
    dataset: Dataset,
    parts: tuple[Samples, Samples, Samples],
    *,
    name: str,
    how: dict[str, Any],
    sentence: str,
    truth: GroundTruth | None,
    parent: Dataset | None = None,
    notes: Sequence[str] | None = None,
) -> Dataset:
    """The new dataset, with the parent's provenance, what was done to it and a sentence about that.

    Args:
        dataset: Catalogue, interactions and task.
        parts: Pool, validation, test.
        name: Of the new dataset.
        how: What was done, as plain values.
        sentence: The same for people, shown wherever the data is shown.
        truth: Ground truth of the new parts, or None.
        parent: Where it comes from; None: `dataset`.
        notes: Sampling sentences that still hold; None: all of the parent's.
    """
    parent = parent or dataset
    kept = {key: value for key, value in parent.provenance.items() if key not in ("ground_truth", "samples")}
    counts = dict(zip(("pool", "validation", "test"), map(len, parts), strict=True))
    provenance = kept | {
        "derived": {"from": parent.name, "fingerprint": parent.fingerprint, **how},
        "steps": [*parent.provenance.get("steps", []), {"step": how["how"], "items": len(dataset.items), **counts}],
        "sampling": [*(parent.sampling_notes if notes is None else notes), sentence],
    }
    if truth is not None:
        provenance["ground_truth"] = truth.to_dict()
    pool, validation, test = parts
    return replace(dataset, name=name, pool=pool, validation=validation, test=test, provenance=provenance)


def _notes_on(dataset: Dataset, *splits: Split) -> list[str]:
    return [note for note in dataset.sampling_notes if any(f" {split} " in note for split in splits)]
