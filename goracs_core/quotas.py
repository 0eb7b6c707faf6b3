"""Whole numbers in given proportions."""

from __future__ import annotations

import numpy as np

from goracs_core.types import FloatArray, IndexArray


def largest_remainder(
    shares: FloatArray, total: int, *, capacity: IndexArray, at_least_one: bool = False
) -> IndexArray:
    """Split `total` in proportion to `shares` by the largest-remainder method (Hamilton).

    Args:
        shares: Shape [c]; >= 0, sum > 0.
        total: What the quotas add up to; at most the sum of `capacity`.
        capacity: Most that each part can take; shape [c]. What does not fit goes to the others in proportion.
        at_least_one: Give each part that has a share and capacity at least 1, the largest shares first when `total`
            is too small for all.
    """
    shares = np.asarray(shares, np.float64)
    capacity = np.asarray(capacity, np.int64)
    lowest = ((shares > 0) & (capacity > 0)).astype(np.int64) if at_least_one else np.zeros(len(shares), np.int64)
    if lowest.sum() > total:
        lowest[np.argsort(-np.where(lowest, shares, -1.0), kind="stable")[total:]] = 0
        return lowest
    ideal = _within_bounds(shares, total, lowest, capacity)
    quotas = np.floor(ideal + 1e-9).astype(np.int64)
    missing = total - int(quotas.sum())
    # Rounded, so that equal remainders are equal: the earlier part then comes first.
    quotas[np.argsort(-np.round(ideal - quotas, 9), kind="stable")[:missing]] += 1
    return quotas


def _within_bounds(shares: FloatArray, total: int, lowest: IndexArray, capacity: IndexArray) -> FloatArray:
    """Real-valued shares of `total`, clamped to their bounds; what clamping frees or takes is split among the rest."""
    ideal = np.zeros(len(shares))
    free = np.ones(len(shares), bool)
    while free.any():
        left = total - ideal[~free].sum()
        weight = shares[free].sum()
        share = shares[free] / weight if weight > 0 else np.full(int(free.sum()), 1.0 / free.sum())
        wanted = np.zeros(len(shares))
        wanted[free] = share * left
        over, under = free & (wanted > capacity), free & (wanted < lowest)
        excess = (wanted - capacity)[over].sum()
        shortage = (lowest - wanted)[under].sum()
        # Clamp only the side that matters more: clamping both at once could overshoot.
        clamp = over if excess >= shortage else under
        if not clamp.any():
            ideal[free] = wanted[free]
            break
        ideal[clamp] = (capacity if excess >= shortage else lowest)[clamp]
        free &= ~clamp
    return ideal
