"""Embeddings of samples: what the transport distance sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from goracs_core.data.dataset import Samples, Task
from goracs_core.errors import DataError
from goracs_core.features.chunks import Texts, compute_in_chunks
from goracs_core.features.encoder import Encoder
from goracs_core.llm.batches import joined
from goracs_core.progress import Progress, silent
from goracs_core.types import Embeddings, Float32Array, fingerprint


def embedded_texts(samples: Samples, task: Task) -> tuple[str, ...]:
    """What the encoder reads: prompt and answer for seqrec, the prompt alone for ctr (the label stays unseen)."""
    if task is Task.CTR:
        return samples.prompts
    return tuple(joined(prompt, answer) for prompt, answer in zip(samples.prompts, samples.answers, strict=True))


def embed_samples(
    samples: Samples,
    *,
    task: Task,
    encoder: Encoder,
    cache: Path,
    progress: Progress = silent,
    stage: str = "Embedding samples",
) -> Embeddings:
    """Embed every sample.

    Finished chunks stay in `cache`, found again by the content of the texts and of the encoder.

    Args:
        samples: n samples.
        task: Decides which texts are read, see `embedded_texts`.
        encoder: From `load_encoder`.
        cache: Folder for the chunks.
        progress: Told after every batch; may raise JobCancelled.
        stage: Name for the progress.

    Raises:
        DataError: There are no samples.
        ModelError: The encoder fails.
    """
    if len(samples) == 0:
        raise DataError("there are no samples to embed; give at least one", code="no-samples")
    values = embed_texts(embedded_texts(samples, task), encoder, cache=cache, stage=stage, progress=progress)
    return Embeddings(values, encoder.name)


def embed_texts(texts: Sequence[str], encoder: Encoder, *, cache: Path, stage: str, progress: Progress) -> Float32Array:
    """One vector per text, kept in chunks by the content of texts and encoder; shape [n, d]."""

    def compute(chunk: list[Texts], report: Callable[[int], None]) -> np.ndarray:
        return encoder.encode([text for (text,) in chunk], report=report)

    return compute_in_chunks(
        [(text,) for text in texts],
        recipe=fingerprint("embeddings", encoder.fingerprint),
        compute=compute,
        cache=cache,
        stage=stage,
        progress=progress,
    )
