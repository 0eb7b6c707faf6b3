"""Gradient norms of samples: what the gradient term rewards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from goracs_core.data.dataset import Samples, Task
from goracs_core.errors import DataError
from goracs_core.features.chunks import Texts, compute_in_chunks
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import tokenize, tokenize_choices
from goracs_core.llm.options import NormOptions
from goracs_core.types import GradientNorms, Progress, fingerprint, silent

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
    if len(samples) == 0:
        raise DataError("there are no samples to measure; give at least one")
    by_choice = task is Task.CTR and options.loss == "answer"
    if by_choice and samples.labels is None:
        raise DataError("click prediction needs a label for every sample; prepare the dataset for ctr")
    context = min(model.context, options.max_tokens)
    labels = samples.labels if by_choice and samples.labels is not None else None
    seconds = samples.answers if labels is None else [str(label) for label in labels]

    with adapters(model, options) as probe:

        def compute(chunk: list[Texts], report: Callable[[int], None]) -> np.ndarray:
            prompts, others = [entry[0] for entry in chunk], [entry[1] for entry in chunk]
            if by_choice:
                tokens = tokenize_choices(model.tokenizer, prompts, [int(label) for label in others], context=context)
            else:
                tokens = tokenize(model.tokenizer, prompts, others, context=context)
            return gradient_norms_in_batches(probe, tokens, whole_sequence=options.loss == "sequence", report=report)

        values = compute_in_chunks(
            list(zip(samples.prompts, seconds, strict=True)),
            recipe=fingerprint(
                _RECIPE, model.fingerprint, repr(sorted(asdict(options).items())), f"choice={by_choice}"
            ),
            compute=compute,
            cache=cache,
            stage="Measuring gradients",
            progress=progress,
        )
    return GradientNorms(values, model.name, options.describe(ctr=by_choice))
