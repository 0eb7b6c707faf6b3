"""Titles as vectors of the features' encoder, so that written texts can be held against them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from goracs_core.data.dataset import Dataset
from goracs_core.features.embed import embed_texts
from goracs_core.features.encoder import load_encoder
from goracs_core.llm.grounding import Grounding
from goracs_core.progress import Progress, silent
from goracs_core.types import Float32Array


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
    progress("Loading the encoder")
    encoder = load_encoder(encoder_name)

    def embed(texts: Sequence[str]) -> Float32Array:
        return encoder.encode(texts, report=lambda done: progress("Embedding what was written", done, len(texts)))

    texts = dataset.items.titles
    titles = embed_texts(texts, encoder, cache=Path(cache), stage="Embedding titles", progress=progress)
    return Grounding(titles, embed, texts)
