"""How hard a sample is for a language model that is not trained on it: EL2N and predictive entropy.

EL2N is the L2 distance between the predicted distribution and the truth (arXiv 2107.07075, definition 2.2), there of an
image's class, here the mean over the tokens that count. Entropy is that of the same distributions (selection by it:
arXiv 1906.11829). Both need one forward pass.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import AnySamples
from goracs_core.llm.logits import BATCH_TOKENS, LogitReader, measure_in_batches
from goracs_core.types import FloatArray

EL2N, ENTROPY = 0, 1  # columns

_BLOCK = 8_000_000  # probabilities held at once


def difficulty_in_batches(
    model: CausalModel,
    samples: AnySamples,
    *,
    whole_sequence: bool = False,
    report: Callable[[int], None] | None = None,
    batch_tokens: int = BATCH_TOKENS,
) -> FloatArray:
    """EL2N and entropy in nats of each sample; shape [n, 2].

    Of a `TokenSample`: means over its answer's tokens. Of a `ChoiceSample`: of the two-way distribution over No and Yes
    where the answer starts.

    Args:
        model: A language model.
        samples: n samples of one kind, at least one.
        whole_sequence: Every token of a `TokenSample` counts, instead of the answer's.
        report: Called after each batch with the number of samples done; may raise to stop.
        batch_tokens: Most tokens per forward pass.

    Raises:
        ModelError: The model fails.
    """
    reader = LogitReader(model.model)

    def measure(batch: AnySamples) -> FloatArray:
        with torch.inference_mode():
            logits, targets, scored = reader.of_samples(batch, whole_sequence=whole_sequence)
            values = _per_position(logits, targets)  # [s, 2]
        if scored is None:
            return values
        counts = scored.sum(dim=1).cpu().numpy()  # [b]
        ends = np.cumsum(counts)  # the positions lie row by row, and every row has one
        return np.add.reduceat(values, ends - counts, axis=0) / counts[:, None]

    return measure_in_batches(samples, measure, what="predictions", report=report, batch_tokens=batch_tokens)


def _per_position(logits: torch.Tensor, targets: torch.Tensor) -> FloatArray:
    """EL2N and entropy of each prediction; [s, v] logits, [s] targets -> [s, 2]."""
    values = np.empty((len(logits), 2))
    step = max(1, _BLOCK // logits.shape[1])
    for start in range(0, len(logits), step):
        block = slice(start, start + step)
        chances = torch.softmax(logits[block], dim=1)  # [s, v]
        values[block, ENTROPY] = torch.special.entr(chances).sum(dim=1, dtype=torch.float64).cpu().numpy()
        # 1 - p of the truth is the sum of all others, which loses no digits where the model is nearly certain.
        others = chances.scatter(1, targets[block, None], 0.0)
        missing = others.sum(dim=1, dtype=torch.float64)
        squared = others.square().sum(dim=1, dtype=torch.float64) + missing.square()
        values[block, EL2N] = squared.sqrt().cpu().numpy()
    return values
