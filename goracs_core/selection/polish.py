"""Exchanges that lower POO, tried on a transport plan that is updated in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from goracs_core.objective import PooValue, Problem
from goracs_core.selection.estimate import best_pairs, estimate_inside, estimate_outside, estimate_rows
from goracs_core.transport.incremental import TransportState
from goracs_core.types import Exchange, Float32Array, FloatArray, IndexArray

# A change counts as an improvement above this share of the value: below it, it is rounding and could cycle.
TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Outside:
    """Rows that may enter.

    Args:
        rows: Pool rows; shape [a].
        distance: Their scaled distances in single precision, for screening; shape [a, m].
    """

    rows: IndexArray
    distance: Float32Array


class Coreset:
    """A set of rows with its optimal plan, and exchanges on it.

    Args:
        problem: The problem.
        rows: Pool rows; shape [k].
        lambda_: Weight of the gradient term.
        prices: Column potentials to start the transport from, or None.
    """

    def __init__(self, problem: Problem, rows: IndexArray, lambda_: float, *, prices: FloatArray | None = None) -> None:
        self.problem = problem
        self.rows = np.array(rows, np.int64)
        self.reward = problem.gradient_reward(lambda_)
        distance = problem.distance_rows(self.rows) / problem.distance_scale
        self.state = TransportState(distance, problem.validation_weights, prices=prices)

    @property
    def transport_term(self) -> float:
        """OT(d) / max(d) of the set as it stands."""
        return self.state.value

    @property
    def value(self) -> float:
        """POO of the set as it stands."""
        return self.state.value - float(self.reward[self.rows].mean())

    def evaluated(self) -> PooValue:
        """The set as it stands, with its plan."""
        gradient_term = float((self.problem.gradient_norms[self.rows] / self.problem.gradient_scale).mean())
        return PooValue(self.value, self.state.value, gradient_term, self.state.solution())

    def candidates(self, outside: Outside, count: int) -> Candidates:
        """Outer and inner pruning: the `count` most promising rows to enter and to leave, every pair estimated."""
        weights, k = self.problem.validation_weights, len(self.rows)
        reward = self.reward[self.rows]
        block = self.state.cost - reward[:, None]  # [k, m]
        potentials = self.state.row_potentials - reward
        estimates = estimate_outside(outside.distance, self.reward[outside.rows], block, potentials, weights)
        estimates[np.isin(outside.rows, self.rows)] = np.inf
        best = _smallest(estimates, min(count, int(np.isfinite(estimates).sum())))
        enters = outside.rows[best]
        inside, terms_without = estimate_inside(block, potentials, weights)
        leaves = _smallest(-inside, min(count, k))
        distance = self.problem.distance_rows(enters) / self.problem.distance_scale  # [c, m]
        changes = np.empty((len(leaves), len(enters)))
        for place, leave in enumerate(leaves):
            without = terms_without[leave][None, :]
            changes[place] = estimate_rows(distance, self.reward[enters], without, weights, k) - inside[leave]
        return Candidates(leaves, enters, distance, changes)

    def exchange_bounds(self, position: int, rows: IndexArray, distance: FloatArray) -> FloatArray:
        """Lower bounds on POO once the row at `position` is exchanged for each of some rows; shape [b].

        They come from the potentials of the plan as it stands: a plan with the leaving row (or one like it) bounds
        tightly. Exact for k = 1.

        Args:
            position: Which row leaves; 0-based.
            rows: Pool rows that could enter; shape [b].
            distance: Their scaled distances; shape [b, m].
        """
        weights, k = self.problem.validation_weights, len(self.rows)
        if k == 1:
            return (distance * weights).sum(axis=1) - self.reward[rows]
        reduced = self.state.cost - self.state.row_potentials[:, None]  # [k, m]
        reduced[position] = np.inf
        without = reduced.min(axis=0, keepdims=True)  # [1, m]
        own = estimate_rows(self.state.cost[[position]], self.reward[self.rows[[position]]], without, weights, k)[0]
        return self.value - own + estimate_rows(distance, self.reward[rows], without, weights, k)

    def exchange(self, position: int, enters: int, distance: FloatArray) -> None:
        """Exchange the row at `position` for `enters`, whatever that does to POO."""
        self.state.try_exchange(position, distance)
        self.rows[position] = enters

    def try_pair(self, position: int, enters: int, distance: FloatArray) -> bool:
        """Exchange the row at `position` for `enters` if that lowers POO; given up early when it cannot."""
        gained = (self.reward[enters] - self.reward[self.rows[position]]) / len(self.rows)
        margin = TOLERANCE * max(1.0, abs(self.value))
        if self.state.try_exchange(position, distance, below=self.state.value + gained - margin) is None:
            return False
        self.rows[position] = enters
        return True


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs worth a try.

    Args:
        leaves: Positions in the coreset; shape [a].
        enters: Pool rows; shape [b].
        distance: Scaled distances of the entering rows; shape [b, m].
        changes: Estimated change of POO of each pair, a lower bound; shape [a, b].
    """

    leaves: IndexArray
    enters: IndexArray
    distance: FloatArray
    changes: FloatArray


@dataclass(frozen=True, eq=False)
class Attempt:
    """One tried pair: the exchange if it was accepted."""

    exchange: Exchange | None


def polish(coreset: Coreset, outside: Outside, *, candidates: int, tries: int) -> Iterator[Attempt]:
    """Try the best pairs round by round, several exchanges per round; ends after a round without an exchange.

    Args:
        coreset: Changed in place.
        outside: Rows that may enter.
        candidates: Rows to enter and to leave that are ranked per round.
        tries: Most pairs tried in one round.
    """
    while True:
        found = coreset.candidates(outside, candidates)
        left_rows: set[int] = set()
        entered: set[int] = set()
        tried = since = 0
        for i, o in best_pairs(found.changes):
            if i in left_rows or o in entered:
                continue
            if tried == tries:
                break
            tried, since = tried + 1, since + 1
            position, row = int(found.leaves[i]), int(found.enters[o])
            leaving = int(coreset.rows[position])
            if not coreset.try_pair(position, row, found.distance[o]):
                yield Attempt(None)
                continue
            left_rows.add(i)
            entered.add(o)
            yield Attempt(Exchange(leaving, row, coreset.value, float(found.changes[i, o]), since))
            since = 0
        if not entered:
            return


def _smallest(values: FloatArray, count: int) -> IndexArray:
    """Positions of the `count` smallest values, smallest first, ties by position."""
    return np.argsort(values, kind="stable")[:count]
