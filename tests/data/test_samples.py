"""Samples hold what a user did before, from the parts that may be seen, and nothing later."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.data.dataset import Task
from goracs_core.data.samples import InteractionColumns, build_samples, sample_windows
from goracs_core.data.splits import POOL, TEST, VALIDATION


@st.composite
def split_users(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=8))
    users = np.repeat(np.arange(len(lengths)), lengths)
    splits = draw(st.lists(st.sampled_from([POOL, VALIDATION, TEST]), min_size=len(users), max_size=len(users)))
    items = draw(st.lists(st.integers(0, 9), min_size=len(users), max_size=len(users)))
    return users, np.array(splits, np.int8), np.array(items)


@given(data=split_users(), shortest=st.integers(0, 3), longest=st.integers(3, 6), part=st.sampled_from([0, 1, 2]))
def test_windows_equal_the_plain_definition(
    data: tuple[np.ndarray, np.ndarray, np.ndarray], shortest: int, longest: int, part: int
):
    users, splits, items = data
    windows = sample_windows(users, splits, part=part, min_history=shortest, max_history=longest)
    histories = windows.histories(items)
    expected = []
    for row in range(len(users)):
        before = [r for r in range(row) if users[r] == users[row] and splits[r] <= part]
        if splits[row] == part and len(before) >= shortest:
            expected.append((row, [int(items[r]) for r in before[-longest:]], len(before)))
    found = [(int(row), histories[n].tolist(), int(windows.positions[n])) for n, row in enumerate(windows.target_rows)]
    assert found == expected


@given(data=split_users(), seed=st.integers(0, 5))
def test_taking_windows_takes_their_histories(data: tuple[np.ndarray, np.ndarray, np.ndarray], seed: int):
    users, splits, items = data
    windows = sample_windows(users, splits, part=TEST, min_history=0, max_history=4)
    chosen = np.random.default_rng(seed).permutation(len(windows))[: len(windows) // 2]
    taken, whole = windows.take(chosen).histories(items), windows.histories(items)
    assert [row.tolist() for row in taken] == [whole[int(n)].tolist() for n in chosen]


def columns(labels: np.ndarray | None) -> InteractionColumns:
    return InteractionColumns(
        users=np.array([0, 0, 0, 1, 1]),
        items=np.array([0, 1, 0, 2, 0]),
        times=np.array([1.0, 2.0, 3.0, 1.0, 9.0]),
        labels=labels,
        user_ids=["ann", "bob"],
        titles=["Pong", "Tetris", "Doom"],
    )


def test_seqrec_samples_read_as_they_should():
    made = columns(None)
    windows = sample_windows(made.users, np.zeros(5, np.int8), part=POOL, min_history=1, max_history=10)
    samples = build_samples(made, windows, task=Task.SEQREC, domain="games")
    assert samples.ids == ("ann@1", "ann@2", "bob@1")
    assert samples.answers == ("Tetris", "Pong", "Pong")
    assert '"Pong", "Tetris"' in samples.prompts[1]
    assert "games" in samples.prompts[1]
    assert samples.targets.tolist() == [1, 0, 0]
    assert samples.times is not None
    assert samples.times.tolist() == [2.0, 3.0, 9.0]
    assert samples.labels is None


def test_ctr_samples_tell_liked_from_disliked():
    made = columns(np.array([1, 0, 1, 0, 1]))
    windows = sample_windows(made.users, np.zeros(5, np.int8), part=POOL, min_history=1, max_history=10)
    samples = build_samples(made, windows, task=Task.CTR, domain="games")
    assert samples.answers == ("No", "Yes", "Yes")
    assert samples.labels is not None
    assert samples.labels.tolist() == [0, 1, 1]
    assert samples.history_labels is not None
    assert samples.history_labels[1].tolist() == [1, 0]
    assert 'Liked: "Pong". Disliked: "Tetris".' in samples.prompts[1]
    assert "Liked: none" in samples.prompts[2]
    assert 'Will "Pong" be liked' in samples.prompts[2]
