"""Loss of samples under a model, one number each: the test loss, and what early stopping watches."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from goracs_core.data.dataset import Dataset, Samples
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import AnySamples
from goracs_core.llm.logits import LogitReader, measure_in_batches
from goracs_core.llm.tuning.memory import memory_sentences
from goracs_core.llm.tuning.outcomes import SampleLosses
from goracs_core.llm.tuning.task_samples import task_samples
from goracs_core.progress import Progress, silent
from goracs_core.torch_threads import threads_for
from goracs_core.types import FloatArray, IndexArray


def sample_losses(
    model: CausalModel,
    dataset: Dataset,
    samples: Samples,
    rows: IndexArray,
    *,
    max_tokens: int,
    stage: str = "Measuring the test loss",
    progress: Progress = silent,
) -> SampleLosses:
    """Loss of each sample in nats.

    Sequential recommendation: mean cross-entropy over the answer's tokens and the end token. Click prediction: the
    two-way cross-entropy of Yes and No where the answer starts. Samples whose answers are too long are left out, the
    same ones whatever the model was trained on.

    Args:
        model: A language model, trained or not.
        dataset: Its task decides the loss.
        samples: Where the rows are, usually the test.
        rows: Which samples; shape [q].
        max_tokens: Longest prompt with answer.
        stage: Name for the progress.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        DataError: A row is not there.
        ModelError: The model fails or runs out of memory, a loss is not finite, or no answer fits.
    """
    started = time.perf_counter()
    progress(stage, 0, len(rows))
    ready = task_samples(model, samples, rows, task=dataset.task, max_tokens=max_tokens, progress=progress).some(
        "samples"
    )
    with threads_for(model.model):
        values = losses_of(
            LogitReader(model.model), ready.tokens, report=lambda done: progress(stage, done, len(ready.rows))
        )
    return SampleLosses(ready.rows, values, time.perf_counter() - started)


def losses_of(reader: LogitReader, samples: AnySamples, *, report: Callable[[int], None] | None = None) -> FloatArray:
    """Loss of each sample, without gradients; shape [q].

    Args:
        reader: Of a model without dropout.
        samples: q samples of one kind, at least one.
        report: Called after each batch with the number of samples done; may raise to stop.

    Raises:
        ModelError: The model fails or runs out of memory, or a loss is not finite.
    """

    def measure(batch: AnySamples) -> FloatArray:
        with torch.inference_mode(), memory_sentences("measuring losses"):
            return reader.each_loss(batch).double().cpu().numpy()

    return measure_in_batches(samples, measure, what="losses", report=report)
