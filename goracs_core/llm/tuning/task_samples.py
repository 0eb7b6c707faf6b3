"""Samples as a fine-tuned model reads and answers them: prompt, answer and end token, or prompt and Yes or No."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from goracs_core.data.dataset import Samples, Task
from goracs_core.errors import DataError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import (
    ChoiceSample,
    TokenSample,
    fitted,
    token_batch,
    tokenize,
    tokenize_choices,
)
from goracs_core.llm.logits import LogitReader
from goracs_core.progress import Progress, silent
from goracs_core.types import IndexArray, readonly

_UNLIMITED = 1 << 30
_CHUNK = 256

AnySamples = Sequence[TokenSample] | Sequence[ChoiceSample]


@dataclass(frozen=True, eq=False)
class TaskSamples:
    """Samples as tokens, without those whose answers are too long.

    Args:
        rows: Rows of the samples that remain, in the order given; shape [q].
        tokens: Their tokens, q samples of one kind.
        too_long: How many were left out.
        context: Most tokens that the model reads.
    """

    rows: IndexArray
    tokens: AnySamples
    too_long: int
    context: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", readonly(self.rows, np.int64))

    def note(self, what: str) -> str:
        """A sentence that counts what was left out; "" when nothing was."""
        if not self.too_long:
            return ""
        total = self.too_long + len(self.rows)
        verb = "was" if self.too_long == 1 else "were"
        return (
            f"{self.too_long:,} of {total:,} {what} {verb} left out: with the end token, their answers do not fit into "
            f"{self.context} tokens."
        )


def task_samples(
    model: CausalModel,
    samples: Samples,
    rows: IndexArray,
    *,
    task: Task,
    max_tokens: int,
    stage: str = "Reading the samples",
    progress: Progress = silent,
) -> TaskSamples:
    """Tokens of the given samples.

    Answers end with the tokenizer's end token where it has one, so that generation learns to stop. What is too long
    loses the oldest part of its prompt; a sample whose answer alone is too long is left out. Which ones those are
    follows from the texts, the tokenizer and the length alone, not from anything trained.

    Args:
        model: Its tokenizer and context count, not its weights.
        samples: Where the rows are.
        rows: Which samples; shape [q].
        task: seqrec: titles are answers; ctr: Yes and No.
        max_tokens: Longest prompt with answer; the model's context where that is shorter.
        stage: Name for the progress.
        progress: Told after every few hundred samples; may raise JobCancelled.

    Raises:
        DataError: A row is not there, or a label is missing.
        ModelError: An answer is empty, or the tokenizer cannot tell Yes from No.
    """
    rows = np.asarray(rows, np.int64)
    if len(rows) and (rows.min() < 0 or rows.max() >= len(samples)):
        raise DataError(
            f"rows run from 0 to {len(samples) - 1}, but {rows.min()} to {rows.max()} were given",
            code="rows-out-of-range",
            fields={"largest": len(samples) - 1, "given": (int(rows.min()), int(rows.max()))},
        )
    if task is Task.CTR and samples.labels is None:
        raise DataError(
            "click prediction needs a label for every sample; prepare the dataset for ctr", code="no-labels"
        )
    context = min(model.context, max_tokens)
    kept: list[int] = []
    tokens: list[TokenSample | ChoiceSample] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        for row, sample in zip(chunk, _tokens(model, samples, chunk, task, context), strict=True):
            if sample is not None:
                kept.append(int(row))
                tokens.append(sample)
        progress(stage, start + len(chunk), len(rows))
    return TaskSamples(np.array(kept, np.int64), tokens, len(rows) - len(kept), context)  # pyright: ignore[reportArgumentType]


def _tokens(
    model: CausalModel, samples: Samples, rows: IndexArray, task: Task, context: int
) -> Sequence[TokenSample | ChoiceSample | None]:
    """Tokens of each row; None where the answer does not fit."""
    prompts = [samples.prompts[row] for row in rows]
    if task is Task.CTR:
        assert samples.labels is not None
        return tokenize_choices(model.tokenizer, prompts, samples.labels[rows].tolist(), context=context)
    end = model.tokenizer.eos_token_id
    ending = () if end is None else (end,)
    whole = tokenize(model.tokenizer, prompts, [samples.answers[row] for row in rows], context=_UNLIMITED)
    return [fitted(TokenSample((*one.ids, *ending), one.answer), context, model.tokenizer) for one in whole]


def batch_loss(reader: LogitReader, samples: AnySamples) -> torch.Tensor:
    """What training makes smaller: mean cross-entropy over all answer tokens of the batch, or of Yes and No; a scalar.

    Args:
        reader: Of the model.
        samples: One batch, of either kind.
    """
    if isinstance(samples[0], ChoiceSample):
        return torch.nn.functional.cross_entropy(*reader.of_choices(samples))  # pyright: ignore[reportArgumentType]
    logits, targets, _ = reader.of_tokens(token_batch(samples, whole_sequence=False))  # pyright: ignore[reportArgumentType]
    return torch.nn.functional.cross_entropy(logits, targets)


def each_loss(reader: LogitReader, samples: AnySamples) -> torch.Tensor:
    """Loss of each sample, a mean over its own answer tokens, or of Yes and No; shape [b].

    Args:
        reader: Of the model.
        samples: One batch, of either kind.
    """
    if isinstance(samples[0], ChoiceSample):
        return torch.nn.functional.cross_entropy(*reader.of_choices(samples), reduction="none")  # pyright: ignore[reportArgumentType]
    logits, targets, scored = reader.of_tokens(token_batch(samples, whole_sequence=False))  # pyright: ignore[reportArgumentType]
    losses = torch.zeros(scored.shape, dtype=logits.dtype, device=logits.device)
    losses[scored] = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    return losses.sum(dim=1) / scored.sum(dim=1)
