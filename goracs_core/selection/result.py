"""What a selector returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.methods import SelectionConfig
from goracs_core.objective import PooValue
from goracs_core.scores import ScoreTrace
from goracs_core.types import Certificate, FloatArray, IndexArray, Trace, TransportSolution, fingerprint, readonly


@dataclass(frozen=True, eq=False)
class Bound:
    """What a solver proved about the optimum; see `goracs_core.types.Certificate` for the fields."""

    lower_bound: float
    prices: FloatArray
    rounds: int
    full_passes: int

    def certify(self, value: float, transport_term: float) -> Certificate:
        """The certificate of a coreset with this objective value."""
        # A bound above the value can only be rounding; a transport term of 0 leaves nothing to compare with.
        lower = min(self.lower_bound, value)
        gap = relative_gap(value, lower, transport_term)
        return Certificate(value, lower, self.prices, gap, self.rounds, self.full_passes)


def relative_gap(value: float, lower_bound: float, transport_term: float) -> float:
    """(value - lower bound) / transport term, the share by which a coreset could be better at most; >= 0."""
    difference = max(value - lower_bound, 0.0)
    if difference <= 1e-15:
        return 0.0
    return difference / max(transport_term, 1e-15)


@dataclass(frozen=True, eq=False)
class Choice:
    """What one solver run found, before it is evaluated.

    Args:
        rows: Pool rows in the order chosen; shape [k].
        trace: What the algorithm did.
        stop_reason: One sentence on why it ended.
        bound: What was proven about the optimum, or None.
        column_potentials: Of the rows' transport, to start the evaluation from; shape [m], or None.
        value: The exact evaluation of the rows when it is there already.
        scores: What a method that ranks by scores saw, or None.
    """

    rows: IndexArray
    trace: Trace
    stop_reason: str
    bound: Bound | None = None
    column_potentials: FloatArray | None = None
    value: PooValue | None = None
    scores: ScoreTrace | None = None


@dataclass(frozen=True, eq=False)
class Selection:
    """A coreset with what is known about it.

    Args:
        indices: Pool rows in the order chosen; shape [k].
        config: What was asked for.
        poo: POO of the set, by exact transport over the whole problem.
        transport_term: Its transport term OT(d) / max(d).
        gradient_term: Its gradient term mean g / max(g); poo = transport_term - lambda * gradient_term.
        label_aware_poo: Mass-weighted sum of the classes' own POO, or None when labels were not used.
        plan: Optimal plan between `indices` (plan row r is indices[r]) and the validation samples, on scaled distances.
        certificate: What is proven about the optimum, or None.
        trace: What the algorithm did.
        stop_reason: One sentence on why it ended.
        scores: What a method that ranks by scores saw and did, or None.
        num_pool, num_validation: Size of the problem (n, m).
        problem_fingerprint: The problem's fingerprint.
    """

    indices: IndexArray
    config: SelectionConfig
    poo: float
    transport_term: float
    gradient_term: float
    label_aware_poo: float | None
    plan: TransportSolution
    certificate: Certificate | None
    trace: Trace
    stop_reason: str
    scores: ScoreTrace | None
    num_pool: int
    num_validation: int
    problem_fingerprint: str
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        indices = readonly(self.indices, np.int64)
        if indices.shape != (self.config.budget,):
            raise ShapeError(
                f"a selection of budget {self.config.budget} needs that many rows, got shape {indices.shape}",
                code="rows-unequal",
                fields={"budget": self.config.budget, "shape": indices.shape},
            )
        if indices.min() < 0 or indices.max() >= self.num_pool or len(np.unique(indices)) != len(indices):
            raise ShapeError(
                f"a selection must hold distinct pool rows between 0 and {self.num_pool - 1}",
                code="rows-not-distinct",
                fields={"largest": self.num_pool - 1},
            )
        object.__setattr__(self, "indices", indices)
        object.__setattr__(self, "fingerprint", fingerprint(indices))

    def __len__(self) -> int:
        return len(self.indices)
