"""Exact transport that survives an exchange: replace one row of an optimal plan, and repair only what that touches.

After an exchange the optimal tree of the old plan is still feasible, only its prices are off: a few network-simplex
pivots repair them, where a solve from nothing needs thousands.

Masses are whole units, so that flow is conserved exactly, however many exchanges follow. Each row carries one unit more
than its share and the last column takes them up; that makes every tree non-degenerate (Orden 1956), so that pivots
cannot go in circles, at a change of the value far below rounding.
"""

from __future__ import annotations

import math

import numpy as np

from goracs_core.errors import ShapeError, SolverError
from goracs_core.transport.basis import Basis, Shortlists, build, copy_of, empty_basis, optimise, refresh, send_all
from goracs_core.transport.exact import solve_uniform
from goracs_core.transport.units import whole_units
from goracs_core.types import FloatArray, IndexArray, TransportSolution

_ALL_UNITS = 2**61
# Columns per row on its shortlist of least reduced costs; most pricing never looks beyond it.
_SHORTLIST = 128
# Full scans of rows, as a multiple of the rows, after which the shortlists are made anew.
_STALE = 8
_BLOCK_ROWS = 128
_GAP_TOLERANCE = 1e-9


class TransportState:
    """An optimal plan between k rows of equal mass and m columns, ready to exchange rows.

    Args:
        cost: Shape [k, m]; copied.
        column_mass: Shape [m]; > 0, sum 1.
        prices: Column potentials near the optimal ones (of a neighbouring problem, or of a dual bound): the first plan
            is then built from them instead of from nothing. Shape [m].

    Raises:
        SolverError: The first solve did not end at an optimum.
    """

    def __init__(self, cost: FloatArray, column_mass: FloatArray, *, prices: FloatArray | None = None) -> None:
        self.cost = np.array(cost, np.float64, order="C")
        k, m = self.cost.shape
        row_units, column_units = whole_units(column_mass, k)
        scale = max(1, _ALL_UNITS // (row_units * k))
        self._row_units = np.full(k, row_units * scale + 1, np.int64)
        self._column_units = column_units * scale
        self._column_units[-1] += k
        self._scale = scale
        self._total = row_units * k * scale
        self._counts = np.zeros(2, np.int64)
        width = min(m, max(_SHORTLIST, 2 * -(-m // k) if prices is not None else 0))
        self._lists = Shortlists(np.zeros((k, width), np.int32), np.zeros((k, width)), np.zeros(k), np.zeros(m))
        if prices is None:
            solution = solve_uniform(self.cost, column_mass)
            prices = solution.column_potentials
            heaviest = np.argsort(-solution.mass, kind="stable")
            entries = solution.rows[heaviest], solution.columns[heaviest]
            self._renew_shortlists(prices)
        else:
            self._renew_shortlists(prices)
            entries = _likely_entries(self.cost, prices, self._lists)
        self._basis = _tree(entries, self._row_units, self._column_units, self.cost, prices)
        refresh(self.cost, self._basis)
        self._optimise(np.inf)
        if self._counts[1] > _STALE * k:
            self._renew_shortlists(self.column_potentials)
        self.value = self._value()

    @property
    def row_potentials(self) -> FloatArray:
        """Shape [k]."""
        return self._basis.potential[: len(self.cost)]

    @property
    def column_potentials(self) -> FloatArray:
        """Shape [m]. Row + column potential <= cost everywhere, equal where mass flows."""
        return self._basis.potential[len(self.cost) :]

    def try_exchange(self, position: int, cost: FloatArray, *, below: float = math.inf) -> float | None:
        """Replace row `position` by one of the given costs if the new value is below `below`; else change nothing.

        Args:
            position: Which row leaves; 0-based.
            cost: Costs of the entering row; shape [m].
            below: Values at or above this are of no use; proving that ends the work early.

        Returns:
            The new transport value, or None when it is not below `below` (the state is then as before).

        Raises:
            ShapeError: A row of costs of another length.
        """
        if cost.shape != (self.cost.shape[1],):
            raise ShapeError(
                f"an entering row needs {self.cost.shape[1]} costs, got shape {cost.shape}",
                code="bad-shape",
                fields={"name": "cost", "shape": cost.shape},
            )
        tree = copy_of(self._basis)
        old = self.cost[position].copy()
        near = self._lists.columns[position].copy(), self._lists.cost[position].copy(), self._lists.limit[position]
        self.cost[position] = cost
        self._shortlist(slice(position, position + 1))
        refresh(self.cost, self._basis)
        if self._optimise(below):
            value = self._value()
            if value < below:
                self.value = value
                if self._counts[1] > _STALE * len(self.cost):
                    self._renew_shortlists(self.column_potentials)
                return value
        self.cost[position] = old
        self._lists.columns[position], self._lists.cost[position], self._lists.limit[position] = near
        self._basis = tree
        return None

    def solution(self) -> TransportSolution:
        """The plan and its potentials as they stand.

        Raises:
            SolverError: The plan is no longer optimal to rounding; this would be a defect.
        """
        rows, columns, units = self.flows()
        # The extra unit of each row is a fraction of the rounding of a float: leave it out.
        kept = units > self._scale // 2 if self._scale > 2 * len(self.cost) else units > 0
        rows, columns, mass = rows[kept], columns[kept], units[kept] / self._total
        value = float(mass @ self.cost[rows, columns])
        if abs(value - self._value()) > _GAP_TOLERANCE * max(1.0, float(np.abs(self.cost).max())):
            raise SolverError(
                "the updated transport plan has a duality gap; select again with another budget", code="duality-gap"
            )
        return TransportSolution(value, rows, columns, mass, self.row_potentials.copy(), self.column_potentials.copy())

    def flows(self) -> tuple[IndexArray, IndexArray, IndexArray]:
        """Rows, columns and whole units of the tree's arcs, by row and column."""
        k = len(self.cost)
        nodes = np.flatnonzero(self._basis.parent >= 0)
        parents = self._basis.parent[nodes]
        rows = np.where(nodes < k, nodes, parents)
        columns = np.where(nodes < k, parents, nodes) - k
        order = np.lexsort((columns, rows))
        return rows[order], columns[order], self._basis.flow[nodes][order]

    def _optimise(self, below: float) -> bool:
        return optimise(
            self.cost, self._basis, self._lists, self._row_units, self._column_units, below * self._total, self._counts
        )

    def _value(self) -> float:
        rows = float(self.row_potentials @ self._row_units)
        return (rows + float(self.column_potentials @ self._column_units)) / self._total

    def _renew_shortlists(self, prices: FloatArray) -> None:
        self._lists.reference[:] = prices
        for start in range(0, len(self.cost), _BLOCK_ROWS):
            self._shortlist(slice(start, start + _BLOCK_ROWS))
        self._counts[1] = 0

    def _shortlist(self, rows: slice) -> None:
        lists = self._lists
        reduced = self.cost[rows] - lists.reference  # [rows, m]
        width = lists.columns.shape[1]
        if width == reduced.shape[1]:
            order, limit = np.broadcast_to(np.arange(width), reduced.shape), np.full(len(reduced), np.inf)
        else:
            order = np.argpartition(reduced, width, axis=1)
            limit = np.take_along_axis(reduced, order[:, width : width + 1], axis=1)[:, 0]
        lists.columns[rows] = np.sort(order[:, :width], axis=1)
        lists.cost[rows] = np.take_along_axis(self.cost[rows], lists.columns[rows].astype(np.int64), axis=1)
        lists.limit[rows] = limit


def _tree(
    entries: tuple[IndexArray, IndexArray],
    row_units: IndexArray,
    column_units: IndexArray,
    cost: FloatArray,
    prices: FloatArray,
) -> Basis:
    """A feasible tree with the given masses: flow along `entries` (row, column) in this order, then wherever it fits.

    Every step uses up a row or a column, never both but for the last: so the arcs are a spanning tree.
    """
    k, m = len(row_units), len(column_units)
    supply, demand = row_units.copy(), column_units.copy()
    heads, tails, flows = (np.empty(k + m, np.int64) for _ in range(3))
    arcs = send_all(*entries, supply, demand, heads, tails, flows, 0)
    rows, columns = np.flatnonzero(supply > 0), np.flatnonzero(demand > 0)
    if len(rows):
        left = cost[rows][:, columns] - prices[columns]  # [rows left, columns left]
        order = np.argsort(left - left.min(axis=1, keepdims=True), axis=None, kind="stable")
        r, c = np.divmod(order, len(columns))
        arcs = send_all(rows[r], columns[c], supply, demand, heads, tails, flows, arcs)
    basis = empty_basis(k + m)
    if not build(heads[:arcs], tails[:arcs], flows[:arcs], k, basis):
        raise SolverError(
            "the transport plan could not be turned into a tree; select again with another budget", code="no-tree"
        )
    return basis


def _likely_entries(cost: FloatArray, prices: FloatArray, lists: Shortlists) -> tuple[IndexArray, IndexArray]:
    """Entries (row, column) that an optimal plan at these prices uses, likeliest first."""
    reduced = lists.cost - prices[lists.columns]  # [k, w]
    width = min(reduced.shape[1], max(8, 3 * -(-cost.shape[1] // len(cost))))
    places = np.argsort(reduced, axis=1, kind="stable")[:, :width]
    reduced = np.take_along_axis(reduced, places, axis=1)
    order = np.argsort(reduced - reduced[:, :1], axis=None, kind="stable")
    rows, place = np.divmod(order, width)
    return rows, lists.columns[rows, places[rows, place]].astype(np.int64)
