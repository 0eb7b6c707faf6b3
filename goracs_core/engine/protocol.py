"""What every engine does: hold rows of scaled distances, price them, and say where their mass goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from goracs_core.progress import Progress, silent
from goracs_core.transport.units import whole_units
from goracs_core.types import Float32Array, FloatArray, IndexArray

SINGLE = float(np.finfo(np.float32).eps)  # rounding of a distance in single precision


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

    def among(self, rows: IndexArray, num_rows: int) -> Priced:
        """These rows as the given ones among `num_rows`; the others cost infinity, with NaN as threshold."""
        costs, thresholds = np.full(num_rows, np.inf), np.full(num_rows, np.nan, np.float32)
        costs[rows], thresholds[rows] = self.costs, self.thresholds
        return Priced(costs, thresholds)


class DistanceRows(Protocol):
    """Rows of d / max(d) to all validation samples, in single precision.

    Attributes:
        cheap: Whether pricing every row costs little beside an exact transport, so that leaving rows out saves little.
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
        """Price every row.

        Args:
            prices: Price of each column; shape [m].
            fill: What a row has to place.
            only: Price these rows alone; the others then cost infinity, with NaN as threshold.
            progress: Told the rows priced so far, where that takes long.
        """
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
