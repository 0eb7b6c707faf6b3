"""Passes over all pool rows that give the same bytes on any number of threads, and how often they report.

Distances to one point are summed on one thread; blocks of rows are cut without regard to threads, and each is
multiplied out on one BLAS thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import numba as nb
import numpy as np
from threadpoolctl import threadpool_limits

from goracs_core.progress import Progress
from goracs_core.selection.threads import thread_limit
from goracs_core.types import AnyFloatArray, FloatArray

_REPORT_SECONDS = 0.2


class Pace:
    """Reports the steps of one stage: the first, the last, and a few per second between them.

    Args:
        progress: Told stage, done and total; may raise JobCancelled.
        stage: Its name.
        total: Steps in all.
    """

    def __init__(self, progress: Progress, stage: str, total: int) -> None:
        self._progress, self._stage, self._total = progress, stage, total
        self._last = -np.inf
        self(0)

    def __call__(self, done: int) -> None:
        """`done` steps are done."""
        now = time.perf_counter()
        if now - self._last >= _REPORT_SECONDS or done >= self._total:
            self._last = now
            self._progress(self._stage, done, self._total)


# One thread: a pass waits for memory, and threads that meet a busy machine wait for one another.
@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _squared_distances(rows, point, found):
    for i in range(len(rows)):
        total = 0.0
        for d in range(len(point)):
            difference = rows[i, d] - point[d]
            total += difference * difference
        found[i] = total


def squared_distances(rows: AnyFloatArray, point: AnyFloatArray) -> FloatArray:
    """Squared Euclidean distance of each row to one point, from differences: equal points are exactly 0 apart.

    Args:
        rows: Shape [n, d], single or double precision.
        point: Shape [d].

    Returns:
        Shape [n].
    """
    found = np.empty(len(rows))
    held = rows.view()
    held.setflags(write=False)  # one compiled variant instead of two
    _squared_distances(held, np.array(point, np.float64), found)
    return found


def one_blas_thread() -> AbstractContextManager[Any]:
    """Matrix products on one thread inside the block, so that their rounding does not depend on the machine."""
    return threadpool_limits(1, user_api="blas")


def run_blocks(work: Callable[[slice], None], num_rows: int, block_rows: int, report: Callable[[int], None]) -> None:
    """Do `work` on consecutive blocks of rows, several at a time, each on one BLAS thread.

    Args:
        work: Computes one block and writes into arrays of its own rows alone.
        num_rows: Rows in all.
        block_rows: Rows of a block.
        report: Told the rows done; may raise, and nothing is started any more.
    """
    threads = thread_limit()
    running: deque[tuple[int, Future[None]]] = deque()
    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        try:
            for start in range(0, num_rows, block_rows):
                stop = min(start + block_rows, num_rows)
                running.append((stop, pool.submit(work, slice(start, stop))))
                if len(running) > threads:
                    _finish_first(running, report)
            while running:
                _finish_first(running, report)
        finally:
            for _, future in running:
                future.cancel()


def _finish_first(running: deque[tuple[int, Future[None]]], report: Callable[[int], None]) -> None:
    stop, future = running.popleft()
    future.result()
    report(stop)
