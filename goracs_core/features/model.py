"""The language model that a dataset is measured with."""

from __future__ import annotations

from pathlib import Path

from goracs_core.data.dataset import Dataset
from goracs_core.features.options import MADE_HERE, SMALL_MODEL, FeatureOptions
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.small import train_small_model, train_titles_model
from goracs_core.progress import Progress, silent


def load_language_model(
    dataset: Dataset, options: FeatureOptions, *, cache: Path, progress: Progress = silent
) -> CausalModel:
    """A small model trained on this dataset (or found in the cache), or a model given by folder or name.

    Args:
        dataset: What the small models are trained on.
        options: `model`, which is not "none", and `seed`.
        cache: Where the small models are kept.
        progress: Told the stages; may raise JobCancelled.

    Raises:
        ModelError: It cannot be loaded.
        StoreError: The cache cannot be written.
    """
    progress("Loading the language model")
    name = options.model.strip()
    if name not in MADE_HERE:
        return load_causal_model(name)
    train = train_small_model if name == SMALL_MODEL else train_titles_model
    return train(dataset, seed=options.seed, cache=cache, progress=progress)
