"""Rows of distances recomputed from the embeddings, for pools whose distances do not fit in memory."""

from __future__ import annotations

import numpy as np

from goracs_core.engine.dense import DenseRows
from goracs_core.engine.fill import distances_from_products, fill_rows
from goracs_core.engine.protocol import SINGLE, Fill, Priced
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.types import AnyFloatArray, Float32Array, FloatArray, IndexArray

_BLOCK_BYTES = 32 * 2**20


class StreamedRows:
    """Distances recomputed from the embeddings block by block: one matrix product per block and pass.

    Args:
        problem: Whose distances.
    """

    cheap = False

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        # Distances do not change when all points are moved; small norms lose fewer digits to cancellation.
        self._centre = problem.validation.mean(axis=0, dtype=np.float64)
        self._columns = (problem.validation - self._centre).astype(np.float32)  # [m, d]
        self._column_norms = np.einsum("jd,jd->j", self._columns, self._columns)
        self._block = max(1, _BLOCK_BYTES // (4 * problem.num_validation))
        self._largest_norm = 0.0  # of the rows seen so far

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return self._problem.num_pool

    @property
    def error(self) -> float:
        """Largest difference of a distance from its exact value: cancellation counts most where points coincide."""
        width = self._columns.shape[1]
        squared = SINGLE * (width + 8) * (self._largest_norm + float(self._column_norms.max()))
        return float(np.sqrt(squared)) / self._problem.distance_scale + 4 * SINGLE

    def price(
        self, prices: FloatArray, fill: Fill, *, only: IndexArray | None = None, progress: Progress = silent
    ) -> Priced:
        """Price every row, or `only` some; the others then cost infinity."""
        if only is not None:
            return self._price_some(prices, fill, only, progress)
        costs, thresholds = np.empty(self.num_rows), np.empty(self.num_rows, np.float32)
        single = prices.astype(np.float32)
        for start in range(0, self.num_rows, self._block):
            block = slice(start, min(start + self._block, self.num_rows))
            fill_rows(
                self._distances(self._problem.pool[block]),
                single,
                fill.masses,
                fill.capacity,
                np.full(block.stop - start, np.inf, np.float32),
                costs[block],
                thresholds[block],
            )
            progress("pricing all rows", block.stop, self.num_rows)
        return Priced(costs, thresholds)

    def _price_some(self, prices: FloatArray, fill: Fill, rows: IndexArray, progress: Progress) -> Priced:
        costs, thresholds = np.empty(len(rows)), np.empty(len(rows), np.float32)
        for start in range(0, len(rows), self._block):
            block = slice(start, min(start + self._block, len(rows)))
            found = DenseRows(self._distances(self._problem.pool[rows[block]])).price(prices, fill)
            costs[block], thresholds[block] = found.costs, found.thresholds
            progress("pricing the rows left", block.stop, len(rows))
        return Priced(costs, thresholds).among(rows, self.num_rows)

    def load(self, prices: FloatArray, fill: Fill, priced: Priced, rows: IndexArray) -> FloatArray:
        """Mass that the given rows put on each column at these prices; shape [m]."""
        taken = DenseRows(self.take(rows))
        thresholds = Priced(priced.costs[rows], priced.thresholds[rows])
        return taken.load(prices, fill, thresholds, np.arange(len(rows)))

    def take(self, rows: IndexArray) -> Float32Array:
        """The distances of some rows; shape [rows, m]."""
        found = np.empty((len(rows), len(self._columns)), np.float32)
        for start in range(0, len(rows), self._block):
            block = slice(start, start + self._block)
            found[block] = self._distances(self._problem.pool[rows[block]])
        return found

    def subset(self, rows: IndexArray) -> DenseRows:
        """Some rows, in memory."""
        return DenseRows(self.take(rows))

    def _distances(self, points: AnyFloatArray) -> Float32Array:
        centred = (points - self._centre).astype(np.float32)
        norms = np.einsum("id,id->i", centred, centred)
        self._largest_norm = max(self._largest_norm, float(norms.max()))
        products = centred @ self._columns.T
        distances_from_products(products, norms, self._column_norms, self._problem.distance_scale)
        return products
