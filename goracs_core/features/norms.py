"""Gradient norms of samples: what the gradient term rewards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from goracs_core.data.dataset import Samples, Task
from goracs_core.features.chunks import Texts, compute_in_chunks
from goracs_core.features.model_texts import ModelTexts
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.options import NormOptions
from goracs_core.progress import Progress, silent
from goracs_core.torch_threads import threads_for
from goracs_core.types import GradientNorms, fingerprint

# Part of every cache key: raise it when the same options come to mean other numbers.
_RECIPE = "gradient norms 1"


def gradient_norms(
    samples: Samples,
    *,
    task: Task,
    model: CausalModel,
    options: NormOptions | None = None,
    cache: Path,
    progress: Progress = silent,
) -> GradientNorms:
    """L2 norm of the adapter gradient of each sample's loss (GORACS, algorithms: gradient norms).

    Finished chunks stay in `cache`, found again by the content of the samples, of the model and of the options.

    Args:
        samples: n samples.
        task: seqrec: loss over tokens; ctr: Yes against No (unless `options.loss` is "sequence").
        model: From `load_causal_model` or `train_small_model`.
        options: Loss, adapters, seed; the defaults where not given.
        cache: Folder for the chunks.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        DataError: There are no samples.
        ModelError: The model has no place for adapters, cannot tell Yes from No, or an answer does not fit it.
    """
    from goracs_core.llm.gradients import adapters, gradient_norms_in_batches

    options = options or NormOptions()
    texts = ModelTexts.of(samples, task, options)
    with threads_for(model.model), adapters(model, options) as probe:

        def compute(chunk: list[Texts], report: Callable[[int], None]) -> np.ndarray:
            tokens = texts.tokens(chunk, model)
            return gradient_norms_in_batches(probe, tokens, whole_sequence=options.loss == "sequence", report=report)

        values = compute_in_chunks(
            texts.entries,
            recipe=fingerprint(
                _RECIPE, model.fingerprint, repr(sorted(asdict(options).items())), f"choice={texts.by_choice}"
            ),
            compute=compute,
            cache=cache,
            stage="Measuring gradients",
            progress=progress,
        )
    return GradientNorms(values, model.name, options.describe(ctr=texts.by_choice))
