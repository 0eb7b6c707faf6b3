"""BIGRec: a language model writes the next title, and the catalogue is ranked by its distance from what was written."""

from __future__ import annotations

import time

import numpy as np

from goracs_core.data.dataset import Samples
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.generate import longest, write_texts
from goracs_core.llm.grounding import Grounding
from goracs_core.llm.tuning.outcomes import Rankings
from goracs_core.progress import Progress, silent
from goracs_core.ranking import RankPositions, catalogue_positions, positions_among
from goracs_core.types import IndexArray

_BLOCK = 1 << 24  # distances held at once


def rank_by_writing(
    model: CausalModel,
    samples: Samples,
    rows: IndexArray,
    grounding: Grounding,
    negatives: IndexArray,
    *,
    beams: int,
    max_tokens: int,
    progress: Progress = silent,
) -> Rankings:
    """Rank items by the Euclidean distance of their titles from the text that the model writes (arXiv 2308.08434).

    The best text of the beam search is grounded; items whose titles have one vector tie. What differs from the paper:
    distances are not weighted by popularity or by another recommender (its equations 3 to 5), and the embeddings are
    those of the sentence encoder that the coreset was chosen with, where the paper takes the language model's own.

    Args:
        model: A fine-tuned language model.
        samples: Test samples; their targets are the right items.
        rows: Samples that are ranked; shape [q].
        grounding: The catalogue's titles as vectors.
        negatives: Items that each right one competes with; shape [q, c].
        beams: Beams of the search.
        max_tokens: Most tokens of a prompt and its text together.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        ModelError: The model fails, or reads too little.
    """
    started = time.perf_counter()
    written = write_texts(
        model,
        [samples.prompts[row] for row in rows],
        beams=beams,
        max_tokens=max_tokens,
        progress=progress,
        max_new=longest(model.tokenizer, grounding.texts),
    )
    full, sampled = _grounded(written, samples.targets[rows], grounding, negatives)
    return Rankings(rows, full, sampled, tuple(written), time.perf_counter() - started)


def _grounded(
    written: list[str], targets: IndexArray, grounding: Grounding, negatives: IndexArray
) -> tuple[RankPositions, RankPositions]:
    """Where the targets stand in the whole catalogue and among their negatives, by distance from what was written."""
    vectors = grounding.vectors(written)  # [q, d]
    full, sampled = [], []
    step = max(1, _BLOCK // len(grounding.titles))
    for start in range(0, len(written), step):
        rows = slice(start, start + step)
        closeness = -grounding.distances(vectors[rows])  # [b, v]
        own = np.take_along_axis(closeness, targets[rows, None], axis=1)[:, 0]
        full.append(catalogue_positions(closeness, targets[rows]))
        sampled.append(positions_among(own, np.take_along_axis(closeness, negatives[rows], axis=1)))
    return _joined(full), _joined(sampled)


def _joined(parts: list[RankPositions]) -> RankPositions:
    if not parts:
        return RankPositions(np.empty(0, np.int64), np.empty(0, np.int64))
    return RankPositions(
        np.concatenate([part.better for part in parts]), np.concatenate([part.equal for part in parts])
    )
