"""The Features of a dataset: embeddings of pool and validation, gradient norms of the pool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from goracs_core.errors import ShapeError
from goracs_core.types import Embeddings, GradientNorms, fingerprint


@dataclass(frozen=True, eq=False)
class Features:
    """What a selector sees of a dataset.

    Args:
        pool: Embeddings of the pool; shape [n, d].
        validation: Embeddings of the validation samples; shape [m, d].
        gradient_norms: One per pool sample, or None where they were switched off or not given: then only lambda = 0 can
            be selected.
        meta: JSON-able record: dataset fingerprint, options, encoder and model with their fingerprints, counts,
            seconds per stage, versions.
    """

    pool: Embeddings
    validation: Embeddings
    gradient_norms: GradientNorms | None
    meta: dict[str, Any]
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        if self.pool.values.shape[1] != self.validation.values.shape[1]:
            raise ShapeError(
                f"pool embeddings have width {self.pool.values.shape[1]} and validation embeddings "
                f"{self.validation.values.shape[1]}; both must come from the same encoder",
                code="widths-differ",
            )
        if self.gradient_norms is not None and len(self.gradient_norms) != len(self.pool):
            raise ShapeError(
                f"there are {len(self.gradient_norms)} gradient norms for {len(self.pool)} pool embeddings; "
                "give one per pool sample",
                code="norms-unequal",
                fields={"norms": len(self.gradient_norms), "pool": len(self.pool)},
            )
        norms = "none" if self.gradient_norms is None else self.gradient_norms.fingerprint
        object.__setattr__(self, "fingerprint", fingerprint(self.pool.fingerprint, self.validation.fingerprint, norms))


def check_lengths(pool: Embeddings, validation: Embeddings, num_pool: int, num_validation: int) -> None:
    """Insist on one embedding per sample.

    Raises:
        ShapeError: A length differs; the message names both.
    """
    for name, found, wanted in (("pool", len(pool), num_pool), ("validation", len(validation), num_validation)):
        if found != wanted:
            raise ShapeError(
                f"there are {found} {name} embeddings, but the dataset has {wanted} {name} samples; "
                "give one row per sample, in the dataset's order",
                code="embeddings-unequal",
                fields={"part": name, "embeddings": found, "samples": wanted},
            )
