"""Masses in whole units, so that sums are exact in any order."""

from __future__ import annotations

import math

import numpy as np

from goracs_core.types import FloatArray, IndexArray

# As many units as a float still counts exactly when weights are turned into them.
_WEIGHT_UNITS = 2**48


def whole_units(column_mass: FloatArray, rows: int) -> tuple[int, IndexArray]:
    """Mass in whole units: those of one row, and of each column (shape [m]); both sides add up to the same.

    Equal column masses are met exactly; others to far below the rounding of a sum of floats.
    """
    m = len(column_mass)
    if column_mass.min() == column_mass.max():
        total = math.lcm(rows, m)
        return total // rows, np.full(m, total // m, np.int64)
    row_units = max(1, _WEIGHT_UNITS // rows)
    total = row_units * rows
    share = column_mass / column_mass.sum() * total
    units = np.maximum(np.floor(share).astype(np.int64), 1)
    left = total - int(units.sum())
    if left < 0:  # some masses are far below one unit: the heaviest column gives
        units[int(units.argmax())] += left
    else:
        units[np.argsort(units - share, kind="stable")[:left]] += 1
    return row_units, units
