"""Budgets: a number of samples or a share of the pool, read alike everywhere."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.budget import check_budget, is_share, parse_budget, split_budgets
from goracs_core.errors import ConfigError


@given(number=st.integers(1, 10**9), num_pool=st.integers(1, 10**6))
def test_whole_numbers_are_samples(number: int, num_pool: int) -> None:
    for form in (number, float(number), str(number), f" {number} ", np.int64(number), f"{number}.0"):
        assert parse_budget(form, num_pool) == number
        assert not is_share(form)
        assert check_budget(form) == number


@given(thousandths=st.integers(1, 999), num_pool=st.integers(1, 10**6))
def test_shares_are_rounded_to_the_nearest_sample(thousandths: int, num_pool: int) -> None:
    exact = Fraction(thousandths, 1000) * num_pool
    for form in (f"{thousandths / 10:g}%", f"{thousandths / 10:g} %", f"0.{thousandths:03d}", thousandths / 1000):
        found = parse_budget(form, num_pool)
        assert found == 1 or abs(found - exact) <= Fraction(1, 2)
        assert found >= 1
        assert found <= num_pool
        assert is_share(form)
        assert parse_budget(check_budget(form), num_pool) == found


def test_one_is_one_sample_and_all_is_100_percent() -> None:
    assert [parse_budget(one, 300) for one in (1, 1.0, "1", "1.0")] == [1] * 4
    assert parse_budget("100%", 300) == 300
    assert parse_budget("0.5%", 300) == 2, "halves go up"
    assert parse_budget(0.0001, 300) == 1


@pytest.mark.parametrize(
    "nothing",
    [0, -1, 1.5, "1.5", "0%", "-2%", "101%", "%", "", "x", None, True, float("nan"), float("inf"), "1e999999999",
     "1e-999999999", "1/2", [3], "2 samples"],
)  # fmt: skip
def test_everything_else_is_refused(nothing: object) -> None:
    for read in (lambda: parse_budget(nothing, 300), lambda: check_budget(nothing)):
        with pytest.raises(ConfigError, match="whole number of samples"):
            read()


def test_lists_keep_shares_until_the_pool_is_known() -> None:
    budgets = split_budgets("64, 2%; 0.1 1e2")
    assert [parse_budget(one, 1000) for one in budgets] == [64, 20, 100, 100]
    assert budgets[0] == 64
    assert is_share(budgets[1])
    with pytest.raises(ConfigError, match="at least one budget"):
        split_budgets(" , ")
