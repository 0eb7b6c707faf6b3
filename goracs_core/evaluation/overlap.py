"""Coresets beside each other: how much they share (Jaccard), and which no other beats in both terms (Pareto)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.types import BoolArray, FloatArray, IndexArray


def jaccard(first: IndexArray, second: IndexArray) -> float:
    """Size of the intersection over size of the union: 1 for the same set, 0 for disjoint ones."""
    return float(jaccard_matrix([first, second])[0, 1])


def jaccard_matrix(sets: Sequence[IndexArray]) -> FloatArray:
    """Jaccard overlap of every pair of sets of rows; shape [sets, sets], symmetric, 1 on the diagonal.

    Of two sets of k1 <= k2 rows it is at most k1 / k2. Two empty sets are equal: 1.

    Args:
        sets: Row numbers; their order does not matter, a row given twice counts once.

    Raises:
        ShapeError: A set that is no flat list of rows.
    """
    if any(np.ndim(rows) != 1 for rows in sets):
        raise ShapeError("sets of rows must be flat lists of row numbers", code="rows-not-flat")
    if not sets:
        return np.empty((0, 0))
    owners = np.repeat(np.arange(len(sets)), [len(rows) for rows in sets])
    present, column = np.unique(np.concatenate([np.asarray(rows, np.int64) for rows in sets]), return_inverse=True)
    member = np.zeros((len(sets), len(present)), np.float32)  # exact for counts below 2 ** 24
    member[owners, column] = 1.0
    shared = (member @ member.T).astype(np.float64)
    sizes = shared.diagonal()
    union = sizes[:, None] + sizes[None, :] - shared
    return np.divide(shared, union, out=np.ones_like(shared), where=union > 0)


def pareto_front(transport_terms: FloatArray, gradient_terms: FloatArray, *, tolerance: float = 1e-9) -> BoolArray:
    """Which points no other point beats: none covers at least as well with at least as large norms, and better in one.

    Points that coincide up to rounding do not beat each other.

    Args:
        transport_terms: Smaller is better; shape [p].
        gradient_terms: Larger is better; shape [p].
        tolerance: Differences up to this are rounding; the same rows in another order differ by about 1e-16.

    Raises:
        ShapeError: Not as many of one as of the other.
    """
    transport, gradient = np.asarray(transport_terms, np.float64), np.asarray(gradient_terms, np.float64)
    if transport.ndim != 1 or transport.shape != gradient.shape:
        raise ShapeError(
            f"a front needs one transport and one gradient term per coreset, got shapes {transport.shape} and "
            f"{gradient.shape}",
            code="terms-unequal",
            fields={"transport": transport.shape, "gradient": gradient.shape},
        )
    costs = np.column_stack([transport, -gradient])  # [p, 2]
    as_good = (costs[:, None] <= costs[None, :] + tolerance).all(axis=2)  # [p, p]: row against column
    better = (costs[:, None] < costs[None, :] - tolerance).any(axis=2)
    beaten: BoolArray = np.any(as_good & better, axis=0)
    return np.logical_not(beaten)
