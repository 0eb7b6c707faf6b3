"""Rows of scaled distances behind one interface, and the choice between memory and recomputation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from goracs_core.engine.fill import distances_from_products, fill_load, fill_rows
from goracs_core.engine.memory import dense_fits
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.transport.units import whole_units
from goracs_core.types import AnyFloatArray, Float32Array, FloatArray, IndexArray

_BLOCK_BYTES = 32 * 2**20
_SINGLE = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, eq=False)
class Fill:
    """What a row has to place and where it may: mass 1/k over columns of mass nu.

    Args:
        masses: Column masses nu; shape [m], sum 1.
        capacity: Mass of one row, 1/k.
        mass_units: `masses` in whole units; shape [m].
        capacity_units: `capacity` in the same units.
    """

    masses: FloatArray
    capacity: float
    mass_units: IndexArray
    capacity_units: int

    @classmethod
    def of(cls, weights: FloatArray, budget: int) -> Fill:
        """The fill of a problem with these validation weights and this budget."""
        capacity_units, mass_units = whole_units(weights, budget)
        return cls(weights, 1.0 / budget, mass_units, capacity_units)

    def share(self, units: IndexArray) -> FloatArray:
        """Whole units as shares of all mass."""
        return units / float(self.mass_units.sum())


@dataclass(frozen=True, eq=False)
class Priced:
    """Rows at some prices.

    Args:
        costs: Least cost of filling each row at reduced costs d / max(d) - prices; shape [rows].
        thresholds: Reduced cost of the last column taken; shape [rows].
    """

    costs: FloatArray
    thresholds: Float32Array


class DistanceRows(Protocol):
    """Rows of d / max(d) to all validation samples, in single precision.

    Args:
        cheap: Whether pricing every row costs little beside an exact transport.
    """

    cheap: bool

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        ...

    @property
    def error(self) -> float:
        """Largest difference of a distance from its exact value."""
        ...

    def price(
        self, prices: FloatArray, fill: Fill, *, only: IndexArray | None = None, progress: Progress = silent
    ) -> Priced:
        """Price every row, or `only` some; the others then cost infinity."""
        ...

    def load(self, prices: FloatArray, fill: Fill, priced: Priced, rows: IndexArray) -> FloatArray:
        """Mass that the given rows put on each column at these prices; shape [m]."""
        ...

    def take(self, rows: IndexArray) -> Float32Array:
        """The distances of some rows; shape [rows, m]."""
        ...

    def subset(self, rows: IndexArray) -> DistanceRows:
        """Some rows held ready for pricing them many times."""
        ...


class DenseRows:
    """All distances in memory.

    Args:
        matrix: Scaled distances; shape [rows, m].
    """

    cheap = True
    error = 4 * _SINGLE

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
        """Price every row (leaving some out would save nothing here)."""
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
        squared = _SINGLE * (width + 8) * (self._largest_norm + float(self._column_norms.max()))
        return float(np.sqrt(squared)) / self._problem.distance_scale + 4 * _SINGLE

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
        costs = np.full(self.num_rows, np.inf)
        thresholds = np.full(self.num_rows, np.nan, np.float32)
        for start in range(0, len(rows), self._block):
            block = rows[start : start + self._block]
            found = DenseRows(self._distances(self._problem.pool[block])).price(prices, fill)
            costs[block], thresholds[block] = found.costs, found.thresholds
            progress("pricing the rows left", start + len(block), len(rows))
        return Priced(costs, thresholds)

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


def open_rows(problem: Problem, *, progress: Progress = silent) -> DistanceRows:
    """The distances of a problem: on a GPU where there is one, in memory where they fit, else recomputed."""
    from goracs_core.engine.gpu import cuda_device  # asks without importing torch

    device = cuda_device()
    if device is not None:
        from goracs_core.engine.gpu import TorchRows

        return TorchRows(problem, device)
    if dense_fits(problem.num_pool, problem.num_validation):
        return DenseRows(problem.scaled_distances(progress))
    return StreamedRows(problem)
