"""How well a coreset covers the validation samples: what each sample pays in the transport plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.types import FloatArray, IndexArray, TransportSolution, readonly


@dataclass(frozen=True, eq=False)
class Coverage:
    """The two sides of a plan, sample by sample.

    Args:
        column_costs: Mean cost at which each validation sample is served (mass-weighted); shape [m].
        column_partners: Coreset samples that serve it; shape [m].
        row_costs: Mean cost at which each coreset sample serves; shape [k].
        row_partners: Validation samples that it serves; shape [k].
    """

    column_costs: FloatArray
    column_partners: IndexArray
    row_costs: FloatArray
    row_partners: IndexArray

    def __post_init__(self) -> None:
        for name in ("column_costs", "row_costs"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))
        for name in ("column_partners", "row_partners"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.int64))

    def worst_columns(self, count: int) -> IndexArray:
        """Validation samples served at the highest cost, worst first."""
        return np.argsort(-self.column_costs, kind="stable")[:count]


def entry_costs(plan: TransportSolution, rows: IndexArray, columns: IndexArray) -> FloatArray:
    """Cost of entries that carry mass in an optimal plan: the sum of their potentials (complementary slackness).

    Args:
        plan: An optimal plan.
        rows: Plan rows of the entries; shape [e].
        columns: Plan columns of the entries; shape [e].
    """
    return plan.row_potentials[rows] + plan.column_potentials[columns]


def coverage(plan: TransportSolution) -> Coverage:
    """Who pays what in `plan`, in the plan's own unit (scaled distance, d / max d)."""
    costs = entry_costs(plan, plan.rows, plan.columns)

    def side(rows: IndexArray, count: int) -> tuple[FloatArray, IndexArray]:
        mass = np.bincount(rows, weights=plan.mass, minlength=count)
        paid = np.bincount(rows, weights=plan.mass * costs, minlength=count)
        return paid / mass, np.bincount(rows, minlength=count)

    column_costs, column_partners = side(plan.columns, len(plan.column_potentials))
    row_costs, row_partners = side(plan.rows, len(plan.row_potentials))
    return Coverage(column_costs, column_partners, row_costs, row_partners)
