"""The k-core: everyone left has at least k interactions, and nothing larger has."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.data.kcore import k_core
from goracs_core.errors import ConfigError
from tests.refusals import told

pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=60)


def columns(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def is_core(users: np.ndarray, items: np.ndarray, k: int) -> bool:
    return all((np.unique(column, return_counts=True)[1] >= k).all() for column in (users, items))


@given(rows=pairs, k=st.integers(1, 5))
def test_everyone_left_has_k_and_peeling_one_by_one_agrees(rows: list[tuple[int, int]], k: int):
    users, items = columns(rows)
    kept = k_core(users, items, k=k)
    assert is_core(users[kept], items[kept], k)
    left = list(range(len(users)))
    while True:  # one interaction at a time: the definition, slowly
        weak = next(
            (r for r in left if min((users[left] == users[r]).sum(), (items[left] == items[r]).sum()) < k), None
        )
        if weak is None:
            break
        left.remove(weak)
    assert np.flatnonzero(kept).tolist() == left


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=9), k=st.integers(2, 3))
def test_no_other_set_with_the_property_reaches_outside(rows: list[tuple[int, int]], k: int):
    users, items = columns(rows)
    kept = set(np.flatnonzero(k_core(users, items, k=k)).tolist())
    for size in range(1, len(rows) + 1):
        for subset in combinations(range(len(rows)), size):
            chosen = list(subset)
            if is_core(users[chosen], items[chosen], k):
                assert set(subset) <= kept


def test_one_core_keeps_all_and_a_high_core_nothing():
    users, items = columns([(0, 0), (1, 1)])
    assert k_core(users, items, k=1).all()
    assert not k_core(users, items, k=2).any()
    with pytest.raises(ConfigError, check=told("bad-option", option="k_core")):
        k_core(users, items, k=0)
