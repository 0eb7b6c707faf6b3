"""Where a surrogate ranks the right items against the whole catalogue.

Every item competes, those of the history too: nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from goracs_core.data.dataset import Samples
from goracs_core.errors import ModelError
from goracs_core.ranking import RankPositions, ranking_metrics
from goracs_core.surrogate.model import SurrogateModel
from goracs_core.surrogate.sequences import sample_tokens
from goracs_core.types import IndexArray

# Samples at once: fewer where the catalogue is so large that their scores would fill the memory.
_BATCH, _SCORES = 256, 2**24


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
    parts: list[tuple[torch.Tensor, torch.Tensor]] = []
    with torch.inference_mode():
        for start, inputs, rows in _batches(tokens, targets, max(1, min(_BATCH, _SCORES // num_items))):
            if watch is not None:
                watch(start)
            hidden, residual = model.layer_inputs(inputs)
            scores = model.item_scores(model.finish(model.influence_layer(hidden), residual))  # [b, v]
            own = scores.gather(1, rows[:, None])
            if not (own.isfinite().all() and scores.sum().isfinite()):
                message = "the surrogate's scores are not finite; train it again with a lower learning rate"
                raise ModelError(message, code="not-finite")
            parts.append(((scores > own).sum(dim=1), (scores == own).sum(dim=1) - 1))
    better, equal = (torch.cat(columns).numpy() for columns in zip(*parts, strict=True))
    return RankPositions(better, equal)


def ranked_samples(samples: Samples, length: int) -> tuple[IndexArray, IndexArray]:
    """Histories as tokens [m, t] and targets [m] of the samples that can be ranked: all, or those that were liked."""
    if samples.labels is not None:
        samples = samples.take(np.flatnonzero(samples.labels == 1))
    return sample_tokens(samples, length), samples.targets


def _batches(tokens: IndexArray, targets: IndexArray, batch: int) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
    for start in range(0, len(targets), batch):
        rows = slice(start, start + batch)
        yield start, torch.tensor(tokens[rows]), torch.tensor(targets[rows])


def mean_ndcg(positions: RankPositions) -> float:
    """NDCG@10, what training watches."""
    return ranking_metrics(positions, (10,))["ndcg@10"]
