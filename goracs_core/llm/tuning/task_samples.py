"""Samples as a fine-tuned model reads and answers them: prompt, answer and end token, or prompt and Yes or No."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from goracs_core.data.dataset import Samples, Task
from goracs_core.errors import DataError, ModelError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import AnySamples, ChoiceSample, TokenSample, fitted, tokenize, tokenize_choices
from goracs_core.progress import Progress, silent
from goracs_core.types import IndexArray, protect

_UNLIMITED = 1 << 30
_CHUNK = 256


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
        protect(self, rows=np.int64)

    def some(self, what: str) -> TaskSamples:
        """These samples, of which there must be at least one.

        Raises:
            ModelError: There is none.
        """
        if not len(self.rows):
            message = (
                f"none of the answers of {self.too_long:,} {what} fits into {self.context} tokens with even one token "
                "of prompt; raise max_tokens or take a model that reads more"
            )
            raise ModelError(message, code="no-answer-fits", fields={"answers": self.too_long, "context": self.context})
        return self

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
    rows = samples.checked_rows(rows)
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
    return TaskSamples(np.array(kept, np.int64), tokens, len(rows) - len(kept), context)


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
