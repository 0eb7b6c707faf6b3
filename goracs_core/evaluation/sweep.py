"""The points of a sweep over λ and budgets, and what they say in plain words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from goracs_core.evaluation.overlap import jaccard_matrix, pareto_front
from goracs_core.types import IndexArray, readonly


@dataclass(frozen=True, eq=False)
class SweepPoint:
    """One solved pair of budget and λ.

    Args:
        run: Id of the run that holds it.
        budget: Number of chosen samples, k.
        lambda_: Weight of the gradient term.
        poo: Objective value; smaller is better.
        transport_term: OT(d_S) / max(d).
        gradient_term: mean over S of g / max(g).
        lower_bound: Proven lower bound on the optimum; None when nothing was proven.
        gap: Proven gap as a share of the transport term; None when nothing was proven.
        rounds: Price updates of the solver; None when nothing was proven.
        seconds: Wall-clock seconds of this point.
        fingerprint: Of the chosen rows in their order.
        indices: Chosen pool rows; shape [k].
    """

    run: str
    budget: int
    lambda_: float
    poo: float
    transport_term: float
    gradient_term: float
    lower_bound: float | None
    gap: float | None
    rounds: int | None
    seconds: float
    fingerprint: str
    indices: IndexArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "indices", readonly(self.indices, np.int64))


def knee(points: Sequence[SweepPoint]) -> SweepPoint | None:
    """Where λ has bought most gradient for least coverage: beyond it the exchange gets worse.

    Both terms are scaled to 0 … 1 between the ends of the line; the knee is where the gained share of the gradient term
    exceeds the lost share of coverage most, the largest difference to the diagonal (Kneedle: Satopää et al., 2011).

    Args:
        points: Of one budget, λ rising.

    Returns:
        None for fewer than three points, for terms that λ hardly changes, and where no point exceeds the chord by more
        than a twentieth.
    """
    if len(points) < 3:
        return None
    transport = np.array([point.transport_term for point in points])
    gradient = np.array([point.gradient_term for point in points])
    lost, gained = transport[-1] - transport[0], gradient[-1] - gradient[0]
    if min(lost, gained) <= 1e-9:
        return None
    above = (gradient - gradient[0]) / gained - (transport - transport[0]) / lost
    best = int(above.argmax())
    return points[best] if above[best] > 0.05 else None


def sweep_reading(points: Sequence[SweepPoint]) -> tuple[str, ...]:
    """What points along one line of the grid (one budget, or one λ) say; nothing for fewer than two.

    Args:
        points: Of one budget with λ rising, or of one λ with budgets rising.
    """
    if len(points) < 2:
        return ()
    across = points[0].budget == points[-1].budget
    sentences = [_terms(points, across), *_overlap(points, across)]
    if across:
        sentences += _front(points)
    return (*sentences, *_proof(points, across))


def _name(point: SweepPoint, across: bool) -> str:
    return f"λ {point.lambda_:g}" if across else f"k {point.budget:,}"


def _terms(points: Sequence[SweepPoint], across: bool) -> str:
    first, last = points[0], points[-1]
    change = (last.transport_term - first.transport_term) / max(first.transport_term, 1e-15)
    text = (
        f"From {_name(first, across)} to {_name(last, across)} the transport term changes from "
        f"{first.transport_term:.4f} to {last.transport_term:.4f} ({change:+.1%})"
    )
    if not any(point.gradient_term for point in points):
        return f"{text}."
    return f"{text} and the gradient term from {first.gradient_term:.3f} to {last.gradient_term:.3f}."


def _overlap(points: Sequence[SweepPoint], across: bool) -> list[str]:
    matrix = jaccard_matrix([point.indices for point in points])
    neighbours = matrix.diagonal(1)
    least = int(neighbours.argmin())
    text = (
        f"The coreset changes most between {_name(points[least], across)} and {_name(points[least + 1], across)}, "
        f"with an overlap of {neighbours[least]:.0%}"
    )
    if len(points) > 2:
        text += f"; the overlap of the two ends is {matrix[0, -1]:.0%}"
    return [f"{text}."]


def _front(points: Sequence[SweepPoint]) -> list[str]:
    front = pareto_front(
        np.array([point.transport_term for point in points]), np.array([point.gradient_term for point in points])
    )
    beaten = [_name(point, True) for point, on in zip(points, front, strict=True) if not on]
    if not beaten:
        return []
    which = f"{', '.join(beaten[:-1])} and {beaten[-1]} are" if len(beaten) > 1 else f"{beaten[0]} is"
    return [
        f"{which} dominated by another point in both terms. That point has the lower POO at every λ, so the search "
        "did not find the optimum there."
    ]


def _proof(points: Sequence[SweepPoint], across: bool) -> list[str]:
    proven = [(point.gap, point) for point in points if point.gap is not None]
    if not proven:
        return []
    gap, worst = max(proven, key=lambda entry: entry[0])
    where = "" if gap == 0 else f" (at {_name(worst, across)})"
    return [
        f"Proven: no coreset of the same size has a POO lower by more than {_up(gap)} of the transport term{where}."
    ]


def _up(gap: float) -> str:
    """A gap in per cent, rounded up to two digits that count: what is said must be proven."""
    if gap <= 0:
        return "0 %"
    unit = 10.0 ** (math.floor(math.log10(100 * gap)) - 1)
    rounded = math.ceil(100 * gap / unit * (1 - 1e-12)) * unit
    return f"{rounded:.{max(0, -round(math.log10(unit)))}f} %"
