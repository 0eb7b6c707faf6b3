"""The model that a fine-tuning starts from, by its name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch

from goracs_core.data.dataset import Dataset
from goracs_core.errors import ConfigError, ModelError
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.small import SMALL_MODEL, TITLES_MODEL, train_small_model, train_titles_model
from goracs_core.llm.tuning.options import FineTuneOptions, Precision
from goracs_core.progress import Progress, silent

_MADE_HERE = (TITLES_MODEL, SMALL_MODEL)
# They are the same for every training: its seed decides what is drawn in training only.
_SEED = 0


def base_model(dataset: Dataset, options: FineTuneOptions, *, cache: Path, progress: Progress = silent) -> CausalModel:
    """The model to fine-tune: a small one (trained now or found in the cache), or one given by folder or name.

    Args:
        dataset: What "small-titles" and "small" are trained on.
        options: `model`, `weights` and `precision`.
        cache: Where the small models are kept.
        progress: Told the stages; may raise JobCancelled.

    Raises:
        ConfigError: Fewer than 32 bits where all weights are trained.
        ModelError: The model cannot be loaded, or not in this precision on this machine.
        StoreError: The cache cannot be written.
    """
    _check_precision(options)
    progress("Loading the language model")
    if options.model not in _MADE_HERE:
        return load_causal_model(options.model, precision=options.precision)
    train = train_titles_model if options.model == TITLES_MODEL else train_small_model
    return train(dataset, seed=_SEED, cache=cache, progress=progress)


def _check_precision(options: FineTuneOptions) -> None:
    precision: Precision = options.precision
    if precision == "float32":
        return
    if options.weights == "full":
        message = (
            f"precision is {precision}, but to train all weights needs float32; take it, or adapters (weights lora)"
        )
        raise ConfigError(message, code="full-needs-float32", fields={"precision": precision})
    if options.model in _MADE_HERE:
        raise ModelError(
            f"the model {options.model} is too small to gain from precision {precision}; take float32",
            code="too-small-for-precision",
            fields={"model": options.model, "precision": precision},
        )
    if not torch.cuda.is_available():
        message = f"precision {precision} needs a GPU, and this machine has none; take float32"
        raise ModelError(message, code="no-gpu", fields={"precision": precision})
    if precision == "8bit" and find_spec("bitsandbytes") is None:
        message = "precision 8bit needs the package bitsandbytes; install it, or take bfloat16"
        raise ModelError(message, code="package-missing", fields={"package": "bitsandbytes"})
