"""Splits partition the interactions and never let the future into the pool."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goracs_core.data.splits import POOL, TEST, VALIDATION, global_time_split, per_user_last_split, row_split
from goracs_core.errors import ConfigError, DataError
from tests.refusals import told

shares = st.tuples(st.floats(0.01, 0.4), st.one_of(st.just(0.0), st.floats(0.01, 0.4)))


@given(times=st.lists(st.integers(0, 40), min_size=1, max_size=80), shares=shares)
def test_global_time_has_no_leak(times: list[int], shares: tuple[float, float]):
    moments = np.array(times, float)
    assume(len(np.unique(moments)) >= 2 + (shares[1] > 0))
    codes = global_time_split(moments, validation_share=shares[0], test_share=shares[1])
    assert set(codes.tolist()) == ({POOL, VALIDATION, TEST} if shares[1] > 0 else {POOL, VALIDATION})
    for earlier, later in ((POOL, VALIDATION), (VALIDATION, TEST)):
        if (codes == later).any():
            assert moments[codes == earlier].max() < moments[codes == later].min()


@given(size=st.integers(20, 300), shares=shares, rng=st.integers(0, 99))
def test_global_time_meets_the_shares_when_moments_differ(size: int, shares: tuple[float, float], rng: int):
    times = np.random.default_rng(rng).permutation(size).astype(float)
    codes = global_time_split(times, validation_share=shares[0], test_share=shares[1])
    for code, share in ((VALIDATION, shares[0]), (TEST, shares[1])):
        assert abs((codes == code).sum() - share * size) <= 1


def test_global_time_measures_shares_on_the_counted_rows():
    times = np.arange(100.0)
    counted = times >= 50
    codes = global_time_split(times, validation_share=0.2, test_share=0.2, counted=counted)
    assert [int((codes[counted] == code).sum()) for code in (POOL, VALIDATION, TEST)] == [30, 10, 10]
    assert (codes[~counted] == POOL).all()


def test_global_time_needs_different_times():
    with pytest.raises(DataError, check=told("too-few-times", times=1)):
        global_time_split(np.zeros(9), validation_share=0.1, test_share=0.1)


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=20), shares=shares)
def test_per_user_last_takes_the_last_items(lengths: list[int], shares: tuple[float, float]):
    users = np.repeat(np.arange(len(lengths)), lengths)
    codes = per_user_last_split(users, validation_share=shares[0], test_share=shares[1])
    assert len(codes) == len(users)
    for user, length in enumerate(lengths):
        own = codes[users == user]
        assert (np.diff(own) >= 0).all(), "pool, then validation, then test"
        assert own[0] == POOL
        if length >= 2:
            assert (own == VALIDATION).sum() >= 1
        if length >= 3:
            assert (own == TEST).sum() >= (shares[1] > 0)
        if shares[1] == 0:
            assert (own != TEST).all()


def test_per_user_last_is_leave_one_out_for_short_sequences_and_follows_the_shares_for_long_ones():
    users = np.repeat([0, 1], [5, 40])
    codes = per_user_last_split(users, validation_share=0.1, test_share=0.2)
    assert codes[:5].tolist() == [POOL, POOL, POOL, VALIDATION, TEST]
    assert [int((codes[5:] == code).sum()) for code in (POOL, VALIDATION, TEST)] == [28, 4, 8]


@given(size=st.integers(3, 200), shuffle=st.booleans(), seed=st.integers(0, 5))
def test_row_split_has_exact_sizes(size: int, shuffle: bool, seed: int):
    codes = row_split(size, validation_share=0.1, test_share=0.1, shuffle=shuffle, rng=np.random.default_rng(seed))
    part = max(1, round(size / 10))
    assert np.bincount(codes, minlength=3).tolist() == [size - 2 * part, part, part]
    if not shuffle:
        assert (np.diff(codes) >= 0).all()


def test_row_split_shuffles_by_seed():
    def split(seed: int) -> list[int]:
        rng = np.random.default_rng(seed)
        return row_split(50, validation_share=0.2, test_share=0.2, shuffle=True, rng=rng).tolist()

    assert split(1) == split(1) != split(2)


def test_shares_are_checked():
    with pytest.raises(ConfigError, check=told("bad-shares")):
        per_user_last_split(np.zeros(3, int), validation_share=0.5, test_share=0.5)
    with pytest.raises(DataError, check=told("too-few-samples", samples=2)):
        row_split(2, validation_share=0.1, test_share=0.1, shuffle=False, rng=np.random.default_rng(0))
