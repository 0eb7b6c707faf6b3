"""Padding, and windows in which every interaction is predicted once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import DataError
from goracs_core.surrogate.sequences import TrainingSequences, padded_histories, sample_tokens, training_sequences
from goracs_core.types import Ragged
from tests.refusals import told
from tests.surrogate.shops import samples_of

rows = st.lists(st.lists(st.integers(0, 9), max_size=7), min_size=1, max_size=6)


@given(histories=rows, length=st.integers(1, 8))
def test_padding_keeps_the_latest_items_at_the_right(histories: list[list[int]], length: int) -> None:
    tokens = padded_histories(Ragged.from_rows(histories), length)
    assert tokens.shape == (len(histories), max(1, min(length, max(map(len, histories)))))
    for row, history in zip(tokens, histories, strict=True):
        kept = [item + 1 for item in history[-length:]]
        assert row.tolist() == [0] * (tokens.shape[1] - len(kept)) + kept


def pairs(sequences: TrainingSequences) -> list[tuple[int, int]]:
    """The predicted items with the one before, as item rows; -1 for none."""
    found = zip(*np.nonzero(sequences.predicted), strict=True)
    before = [(int(sequences.tokens[r, p - 1]) - 1 if p else -1, int(sequences.tokens[r, p]) - 1) for r, p in found]
    return sorted(before)


@given(
    paths=st.lists(st.permutations(range(12)), min_size=2, max_size=4),
    window=st.integers(1, 5),
    known=st.booleans(),
)
def test_every_interaction_is_predicted_once_however_windows_overlap(
    paths: list[list[int]], window: int, known: bool
) -> None:
    samples = [
        (user, path[max(0, p - window) : p], path[p]) for user, path in enumerate(paths) for p in range(1, len(path))
    ]
    users = [s[0] for s in samples] if known else None
    sequences = training_sequences(samples_of([s[1] for s in samples], [s[2] for s in samples], users), 50)
    want = sorted((a, b) for path in paths for a, b in pairwise(path))
    got = pairs(sequences)
    if known:
        assert got == want
        assert len(sequences) <= -(-11 // window) * len(paths), "no more windows than it takes"
    else:  # one more item says whose transition it is, and a window that was cut does not begin with it
        assert set(got) == set(want)
        assert len(got) <= len(want) + len(paths) * 11


def test_two_users_with_the_same_taste_count_twice_and_a_repeated_purchase_too() -> None:
    samples = samples_of([[1], [1], [1, 2, 1]], [2, 2, 2], [0, 1, 1])
    assert pairs(training_sequences(samples, 50)) == [(1, 2), (1, 2), (1, 2), (2, 1)]
    unknown = samples_of([[1], [1]], [2, 2])
    assert pairs(training_sequences(unknown, 50)) == [(1, 2), (1, 2)]


def test_an_interaction_that_no_sample_asks_for_is_predicted_where_it_is_seen() -> None:
    samples = samples_of([[1, 2, 3], [2, 3, 4, 5], [8]], [4, 6, 9], [0, 0, 1])
    assert pairs(training_sequences(samples, 50)) == [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (8, 9)]


def test_an_empty_history_predicts_from_nothing() -> None:
    sequences = training_sequences(samples_of([[], [3]], [4, 5], [0, 1]), 50)
    assert pairs(sequences) == [(-1, 4), (3, 5)]
    assert sequences.item_counts(6).tolist() == [0, 0, 0, 0, 1, 1]


def test_length_cuts_windows() -> None:
    sequences = training_sequences(samples_of([[1, 2, 3, 4], [7]], [5, 8], [0, 1]), 2)
    assert sequences.tokens.tolist() == [[4, 5, 6], [0, 8, 9]]


def test_disliked_items_are_neither_read_nor_predicted() -> None:
    samples = samples_of([[1, 2, 3], [4, 5, 6]], [7, 8], [0, 1], labels=[1, 0], history_labels=[[1, 0, 1], [1, 1, 0]])
    assert sample_tokens(samples, 50).tolist() == [[2, 4], [5, 6]]
    assert pairs(training_sequences(samples, 50)) == [(1, 3), (3, 7), (4, 5)]


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(DataError, check=told("no-history", samples=2)):
        training_sequences(samples_of([[], []], [1, 2], [0, 1]), 50)
    with pytest.raises(DataError, check=told("single-user", samples=2)):
        training_sequences(samples_of([[1], [1, 2]], [2, 3], [4, 4]), 50)
    assert len(training_sequences(samples_of([[1], [1, 2]], [2, 3]), 50)), "unknown users are not one user"
