"""Dual ascent on validation prices: the bound of the certified solver (`goracs_core.selection.verify` states it).

L is concave in the prices. A supergradient at v is nu_j minus the mass that the k cheapest rows put on column j; the
steps follow it with per-price scaling (Kingma and Ba 2015) and a cosine decay. Few rows ever compete: only the
*active* ones are priced in most rounds. The bound counts where all rows were priced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from goracs_core.engine.protocol import DistanceRows, Fill
from goracs_core.progress import Progress, silent
from goracs_core.types import FloatArray, IndexArray

_MOMENTUM, _SCALING, _FLOOR = 0.9, 0.99, 1e-8
# Weight of each round in the running average of choice against the one before.
_MEMORY = 0.97
# Rounding of a reduced cost in single precision, relative to distances and prices of order one.
ROUNDING = 4e-7
# Share of the rows up to which leaving the others out of a pass pays.
_WORTH_LEAVING_OUT = 0.7


@dataclass(frozen=True, eq=False)
class Pass:
    """All rows priced once.

    Args:
        prices: At these prices; shape [m].
        values: q_i of every row; shape [n].
        bound: L, up to single-precision rounding.
        complete: False when eliminated rows were left out: the bound then holds for sets of the others.
    """

    prices: FloatArray
    values: FloatArray
    bound: float
    complete: bool = True


class DualAscent:
    """Prices on their way up, and what the rows did on the way.

    Args:
        rows: The distances.
        reward: lambda * g / max(g); shape [n].
        weights: Validation weights nu; shape [m].
        budget: k.
        prices: Where to start; shape [m].
        step: Largest step of a price.
    """

    def __init__(
        self,
        rows: DistanceRows,
        reward: FloatArray,
        weights: FloatArray,
        budget: int,
        *,
        prices: FloatArray,
        step: float,
    ) -> None:
        self.rows, self.reward, self.budget = rows, reward, budget
        self.fill = Fill.of(weights, budget)
        self.prices = prices.copy()
        self.best = Pass(self.prices, np.zeros(rows.num_rows), -math.inf)
        self.last = self.best
        self.chosen_share = np.zeros(rows.num_rows)  # running average of choice (ergodic mean)
        self.rounds = self.full_passes = 0
        self.alive: IndexArray | None = None  # rows that a better coreset could hold; None for all
        self._step = step
        self._momentum, self._scaling = np.zeros(len(prices)), np.zeros(len(prices))
        self._steps = 0

    def price_all(self, progress: Progress = silent) -> Pass:
        """Price every row at the current prices, eliminated ones only where that is cheap; keeps the best bound."""
        only = None if self.rows.cheap else self.alive
        costs = self.rows.price(self.prices, self.fill, only=only, progress=progress).costs
        values = costs - self.reward * self.fill.capacity
        cheapest = np.sort(np.partition(values, self.budget - 1)[: self.budget])  # one order for the sum, always
        bound = float(self.fill.masses @ self.prices) + float(cheapest.sum())
        self.last = Pass(self.prices.copy(), values, bound, complete=bool(np.isfinite(costs).all()))
        if bound > self.best.bound:
            self.best = self.last
        self.full_passes += 1
        return self.last

    def eliminate(self, upper: float) -> int:
        """Drop rows for good that no coreset better than `upper` can hold; returns how many are left.

        Exchanging the k-th cheapest row for row i raises the bound by their difference. Where that lifts it above the
        value of a known coreset, every set with row i is worse than that coreset.
        """
        values = self.last.values
        kth = float(np.partition(values, self.budget - 1)[self.budget - 1])
        error = 2.0 * (self.rows.error + ROUNDING * (1.0 + float(np.abs(self.last.prices).max()))) * self.fill.capacity
        left = np.flatnonzero(values <= kth + max(upper - self.last.bound, 0.0) + error)
        if len(left) < _WORTH_LEAVING_OUT * len(values):
            self.alive = left
        return len(left)

    def complete_best(self, progress: Progress = silent) -> Pass:
        """The best pass with every row priced, eliminated ones included, so that anybody can check it."""
        if not self.best.complete:
            self.alive, self.prices = None, self.best.prices.copy()
            self.best = Pass(self.prices, self.best.values, -math.inf)
            self.price_all(progress)
        return self.best

    def ascend(
        self,
        active: IndexArray,
        rounds: int,
        *,
        progress_share: tuple[float, float],
        go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """`rounds` price updates on the active rows.

        Args:
            active: At least k pool rows; those that were cheapest when all were priced.
            rounds: How many.
            progress_share: Where on the cosine decay the first and the last of them lie, in [0, 1].
            go_on: Asked after each round.
        """
        held = self.rows.subset(active)
        reward = self.reward[active] * self.fill.capacity
        start, stop = progress_share
        for number in range(rounds):
            priced = held.price(self.prices, self.fill)
            values = priced.costs - reward
            chosen = np.sort(np.argpartition(values, self.budget - 1)[: self.budget])
            load = held.load(self.prices, self.fill, priced, chosen)
            share = start + (stop - start) * number / rounds
            self._update((self.fill.masses - load) / self.fill.masses, 0.5 * (1.0 + math.cos(math.pi * share)))
            self.chosen_share *= _MEMORY
            self.chosen_share[active[chosen]] += 1.0 - _MEMORY
            self.rounds += 1
            if not go_on():
                return

    def active_rows(self, count: int) -> IndexArray:
        """The `count` cheapest rows of the last full pass, and those chosen lately; in pool order."""
        count = min(max(count, self.budget), len(self.last.values))
        cheapest = np.argpartition(self.last.values, count - 1)[:count]
        lately = np.flatnonzero(self.chosen_share > 1e-3)
        return np.union1d(cheapest, lately)

    def likely_rows(self) -> IndexArray:
        """The k rows of the largest running average of choice, ties by price."""
        order = np.lexsort((self.last.values, -self.chosen_share))
        return order[: self.budget]

    def _update(self, supergradient: FloatArray, decay: float) -> None:
        self._steps += 1
        self._momentum += (1.0 - _MOMENTUM) * (supergradient - self._momentum)
        self._scaling += (1.0 - _SCALING) * (supergradient**2 - self._scaling)
        momentum = self._momentum / (1.0 - _MOMENTUM**self._steps)
        scaling = np.sqrt(self._scaling / (1.0 - _SCALING**self._steps)) + _FLOOR
        self.prices = self.prices + self._step * decay * momentum / scaling
