"""Which part each interaction belongs to: 0 pool, 1 validation, 2 test."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from goracs_core.checks import check_share
from goracs_core.errors import ConfigError, DataError
from goracs_core.types import BoolArray, FloatArray, IndexArray

POOL, VALIDATION, TEST = 0, 1, 2
SplitCodes = NDArray[np.int8]  # one of the three codes per interaction or sample


class SplitMethod(StrEnum):
    """How the three parts come about.

    auto: the given split if the source has one, else by global time, else each user's last items (instruction files
    without a split: shuffled). shuffle and order are for instruction files only, whose samples have no users or times.
    """

    AUTO = "auto"
    GLOBAL_TIME = "global-time"
    PER_USER_LAST = "per-user-last"
    GIVEN = "given"
    SHUFFLE = "shuffle"
    ORDER = "order"


def check_shares(validation_share: float, test_share: float) -> None:
    """Shares must leave something for the pool.

    Raises:
        ConfigError: Out of range.
    """
    check_share("validation_share", validation_share)
    check_share("test_share", test_share)
    if not 0 < validation_share < 1 or not 0 <= test_share < 1 or validation_share + test_share >= 1:
        raise ConfigError(
            f"validation share {validation_share:g} and test share {test_share:g} must be parts of 1 "
            "(validation above 0) that leave something for the pool; try 0.1 and 0.1",
            code="bad-shares",
            fields={"validation_share": validation_share, "test_share": test_share},
        )


def global_time_split(
    times: FloatArray, *, validation_share: float, test_share: float, counted: BoolArray | None = None
) -> SplitCodes:
    """Cut at two moments: everything in the pool is strictly earlier than everything in validation, and so on.

    Interactions of one moment stay together, so the shares are met as closely as moments allow.

    Args:
        times: Seconds; shape [r].
        validation_share: Share of the counted interactions.
        test_share: Likewise; may be 0.
        counted: Which interactions the shares are measured on (those that become samples); None: all.

    Raises:
        DataError: The times are too few or too equal to cut twice.
    """
    check_shares(validation_share, test_share)
    moments, counts = np.unique(times if counted is None else times[counted], return_counts=True)
    if len(moments) < 2 + (test_share > 0):
        message = (
            f"a split by time needs at least {2 + (test_share > 0)} different times and the samples have "
            f"{len(moments)}; use split 'per-user-last' or more data"
        )
        raise DataError(message, code="too-few-times", fields={"times": len(moments)})
    before = np.concatenate([[0], np.cumsum(counts)])  # samples earlier than each moment, then all
    test_from = len(moments)
    if test_share > 0:  # leave at least one moment each to pool, validation and test
        test_from = _nearest(before, before[-1] * (1 - test_share), low=2, high=len(moments) - 1)
    validation_from = _nearest(before, before[test_from] - before[-1] * validation_share, low=1, high=test_from - 1)
    codes = np.full(len(times), POOL, dtype=np.int8)
    codes[times >= moments[validation_from]] = VALIDATION
    if test_from < len(moments):
        codes[times >= moments[test_from]] = TEST
    return codes


def per_user_last_split(users: IndexArray, *, validation_share: float, test_share: float) -> SplitCodes:
    """Each user's last interactions for test, those before for validation (leave-one-out for short sequences).

    A user gives `share` of the sequence to a part, rounded, at least one; users with too few interactions to leave
    one in the pool give test up first, then validation.

    Args:
        users: User of each interaction, grouped, in time order within a user; shape [r].
        validation_share: Share of each sequence.
        test_share: Likewise; may be 0.
    """
    check_shares(validation_share, test_share)
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    lengths = np.diff(np.append(starts, len(users)))
    validation = np.maximum(1, np.round(lengths * validation_share)).astype(np.int64)
    test = np.maximum(1, np.round(lengths * test_share)).astype(np.int64) if test_share > 0 else np.zeros_like(lengths)
    short = validation + test >= lengths
    validation[short] = np.minimum(1, lengths[short] - 1)
    test[short] = np.minimum(test[short], np.maximum(0, lengths[short] - 2)).clip(max=1)
    from_end = np.repeat(starts + lengths, lengths) - np.arange(len(users))  # 1 is a user's last
    codes = np.full(len(users), POOL, dtype=np.int8)
    codes[from_end <= np.repeat(validation + test, lengths)] = VALIDATION
    codes[from_end <= np.repeat(test, lengths)] = TEST
    return codes


def row_split(
    num_rows: int, *, validation_share: float, test_share: float, shuffle: bool, rng: np.random.Generator
) -> SplitCodes:
    """Split samples without users or times: by file order, or shuffled with `rng`; shape [num_rows].

    Raises:
        DataError: Too few samples to fill the parts.
    """
    check_shares(validation_share, test_share)
    test = max(1, round(num_rows * test_share)) if test_share > 0 else 0
    validation = max(1, round(num_rows * validation_share))
    if validation + test >= num_rows:
        message = (
            f"{num_rows} samples cannot be split into pool, {validation} validation and {test} test samples; "
            "give more data or smaller shares"
        )
        raise DataError(message, code="too-few-samples", fields={"samples": num_rows})
    codes = np.repeat(np.array([POOL, VALIDATION, TEST], np.int8), [num_rows - validation - test, validation, test])
    if not shuffle:
        return codes
    shuffled = np.empty_like(codes)
    shuffled[rng.permutation(num_rows)] = codes
    return shuffled


def _nearest(before: IndexArray, wanted: float, *, low: int, high: int) -> int:
    """The moment in [low, high] with the number of earlier samples nearest to `wanted`."""
    return low + int(np.abs(before[low : high + 1] - wanted).argmin())
