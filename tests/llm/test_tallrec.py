"""TALLRec: the chance of Yes is a softmax over Yes and No, whatever else is asked at the same time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.data.dataset import Samples
from goracs_core.errors import DataError, JobCancelled
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.tallrec import choose
from goracs_core.progress import Progress
from goracs_core.types import Ragged
from tests.llm.tiny import PROMPTS, make_model, tokenizer
from tests.refusals import told

WORDS = tokenizer()
LABELS = np.array([1, 0, 0, 1, 1, 0])


def asked(labels: np.ndarray | None = LABELS) -> Samples:
    return Samples(
        ids=tuple(map(str, range(6))),
        prompts=PROMPTS,
        answers=("Yes",) * 6,
        users=np.full(6, -1),
        histories=Ragged.from_rows([np.array([], np.int64)] * 6),
        history_labels=None,
        targets=np.zeros(6, np.int64),
        labels=labels,
        times=None,
    )


def tiny(kind: str) -> CausalModel:
    network: Any = make_model(kind, vocabulary=len(WORDS))
    return CausalModel(network.eval().requires_grad_(False), WORDS, "tiny", "0" * 32, 64, {})


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_chances_are_the_models_own_in_the_order_asked(kind: str):
    model, rows = tiny(kind), np.array([3, 0, 5, 1])
    found = choose(model, asked(), rows, max_tokens=64)
    assert (found.rows == rows).all()
    assert (found.labels == LABELS[rows]).all()
    yes, no = WORDS.convert_tokens_to_ids(["Yes", "No"])
    for place, row in enumerate(rows):
        with torch.inference_mode():
            logits = model.model(torch.tensor([WORDS(PROMPTS[row])["input_ids"]])).logits[0, -1]
        chances = torch.exp(logits[[yes, no]] - logits.max())
        assert found.chances[place] == pytest.approx(float(chances[0] / chances.sum()), abs=1e-9)


def test_long_prompts_lose_their_oldest_part_and_labels_decide_nothing():
    model, rows = tiny("gpt2"), np.arange(6)
    whole = choose(model, asked(), rows, max_tokens=64).chances
    short = choose(model, asked(), rows, max_tokens=5).chances
    assert (whole != short).any()
    assert (choose(model, asked(1 - LABELS), rows, max_tokens=64).chances == whole).all()


def test_samples_without_labels_and_cancelling():
    with pytest.raises(DataError, check=told("no-labels")):
        choose(tiny("llama"), asked(None), np.arange(2), max_tokens=64)

    def stop(stage: str, done: int, total: int, detail: str = "") -> None:
        if done:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        choose(tiny("llama"), asked(), np.arange(2), max_tokens=64, progress=Progress(stop))
