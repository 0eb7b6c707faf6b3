"""EL2N and entropy from batches against the plain formula, one unpadded sample at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.errors import JobCancelled, ModelError
from goracs_core.llm import difficulty
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.batches import ChoiceSample, TokenSample, tokenize, tokenize_choices
from goracs_core.llm.difficulty import EL2N, ENTROPY, difficulty_in_batches
from tests.llm.tiny import ANSWERS, PROMPTS, same, save_model
from tests.refusals import told

LABELS = (1, 0, 0, 1, 1, 0)
TRUTH = 7  # the token that `FakeNetwork` favours


class FakeNetwork(torch.nn.Module):
    """Answers every position with the same logits, whatever it reads."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.answer = logits
        self.device = torch.device("cpu")

    def get_output_embeddings(self) -> None:
        return None

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, use_cache: bool) -> Any:
        class Output:
            logits = self.answer.expand(*input_ids.shape, -1)

        return Output


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return load_causal_model(str(save_model(tmp_path_factory.mktemp("model"), request.param, pad=False)))


def fake(logits: list[float] | np.ndarray) -> CausalModel:
    return CausalModel(FakeNetwork(torch.tensor(logits, dtype=torch.float64)), None, "fake", "0", 64, {})


def samples_of(model: CausalModel) -> list[TokenSample]:
    return tokenize(model.tokenizer, PROMPTS, ANSWERS, context=model.context)


def choices_of(model: CausalModel) -> list[ChoiceSample]:
    return tokenize_choices(model.tokenizer, PROMPTS, LABELS, context=model.context)


def by_formula(model: CausalModel, sample: TokenSample | ChoiceSample, *, whole: bool = False) -> list[float]:
    """The definition in NumPy: the distance to the one-hot truth and -sum p log p, averaged."""
    with torch.inference_mode():
        logits = model.model(input_ids=torch.tensor([sample.ids])).logits[0].double().numpy()
    if isinstance(sample, ChoiceSample):
        logits, truths = logits[-1:, list(sample.choices)], [sample.label]
    else:
        start = 1 if whole else sample.answer
        logits, truths = logits[start - 1 : -1], list(sample.ids[start:])
    distances, entropies = [], []
    for row, truth in zip(logits, truths, strict=True):
        chances = np.exp(row) / np.exp(row).sum()
        distances.append(np.linalg.norm(chances - np.eye(len(row))[truth]))
        entropies.append(-(chances * np.log(chances)).sum())
    return [float(np.mean(distances)), float(np.mean(entropies))]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("tokens", [1, 40, 2048])
def test_token_values_are_those_of_the_formula_whatever_the_padding(model: CausalModel, whole: bool, tokens: int):
    samples = samples_of(model)
    expected = np.array([by_formula(model, sample, whole=whole) for sample in samples])
    values = difficulty_in_batches(model, samples, whole_sequence=whole, batch_tokens=tokens)
    assert values.shape == (len(samples), 2)
    assert same(values, expected)
    backwards = difficulty_in_batches(model, samples[::-1], whole_sequence=whole, batch_tokens=tokens)[::-1]
    assert same(backwards, expected)


@pytest.mark.parametrize("tokens", [1, 2048])
def test_choices_are_measured_on_the_two_way_distribution(model: CausalModel, tokens: int):
    samples = choices_of(model)
    expected = np.array([by_formula(model, sample) for sample in samples])
    values = difficulty_in_batches(model, samples, batch_tokens=tokens)
    assert same(values, expected)
    # Of two classes, the distance is sqrt(2) times the chance of the wrong one, and the entropy at most log 2.
    assert (values[:, EL2N] <= np.sqrt(2)).all()
    assert (values[:, ENTROPY] <= np.log(2)).all()
    other = [ChoiceSample(sample.ids, sample.choices, 1 - sample.label) for sample in samples]
    turned = difficulty_in_batches(model, other, batch_tokens=tokens)
    assert same(turned[:, EL2N] + values[:, EL2N], np.full(len(samples), np.sqrt(2)))
    assert same(turned[:, ENTROPY], values[:, ENTROPY])


def test_answers_and_whole_sequences_differ(model: CausalModel):
    answers, whole = (difficulty_in_batches(model, samples_of(model), whole_sequence=w) for w in (False, True))
    assert (np.abs(answers - whole) > 1e-3).all()


@pytest.mark.parametrize("v", [2, 37, 500])
def test_a_model_that_knows_nothing_has_the_closed_form(v: int):
    samples = [TokenSample((1, 0, 1), 1), TokenSample((0, 1), 1)]
    values = difficulty_in_batches(fake(np.full(v, 3.0)), samples)
    assert np.allclose(values[:, ENTROPY], np.log(v), rtol=1e-12)
    assert np.allclose(values[:, EL2N], np.sqrt((1 - 1 / v) ** 2 + (v - 1) / v**2), rtol=1e-12)


def test_a_certain_model_has_zero_when_right_and_the_diameter_when_wrong():
    logits = np.full(20, -np.inf)
    logits[TRUTH] = 5.0
    right, wrong = TokenSample((0, TRUTH, TRUTH), 1), TokenSample((0, TRUTH - 1), 1)
    half = TokenSample((0, 1, TRUTH), 1)  # a mean over tokens: one of two is wrong
    values = difficulty_in_batches(fake(logits), [right, wrong, half])
    assert values[0, EL2N] == 0.0
    assert values[1:, EL2N] == pytest.approx([np.sqrt(2), np.sqrt(2) / 2], rel=1e-12)
    assert (values[:, ENTROPY] == 0.0).all()


def test_near_certainty_loses_no_digits():
    logits = np.zeros(2)
    logits[1] = 40.0  # 1 - p is 4e-18, less than what 1.0 can hold
    ((distance, entropy),) = difficulty_in_batches(fake(logits), [TokenSample((0, 1), 1)])
    assert distance == pytest.approx(np.sqrt(2) * np.exp(-40.0), rel=1e-12)
    assert 0 < entropy < 1e-15


def test_large_vocabularies_are_taken_in_pieces(model: CausalModel, monkeypatch: pytest.MonkeyPatch):
    whole = difficulty_in_batches(model, samples_of(model), whole_sequence=True)
    monkeypatch.setattr(difficulty, "_BLOCK", 1)
    assert same(difficulty_in_batches(model, samples_of(model), whole_sequence=True), whole, tolerance=1e-12)


def test_batches_are_reported_and_can_be_stopped(model: CausalModel):
    seen: list[int] = []
    difficulty_in_batches(model, samples_of(model), report=seen.append, batch_tokens=1)
    assert seen == [1, 2, 3, 4, 5, 6]

    def stop(done: int) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        difficulty_in_batches(model, samples_of(model), report=stop)


def test_a_model_that_fails_is_a_sentence():
    with pytest.raises(ModelError, check=told("not-finite", what="predictions")):
        difficulty_in_batches(fake([0.0, np.nan]), [TokenSample((0, 1), 1)])
    with pytest.raises(ModelError, check=told("model-failed")):
        difficulty_in_batches(fake([0.0, 1.0]), [TokenSample((0, 5), 1)])  # no such token
