"""Texts that a causal language model writes after prompts: batched beam search, without any chance in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from goracs_core.errors import ModelError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import batches_by_length, padded, tokenize_prompts
from goracs_core.llm.files import one_line
from goracs_core.llm.tuning.memory import memory_sentences
from goracs_core.progress import Progress, silent
from goracs_core.torch_threads import threads_for

MOST_TOKENS = 64  # of a text; longer titles are descriptions

# Prompts at once, and tokens of a batch with the beams' own: measured on the small model, larger batches gain nothing.
_MAX_BATCH, _BATCH_TOKENS = 32, 16_384


def write_texts(
    model: CausalModel,
    prompts: Sequence[str],
    *,
    beams: int,
    max_new: int,
    max_tokens: int,
    progress: Progress = silent,
) -> list[str]:
    """The best text found for each prompt, up to its first line end, without white space at its ends.

    Equal prompts are written for once. The result does not depend on which prompts are written for together, up to
    rounding.

    Args:
        model: A language model.
        prompts: n texts. What is longer than the model reads, less `max_new`, loses its oldest part.
        beams: Texts that are followed at once; 1 takes the likeliest token each time.
        max_new: Most tokens of a text, see `longest`.
        max_tokens: Most tokens of a prompt and its text together, where the model itself does not allow fewer.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        ModelError: The model fails, or reads too little for prompt and text.
    """
    context = min(model.context, max_tokens)
    if context <= max_new:
        message = (
            f"texts of {max_new} tokens do not fit {context} tokens with even one token of prompt; "
            "raise max_tokens, or take a model that reads more"
        )
        raise ModelError(message, code="text-too-long", fields={"max_new": max_new, "context": context})
    unique = list(dict.fromkeys(prompts))
    ids = tokenize_prompts(model.tokenizer, unique, context=context - max_new)
    ends = _ends(model.tokenizer)
    written: dict[str, str] = {}
    stage = "Writing titles"
    progress(stage, 0, len(unique))
    with threads_for(model.model):
        sizes = [len(tokens) + beams * max_new for tokens in ids]
        for rows in batches_by_length(sizes, _BATCH_TOKENS, _MAX_BATCH):
            tokens = _write_batch(model, [ids[row] for row in rows], beams=beams, max_new=max_new, ends=ends)
            for row, text in zip(rows, tokens, strict=True):
                written[unique[row]] = _text(model.tokenizer, text)
            progress(stage, len(written), len(unique))
    return [written[prompt] for prompt in prompts]


def longest(tokenizer: Any, titles: Sequence[str]) -> int:
    """Tokens of the longest of `titles` and its end, at most `MOST_TOKENS`; that many where there are no titles."""
    if not titles:
        return MOST_TOKENS
    encoded = tokenizer(list(titles), add_special_tokens=False, verbose=False)["input_ids"]
    return min(MOST_TOKENS, max(map(len, encoded)) + 1)


def _write_batch(
    model: CausalModel, ids: Sequence[tuple[int, ...]], *, beams: int, max_new: int, ends: tuple[int, ...]
) -> list[list[int]]:
    from goracs_core.llm.beam_search import beam_search, can_share_prompts

    network, device = model.model, model.model.device
    tokens, mask = padded(ids)
    inputs = torch.tensor(tokens, device=device), torch.tensor(mask, device=device).long()
    search = beam_search if can_share_prompts(network) else plain_beam_search
    try:
        with torch.inference_mode(), memory_sentences("writing"):
            return search(network, *inputs, beams=beams, max_new=max_new, ends=ends)
    except FloatingPointError:
        message = "the language model's predictions are not finite on some prompts; choose another"
        raise ModelError(message, code="not-finite", fields={"what": "predictions"}) from None
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        message = f"the language model fails to write after these prompts ({one_line(error)}); choose another"
        raise ModelError(message, code="model-failed") from error


def plain_beam_search(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, *, beams: int, max_new: int, ends: tuple[int, ...]
) -> list[list[int]]:
    """What `beam_search` finds, by transformers' own `generate`: for models whose beams cannot share a prompt."""
    from transformers import GenerationConfig

    # The folder's own settings (sampling, penalties) must not reach into the search.
    config = GenerationConfig(
        num_beams=beams, do_sample=False, max_new_tokens=max_new, eos_token_id=list(ends) or None, pad_token_id=0
    )
    kept, model.generation_config = model.generation_config, config
    try:
        texts = model.generate(ids, attention_mask=mask, generation_config=config)[:, ids.shape[1] :].tolist()
    finally:
        model.generation_config = kept
    return [_until(text, ends) for text in texts]


def _until(tokens: list[int], ends: tuple[int, ...]) -> list[int]:
    """The tokens up to the first end: what follows is padding."""
    return next((tokens[: place + 1] for place, token in enumerate(tokens) if token in ends), tokens)


def _ends(tokenizer: Any) -> tuple[int, ...]:
    """The end-of-text token and, where the tokenizer has it, the token that is a line end alone."""
    found = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
    line_end = tokenizer("\n", add_special_tokens=False, verbose=False)["input_ids"]
    if len(line_end) == 1 and tokenizer.decode(line_end) == "\n":
        found.append(int(line_end[0]))
    return tuple(dict.fromkeys(found))


def _text(tokenizer: Any, tokens: Sequence[int]) -> str:
    text = tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text.strip().split("\n", 1)[0].rstrip()
