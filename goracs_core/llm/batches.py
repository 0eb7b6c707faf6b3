"""Prompts and answers as padded token batches in which the answers stand at the right end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from goracs_core.errors import ModelError
from goracs_core.types import BoolArray, IndexArray, protect

YES, NO = "Yes", "No"


def joined(prompt: str, answer: str) -> str:
    """Prompt and answer as one text: a space between them unless the prompt ends with white space."""
    return f"{prompt}{'' if not prompt or prompt[-1].isspace() else ' '}{answer}"


@dataclass(frozen=True)
class TokenSample:
    """One prompt with its answer as token ids.

    Args:
        ids: All tokens.
        answer: Position of the first answer token in `ids`; all later ones belong to the answer.
    """

    ids: tuple[int, ...]
    answer: int


@dataclass(frozen=True)
class ChoiceSample:
    """A prompt that asks for Yes or No.

    Args:
        ids: Tokens up to the one before the answer.
        choices: The tokens that would begin No and Yes there, in this order.
        label: 1 yes, 0 no.
    """

    ids: tuple[int, ...]
    choices: tuple[int, int]
    label: int


AnySamples = Sequence[TokenSample | ChoiceSample]  # of one kind


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Samples padded on the left, so that the last column of every row is its last token.

    Args:
        ids: Shape [b, t]; padding repeats token 0, which no result depends on.
        mask: True where a token is; shape [b, t].
        scored: True where the token is predicted and counted in the loss; shape [b, t].
    """

    ids: IndexArray
    mask: BoolArray
    scored: BoolArray

    def __post_init__(self) -> None:
        protect(self, ids=np.int64, mask=np.bool_, scored=np.bool_)


def tokenize(tokenizer: Any, prompts: Sequence[str], answers: Sequence[str], *, context: int) -> list[TokenSample]:
    """Token ids of prompts with answers.

    The answer begins at the first token that the prompt alone would not have had there, so a token that spans the
    border belongs to the answer, whatever the tokenizer does with spaces. What is longer than `context` loses tokens
    at the start of the prompt (but keeps the start-of-text token); the answer is never cut.

    Args:
        tokenizer: A Hugging Face tokenizer.
        prompts: n texts.
        answers: n texts.
        context: Most tokens.

    Raises:
        ModelError: An answer has no tokens or does not fit the context.
    """
    if not prompts:
        return []
    whole = _encode(tokenizer, [joined(prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)])
    alone = _encode(tokenizer, list(prompts))
    samples: list[TokenSample] = []
    for row, (ids, prompt_ids) in enumerate(zip(whole, alone, strict=True)):
        start = _first_difference(ids, prompt_ids)
        if not answers[row].strip() or start == len(ids):
            message = f"the sample with the prompt {prompts[row][-60:]!r} has an empty answer; every answer needs text"
            raise ModelError(message, code="empty-answer", fields={"row": row})
        if start == 0:  # the first token of all needs one before it to be predicted from
            ids, start = [_opening_token(tokenizer), *ids], 1
        sample = fitted(TokenSample(tuple(ids), start), context, tokenizer)
        if sample is None:
            message = (
                f"an answer of {len(ids) - start} tokens ({answers[row][:60]!r}) does not fit the model's {context} "
                "tokens with even one token of prompt; shorten the answer or take a model that reads more"
            )
            raise ModelError(message, code="answer-too-long", fields={"tokens": len(ids) - start, "context": context})
        samples.append(sample)
    return samples


def fitted(sample: TokenSample, context: int, tokenizer: Any) -> TokenSample | None:
    """The sample without its oldest tokens, so that it has at most `context`; None where the answer leaves no room."""
    kept = context - (len(sample.ids) - sample.answer)
    if kept < 1:
        return None
    prompt = _cut_front(sample.ids[: sample.answer], kept, tokenizer)
    return TokenSample((*prompt, *sample.ids[sample.answer :]), len(prompt))


def tokenize_prompts(tokenizer: Any, prompts: Sequence[str], *, context: int) -> list[tuple[int, ...]]:
    """Token ids of prompts alone, to be continued; what is longer than `context` loses its oldest part.

    Args:
        tokenizer: A Hugging Face tokenizer.
        prompts: n texts.
        context: Most tokens, at least one.
    """
    if not prompts:
        return []
    encoded = _encode(tokenizer, list(prompts))
    return [tuple(_cut_front(ids or [_opening_token(tokenizer)], context, tokenizer)) for ids in encoded]


def tokenize_choices(
    tokenizer: Any, prompts: Sequence[str], labels: Sequence[int], *, context: int
) -> list[ChoiceSample]:
    """Token ids of prompts that ask for Yes or No, with the tokens that tell the two apart.

    The tokens are the first ones in which the prompt followed by Yes and by No differ, as this tokenizer writes them
    after this prompt.

    Args:
        tokenizer: A Hugging Face tokenizer.
        prompts: n texts.
        labels: 1 yes, 0 no.
        context: Most tokens.

    Raises:
        ModelError: The tokenizer cannot tell Yes from No.
    """
    if not prompts:
        return []
    with_yes = _encode(tokenizer, [joined(prompt, YES) for prompt in prompts])
    with_no = _encode(tokenizer, [joined(prompt, NO) for prompt in prompts])
    samples: list[ChoiceSample] = []
    for yes, no, label in zip(with_yes, with_no, labels, strict=True):
        start = _first_difference(yes, no)
        if start >= min(len(yes), len(no)) or start == 0:
            raise ModelError(
                "this model's tokenizer does not tell 'Yes' from 'No', so click prediction cannot use it; "
                "take another model",
                code="no-yes-or-no",
            )
        samples.append(
            ChoiceSample(tuple(_cut_front(yes[:start], context, tokenizer)), (no[start], yes[start]), int(label))
        )
    return samples


def token_batch(samples: Sequence[TokenSample], *, whole_sequence: bool) -> TokenBatch:
    """Pad samples to one batch.

    Args:
        samples: b samples.
        whole_sequence: Score every token but the first, instead of the answer's.
    """
    ids, mask = padded([sample.ids for sample in samples])
    scored = np.zeros_like(mask)
    for row, sample in enumerate(samples):
        start = mask.shape[1] - len(sample.ids)
        scored[row, start + (1 if whole_sequence else sample.answer) :] = True
    return TokenBatch(ids, mask, scored)


def choice_batch(samples: Sequence[ChoiceSample]) -> TokenBatch:
    """Pad prompts to one batch; nothing in it is scored: the answer comes after the last column."""
    ids, mask = padded([sample.ids for sample in samples])
    return TokenBatch(ids, mask, np.zeros_like(mask))


def padded(rows: Sequence[Sequence[int]]) -> tuple[IndexArray, BoolArray]:
    """Tokens padded on the left with token 0, and where they are; shape [b, t] both."""
    width = max(map(len, rows))
    ids, mask = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), np.bool_)
    for row, tokens in enumerate(rows):
        ids[row, width - len(tokens) :] = tokens
        mask[row, width - len(tokens) :] = True
    return ids, mask


def batches_by_length(lengths: Sequence[int], budget: int, most: int) -> list[list[int]]:
    """Cut rows, longest first, into batches whose padded size (rows x longest) is at most `budget`.

    Every row falls in exactly one batch of at most `most` rows; a row longer than the budget is alone. Equal lengths
    keep their order, so that the batches are the same every time.
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    batches: list[list[int]] = []
    longest = 0
    for row in order:
        if not batches or len(batches[-1]) >= most or (len(batches[-1]) + 1) * longest > budget:
            batches.append([])
            longest = max(lengths[row], 1)
        batches[-1].append(row)
    return batches


def _encode(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    return tokenizer(texts, truncation=False, padding=False, verbose=False, return_attention_mask=False)["input_ids"]


def _opening_token(tokenizer: Any) -> int:
    for token in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        if token is not None:
            return token
    message = "an empty prompt needs a model whose tokenizer has a start or end token; give every sample a prompt"
    raise ModelError(message, code="empty-prompt")


def _first_difference(first: Sequence[int], second: Sequence[int]) -> int:
    shorter = min(len(first), len(second))
    for position in range(shorter):
        if first[position] != second[position]:
            return position
    return shorter


def _cut_front(ids: Sequence[int], kept: int, tokenizer: Any) -> Sequence[int]:
    """The last `kept` tokens; a start-of-text token stays in front when there is room for it and one more."""
    if len(ids) <= kept:
        return ids
    if kept > 1 and ids[0] == tokenizer.bos_token_id:
        return [ids[0], *ids[len(ids) - kept + 1 :]]
    return ids[len(ids) - kept :]
