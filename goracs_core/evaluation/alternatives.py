"""Why a sample is in a coreset: POO without it, and with the best other pool sample in its place.

Both by exact transport, so that capacity counts: whoever takes over has to give up what it covered before. The nearest
other sample alone would not tell that.

The best replacement is a search with a bound. The potentials x of any plan with the other rows bound POO of every
exchange at this place from below (`goracs_core.selection.estimate`); each row that is solved exactly gives new
potentials, and so a bound that is tight near it. The search ends when no bound is below the best value found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.methods import SelectionConfig
from goracs_core.objective import Problem, poo
from goracs_core.selection.label_aware import class_parts
from goracs_core.selection.polish import TOLERANCE, Coreset
from goracs_core.selection.threads import bounded_threads
from goracs_core.types import FloatArray, IndexArray

MOST_SOLVED = 100
_HELD_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Change:
    """A change of POO by its two terms; above 0 is worse.

    Args:
        transport: Change of the transport term.
        gradient: Change of -lambda times the gradient term.
    """

    transport: float
    gradient: float

    @property
    def poo(self) -> float:
        """Change of POO."""
        return self.transport + self.gradient


@dataclass(frozen=True)
class Replacement:
    """The best pool sample to take the place of a selected one.

    Args:
        row: Its pool row.
        change: What the exchange does to POO; below 0 if it lowers POO.
        others: Pool rows that could take the place.
        solved: How many of them were solved exactly.
        proven: No other row is better; False where the search ended before the bounds showed that.
    """

    row: int
    change: Change
    others: int
    solved: int
    proven: bool


@dataclass(frozen=True)
class Alternatives:
    """What a coreset would be without one of its samples.

    Args:
        removal: Change of POO when the other k - 1 samples have mass 1 / (k - 1) each; None for a coreset of one.
        replacement: The best exchange; None where every sample that could enter is selected.
    """

    removal: Change | None
    replacement: Replacement | None


def alternatives(
    problem: Problem,
    rows: IndexArray,
    position: int,
    config: SelectionConfig,
    *,
    prices: FloatArray | None = None,
    most: int = MOST_SOLVED,
) -> Alternatives:
    """What it costs to remove one sample of a coreset, and to replace it by the best other one.

    Of a label-aware selection, both within the sample's label; the changes are those of the mass-weighted sum of the
    labels' POO.

    Args:
        problem: The problem.
        rows: Pool rows of the coreset; shape [k].
        position: Which of them; 0-based.
        config: Lambda, and whether the selection was label-aware.
        prices: Column potentials of the coreset's plan to start from; they change the time only; shape [m].
        most: Rows solved exactly, at most.

    Raises:
        ShapeError: `position` is not in the coreset.
    """
    if not 0 <= position < len(rows):
        raise ShapeError(
            f"position {position} is not in a coreset of {len(rows)} samples",
            code="position-out-of-range",
            fields={"position": position, "samples": len(rows)},
        )
    weight, pool_rows = 1.0, np.arange(problem.num_pool)
    if config.label_aware:
        (part,) = [one for one in class_parts(problem, len(rows)) if rows[position] in one.pool_rows]
        inside = np.flatnonzero(np.isin(rows, part.pool_rows))
        position = int(np.searchsorted(inside, position))
        rows, pool_rows = np.searchsorted(part.pool_rows, rows[inside]), part.pool_rows
        prices = None if prices is None else prices[part.validation_rows]
        weight, problem = part.weight, part.problem
    with bounded_threads():
        coreset = Coreset(problem, rows, config.lambda_, prices=prices)
        removal = _removal(coreset, position)
        replacement = _replacement(coreset, position, most)
    if replacement is not None:
        change = _weighted(replacement.change, weight)
        replacement = replace(replacement, row=int(pool_rows[replacement.row]), change=change)
    return Alternatives(None if removal is None else _weighted(removal, weight), replacement)


def _weighted(change: Change, weight: float) -> Change:
    return Change(weight * change.transport, weight * change.gradient)


def _removal(coreset: Coreset, position: int) -> Change | None:
    if len(coreset.rows) == 1:
        return None
    others = np.delete(coreset.rows, position)
    without = poo(coreset.problem, others, 0.0, prices=coreset.state.column_potentials)
    reward = coreset.reward
    gradient = float(reward[coreset.rows].mean() - reward[others].mean())
    return Change(without.transport_term - coreset.transport_term, gradient)


def _replacement(coreset: Coreset, position: int, most: int) -> Replacement | None:
    """The best exchange at `position`; the coreset is changed on the way."""
    bounds = _first_bounds(coreset, position)  # [n]
    others = int(np.isfinite(bounds).sum())
    if not others:
        return None
    leaves, before, value = int(coreset.rows[position]), coreset.transport_term, coreset.value
    slack = TOLERANCE * max(1.0, abs(value))
    row = int(bounds.argmin())
    coreset.exchange(position, row, _distances(coreset, np.array([row]))[0])
    best, transport, solved = coreset.value, coreset.transport_term, 1
    bounds[row] = np.inf
    # Only what may still be better is held in memory, the most promising first.
    left = np.flatnonzero(bounds < best - slack)
    left = left[np.argsort(bounds[left], kind="stable")]
    size = max(1, _HELD_BYTES // (8 * coreset.problem.num_validation))
    held, beyond = left[:size], left[size:]
    lower, distance = bounds[held], _distances(coreset, held)
    while True:
        lower = np.maximum(lower, coreset.exchange_bounds(position, held, distance))
        keep = lower < best - slack
        held, lower, distance = held[keep], lower[keep], distance[keep]
        if not len(held) or solved >= most:
            break
        place = int(lower.argmin())
        coreset.exchange(position, int(held[place]), distance[place])
        lower[place] = np.inf
        solved += 1
        if coreset.value < best:
            best, transport, row = coreset.value, coreset.transport_term, int(held[place])
    proven = not len(held) and not bool((bounds[beyond] < best - slack).any())
    gradient = float(coreset.reward[leaves] - coreset.reward[row]) / len(coreset.rows)
    return Replacement(row, Change(transport - before, gradient), others, solved, proven)


def _first_bounds(coreset: Coreset, position: int) -> FloatArray:
    """A lower bound on POO for every pool row in the place of one of the coreset; infinite for selected rows."""
    problem = coreset.problem
    bounds = np.empty(problem.num_pool)
    for block, distances in problem.distance_blocks():
        rows = np.arange(block.start, block.stop)
        bounds[block] = coreset.exchange_bounds(position, rows, distances / problem.distance_scale)
    bounds[coreset.rows] = np.inf
    return bounds


def _distances(coreset: Coreset, rows: IndexArray) -> FloatArray:
    return coreset.problem.distance_rows(rows) / coreset.problem.distance_scale
