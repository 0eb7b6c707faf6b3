"""The spanning tree of a network simplex on a transport problem: pivots and pricing in numba.

Nodes are rows (0 .. k-1) and columns (k .. k+m-1), the root is row 0. Each other node keeps its parent, the flow on the
arc between them in whole units, its depth, and its place in the parent's list of children. Potentials make the reduced
cost of every tree arc zero (Ahuja, Magnanti and Orlin 1993, chapter 11).
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from goracs_core.types import FloatArray, IndexArray

NONE = -1
# A reduced cost counts as negative below this; costs are scaled distances of order one.
TOLERANCE = 1e-12
# Pivots after which the potentials are computed anew from the tree, so that rounding does not add up.
_REFRESH = 2000


class Basis(NamedTuple):
    """The tree as arrays over nodes; shapes [k + m]."""

    parent: IndexArray
    flow: IndexArray
    depth: IndexArray
    first: IndexArray  # first child
    after: IndexArray  # next child of the same parent
    before: IndexArray
    potential: FloatArray


class Shortlists(NamedTuple):
    """For each row its columns of least reduced cost at the reference prices.

    Args:
        columns: Shape [k, w].
        cost: Their costs; shape [k, w].
        limit: Every other column has cost - reference price >= limit; shape [k].
        reference: Column potentials that the lists were made with; shape [m].
    """

    columns: NDArray[np.int32]
    cost: FloatArray
    limit: FloatArray
    reference: FloatArray


def empty_basis(nodes: int) -> Basis:
    """A forest of single nodes."""
    none = np.full(nodes, NONE, np.int64)
    zero = np.zeros(nodes, np.int64)
    return Basis(none.copy(), zero.copy(), zero.copy(), none.copy(), none.copy(), none.copy(), np.zeros(nodes))


def copy_of(basis: Basis) -> Basis:
    """The same tree in arrays of its own."""
    return Basis._make(array.copy() for array in basis)


@nb.njit(cache=True, nogil=True)
def attach(node, parent, flow, basis):
    """Hang `node` under `parent`."""
    basis.parent[node], basis.flow[node] = parent, flow
    following = basis.first[parent]
    basis.before[node], basis.after[node] = NONE, following
    if following != NONE:
        basis.before[following] = node
    basis.first[parent] = node


@nb.njit(cache=True, nogil=True)
def _detach(node, basis):
    before, after = basis.before[node], basis.after[node]
    if before == NONE:
        basis.first[basis.parent[node]] = after
    else:
        basis.after[before] = after
    if after != NONE:
        basis.before[after] = before
    basis.parent[node] = NONE


@nb.njit(cache=True, nogil=True)
def send_all(rows, columns, supply, demand, heads, tails, flows, arcs):
    """Send as much as fits along each entry (row, column) in order; writes the arcs used and returns their number."""
    for entry in range(len(rows)):
        row, column = rows[entry], columns[entry]
        amount = min(supply[row], demand[column])
        if amount > 0:
            supply[row] -= amount
            demand[column] -= amount
            heads[arcs], tails[arcs], flows[arcs] = row, column, amount
            arcs += 1
    return arcs


@nb.njit(cache=True, nogil=True)
def build(heads, tails, flows, k, basis):
    """Make the tree of the arcs (row, column, flow); they must span all nodes without a cycle. False if they do not."""
    nodes = len(basis.parent)
    degree = np.zeros(nodes + 1, np.int64)
    for arc in range(len(heads)):
        degree[heads[arc]] += 1
        degree[k + tails[arc]] += 1
    start = np.zeros(nodes + 1, np.int64)
    for node in range(nodes):
        start[node + 1] = start[node] + degree[node]
    filled = start[:-1].copy()
    arcs = np.empty(2 * len(heads), np.int64)
    for arc in range(len(heads)):
        row, column = heads[arc], k + tails[arc]
        arcs[filled[row]] = arc
        filled[row] += 1
        arcs[filled[column]] = arc
        filled[column] += 1
    order = np.empty(nodes, np.int64)
    order[0], found = 0, 1
    seen = np.zeros(nodes, np.bool_)
    seen[0] = True
    position = 0
    while position < found:
        node = order[position]
        position += 1
        for place in range(start[node], start[node + 1]):
            arc = arcs[place]
            other = k + tails[arc] if node < k else heads[arc]
            if not seen[other]:
                seen[other] = True
                attach(other, node, flows[arc], basis)
                order[found] = other
                found += 1
    return found == nodes and len(heads) == nodes - 1


@nb.njit(cache=True, nogil=True)
def refresh(cost, basis):
    """Depths and potentials of all nodes from the tree and the costs; row 0 keeps its potential."""
    k = len(cost)
    stack = np.empty(len(basis.parent), np.int64)
    stack[0], size = 0, 1
    while size > 0:
        size -= 1
        node = stack[size]
        child = basis.first[node]
        while child != NONE:
            price = cost[node, child - k] if node < k else cost[child, node - k]
            basis.potential[child] = price - basis.potential[node]
            basis.depth[child] = basis.depth[node] + 1
            stack[size] = child
            size += 1
            child = basis.after[child]


@nb.njit(cache=True, nogil=True)
def _pivot(row, column, reduced, k, basis, stack):
    """Bring the arc (row, node `column`) into the tree and drive the arc that empties first out of it."""
    parent, flow, depth = basis.parent, basis.flow, basis.depth
    a, b = row, column
    leaving, amount, from_row = NONE, np.int64(0), True
    while a != b:
        if depth[a] >= depth[b]:
            if a < k and (leaving == NONE or flow[a] < amount):  # on the row's side, arcs above rows lose flow
                leaving, amount, from_row = a, flow[a], True
            a = parent[a]
        else:
            if b >= k and (leaving == NONE or flow[b] < amount):
                leaving, amount, from_row = b, flow[b], False
            b = parent[b]
    join = a
    a = row
    while a != join:
        flow[a] += -amount if a < k else amount
        a = parent[a]
    b = column
    while b != join:
        flow[b] += -amount if b >= k else amount
        b = parent[b]
    # Turn the path from the entering arc's end inside the cut subtree round, then hang it under the other end.
    node, above = (row, column) if from_row else (column, row)
    carried = amount
    while True:
        old_parent, old_flow = parent[node], flow[node]
        _detach(node, basis)
        attach(node, above, carried, basis)
        if node == leaving:
            break
        node, above, carried = old_parent, node, old_flow
    top = row if from_row else column
    # Rows and columns of the moved subtree shift against each other, so that the entering arc becomes tight.
    row_shift = reduced if from_row else -reduced
    depth[top] = depth[parent[top]] + 1
    stack[0], size = top, 1
    while size > 0:
        size -= 1
        node = stack[size]
        basis.potential[node] += row_shift if node < k else -row_shift
        child = basis.first[node]
        while child != NONE:
            depth[child] = depth[node] + 1
            stack[size] = child
            size += 1
            child = basis.after[child]


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nnan", "nsz", "contract"})
def _least(line, price, start, stop):
    least = np.inf
    for j in range(start, stop):
        least = min(least, line[j] - price[j])
    return least


@nb.njit(cache=True, nogil=True)
def _best_of_row(row, cost, price):
    """Column of least cost - price over a whole row, and that value."""
    m = len(price)
    line = cost[row]
    best, where = np.inf, 0
    for start in range(0, m, 64):
        stop = min(start + 64, m)
        if _least(line, price, start, stop) < best:
            for j in range(start, stop):
                value = line[j] - price[j]
                if value < best:
                    best, where = value, j
    return where, best


@nb.njit(cache=True, nogil=True)
def _best_on_list(row, lists, price):
    """Column of least cost - price on a row's shortlist, and that value."""
    best, where = np.inf, 0
    columns, cost = lists.columns[row], lists.cost[row]
    for position in range(len(columns)):
        value = cost[position] - price[columns[position]]
        if value < best:
            best, where = value, np.int64(columns[position])
    return where, best


@nb.njit(cache=True, nogil=True)
def optimise(cost, basis, lists, row_units, column_units, below, counts):
    """Pivot to the optimum; False when the value provably cannot end below `below` (in units times cost).

    Each turn prices all rows. At any column potentials, the value plus the mass-weighted sum of the rows' least reduced
    costs bounds the optimum from below (weak duality): that is what a hopeless exchange is given up by.

    Args:
        cost: Shape [k, m].
        basis: A feasible tree; potentials up to date.
        lists: Shortlists for `cost`.
        row_units: Mass of each row; shape [k].
        column_units: Mass of each column; shape [m].
        below: Give up when the optimum cannot be less; infinite for never.
        counts: Pivots and full scans of rows are added here; shape [2].
    """
    k, m = cost.shape
    stack = np.empty(k + m, np.int64)
    potential = basis.potential
    price = potential[k:]
    pivots = 0
    while True:
        value = 0.0
        for i in range(k):
            value += potential[i] * row_units[i]
        risen = -np.inf
        for j in range(m):
            value += price[j] * column_units[j]
            risen = max(risen, price[j] - lists.reference[j])
        possible = value
        pivoted = False
        unproven = 0
        for i in range(k):
            column, best = _best_on_list(i, lists, price)
            others = lists.limit[i] - risen - potential[i]
            if others < -TOLERANCE:
                unproven += 1
            possible += min(best - potential[i], others, 0.0) * row_units[i]
        if possible >= below:
            return False
        for i in range(k):
            while True:  # one row until it is content
                column, best = _best_on_list(i, lists, price)
                if best - potential[i] >= -TOLERANCE:
                    break
                _pivot(i, k + column, best - potential[i], k, basis, stack)
                pivoted = True
                pivots += 1
        if not pivoted and unproven > 0:
            for i in range(k):
                if lists.limit[i] - risen - potential[i] < -TOLERANCE:
                    counts[1] += 1
                    column, best = _best_of_row(i, cost, price)
                    if best - potential[i] < -TOLERANCE:
                        _pivot(i, k + column, best - potential[i], k, basis, stack)
                        pivoted = True
                        pivots += 1
        if not pivoted:
            counts[0] += pivots
            return True
        if pivots > _REFRESH:
            refresh(cost, basis)
            counts[0] += pivots
            pivots = 0
