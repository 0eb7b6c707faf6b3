"""Nearest samples in the embedding space: a check that the encoder sees what a reader sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.types import Embeddings, FloatArray, IndexArray, protect

_BLOCK = 4096


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
