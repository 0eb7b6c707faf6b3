"""TALLRec: a language model answers Yes or No to whether an item will be liked."""

from __future__ import annotations

import numpy as np
import torch

from goracs_core.data.dataset import Samples
from goracs_core.errors import DataError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import AnySamples, tokenize_choices
from goracs_core.llm.logits import LogitReader, measure_in_batches
from goracs_core.llm.tuning.memory import memory_sentences
from goracs_core.llm.tuning.outcomes import Choices
from goracs_core.progress import Progress, silent
from goracs_core.torch_threads import threads_for
from goracs_core.types import FloatArray, IndexArray


def choose(
    model: CausalModel, samples: Samples, rows: IndexArray, *, max_tokens: int, progress: Progress = silent
) -> Choices:
    """P(Yes) against No where the answer begins, as a softmax over the two (arXiv 2305.00447).

    Args:
        model: A fine-tuned language model.
        samples: Test samples with labels.
        rows: Samples that are asked; shape [q], at least one.
        max_tokens: Longest prompt with answer; longer prompts lose their oldest part.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        DataError: The samples have no labels.
        ModelError: The model fails, or its tokenizer does not tell Yes from No.
    """
    if samples.labels is None:
        raise DataError(
            "only samples with Yes or No as answers can be asked; prepare the data with task ctr", code="no-labels"
        )
    labels = samples.labels[rows]
    # The answer is one more token.
    context = min(model.context, max_tokens) - 1
    asked = tokenize_choices(model.tokenizer, [samples.prompts[row] for row in rows], labels.tolist(), context=context)
    reader = LogitReader(model.model)

    def measure(batch: AnySamples) -> FloatArray:
        with torch.inference_mode(), memory_sentences("asking"):
            logits, *_ = reader.of_samples(batch)
            return torch.softmax(logits.double(), dim=1)[:, 1].cpu().numpy()

    stage = "Asking Yes or No"
    progress(stage, 0, len(asked))
    with threads_for(model.model):
        chances = measure_in_batches(
            asked, measure, what="chances of Yes", report=lambda done: progress(stage, done, len(asked))
        )
    return Choices(rows, np.asarray(chances), labels)
