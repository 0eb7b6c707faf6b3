"""Predictions of a language model where they count, and numbers measured from them batch by batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from goracs_core.errors import ModelError
from goracs_core.llm.batches import (
    AnySamples,
    ChoiceSample,
    TokenBatch,
    TokenSample,
    batches_by_length,
    choice_batch,
    token_batch,
)
from goracs_core.llm.files import one_line
from goracs_core.types import BoolArray, FloatArray, IndexArray

# Tokens per pass, padding counted: measured, larger batches leave the processor's cache.
BATCH_TOKENS = 1024
_MAX_BATCH = 64


class NotFiniteError(ModelError):
    """A model computed something that is no number."""


class LogitReader:
    """Reads the logits of a model at chosen positions.

    Args:
        model: The transformers model.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._head = model.get_output_embeddings()
        self._positions = "position_ids" in inspect.signature(model.forward).parameters

    def of_tokens(self, batch: TokenBatch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What predicts the scored tokens.

        Returns:
            Logits, shape [s, v], row by row; the tokens that they should predict, shape [s]; and where they stand,
            shape [b, t - 1], true where the next token is scored.
        """
        # Position p predicts token p + 1, so the last token is not read.
        logits = self._read(batch.ids[:, :-1], batch.mask[:, :-1], batch.scored[:, 1:])
        scored = torch.tensor(batch.scored[:, 1:], device=logits.device)
        return logits, torch.tensor(batch.ids[:, 1:], device=logits.device)[scored], scored

    def of_choices(self, samples: Sequence[ChoiceSample]) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of No and Yes after each prompt, shape [b, 2], and the labels, shape [b]."""
        batch = choice_batch(samples)
        last = np.zeros_like(batch.mask)
        last[:, -1] = True
        logits = self._read(batch.ids, batch.mask, last)  # [b, v]
        choices = torch.tensor([sample.choices for sample in samples], device=logits.device)
        return logits.gather(1, choices), torch.tensor([sample.label for sample in samples], device=logits.device)

    def each_loss(self, samples: AnySamples, *, whole_sequence: bool = False) -> torch.Tensor:
        """Loss of each sample, a mean over its own scored tokens, or of Yes against No; shape [b], with a graph.

        Args:
            samples: One batch, of either kind.
            whole_sequence: Every token of a `TokenSample` counts, instead of the answer's.
        """
        logits, targets, scored = self.of_samples(samples, whole_sequence=whole_sequence)
        losses = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
        if scored is None:
            return losses
        placed = torch.zeros(scored.shape, dtype=logits.dtype, device=logits.device)
        placed[scored] = losses
        return placed.sum(dim=1) / scored.sum(dim=1)

    def of_samples(
        self, samples: AnySamples, *, whole_sequence: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """What `of_tokens` or `of_choices` gives for one batch of either kind; nothing is scored of a choice."""
        choices = [sample for sample in samples if isinstance(sample, ChoiceSample)]
        if choices:
            return *self.of_choices(choices), None
        texts = [sample for sample in samples if isinstance(sample, TokenSample)]
        return self.of_tokens(token_batch(texts, whole_sequence=whole_sequence))

    def _read(self, ids: IndexArray, mask: BoolArray, wanted: BoolArray) -> torch.Tensor:
        """Logits where `wanted` is true, row by row, at least in single precision; shape [s, v]."""
        device = self.model.device
        attention = torch.tensor(mask, device=device).long()
        inputs: dict[str, Any] = {"input_ids": torch.tensor(ids, device=device), "attention_mask": attention}
        if self._positions:  # count from each row's first token, or padding would shift absolute positions
            inputs["position_ids"] = (attention.cumsum(1) - 1).clamp(min=0)
        positions = torch.tensor(wanted, device=device)
        narrowed = False

        def narrow(_: Any, hidden: tuple[Any, ...]) -> tuple[Any, ...]:
            nonlocal narrowed
            narrowed = True
            return (hidden[0][positions].unsqueeze(0), *hidden[1:])

        # The product with the vocabulary is the dearest of all: only where it counts, not on prompts and padding.
        hook = None if self._head is None else self._head.register_forward_pre_hook(narrow)
        try:
            logits = self.model(**inputs, use_cache=False).logits
        finally:
            if hook is not None:
                hook.remove()
        logits = logits[0] if narrowed else logits[positions]
        return logits.to(torch.promote_types(logits.dtype, torch.float32))


def measure_in_batches(
    samples: AnySamples,
    measure: Callable[[AnySamples], FloatArray],
    *,
    what: str,
    report: Callable[[int], None] | None = None,
    batch_tokens: int = BATCH_TOKENS,
) -> FloatArray:
    """Numbers per sample from batches of similar length; shape [n, ...] in the order of the samples.

    Args:
        samples: n samples of one kind, at least one.
        measure: Turns a batch into its numbers, shape [b, ...].
        what: What the numbers are, plural, for the error.
        report: Called after each batch with the number of samples done; may raise to stop.
        batch_tokens: Most tokens per batch.

    Raises:
        ModelError: The model fails; of these, NotFiniteError: a number is not finite.
    """
    order: list[int] = []
    parts: list[FloatArray] = []
    for rows in batches_by_length([len(sample.ids) for sample in samples], batch_tokens, _MAX_BATCH):
        try:
            part = measure([samples[row] for row in rows])
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            raise ModelError(
                f"the language model fails on these samples ({one_line(error)}); choose another", code="model-failed"
            ) from error
        if not np.isfinite(part).all():
            message = f"the language model's {what} are not finite on some samples; choose another model"
            raise NotFiniteError(message, code="not-finite", fields={"what": what})
        order += rows
        parts.append(part)
        if report is not None:
            report(len(order))
    values = np.concatenate(parts)
    values[order] = values.copy()
    return values
