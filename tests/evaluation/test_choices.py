"""AUC, log loss, accuracy and calibration of Yes-or-No answers, against brute force and by their laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.choices import auc, calibration, choice_metrics, wilson_interval
from goracs_core.llm.tuning.outcomes import Choices
from tests.refusals import told


def answers(chances, labels) -> Choices:
    return Choices(np.arange(len(chances)), np.asarray(chances, float), np.asarray(labels))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), max_size=12))
def test_auc_counts_pairs(pairs: list[tuple[int, int]]):
    scores, labels = [score for score, _ in pairs], [label for _, label in pairs]
    won = [(yes > no) + (yes == no) / 2 for yes, of_yes in pairs for no, of_no in pairs if of_yes == 1 and of_no == 0]
    found = auc(scores, labels)
    assert math.isnan(found) if not won else found == pytest.approx(np.mean(won))


def test_auc_of_one_class_is_undefined_and_of_one_score_a_coin():
    assert math.isnan(auc([0.1, 0.9], [1, 1]))
    assert math.isnan(auc([], []))
    assert auc([3, 3, 3], [1, 0, 0]) == 0.5
    with pytest.raises(ShapeError, check=told("labels-unequal")):
        auc([1, 2], [1])


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=30), st.integers(1, 12))
def test_metrics_by_hand(pairs: list[tuple[float, int]], bins: int):
    choices = answers(*zip(*pairs, strict=True))
    metrics = choice_metrics(choices)
    losses = [-math.log(max(chance if label else 1 - chance, 1e-12)) for chance, label in pairs]
    assert metrics["log_loss"] == pytest.approx(np.mean(losses))
    assert metrics["accuracy"] == pytest.approx(np.mean([(chance >= 0.5) == bool(label) for chance, label in pairs]))
    found = calibration(choices, bins)
    error = 0.0
    for place in range(bins):
        low, high = found.edges[place], found.edges[place + 1]
        inside = [p for p in pairs if low <= p[0] < high or (place == bins - 1 and p[0] == 1)]
        assert found.counts[place] == len(inside)
        if not inside:
            assert math.isnan(found.shares[place])
            assert math.isnan(found.low[place])
            continue
        chance, share = np.mean(inside, axis=0)
        assert found.chances[place] == pytest.approx(chance)
        assert found.shares[place] == pytest.approx(share)
        assert 0 <= found.low[place] <= share + 1e-12
        assert share - 1e-12 <= found.high[place] <= 1
        error += len(inside) * abs(chance - share)
    assert found.error == pytest.approx(error / len(pairs))


def test_no_answers_give_no_numbers():
    assert all(math.isnan(value) for value in choice_metrics(answers([], [])).values())
    assert math.isnan(calibration(answers([], [])).error)
    with pytest.raises(ConfigError, check=told("too-few-bins")):
        calibration(answers([0.5], [1]), 0)


def test_a_certain_mistake_costs_much_but_not_infinitely_much():
    metrics = choice_metrics(answers([1.0, 0.0], [0, 1]))
    assert metrics["log_loss"] == pytest.approx(-math.log(1e-12))
    assert metrics["accuracy"] == metrics["auc"] == 0


def test_chances_that_mean_what_they_say_are_calibrated():
    rng = np.random.default_rng(0)
    chances = rng.random(40_000)
    honest = calibration(answers(chances, rng.random(40_000) < chances))
    assert honest.error < 0.01
    boastful = calibration(answers(np.where(chances > 0.5, 0.99, 0.01), rng.random(40_000) < chances))
    assert boastful.error > 0.2


def test_wilson_holds_the_share_that_it_covers():
    """The ends are the shares from which the observed one is just 1.96 standard errors away."""
    hits, counts = np.array([0.0, 3.0, 7.0, 40.0]), np.array([5.0, 10.0, 7.0, 80.0])
    low, high = wilson_interval(hits, counts)
    for ends in (low, high):
        inner = (ends > 1e-9) & (ends < 1 - 1e-9)
        distance = np.abs(hits / counts - ends) / np.sqrt(np.maximum(ends * (1 - ends), 1e-12) / counts)
        assert distance[inner] == pytest.approx(1.96, abs=1e-3)
    assert low[0] == 0
    assert high[2] == 1
