"""The networks of the small language models: size, tokenizer, training on texts, folder.

LLaMA's shape, about 1.4 million parameters. What they are trained on, and why, is told where they are made
(`goracs_core.llm.small`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.llm.batches import NO, YES, TokenSample, batches_by_length, token_batch
from goracs_core.llm.files import RECORD
from goracs_core.progress import Progress
from goracs_core.store.atomic import staged

START, END, PAD = "<s>", "</s>", "<pad>"


@dataclass(frozen=True)
class SmallModelSettings:
    """Size and training of the small model.

    Args:
        vocabulary: Most tokens of the byte-pair encoding.
        width, layers, heads, feed_forward: The network's shape.
        context: Most tokens it reads.
        steps: Optimiser steps; fixed, so that the same input gives the same model however fast the machine is.
        block: Tokens in a row of a training batch.
        rows: Rows of a training batch.
        learning_rate: Peak learning rate, reached after a tenth of the steps.
        held_out: Validation samples on which the loss is measured before and after; never trained on.
    """

    vocabulary: int = 4096
    width: int = 128
    layers: int = 4
    heads: int = 4
    feed_forward: int = 352
    context: int = 512
    steps: int = 440
    block: int = 256
    rows: int = 4
    learning_rate: float = 5e-3
    held_out: int = 64


def train_tokenizer(texts: Sequence[str], settings: SmallModelSettings, progress: Progress) -> Any:
    """A byte-level byte-pair tokenizer that has learnt its merges from the texts and can answer Yes and No."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    progress("Training the tokenizer")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=settings.vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Yes and No must be learnable as answers even where the texts hold neither.
    tokenizer.train_from_iterator([*texts, *([f"{YES}\n{NO}\n {YES} {NO}"] * 100)], trainer)
    start = tokenizer.token_to_id(START)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A", pair=f"{START} $A $B", special_tokens=[(START, start)]
    )
    progress("Training the tokenizer", 1, 1)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=START, eos_token=END, pad_token=PAD, model_max_length=settings.context
    )


def fresh_model(tokenizer: Any, settings: SmallModelSettings, seed: int) -> Any:
    """The network before training; its weights follow from the seed."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        intermediate_size=settings.feed_forward,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=settings.context,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(config)


def token_stream(tokenizer: Any, texts: Sequence[str], settings: SmallModelSettings, seed: int) -> Iterator[np.ndarray]:
    """Training batches of shape [rows, block]: texts in random order, each with its end token, cut without padding."""
    rng = np.random.default_rng(seed)
    need = settings.rows * settings.block
    tokens: list[int] = []
    while True:
        order = rng.permutation(len(texts))
        for start in range(0, len(order), 64):
            for ids in tokenizer([texts[row] for row in order[start : start + 64]], verbose=False)["input_ids"]:
                tokens += [*ids[: settings.context], tokenizer.eos_token_id]
            while len(tokens) >= need:
                yield np.array(tokens[:need], np.int64).reshape(settings.rows, settings.block)
                del tokens[:need]


def train_on(
    model: Any, batches: Iterator[np.ndarray], settings: SmallModelSettings, stage: str, progress: Progress
) -> None:
    """Train all weights to predict each next token, for `settings.steps` steps."""
    import torch

    # The fused step and the foreach step round differently; one is chosen so that machines agree as far as they can.
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.95), weight_decay=0.01, fused=True
    )
    warm = max(1, settings.steps // 10)
    model.train()
    for step in range(settings.steps):
        ramp = min((step + 1) / warm, 0.5 * (1 + np.cos(np.pi * max(0, step - warm) / max(1, settings.steps - warm))))
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * max(float(ramp), 0.02)
        ids = torch.from_numpy(next(batches))
        logits = model(input_ids=ids[:, :-1], use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        progress(stage, step + 1, settings.steps, f"loss {loss.item():.2f}")
    model.eval()


def token_losses(model: Any, samples: list[TokenSample]) -> tuple[float, float]:
    """Mean token cross-entropy in nats over the whole text and over the answer, all samples together."""
    import torch

    model.eval()
    whole, answers = [], []
    for rows in batches_by_length([len(sample.ids) for sample in samples], 2048, 64):
        part = [samples[row] for row in rows]
        batch, answer = token_batch(part, whole_sequence=True), token_batch(part, whole_sequence=False)
        mask = torch.from_numpy(batch.mask.astype(np.int64))
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor(batch.ids), attention_mask=mask, use_cache=False).logits[:, :-1]
            losses = torch.nn.functional.cross_entropy(
                logits.transpose(1, 2), torch.tensor(batch.ids[:, 1:]), reduction="none"
            )
        whole.append(losses.numpy()[batch.scored[:, 1:]])
        answers.append(losses.numpy()[answer.scored[:, 1:]])
    return float(np.concatenate(whole).mean()), float(np.concatenate(answers).mean())


def save_model(folder: Path, model: Any, tokenizer: Any, record: dict[str, Any]) -> None:
    """Write an ordinary model folder, whole or not at all."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    with staged(folder) as staging:
        model.save_pretrained(staging)
        tokenizer.save_pretrained(staging)
        (staging / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
