"""HR and NDCG against brute force, with ties."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.ranking import RankPositions, popularity_positions, ranking_metrics
from goracs_core.surrogate.rank import surrogate_positions
from tests.surrogate.shops import ITEMS, fresh_model


def brute(scores: np.ndarray, target: int, cutoff: int) -> tuple[float, float]:
    """HR and NDCG, averaged over every order of the items that agrees with the scores."""
    hits, gains = [], []
    for order in permutations(range(len(scores))):
        if (np.diff(scores[list(order)]) <= 0).all():
            place = order.index(target)
            hits.append(place < cutoff)
            gains.append(1 / np.log2(place + 2) if place < cutoff else 0.0)
    return float(np.mean(hits)), float(np.mean(gains))


@given(scores=st.lists(st.integers(0, 3), min_size=2, max_size=6), target=st.integers(0, 5), cutoff=st.integers(1, 7))
def test_metrics_are_the_mean_over_all_orders_of_ties(scores: list[int], target: int, cutoff: int) -> None:
    values, target = np.array(scores), target % len(scores)
    positions = popularity_positions(values, np.array([target]))
    metrics = ranking_metrics(positions, (cutoff,))
    hit, gain = brute(values, target, cutoff)
    assert metrics[f"hr@{cutoff}"] == pytest.approx(hit)
    assert metrics[f"ndcg@{cutoff}"] == pytest.approx(gain)


def test_one_score_for_all_is_worth_guessing() -> None:
    positions = popularity_positions(np.full(50, 3), np.arange(50))
    assert ranking_metrics(positions)["hr@10"] == pytest.approx(10 / 50)


def test_cutoffs_beyond_the_catalogue_hit_always() -> None:
    assert ranking_metrics(RankPositions(np.array([0, 2]), np.array([1, 0])), (5,))["hr@5"] == 1


def test_a_surrogate_is_ranked_by_its_scores_over_the_whole_catalogue() -> None:
    import torch

    model = fresh_model("sasrec")
    tokens = np.random.default_rng(0).integers(1, ITEMS + 1, (300, 4))
    targets = np.random.default_rng(1).integers(0, ITEMS, 300)
    seen: list[int] = []
    positions = surrogate_positions(model, tokens, targets, num_items=ITEMS, watch=seen.append)
    with torch.no_grad():
        scores = model.item_scores(model(torch.tensor(tokens))).numpy()
    own = scores[np.arange(300), targets][:, None]
    np.testing.assert_array_equal(positions.better, (scores > own).sum(axis=1))
    np.testing.assert_array_equal(positions.equal, (scores == own).sum(axis=1) - 1)
    assert seen[0] == 0
    assert len(seen) > 1
