"""Titles as vectors of the features' encoder, so that written texts can be held against them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.features.chunks import Texts, compute_in_chunks
from goracs_core.features.encoder import load_encoder
from goracs_core.llm.grounding import Grounding
from goracs_core.progress import Progress, silent
from goracs_core.types import Float32Array, fingerprint


def title_grounding(dataset: Dataset, encoder_name: str, *, cache: Path, progress: Progress = silent) -> Grounding:
    """Embed the titles of a dataset's items.

    Finished chunks stay in `cache`, found again by the content of the texts and of the encoder; texts that are embedded
    later are not kept.

    Args:
        dataset: Its items' titles are read.
        encoder_name: As for `load_encoder`; the one of the dataset's features.
        cache: Folder for the chunks.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        ModelError: The encoder cannot be loaded or fails.
        StoreError: The cache cannot be written.
    """
    progress("Loading the encoder", 0, 1)
    encoder = load_encoder(encoder_name)

    def compute(chunk: list[Texts], report: Callable[[int], None]) -> np.ndarray:
        return encoder.encode([text for (text,) in chunk], report=report)

    def embed(texts: Sequence[str]) -> Float32Array:
        return encoder.encode(texts, report=lambda done: progress("Embedding what was written", done, len(texts)))

    titles = compute_in_chunks(
        [(title,) for title in dataset.items.titles],
        recipe=fingerprint("embeddings", encoder.fingerprint),  # as those of samples: the same text, the same vector
        compute=compute,
        cache=Path(cache),
        stage="Embedding titles",
        progress=progress,
    )
    return Grounding(titles, embed, dataset.items.titles)
