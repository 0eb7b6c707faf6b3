"""Reading a transport plan: who serves whom, and overviews small enough to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.types import BoolArray, FloatArray, IndexArray, TransportSolution, readonly


@dataclass(frozen=True, eq=False)
class Flow:
    """Some entries of a plan, heaviest first.

    Args:
        rows: Plan rows (positions in the coreset); shape [e].
        columns: Plan columns (validation samples); shape [e].
        mass: Mass of each entry; shape [e].
        share: Share of the plan's whole mass that these entries carry.
    """

    rows: IndexArray
    columns: IndexArray
    mass: FloatArray
    share: float


def _flow(plan: TransportSolution, entries: IndexArray) -> Flow:
    # Ties in mass are common (many entries are exactly 1/k or 1/m): break them by row and column, not by chance.
    order = entries[np.lexsort((plan.columns[entries], plan.rows[entries], -plan.mass[entries]))]
    mass = plan.mass[order]
    return Flow(plan.rows[order], plan.columns[order], mass, float(mass.sum() / plan.mass.sum()))


def between(plan: TransportSolution, rows: BoolArray, columns: BoolArray) -> Flow:
    """The entries between some rows and some columns.

    Args:
        plan: The plan.
        rows: Whether each plan row counts; shape [k].
        columns: Whether each plan column counts; shape [m].
    """
    return _flow(plan, np.flatnonzero(rows[plan.rows] & columns[plan.columns]))


def partners_of_row(plan: TransportSolution, row: int) -> Flow:
    """Which validation samples the coreset position `row` serves."""
    return _flow(plan, np.flatnonzero(plan.rows == row))


def partners_of_column(plan: TransportSolution, column: int) -> Flow:
    """Which coreset positions serve validation sample `column`."""
    return _flow(plan, np.flatnonzero(plan.columns == column))


def aggregate(plan: TransportSolution, row_groups: IndexArray, column_groups: IndexArray) -> FloatArray:
    """Mass between groups; shape [row groups, column groups]; sums to the plan's whole mass.

    Args:
        plan: The plan.
        row_groups: Group of each plan row; shape [k], 0-based.
        column_groups: Group of each plan column; shape [m], 0-based.
    """
    table = np.zeros((int(row_groups.max()) + 1, int(column_groups.max()) + 1))
    np.add.at(table, (row_groups[plan.rows], column_groups[plan.columns]), plan.mass)
    return readonly(table, np.float64)
