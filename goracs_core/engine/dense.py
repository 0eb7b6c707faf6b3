"""Rows of distances in memory."""

from __future__ import annotations

import numpy as np

from goracs_core.engine.fill import fill_load, fill_rows
from goracs_core.engine.protocol import SINGLE, Fill, Priced
from goracs_core.progress import Progress, silent
from goracs_core.types import Float32Array, FloatArray, IndexArray


class DenseRows:
    """All distances in memory.

    Args:
        matrix: Scaled distances; shape [rows, m].
    """

    cheap = True
    error = 4 * SINGLE

    def __init__(self, matrix: Float32Array) -> None:
        self.matrix = matrix
        # Prices, fill and thresholds of the last call: they tell where to look in the next one.
        self._before: tuple[FloatArray, Fill, Float32Array] | None = None

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return len(self.matrix)

    def price(
        self, prices: FloatArray, fill: Fill, *, only: IndexArray | None = None, progress: Progress = silent
    ) -> Priced:
        """Price every row, or `only` some; the others then cost infinity."""
        if only is not None:
            return self.subset(only).price(prices, fill).among(only, self.num_rows)
        costs, thresholds = np.empty(self.num_rows), np.empty(self.num_rows, np.float32)
        limits = self._limits(prices, fill)
        fill_rows(self.matrix, prices.astype(np.float32), fill.masses, fill.capacity, limits, costs, thresholds)
        self._before = prices, fill, thresholds
        return Priced(costs, thresholds)

    def _limits(self, prices: FloatArray, fill: Fill) -> Float32Array:
        """No threshold rises by more than the largest fall of a price."""
        if self._before is None or self._before[1] is not fill:
            return np.full(self.num_rows, np.inf, np.float32)
        fall = max(float((self._before[0] - prices).max()), 0.0)
        return self._before[2] + np.float32(fall * 1.001 + 1e-6)

    def load(self, prices: FloatArray, fill: Fill, priced: Priced, rows: IndexArray) -> FloatArray:
        """Mass that the given rows put on each column at these prices; shape [m]."""
        single = prices.astype(np.float32)
        return fill.share(fill_load(self.matrix, single, fill.mass_units, fill.capacity_units, priced.thresholds, rows))

    def take(self, rows: IndexArray) -> Float32Array:
        """The distances of some rows; shape [rows, m]."""
        return self.matrix[rows]

    def subset(self, rows: IndexArray) -> DenseRows:
        """Some rows, copied together."""
        return DenseRows(self.matrix[rows])
