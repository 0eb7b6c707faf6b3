"""How many threads a selection uses."""

from __future__ import annotations

import os

import numba as nb
import pytest

from goracs_core.selection.threads import bounded_threads, thread_limit

AVAILABLE = nb.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("1", 1), ("2", min(2, AVAILABLE)), ("999", AVAILABLE)]
    + [(other, min(os.cpu_count() or 1, 8, AVAILABLE)) for other in ("", "0", "-1", "many")],
)
def test_the_environment_bounds_threads(asked: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GORACS_THREADS", asked)
    assert thread_limit() == expected
    before = nb.get_num_threads()
    with bounded_threads() as used:
        assert used == expected
    assert nb.get_num_threads() == before
