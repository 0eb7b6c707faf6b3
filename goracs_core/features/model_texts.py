"""What a language model reads of each sample when something is measured with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goracs_core.data.dataset import Samples, Task
from goracs_core.errors import DataError
from goracs_core.features.chunks import Texts
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import ChoiceSample, TokenSample, tokenize, tokenize_choices
from goracs_core.llm.options import NormOptions


@dataclass(frozen=True)
class ModelTexts:
    """Samples as texts, and how they become tokens.

    Args:
        entries: Prompt and answer of each sample; of a choice, prompt and label; length n.
        by_choice: Whether Yes is told from No, instead of predicting an answer's tokens.
        max_tokens: Longest prompt with answer.
    """

    entries: tuple[Texts, ...]
    by_choice: bool
    max_tokens: int

    @classmethod
    def of(cls, samples: Samples, task: Task, options: NormOptions) -> ModelTexts:
        """The texts of samples.

        Args:
            samples: n samples.
            task: seqrec: tokens are predicted; ctr: Yes against No (unless `options.loss` is "sequence").
            options: The loss and the length limit.

        Raises:
            DataError: There are no samples, or labels are missing.
        """
        if len(samples) == 0:
            raise DataError("there are no samples to measure; give at least one", code="no-samples")
        by_choice = task is Task.CTR and options.loss == "answer"
        if by_choice and samples.labels is None:
            raise DataError(
                "click prediction needs a label for every sample; prepare the dataset for ctr", code="no-labels"
            )
        labels = samples.labels if by_choice and samples.labels is not None else None
        seconds = samples.answers if labels is None else [str(label) for label in labels]
        return cls(tuple(zip(samples.prompts, seconds, strict=True)), by_choice, options.max_tokens)

    def tokens(self, chunk: Sequence[Texts], model: CausalModel) -> list[TokenSample] | list[ChoiceSample]:
        """The tokens of some entries.

        Raises:
            ModelError: An answer does not fit the model, or the model cannot tell Yes from No.
        """
        context = min(model.context, self.max_tokens)
        prompts, others = [entry[0] for entry in chunk], [entry[1] for entry in chunk]
        if self.by_choice:
            return tokenize_choices(model.tokenizer, prompts, [int(label) for label in others], context=context)
        return tokenize(model.tokenizer, prompts, others, context=context)
