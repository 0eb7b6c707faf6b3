"""Nearest samples in the embedding space: a check that the encoder sees what a reader sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.data.sampling import evenly_spread
from goracs_core.errors import ShapeError
from goracs_core.types import Embeddings, FloatArray, IndexArray, protect

_BLOCK = 4096
_ASKED = 500


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The samples nearest to one sample, nearest first.

    Args:
        rows: Their rows; shape [c].
        distances: Euclidean distances in the encoder's space (not on a 2-D map); shape [c].
    """

    rows: IndexArray
    distances: FloatArray

    def __post_init__(self) -> None:
        protect(self, rows=np.int64, distances=np.float64)


def nearest_neighbours(embeddings: Embeddings, row: int, count: int) -> Neighbours:
    """The `count` samples nearest to sample `row`, itself left out; fewer when there are not so many.

    Distances come from differences in double precision, so that equal samples are exactly 0 apart (scikit-learn's
    brute-force search takes them from inner products, where copies are up to 1e-6 apart). Ties go to the lower row.

    Raises:
        ShapeError: `row` is not a sample, or `count` is below 1.
    """
    n = len(embeddings)
    if not 0 <= row < n:
        message = f"row {row} is not a sample; rows go from 0 to {n - 1}"
        raise ShapeError(message, code="row-out-of-range", fields={"row": row, "samples": n})
    if count < 1:
        raise ShapeError(f"count is {count}, but it must be at least 1", code="bad-count", fields={"count": count})
    values = embeddings.values
    centre = values[row].astype(np.float64)
    squared = np.empty(n)  # [n]
    for start in range(0, n, _BLOCK):
        difference = values[start : start + _BLOCK].astype(np.float64) - centre
        squared[start : start + _BLOCK] = np.einsum("nd,nd->n", difference, difference)
    squared[row] = np.inf
    order = np.argsort(squared, kind="stable")[: min(count, n - 1)]
    return Neighbours(order, np.sqrt(squared[order]))


@dataclass(frozen=True)
class Agreement:
    """How often the nearest other sample is of the same group.

    Args:
        share: Of the samples that were asked.
        chance: The same for a random other sample.
        samples: How many were asked.
    """

    share: float
    chance: float
    samples: int

    @property
    def clear(self) -> bool:
        """Whether the share is above chance by more than two standard errors."""
        return self.share - self.chance > 2 * (self.chance * (1 - self.chance) / self.samples) ** 0.5


def neighbour_agreement(embeddings: Embeddings, groups: IndexArray, *, asked: int = _ASKED) -> Agreement | None:
    """Whether near samples are of one kind.

    Args:
        embeddings: Of n samples.
        groups: Group of each sample, below 0 where it is unknown; shape [n].
        asked: Evenly spread samples of known group that are asked at most.

    Returns:
        None where fewer than two groups are known.
    """
    known = np.flatnonzero(groups >= 0)
    if len(np.unique(groups[known])) < 2:
        return None
    rows = known[evenly_spread(len(known), asked)]
    values = embeddings.values
    picked = values[rows].astype(np.float64)  # [a, d]
    best, nearest = np.full(len(rows), np.inf), np.zeros(len(rows), np.int64)
    for start in range(0, len(embeddings), _BLOCK):
        block = values[start : start + _BLOCK].astype(np.float64)  # [b, d]
        squared = np.einsum("bd,bd->b", block, block) - 2 * picked @ block.T  # [a, b], less the square of the row
        own = rows - start
        inside = (own >= 0) & (own < len(block))
        squared[np.flatnonzero(inside), own[inside]] = np.inf
        place = squared.argmin(axis=1)
        found = squared[np.arange(len(rows)), place]
        closer = found < best
        best[closer], nearest[closer] = found[closer], start + place[closer]
    mine = groups[rows]
    alike = np.bincount(groups[known])[mine] - 1
    return Agreement(float((groups[nearest] == mine).mean()), float(alike.mean()) / (len(embeddings) - 1), len(rows))
