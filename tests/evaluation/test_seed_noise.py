"""Differences told against what the seed alone changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ShapeError
from goracs_core.evaluation.seed_noise import pooled_noise, seed_differences, seed_groups
from tests.refusals import told

results = st.lists(st.tuples(st.sampled_from("abc"), st.floats(-5, 5)), min_size=1, max_size=12)


@given(results)
def test_groups_hold_every_result_once(found: list[tuple[str, float]]) -> None:
    keys, values = [key for key, _ in found], [value for _, value in found]
    groups = seed_groups(keys, values)
    assert sorted(place for group in groups for place in group.places) == list(range(len(found)))
    for group in groups:
        assert len({keys[place] for place in group.places}) == 1
        assert group.values.tolist() == [values[place] for place in group.places]
        assert (group.spread is None) == (len(group.places) == 1)


def test_noise_of_one_group_is_its_spread_and_of_equal_groups_the_same() -> None:
    (alone,) = seed_groups("aaa", [1.0, 2.0, 4.0])
    assert pooled_noise([alone]) == pytest.approx(np.std([1, 2, 4], ddof=1))
    groups = seed_groups("aaabbb", [1.0, 2.0, 4.0, 11.0, 12.0, 14.0])
    assert pooled_noise(groups) == pytest.approx(alone.spread)
    (gap,) = seed_differences(groups)
    assert gap.value == pytest.approx(10)
    assert gap.ratio == pytest.approx(10 / np.std([1, 2, 4], ddof=1))


def test_without_several_seeds_there_is_no_noise() -> None:
    groups = seed_groups("ab", [1.0, 3.0])
    assert pooled_noise(groups) is None
    assert [(gap.value, gap.ratio) for gap in seed_differences(groups)] == [(2.0, None)]
    assert seed_differences(seed_groups("aab", [1.0, 1.0, 2.0]))[0].ratio is None, "a method that no seed changes"


def test_every_result_needs_a_key() -> None:
    with pytest.raises(ShapeError, check=told("keys-unequal")):
        seed_groups("ab", [1.0])
