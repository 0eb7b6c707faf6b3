"""Chances and beams against brute force: plain T5 on one id at a time, sets of ids as Python tuples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.llm.tiger.model import IdWriter
from goracs_core.llm.tiger.search import best_items, item_scores
from goracs_core.llm.tiger.trie import END, START
from tests.llm.tiger.made import random_writer

HISTORIES = [[3, 7, 7, 29], [], [0], [11, 12, 2, 5, 9, 1]]


@pytest.fixture(autouse=True)
def no_gradients() -> Any:
    with torch.inference_mode():
        yield


def read(writer: IdWriter, histories: list[list[int]] = HISTORIES) -> Any:
    return writer.read([writer.tokens(np.array(items, np.int64)) for items in histories])


def chances_by_hand(writer: IdWriter, history: list[int], item: int) -> list[float]:
    """Log-probability of each token of an id: a plain forward pass, softmax over the tokens that some id has there."""
    ids = [tuple(row) for row in writer.trie.tokens.tolist()]
    inputs = torch.tensor([[token for one in history for token in ids[one]] + [END]])
    logits = writer.network(input_ids=inputs, decoder_input_ids=torch.tensor([[START, *ids[item][:-1]]])).logits[0]
    values = []
    for place, token in enumerate(ids[item]):
        allowed = sorted({other[place] for other in ids if other[:place] == ids[item][:place]})
        values.append(float(logits[place][allowed].log_softmax(dim=0)[allowed.index(token)]))
    return values


def all_scores(writer: IdWriter, histories: list[list[int]] = HISTORIES) -> torch.Tensor:
    """Of every item; shape [b, v]."""
    items = torch.arange(len(writer.trie.tokens)).expand(len(histories), -1)
    return item_scores(writer, read(writer, histories), items)


@pytest.mark.parametrize("seed", [0, 1])
def test_chances_are_those_of_plain_t5_among_the_ids_that_exist(seed: int) -> None:
    writer = random_writer(seed=seed)
    items = torch.tensor([[0, 3, 17], [2, 2, 29], [5, 6, 7], [28, 1, 0]])
    chances = writer.log_chances(read(writer), items)
    assert chances.shape == (4, 3, 3)
    for row, history in enumerate(HISTORIES):
        for column in range(3):
            expected = chances_by_hand(writer, history, int(items[row, column]))
            assert chances[row, column].tolist() == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("items", [30, 150])
def test_the_chances_of_all_items_add_up_to_one(items: int) -> None:
    """With 150 items the paths no longer fit side by side into one pass."""
    scores = all_scores(random_writer(items))
    assert scores.exp().sum(dim=1).tolist() == pytest.approx([1.0] * 4, abs=1e-4)
    assert float(scores.std()) > 0.5


@pytest.mark.parametrize(("items", "beams"), [(30, 30), (30, 99), (150, 150)])
def test_with_as_many_beams_as_items_the_ranking_is_exact(items: int, beams: int) -> None:
    writer = random_writer(items)
    exact = all_scores(writer)
    found, scores = best_items(writer, read(writer), beams=beams)
    assert found.sort(dim=1).values.tolist() == [list(range(items))] * 4
    assert (found == exact.argsort(dim=1, descending=True)).float().mean() > 0.98  # but for rounding of near ties
    assert torch.allclose(scores, exact.sort(dim=1, descending=True).values, atol=1e-4)


@pytest.mark.parametrize("beams", [1, 2, 7])
def test_every_beam_is_an_item_with_its_own_score(beams: int) -> None:
    writer = random_writer()
    exact = all_scores(writer)
    found, scores = best_items(writer, read(writer), beams=beams)
    assert found.shape == (4, beams)
    assert all(len(set(row)) == beams for row in found.tolist())
    assert torch.allclose(scores, exact.gather(1, found), atol=1e-4)
    assert (scores.diff(dim=1) <= 0).all()


def test_one_beam_writes_what_transformers_writes_under_the_same_constraint() -> None:
    writer = random_writer(layers=1)
    ids = [tuple(row) for row in writer.trie.tokens.tolist()]

    def allowed(_: int, written: torch.Tensor) -> list[int]:
        prefix = tuple(written.tolist()[1:])
        return sorted({one[len(prefix)] for one in ids if one[: len(prefix)] == prefix})

    found, _ = best_items(writer, read(writer), beams=1)
    for history, item in zip(HISTORIES, found[:, 0].tolist(), strict=True):
        inputs = writer.tokens(np.array(history, np.int64))[None]
        written = writer.network.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            max_new_tokens=writer.trie.length,
            num_beams=1,
            do_sample=False,
            prefix_allowed_tokens_fn=allowed,
        )
        assert tuple(written[0, 1:].tolist()) == ids[item]


def test_more_beams_find_nothing_worse() -> None:
    writer = random_writer()
    best = [best_items(writer, read(writer), beams=beams)[1][:, 0] for beams in (1, 3, 30)]
    assert (best[1] >= best[0] - 1e-5).all()
    assert (best[2] >= best[1] - 1e-5).all()


def test_neither_the_batch_nor_its_padding_matters() -> None:
    writer = random_writer()
    together = all_scores(writer)
    for row, history in enumerate(HISTORIES):
        assert torch.allclose(all_scores(writer, [history])[0], together[row], atol=2e-4)


def test_the_tree_has_the_ids_and_nothing_else() -> None:
    trie = random_writer(items=60).trie
    ids = {tuple(row): item for item, row in enumerate(trie.tokens.tolist())}
    reached = {(): torch.tensor(0)}
    for depth in range(trie.length):
        deeper = {}
        for prefix, node in reached.items():
            children, tokens, real = trie.children(depth, node)
            assert real.all()
            assert set(tokens.tolist()) == {one[depth] for one in ids if one[:depth] == prefix}
            deeper |= {(*prefix, token): child for child, token in zip(children, tokens.tolist(), strict=True)}
        reached = deeper
    assert {prefix: int(trie.leaves[node]) for prefix, node in reached.items()} == ids
