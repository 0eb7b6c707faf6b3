"""A bound on numba's threads, so that a selection leaves room for the page that watches it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numba as nb


def thread_limit() -> int:
    """Threads to use: `GORACS_THREADS`, else the cores of this machine, at most 8."""
    asked = os.environ.get("GORACS_THREADS", "")
    available = nb.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    limit = int(asked) if asked.isdigit() and int(asked) > 0 else min(os.cpu_count() or 1, 8)
    return max(1, min(limit, available))


@contextmanager
def bounded_threads() -> Iterator[int]:
    """Run numba with `thread_limit()` threads inside the block."""
    before = nb.get_num_threads()
    nb.set_num_threads(thread_limit())
    try:
        yield nb.get_num_threads()
    finally:
        nb.set_num_threads(before)
