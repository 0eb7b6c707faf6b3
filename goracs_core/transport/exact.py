"""The one door to the exact transport solver (POT's network simplex)."""

from __future__ import annotations

import os
import warnings

import numpy as np

# POT imports every tensor library that it finds; here it only ever sees NumPy arrays, and torch alone costs seconds.
os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")
os.environ.setdefault("POT_BACKEND_DISABLE_TENSORFLOW", "1")
os.environ.setdefault("POT_BACKEND_DISABLE_JAX", "1")

import ot

from goracs_core.errors import ShapeError, SolverError
from goracs_core.types import FloatArray, TransportSolution

_OPTIMAL = 1
_MAX_PIVOTS = 50_000_000
# Largest duality gap accepted, relative to the range of the costs: far above rounding, far below any real difference.
_GAP_TOLERANCE = 1e-9


def solve(
    cost: FloatArray,
    row_mass: FloatArray,
    column_mass: FloatArray,
    *,
    start: tuple[FloatArray, FloatArray] | None = None,
    max_pivots: int = _MAX_PIVOTS,
) -> TransportSolution:
    """Exact optimal transport between `row_mass` and `column_mass`.

    Args:
        cost: Shape [k, m]; finite, may be negative.
        row_mass: Shape [k]; > 0, sums to the same as `column_mass`.
        column_mass: Shape [m]; > 0.
        start: Row and column potentials (shapes [k] and [m]) to start the simplex from: those of a neighbouring
            problem save most pivots. They need not be feasible.
        max_pivots: Maximum number of simplex pivots.

    Raises:
        ShapeError: Shapes or masses that do not fit.
        SolverError: The solver did not end at a proven optimum.
    """
    cost = np.ascontiguousarray(cost, dtype=np.float64)
    if cost.ndim != 2 or 0 in cost.shape or cost.shape != (len(row_mass), len(column_mass)):
        raise ShapeError(
            f"a transport cost must be [{len(row_mass)}, {len(column_mass)}] like the masses, got shape {cost.shape}",
            code="bad-shape",
            fields={"name": "cost", "shape": cost.shape},
        )
    if not np.isfinite(cost).all():
        raise ShapeError(
            "transport costs must be finite numbers; the cost matrix has NaN or infinity",
            code="not-finite",
            fields={"name": "cost"},
        )
    if min(row_mass.min(), column_mass.min()) <= 0 or abs(row_mass.sum() - column_mass.sum()) > 1e-9 * row_mass.sum():
        raise ShapeError("row and column masses must be positive and sum to the same total", code="bad-masses")
    # POT answers 0.0 with only a warning on strongly negative costs. Transport is affine in the cost, so shift it away.
    offset = float(cost.min())
    initial = None if start is None else (np.asarray(start[0], np.float64) - offset, np.asarray(start[1], np.float64))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the result code, checked below, says the same and more
        plan, log = ot.emd(
            row_mass, column_mass, cost - offset, numItermax=max_pivots, log=True, potentials_init=initial
        )
    if log["result_code"] != _OPTIMAL:
        raise SolverError(
            f"transport of a {cost.shape[0]} x {cost.shape[1]} block was not optimal after {max_pivots} pivots "
            f"({log['warning']}); choose a smaller budget or fewer validation samples",
            code="not-optimal",
            fields={"rows": cost.shape[0], "columns": cost.shape[1], "pivots": max_pivots},
        )
    rows, columns = np.nonzero(plan)
    mass = plan[rows, columns]
    value = float(mass @ cost[rows, columns])
    row_potentials, column_potentials = log["u"] + offset, log["v"]
    gap = value - float(row_potentials @ row_mass + column_potentials @ column_mass)
    if abs(gap) > _GAP_TOLERANCE * max(1.0, float(np.ptp(cost)), abs(value)):
        raise SolverError(
            f"transport of a {cost.shape[0]} x {cost.shape[1]} block ended with a duality gap of {gap:.3g}",
            code="duality-gap",
            fields={"rows": cost.shape[0], "columns": cost.shape[1], "gap": gap},
        )
    return TransportSolution(value, rows, columns, mass, row_potentials, column_potentials)


def solve_uniform(
    cost: FloatArray, column_mass: FloatArray, *, start: tuple[FloatArray, FloatArray] | None = None
) -> TransportSolution:
    """`solve` with equal mass 1/k on each of the k rows of `cost`."""
    k = len(cost)
    return solve(cost, np.full(k, 1.0 / k), column_mass, start=start)
