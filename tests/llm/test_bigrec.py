"""BIGRec: written titles are found in the catalogue, and items are ranked by distance from what was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.data.dataset import Samples
from goracs_core.errors import ShapeError
from goracs_core.llm import bigrec
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import token_batch, tokenize
from goracs_core.llm.bigrec import rank_by_writing
from goracs_core.llm.grounding import Grounding
from goracs_core.llm.logits import LogitReader
from goracs_core.torch_threads import one_thread
from goracs_core.types import Ragged
from tests.llm.tiny import PROMPTS, make_model, tokenizer
from tests.refusals import told

TITLES = ("Alpha Beta", "Gamma", "Delta two three", "Omega", "Alpha", "Kappa Sigma", "Gamma")
TARGETS = np.array([0, 1, 2, 3, 4, 5])
WORDS = tokenizer()


def samples() -> Samples:
    return Samples(
        ids=tuple(map(str, range(6))),
        prompts=PROMPTS,
        answers=tuple(TITLES[target] for target in TARGETS),
        users=np.full(6, -1),
        histories=Ragged.from_rows([np.array([], np.int64)] * 6),
        history_labels=None,
        targets=TARGETS,
        labels=None,
        times=None,
    )


def overfitted(kind: str) -> CausalModel:
    """A tiny network that has learnt the title after each prompt by heart."""
    network: Any = make_model(kind, vocabulary=len(WORDS))
    ended = [f"{title} </s>" for title in samples().answers]
    batch = token_batch(tokenize(WORDS, PROMPTS, ended, context=64), whole_sequence=False)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    reader = LogitReader(network.eval())
    with one_thread():
        for _ in range(60):
            logits, wanted, _ = reader.of_tokens(batch)
            loss = torch.nn.functional.cross_entropy(logits, wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return CausalModel(network.requires_grad_(False), WORDS, "tiny", "0" * 32, 64, {})


def vectors(seed: int = 0, d: int = 5) -> np.ndarray:
    """A vector per title; equal titles share theirs."""
    rng = np.random.default_rng(seed)
    of = {title: rng.normal(size=d) for title in TITLES}
    return np.array([of[title] for title in TITLES], np.float32)


def refuse(texts: Sequence[str]) -> Any:
    raise AssertionError(f"embedded {texts}")


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_a_model_that_knows_the_titles_ranks_them_first(kind: str):
    rows = np.array([4, 0, 1, 2, 5])
    negatives = np.array([[(target + step) % len(TITLES) for step in (1, 2)] for target in TARGETS[rows]])
    found = rank_by_writing(
        overfitted(kind), samples(), rows, Grounding(vectors(), refuse, TITLES), negatives, beams=3, max_tokens=64
    )
    assert found.written == tuple(TITLES[target] for target in TARGETS[rows])
    assert (found.full.better == 0).all()
    assert (found.sampled.better == 0).all()
    assert found.full.equal.tolist() == [0, 0, 1, 0, 0]  # "Gamma" stands twice in the catalogue
    assert found.sampled.equal.tolist() == [0, 0, 0, 0, 0]
    assert (found.rows == rows).all()
    assert found.seconds > 0


def test_ranks_are_counts_of_nearer_titles(monkeypatch):
    """Against a loop, for what a random model writes; in blocks of one sample, too."""
    network: Any = make_model("llama", vocabulary=len(WORDS), seed=2)
    model = CausalModel(network.eval().requires_grad_(False), WORDS, "tiny", "0" * 32, 64, {})
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return np.array([np.random.default_rng(len(text)).normal(size=5) for text in texts], np.float32)

    grounding, rows = Grounding(vectors(), embed, TITLES), np.arange(6)
    negatives = np.random.default_rng(0).integers(len(TITLES), size=(6, 3))
    found = rank_by_writing(model, samples(), rows, grounding, negatives, beams=2, max_tokens=64)
    assert len(set(asked)) == len(asked)
    assert set(asked) == set(found.written) - set(TITLES)
    written = np.array([embed([text])[0] for text in found.written])
    for row, target in enumerate(TARGETS):
        far = [float(np.linalg.norm(title.astype(float) - written[row])) for title in vectors()]
        others = [far[item] for item in range(len(TITLES)) if item != target]
        ties = sum(TITLES[item] == TITLES[target] for item in range(len(TITLES))) - 1
        assert found.full.better[row] == sum(value < far[target] - 1e-9 for value in others)
        assert found.full.equal[row] == ties
        assert found.sampled.better[row] == sum(far[item] < far[target] - 1e-9 for item in negatives[row])
    monkeypatch.setattr(bigrec, "_BLOCK", 1)
    again = rank_by_writing(model, samples(), rows, grounding, negatives, beams=2, max_tokens=64)
    assert (again.full.better == found.full.better).all()
    assert (again.sampled.better == found.sampled.better).all()


def test_equal_vectors_are_equally_far_however_the_product_rounds():
    rng = np.random.default_rng(1)
    some = rng.normal(size=(40, 384)).astype(np.float32)
    titles = some[rng.integers(40, size=1000)]
    far = Grounding(titles, refuse).distances(rng.normal(size=(7, 384)).astype(np.float32))
    for row in some:
        same = far[:, (titles == row).all(axis=1)]
        assert (same == same[:, :1]).all()


def test_distances_and_vectors_by_hand():
    grounding = Grounding(vectors(), lambda texts: np.full((len(texts), 5), 2, np.float32), TITLES)
    given = grounding.vectors(["Omega", "unheard", "Omega"])
    assert (given == [vectors()[3], np.full(5, 2), vectors()[3]]).all()
    expected = np.linalg.norm(given[:, None].astype(float) - vectors()[None], axis=2)
    assert np.allclose(grounding.distances(given), expected, atol=1e-6)
    assert grounding.vectors([]).shape == (0, 5)


def test_groundings_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, check=told("titles-unequal", vectors=7, titles=2)):
        Grounding(vectors(), refuse, ("a", "b"))
    with pytest.raises(ShapeError, check=told("bad-titles")):
        Grounding(np.full((2, 3), np.nan, np.float32), refuse)
    wrong = Grounding(vectors(), lambda texts: np.zeros((len(texts), 4), np.float32))
    with pytest.raises(ShapeError, check=told("bad-embedding", texts=1)):
        wrong.vectors(["other"])
