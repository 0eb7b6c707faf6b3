"""Tiny trainings: models of two layers, datasets of a few samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset, Samples, Task
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.batches import joined
from goracs_core.llm.tuning.fine_tune import fine_tuned
from goracs_core.llm.tuning.options import FineTuneOptions
from goracs_core.llm.tuning.outcomes import TrainingLog
from goracs_core.progress import silent
from tests.llm.tiny import save_model

TARGETS = {"llama": ("q_proj", "v_proj"), "gpt2": ("c_attn", "c_fc"), "gpt_neox": ("query_key_value",)}
ROWS = np.array([3, 5, 8, 11, 20, 21])


def make_base(folder: Path, kind: str = "llama", **options: Any) -> CausalModel:
    """A tiny model that was saved to a folder and loaded from it."""
    return load_causal_model(str(save_model(folder / kind, kind, **options)))


def make_options(kind: str = "llama", **changes: Any) -> FineTuneOptions:
    """Two epochs in steps of four samples."""
    plain: dict[str, Any] = {"epochs": 2, "batch": 4, "learning_rate": 1e-2, "patience": 0, "targets": TARGETS[kind]}
    return FineTuneOptions(**(plain | changes))


def train(
    base: CausalModel,
    dataset: Dataset,
    options: FineTuneOptions,
    folder: Path,
    *,
    rows: np.ndarray = ROWS,
    progress: Any = silent,
) -> tuple[str, TrainingLog]:
    """Fingerprint of the trained weights, and the log."""
    with fine_tuned(base, dataset, rows, options, checkpoint=folder / "state.safetensors", progress=progress) as tuned:
        return tuned.model.fingerprint, tuned.log


def state_of(base: CausalModel) -> dict[str, bytes]:
    """Everything in the network that a training could change."""
    return {name: values.numpy().tobytes() for name, values in base.model.state_dict().items()}


def loss_by_hand(model: CausalModel, samples: Samples, row: int, task: Task) -> tuple[float, int]:
    """Summed loss of one sample from plain torch without padding, and the number of tokens it is of."""
    import torch

    words = model.tokenizer
    prompt = words(samples.prompts[row])["input_ids"]
    if task is Task.CTR:
        assert samples.labels is not None
        yes, no = (words(joined(samples.prompts[row], word))["input_ids"][-1] for word in ("Yes", "No"))
        logits = model.model(input_ids=torch.tensor([prompt])).logits[0, -1]
        right, wrong = (yes, no) if samples.labels[row] else (no, yes)
        return float(torch.log1p(torch.exp(logits[wrong] - logits[right])).detach()), 1
    whole = words(joined(samples.prompts[row], samples.answers[row]))["input_ids"] + [words.eos_token_id]
    chances = model.model(input_ids=torch.tensor([whole])).logits[0].log_softmax(-1)
    places = range(len(prompt), len(whole))
    return -sum(float(chances[place - 1, whole[place]].detach()) for place in places), len(places)


def with_answer(samples: Samples, row: int, answer: str) -> Samples:
    """The same samples with another answer in one row."""
    answers = list(samples.answers)
    answers[row] = answer
    return replace(samples, answers=tuple(answers))
