"""Distances of pool rows to target samples in single precision: held where they fit, else computed when needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numba as nb
import numpy as np

from goracs_core.dense_limit import held_rows
from goracs_core.progress import Progress, silent
from goracs_core.selection.greedy import row_gain
from goracs_core.selection.passes import Pace, run_blocks
from goracs_core.transport import euclidean
from goracs_core.types import AnyFloatArray, Float32Array, FloatArray, IndexArray

_ROWS, _TILE = 256, 4096
_COPY_BYTES = 64 * 2**20


@nb.njit(cache=True, fastmath={"reassoc", "contract"}, nogil=True)
def _add_sums(distance, weights, totals):
    for i in range(len(distance)):
        total = 0.0
        for j in range(len(weights)):
            total += weights[j] * distance[i, j]
        totals[i] += total


@nb.njit(cache=True, nogil=True)
def _add_gains(distance, nearest, weights, totals):
    for i in range(len(distance)):
        totals[i] += row_gain(distance[i], 0.0, nearest, weights)


class TargetRows:
    """Rows of distances, as many of them held as the limit on dense distances allows.

    Args:
        pool: Shape [n, d].
        target: Shape [t, d].
        scale: Unit of the distances.
    """

    def __init__(self, pool: AnyFloatArray, target: AnyFloatArray, scale: float) -> None:
        self._pool, self._scale = pool, scale
        small = 8 * target.size <= _COPY_BYTES  # then it is turned into double precision once, not for each block
        self._target = target.astype(np.float64) if small else target
        self.capacity = held_rows(len(pool), len(target))
        self._held = np.empty((self.capacity, len(target)), np.float32)
        self._slot_of = np.full(len(pool), -1)  # where a row is held
        self._row_in = np.full(self.capacity, -1)  # which row a slot holds
        self._next = 0

    @classmethod
    def of(cls, distances: Float32Array) -> TargetRows:
        """All rows at hand; shape [n, t]."""
        rows = cls.__new__(cls)
        rows._held, rows.capacity = distances, len(distances)
        rows._slot_of = rows._row_in = np.arange(len(distances))
        return rows

    @property
    def num_rows(self) -> int:
        """Number of pool rows, n."""
        return len(self._slot_of)

    def fill(self, *, progress: Progress = silent) -> None:
        """Compute and hold all rows, where they fit."""
        if self.capacity < self.num_rows:
            return

        def work(block: slice) -> None:
            self._compute(block, self._held[block])

        run_blocks(work, self.num_rows, _ROWS, Pace(progress, "distances", self.num_rows))
        self._slot_of = self._row_in = np.arange(self.num_rows)

    def holds(self, row: int) -> bool:
        """Whether a row is at hand."""
        return self._slot_of[row] >= 0

    def row(self, row: int) -> Float32Array:
        """Distances of one row; shape [t]."""
        if self._slot_of[row] < 0:
            self.hold(np.array([row]))
        return self._held[self._slot_of[row]]

    def hold(self, rows: IndexArray) -> None:
        """Compute a few rows, at most `capacity`; those held longest make room."""
        slots = (self._next + np.arange(len(rows))) % self.capacity
        self._next = (self._next + len(rows)) % self.capacity
        leaving = self._row_in[slots]
        self._slot_of[leaving[leaving >= 0]] = -1
        self._row_in[slots], self._slot_of[rows] = rows, slots
        found = np.empty((len(rows), len(self._target)), np.float32)
        self._compute(rows, found)
        self._held[slots] = found

    def weighted_sums(self, weights: FloatArray, *, progress: Progress = silent) -> FloatArray:
        """sum_j nu_j d_ij of each row; shape [n]."""

        def add(distance: Float32Array, columns: slice, totals: FloatArray) -> None:
            _add_sums(distance, weights[columns], totals)

        return self._totals(add, "mean distances", progress)

    def gains(self, nearest: FloatArray, weights: FloatArray, *, progress: Progress = silent) -> FloatArray:
        """sum_j nu_j min(d_ij - nearest_j, 0) of each row; <= 0; shape [n]."""

        def add(distance: Float32Array, columns: slice, totals: FloatArray) -> None:
            _add_gains(distance, nearest[columns], weights[columns], totals)

        return self._totals(add, "first gains", progress)

    def _totals(
        self, add: Callable[[Float32Array, slice, FloatArray], None], stage: str, progress: Progress
    ) -> FloatArray:
        totals = np.zeros(self.num_rows)

        def work(block: slice) -> None:
            if self.capacity == self.num_rows:  # all of them are held, in order
                add(self._held[block], slice(None), totals[block])
                return
            for columns, distances in self._tiles(block):
                add(distances.astype(np.float32), columns, totals[block])

        run_blocks(work, self.num_rows, _ROWS, Pace(progress, stage, self.num_rows))
        return totals

    def _compute(self, rows: slice | IndexArray, found: Float32Array) -> None:
        for columns, distances in self._tiles(rows):
            found[:, columns] = distances

    def _tiles(self, rows: slice | IndexArray) -> Iterator[tuple[slice, FloatArray]]:
        """Distances of some rows, a few thousand target samples at a time."""
        points = self._pool[rows].astype(np.float64)
        for start in range(0, len(self._target), _TILE):
            columns = slice(start, start + _TILE)
            distances = euclidean(points, self._target[columns])
            distances /= self._scale
            yield columns, distances
