"""How well items are ranked: HR and NDCG of one right item among many, for any recommender.

Ties are broken by a fair coin, in expectation: an item that shares its score with others has each of their places with
the same probability, so that a model that gives all items one score is worth exactly as much as guessing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from goracs_core.types import FloatArray, IndexArray, readonly

CUTOFFS = (5, 10, 20)


@dataclass(frozen=True, eq=False)
class RankPositions:
    """Where the right items stand.

    Args:
        better: Items with a higher score; shape [m].
        equal: Other items with the same score; shape [m].
    """

    better: IndexArray
    equal: IndexArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "better", readonly(self.better, np.int64))
        object.__setattr__(self, "equal", readonly(self.equal, np.int64))

    def __len__(self) -> int:
        return len(self.better)


def ranking_metrics(positions: RankPositions, cutoffs: Sequence[int] = CUTOFFS) -> dict[str, float]:
    """`hr@c` and `ndcg@c` for each cutoff c: means over the samples, see `sample_gains`."""
    metrics: dict[str, float] = {}
    for cutoff in cutoffs:
        hits, gains = sample_gains(positions, cutoff)
        metrics[f"hr@{cutoff}"], metrics[f"ndcg@{cutoff}"] = float(hits.mean()), float(gains.mean())
    return metrics


def popularity_positions(counts: IndexArray, targets: IndexArray) -> RankPositions:
    """Where the targets stand when items are ranked by how often they occur.

    Args:
        counts: Occurrences of each item; shape [v].
        targets: Item rows; shape [m].
    """
    ordered = np.sort(counts)
    upper = np.searchsorted(ordered, counts[targets], side="right")
    lower = np.searchsorted(ordered, counts[targets], side="left")
    return RankPositions(len(counts) - upper, upper - lower - 1)


def sample_gains(positions: RankPositions, cutoff: int) -> tuple[FloatArray, FloatArray]:
    """HR and NDCG at a cutoff of each sample, expected over the order of ties; shapes [m].

    With one right item, HR@c is 1 where it is among the first c, and NDCG@c 1 / log2(place + 1) where it is, else 0.
    """
    better, equal = positions.better, positions.equal
    gains = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(cutoff) + 2))])  # [c + 1]: of the first places
    first, last = np.minimum(better, cutoff), np.minimum(better + equal + 1, cutoff)
    return (last - first) / (equal + 1), (gains[last] - gains[first]) / (equal + 1)
