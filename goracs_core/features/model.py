"""The language model that a dataset is measured with."""

from __future__ import annotations

from pathlib import Path

from goracs_core.data.dataset import Dataset
from goracs_core.features.options import SMALL_MODEL, FeatureOptions
from goracs_core.llm.backend import CausalModel
from goracs_core.types import Progress, silent


def load_language_model(
    dataset: Dataset, options: FeatureOptions, *, cache: Path, progress: Progress = silent
) -> CausalModel:
    """The small model, trained on this dataset or found in the cache, or the one from a folder or by name.

    Args:
        dataset: What the small model is trained on.
        options: `model`, which is not "none", and `seed`.
        cache: Where small models are kept.
        progress: Told the stages; may raise JobCancelled.

    Raises:
        ModelError: It cannot be loaded.
        StoreError: The cache cannot be written.
    """
    from goracs_core.llm.backend import load_causal_model
    from goracs_core.llm.small import train_small_model

    progress("Loading the language model", 0, 1)
    if options.model.strip() == SMALL_MODEL:
        return train_small_model(dataset, seed=options.seed, cache=cache, progress=progress)
    return load_causal_model(options.model)
