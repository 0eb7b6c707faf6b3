"""Entropic transport: Sinkhorn's scaling in logarithms by POT, with Newton steps where scaling alone crawls."""

from __future__ import annotations

import numpy as np

from goracs_core.errors import SolverError
from goracs_core.progress import Progress, silent
from goracs_core.transport.exact import ot  # there POT is imported, and told first what to leave out
from goracs_core.types import FloatArray

_ITERATIONS = 5
_MAX_ITERATIONS = 2_000
_TOLERANCE = 1e-9
_HALVINGS = 30


def solve_entropic(
    cost: FloatArray,
    row_mass: FloatArray,
    column_mass: FloatArray,
    *,
    regularisation: float,
    progress: Progress = silent,
) -> FloatArray:
    """The plan of least cost minus `regularisation` times entropy (Cuturi 2013); shape [a, b].

    Its row sums are met to rounding, its column sums to 1e-9. Meant for few columns: a Newton step costs b^2 per row.
    POT's scaling alone crawls where the regularisation is small: for 2,000 rows and 20 columns at 0.01 of the mean cost
    it misses the column sums by 2e-5 after 3,000 iterations (3.5 s), and the Newton steps meet them in 0.1 s.

    Args:
        cost: Shape [a, b]; finite.
        row_mass: Shape [a]; > 0, sum 1.
        column_mass: Shape [b]; > 0, sum 1.
        regularisation: > 0, in units of the cost.
        progress: Told the iterations; their number is not known in advance.

    Raises:
        SolverError: It does not converge.
    """
    affinity = cost / -regularisation
    potentials = None
    for done in range(0, _MAX_ITERATIONS, _ITERATIONS):
        progress("entropic transport", done, 0)
        with np.errstate(over="ignore", under="ignore"):  # POT hands exponentials back beside the logarithms used here
            plan, log = ot.bregman.sinkhorn_log(
                row_mass,
                column_mass,
                cost,
                regularisation,
                numItermax=_ITERATIONS,
                stopThr=_TOLERANCE,
                log=True,
                warn=False,
                warmstart=potentials,
            )
        if np.abs(plan.sum(axis=0) - column_mass).max() <= _TOLERANCE:
            return plan
        progress("entropic transport", done + _ITERATIONS, 0)
        columns = _newton_step(affinity, plan, row_mass, column_mass, np.asarray(log["log_v"]))
        potentials = np.log(row_mass) - _log_sums(affinity + columns), columns
    raise SolverError(
        f"entropic transport of a {cost.shape[0]} x {cost.shape[1]} cost did not converge in {_MAX_ITERATIONS:,} "
        "iterations; raise the regularisation",
        code="not-converged",
        fields={"shape": cost.shape, "rounds": _MAX_ITERATIONS},
    )


def _newton_step(
    affinity: FloatArray, plan: FloatArray, row_mass: FloatArray, column_mass: FloatArray, columns: FloatArray
) -> FloatArray:
    """Better column potentials v: a damped step up the concave sum_c b_c v_c - sum_i a_i log sum_c exp(v_c + A_ic)."""
    reached = plan.sum(axis=0)
    slope = column_mass - reached
    curvature = np.diag(reached) - np.einsum("ic,id->cd", plan / row_mass[:, None], plan)
    # A number added to all potentials changes nothing: that direction is filled up and taken out again.
    step = np.linalg.lstsq(curvature + 1.0 / len(slope), slope, rcond=1e-12)[0]
    step -= step.mean()
    rise = float((slope * step).sum())
    before = _dual_value(affinity, row_mass, column_mass, columns)
    share = 1.0
    for _ in range(_HALVINGS):
        moved = columns + share * step
        value = _dual_value(affinity, row_mass, column_mass, moved)
        if rise > 0 and value >= before + 1e-4 * share * rise:
            return moved
        share /= 2
    return columns


def _dual_value(affinity: FloatArray, row_mass: FloatArray, column_mass: FloatArray, columns: FloatArray) -> float:
    # Sums instead of inner products, whose rounding may depend on the number of threads.
    return float((column_mass * columns).sum() - (row_mass * _log_sums(affinity + columns)).sum())


def _log_sums(values: FloatArray) -> FloatArray:
    """Log of the sum of exponentials of each row; shape [a]."""
    largest = values.max(axis=1)
    with np.errstate(under="ignore"):
        return largest + np.log(np.exp(values - largest[:, None]).sum(axis=1))
