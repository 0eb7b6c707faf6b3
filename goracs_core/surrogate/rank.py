"""How well items are ranked: HR and NDCG against the whole catalogue, for a surrogate and for mere popularity.

Every item competes, those of the history too: nothing is left out. Ties are broken by a fair coin, in expectation: an
item that shares its score with others has each of their places with the same probability, so that a model that gives
all items one score is worth exactly as much as guessing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from goracs_core.data.dataset import Samples
from goracs_core.errors import ModelError
from goracs_core.surrogate.sequences import sample_tokens
from goracs_core.types import IndexArray, readonly

if TYPE_CHECKING:
    import torch

    from goracs_core.surrogate.model import SurrogateModel

CUTOFFS = (5, 10, 20)

# Samples at once: fewer where the catalogue is so large that their scores would fill the memory.
_BATCH, _SCORES = 256, 2**24


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
    """`hr@c` and `ndcg@c` for each cutoff c, expected over the order of ties.

    With one right item, HR@c is the share of samples where it is among the first c, and NDCG@c the mean of
    1 / log2(place + 1) where it is, 0 where it is not.
    """
    better, equal = positions.better, positions.equal
    metrics: dict[str, float] = {}
    for cutoff in cutoffs:
        gains = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(cutoff) + 2))])  # [c + 1]: of the first places
        first, last = np.minimum(better, cutoff), np.minimum(better + equal + 1, cutoff)
        metrics[f"hr@{cutoff}"] = float(((last - first) / (equal + 1)).mean())
        metrics[f"ndcg@{cutoff}"] = float(((gains[last] - gains[first]) / (equal + 1)).mean())
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


def surrogate_positions(
    model: SurrogateModel,
    tokens: IndexArray,
    targets: IndexArray,
    *,
    num_items: int,
    watch: Callable[[int], None] | None = None,
) -> RankPositions:
    """Where a surrogate ranks the targets.

    Args:
        model: In evaluation mode.
        tokens: Histories; shape [m, t].
        targets: Item rows; shape [m].
        num_items: Items of the catalogue.
        watch: Told before every batch how many samples are done; may raise to stop the work.

    Raises:
        ModelError: A score is not finite.
    """
    import torch

    parts: list[tuple[torch.Tensor, torch.Tensor]] = []
    with torch.inference_mode():
        for start, inputs, rows in _batches(tokens, targets, max(1, min(_BATCH, _SCORES // num_items))):
            if watch is not None:
                watch(start)
            hidden, residual = model.layer_inputs(inputs)
            scores = model.item_scores(model.finish(model.influence_layer(hidden), residual))  # [b, v]
            own = scores.gather(1, rows[:, None])
            if not (own.isfinite().all() and scores.sum().isfinite()):
                raise ModelError("the surrogate's scores are not finite; train it again with a lower learning rate")
            parts.append(((scores > own).sum(dim=1), (scores == own).sum(dim=1) - 1))
    better, equal = (torch.cat(columns).numpy() for columns in zip(*parts, strict=True))
    return RankPositions(better, equal)


def ranked_samples(samples: Samples, length: int) -> tuple[IndexArray, IndexArray]:
    """Histories as tokens [m, t] and targets [m] of the samples that can be ranked: all, or those that were liked."""
    if samples.labels is not None:
        samples = samples.take(np.flatnonzero(samples.labels == 1))
    return sample_tokens(samples, length), samples.targets


def spread(count: int, most: int) -> IndexArray:
    """At most `most` of `count` rows, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _batches(tokens: IndexArray, targets: IndexArray, batch: int) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
    import torch

    for start in range(0, len(targets), batch):
        rows = slice(start, start + batch)
        yield start, torch.tensor(tokens[rows]), torch.tensor(targets[rows])


def mean_ndcg(positions: RankPositions) -> float:
    """NDCG@10, what training watches."""
    return ranking_metrics(positions, (10,))["ndcg@10"]
