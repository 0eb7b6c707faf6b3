"""From a Dataset to its Features: embed, measure, and record how."""

from __future__ import annotations

import time
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from goracs_core.data.dataset import Dataset
from goracs_core.data.precomputed import PRECOMPUTED
from goracs_core.features.embed import embed_samples, embedded_texts
from goracs_core.features.encoder import load_encoder
from goracs_core.features.model import load_language_model
from goracs_core.features.norms import gradient_norms
from goracs_core.features.options import NO_MODEL, FeatureOptions
from goracs_core.features.value import Features, check_lengths
from goracs_core.progress import Progress, silent
from goracs_core.types import Embeddings, GradientNorms

_VERSIONED = ("torch", "transformers", "sentence-transformers", "peft", "tokenizers", "numpy")


def compute_features(
    dataset: Dataset, options: FeatureOptions, *, cache: Path, progress: Progress = silent
) -> Features:
    """Embed pool and validation, and measure the pool's gradient norms unless `options.model` is "none".

    Args:
        dataset: From a loader or the generator.
        options: Which encoder, model and loss.
        cache: Folder for finished chunks and trained models; a cancelled job goes on from there.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        ModelError: A model cannot be loaded or used.
    """
    cache = Path(cache)
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    progress("Loading the encoder")
    encoder = load_encoder(options.encoder)
    parts, truncated = [], 0
    for name, samples in (("pool", dataset.pool), ("validation", dataset.validation)):
        more: dict[str, Any] = {"cache": cache, "progress": progress, "stage": f"Embedding {name}"}
        parts.append(embed_samples(samples, task=dataset.task, encoder=encoder, **more))
        truncated += encoder.count_truncated(embedded_texts(samples, dataset.task))
    seconds["embeddings"] = round(time.perf_counter() - started, 2)
    meta: dict[str, Any] = {
        "source": "computed",
        "options": options.to_dict(),
        "encoder": {"name": encoder.name, "fingerprint": encoder.fingerprint, "truncated_texts": truncated},
    }
    del encoder  # the language model may need the room
    norms = None
    if options.model.strip() != NO_MODEL:
        norms, meta["model"], spent = _measure(dataset, options, cache, progress)
        seconds |= spent
    meta |= {"seconds": seconds, "versions": _versions()}
    return counted_features(dataset, parts[0], parts[1], norms, meta)


def features_from_arrays(
    dataset: Dataset,
    pool_embeddings: Embeddings | ArrayLike,
    validation_embeddings: Embeddings | ArrayLike,
    gradient_norms: GradientNorms | ArrayLike | None = None,
) -> Features:
    """Features that were computed elsewhere, checked against the dataset.

    Args:
        dataset: Rows are in the order of its pool and validation samples.
        pool_embeddings: Shape [n, d].
        validation_embeddings: Shape [m, d].
        gradient_norms: Shape [n], or None.

    Raises:
        ShapeError: Lengths or widths do not agree, or a value is not finite.
    """
    pool, validation = (
        part if isinstance(part, Embeddings) else Embeddings(np.asarray(part), PRECOMPUTED)
        for part in (pool_embeddings, validation_embeddings)
    )
    norms = gradient_norms
    if norms is not None and not isinstance(norms, GradientNorms):
        norms = GradientNorms(np.asarray(norms), PRECOMPUTED, PRECOMPUTED)
    meta = {"source": PRECOMPUTED, "encoder": {"name": pool.encoder}, "seconds": {}, "versions": _versions()}
    if norms is not None:
        meta["model"] = {"name": norms.model}
    return counted_features(dataset, pool, validation, norms, meta)


def counted_features(
    dataset: Dataset, pool: Embeddings, validation: Embeddings, norms: GradientNorms | None, meta: dict[str, Any]
) -> Features:
    """Features of `dataset`, their lengths checked, its name and fingerprint and the counts added to `meta`.

    Raises:
        ShapeError: Not one embedding per sample, or widths that differ.
    """
    check_lengths(pool, validation, len(dataset.pool), len(dataset.validation))
    meta |= {
        "dataset": {"name": dataset.name, "fingerprint": dataset.fingerprint},
        "counts": {"pool": len(pool), "validation": len(validation), "width": int(pool.values.shape[1])},
    }
    return Features(pool, validation, norms, meta)


def _measure(
    dataset: Dataset, options: FeatureOptions, cache: Path, progress: Progress
) -> tuple[GradientNorms, dict[str, Any], dict[str, float]]:
    """The norms, the record of the model, and the seconds of both."""
    started = time.perf_counter()
    model = load_language_model(dataset, options, cache=cache, progress=progress)
    loaded = time.perf_counter()
    choice = options.norms()
    norms = gradient_norms(dataset.pool, task=dataset.task, model=model, options=choice, cache=cache, progress=progress)
    record = {"name": model.name, "fingerprint": model.fingerprint, "record": model.meta, "norms": asdict(choice)}
    ended = time.perf_counter()
    return norms, record, {"model": round(loaded - started, 2), "gradient_norms": round(ended - loaded, 2)}


def _versions() -> dict[str, str]:
    found = {}
    for name in _VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
