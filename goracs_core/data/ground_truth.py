"""What was planted in a synthetic dataset, per sample: what a teacher can point at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset, Split
from goracs_core.errors import DataError
from goracs_core.types import BoolArray, IndexArray, protect


class Customer(IntEnum):
    """What kind of customer an account is; all but ORDINARY are planted outliers.

    SCATTERED buys any title of any taste, without a thread. TRADE buys at the trade counter only; these accounts are
    closed well before the validation period, so that nothing there resembles them.
    """

    ORDINARY = 0
    SCATTERED = 1
    TRADE = 2


@dataclass(frozen=True, eq=False)
class PartTruth:
    """The truth about one part's samples, in their order.

    Args:
        tastes: Number in `GroundTruth.taste_names` of the taste that most of the customer's purchases are
            of; -1 for scattered shoppers; shape [n].
        customers: A `Customer` per sample; shape [n].
        noise: Whether the answer was replaced by a wrong one; shape [n].
    """

    tastes: IndexArray
    customers: IndexArray
    noise: BoolArray

    def __post_init__(self) -> None:
        protect(self, tastes=np.int64, customers=np.int64, noise=np.bool_)
        if self.tastes.ndim != 1 or not self.tastes.shape == self.customers.shape == self.noise.shape:
            message = "the ground truth needs one taste, one kind of customer and one noise flag per sample"
            raise DataError(message, code="columns-unequal")
        if not np.isin(self.customers, list(Customer)).all():
            message = f"the ground truth knows the kinds of customer {', '.join(map(str, map(int, Customer)))} only"
            raise DataError(message, code="unknown-customer")

    def __len__(self) -> int:
        return len(self.tastes)

    @property
    def outliers(self) -> BoolArray:
        """Whether the sample belongs to a planted outlier of either kind; shape [n]."""
        return self.customers != Customer.ORDINARY

    def take(self, rows: IndexArray) -> PartTruth:
        """The given rows, in the given order."""
        return PartTruth(self.tastes[rows], self.customers[rows], self.noise[rows])

    def join(self, other: PartTruth) -> PartTruth:
        """These samples, then those of `other`."""
        return PartTruth(
            np.concatenate([self.tastes, other.tastes]),
            np.concatenate([self.customers, other.customers]),
            np.concatenate([self.noise, other.noise]),
        )

    def to_dict(self) -> dict[str, list[int]]:
        """Plain lists, as kept in a dataset's provenance."""
        return {
            "tastes": self.tastes.tolist(),
            "customers": self.customers.tolist(),
            "noise": self.noise.astype(int).tolist(),
        }


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The truth about a synthetic dataset.

    Args:
        taste_names: The latent tastes; the last one is the trade counter, where only outliers buy.
        pool, validation, test: The truth about each part's samples.
    """

    taste_names: tuple[str, ...]
    pool: PartTruth
    validation: PartTruth
    test: PartTruth

    def part(self, split: Split) -> PartTruth:
        """The truth about the samples of `split`."""
        return {Split.POOL: self.pool, Split.VALIDATION: self.validation, Split.TEST: self.test}[split]

    def with_target(self, other: GroundTruth) -> GroundTruth | None:
        """This pool's truth with the validation and test of `other`; None where the tastes are not the same."""
        if self.taste_names != other.taste_names:
            return None
        return GroundTruth(self.taste_names, self.pool, other.validation, other.test)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form, the inverse of what `ground_truth` reads."""
        return {
            "taste_names": list(self.taste_names),
            **{str(split): self.part(split).to_dict() for split in Split},
        }


def ground_truth(dataset: Dataset) -> GroundTruth | None:
    """The truth planted in `dataset`; None for real data.

    Raises:
        DataError: The dataset carries a ground truth that does not fit its samples.
    """
    record = dataset.provenance.get("ground_truth")
    if record is None:
        return None
    try:
        names = tuple(str(name) for name in record["taste_names"])
        truth = GroundTruth(names, *(_part(record[str(split)]) for split in Split))
    except (KeyError, TypeError, ValueError) as error:
        message = f"the ground truth of {dataset.name!r} is damaged ({error}); make the dataset again"
        raise DataError(message, code="truth-damaged", fields={"dataset": dataset.name}) from error
    for split, samples in dataset.parts():
        part = truth.part(split)
        if len(part) != len(samples):
            raise DataError(
                f"the ground truth of {dataset.name!r} has {len(part)} entries for {len(samples)} {split} samples; "
                "make the dataset again",
                code="truth-unequal",
                fields={"part": str(split), "entries": len(part), "samples": len(samples)},
            )
        if len(part) and not -1 <= part.tastes.min() <= part.tastes.max() < len(names):
            message = f"the ground truth of {dataset.name!r} names tastes beyond its {len(names)}; make it again"
            raise DataError(message, code="unknown-taste", fields={"part": str(split), "tastes": len(names)})
    return truth


def _part(record: Mapping[str, Any]) -> PartTruth:
    return PartTruth(
        np.asarray(record["tastes"], dtype=np.int64),
        np.asarray(record["customers"], dtype=np.int64),
        np.asarray(record["noise"], dtype=np.bool_),
    )
