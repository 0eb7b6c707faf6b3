"""How well items are ranked: HR and NDCG of one right item among many, for any recommender.

Ties are broken by a fair coin, in expectation: an item that shares its score with others has each of their places with
the same probability, so that a model that gives all items one score is worth exactly as much as guessing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goracs_core.errors import ConfigError
from goracs_core.types import FloatArray, IndexArray, Ragged, readonly

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


def positions_among(own: NDArray[Any], others: NDArray[Any]) -> RankPositions:
    """Where right items stand among others that do not hold them, by score (of distances: their negatives).

    Args:
        own: Score of each right item; shape [m].
        others: Scores of those it competes with; shape [m, c].
    """
    return RankPositions((others > own[:, None]).sum(axis=1), (others == own[:, None]).sum(axis=1))


def catalogue_positions(scores: NDArray[Any], targets: IndexArray) -> RankPositions:
    """Where right items stand in the whole catalogue, by score.

    Args:
        scores: Of every item; shape [m, v].
        targets: Item rows; shape [m].
    """
    among = positions_among(scores[np.arange(len(targets)), targets], scores)
    return RankPositions(among.better, among.equal - 1)  # no item ties with itself


def sampled_negatives(
    targets: IndexArray, histories: Ragged, rows: IndexArray, *, num_items: int, count: int, seed: int
) -> IndexArray:
    """Items for each right one to compete with: drawn alike from those that are neither it nor in its history.

    The draw hangs on the seed and the sample's row alone, not on which other samples are ranked.

    Args:
        targets: The right item of each ranked sample; shape [q].
        histories: Items of each ranked sample's history; q rows.
        rows: Rows of the ranked samples in the test; shape [q].
        num_items: Items of the catalogue, v.
        count: Items drawn per sample, none twice.
        seed: Of the draw.

    Returns:
        Item rows; shape [q, count].

    Raises:
        ConfigError: The catalogue is too small for so many.
    """
    drawn = np.empty((len(rows), count), np.int64)
    for place, (target, row) in enumerate(zip(targets.tolist(), rows.tolist(), strict=True)):
        taken = np.unique(np.append(histories[place], target))
        free = num_items - len(taken)
        if count > free:
            raise ConfigError(
                f"{count} negatives were asked for, but a sample leaves {free} of the {num_items} items; "
                f"take at most {free}",
                code="too-many-negatives",
                fields={"count": count, "most": free},
            )
        chosen = np.random.default_rng([seed, row]).choice(free, count, replace=False)
        # The j-th free item: past every taken one that has at most j free ones before it.
        drawn[place] = chosen + np.searchsorted(taken - np.arange(len(taken)), chosen, side="right")
    return drawn


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


def sampled_popularity(counts: IndexArray, targets: IndexArray, negatives: IndexArray) -> RankPositions:
    """Where the targets stand among their negatives when items are ranked by how often they occur.

    Args:
        counts: Occurrences of each item; shape [v].
        targets: Item rows; shape [m].
        negatives: Items that each target competes with; shape [m, c].
    """
    return positions_among(counts[targets], counts[negatives])


def sample_gains(positions: RankPositions, cutoff: int) -> tuple[FloatArray, FloatArray]:
    """HR and NDCG at a cutoff of each sample, expected over the order of ties; shapes [m].

    With one right item, HR@c is 1 where it is among the first c, and NDCG@c 1 / log2(place + 1) where it is, else 0.
    """
    better, equal = positions.better, positions.equal
    gains = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(cutoff) + 2))])  # [c + 1]: of the first places
    first, last = np.minimum(better, cutoff), np.minimum(better + equal + 1, cutoff)
    return (last - first) / (equal + 1), (gains[last] - gains[first]) / (equal + 1)
