"""What a coreset teaches: each interaction once, with as much as is known of what came before."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.llm.tiger.examples import examples_of
from tests.llm.tiger.made import samples_of, shop


def as_tuples(rows: list[int], samples: object, *, history: int = 10, every_item: bool = True) -> list[tuple]:
    made = examples_of(samples, np.array(rows), history=history, every_item=every_item)  # type: ignore[arg-type]
    return sorted((tuple(one.history.tolist()), one.item) for one in made)


def test_the_targets_alone_or_every_item() -> None:
    samples = samples_of([[4, 2, 7], []], [9, 3], [0, 1])
    assert as_tuples([0, 1], samples, every_item=False) == [((), 3), ((4, 2, 7), 9)]
    assert as_tuples([0, 1], samples) == [((), 3), ((), 4), ((4,), 2), ((4, 2), 7), ((4, 2, 7), 9)]


def test_the_latest_items_of_a_history_are_read() -> None:
    samples = samples_of([[4, 2, 7, 8]], [9])
    assert as_tuples([0], samples, history=2) == [((), 4), ((2, 7), 8), ((4,), 2), ((4, 2), 7), ((7, 8), 9)]


def test_what_two_samples_of_a_user_share_is_predicted_once() -> None:
    """The second window begins later: its first item has a longer history in the first."""
    samples = samples_of([[1, 2, 3], [2, 3, 4], [2, 3, 4]], [4, 5, 5], [0, 0, 1])
    assert as_tuples([0, 1], samples) == [((), 1), ((), 2), ((1,), 2), ((1, 2), 3), ((1, 2, 3), 4), ((2, 3, 4), 5)]
    assert len(as_tuples([0, 1, 2], samples)) == 6 + 4  # another user's are others


def test_samples_without_a_user_share_nothing() -> None:
    samples = samples_of([[1, 2], [1, 2]], [3, 3])
    assert len(as_tuples([0, 1], samples)) == 6


@pytest.mark.parametrize("every_item", [False, True])
def test_every_target_is_asked_for_as_it_is(every_item: bool) -> None:
    pool = shop().pool
    made = as_tuples(list(range(len(pool))), pool, every_item=every_item)
    targets = [(tuple(pool.histories[row].tolist()), int(pool.targets[row])) for row in range(len(pool))]
    assert set(targets) <= set(made)
    assert len(made) == len(targets) + (12 if every_item else 0)  # the first item of each of 12 users
