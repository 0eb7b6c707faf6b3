"""Where a coreset stands: its value against random coresets and the proven bound, as numbers and in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from goracs_core.types import FloatArray, readonly

if TYPE_CHECKING:
    from goracs_core.selection.result import Selection


@dataclass(frozen=True, eq=False)
class Standing:
    """A coreset between the proven lower bound and random coresets of its size.

    Args:
        poo: Its objective value; smaller is better.
        transport_term: OT(d_S) / max(d).
        gradient_term: Mean of g / max(g) over the coreset.
        lambda_: Weight of the gradient term.
        lower_bound: No coreset of this size has a smaller POO; None where nothing is proven, and for a coreset selected
            within each label, whose bound is one on the sum of the labels' POO.
        gap: (POO - lower bound) / transport term, of those sums where it was selected within each label; None where
            nothing is proven.
        random_transport: Transport terms of random coresets of the same size; shape [draws], at least one.
        random_gradient: Their gradient terms; shape [draws].
        by_label: Whether it was selected within each label.
    """

    poo: float
    transport_term: float
    gradient_term: float
    lambda_: float
    lower_bound: float | None
    gap: float | None
    random_transport: FloatArray
    random_gradient: FloatArray
    by_label: bool = False

    def __post_init__(self) -> None:
        for name in ("random_transport", "random_gradient"):
            object.__setattr__(self, name, readonly(getattr(self, name), "float64"))

    @classmethod
    def of(cls, selection: Selection, random_transport: FloatArray, random_gradient: FloatArray) -> Standing:
        """Of a selection, beside the terms of random coresets (`goracs_core.evaluation.at_random.random_terms`)."""
        proven, by_label = selection.certificate, selection.config.label_aware
        return cls(
            poo=selection.poo,
            transport_term=selection.transport_term,
            gradient_term=selection.gradient_term,
            lambda_=selection.config.lambda_,
            lower_bound=None if proven is None or by_label else proven.lower_bound,
            gap=None if proven is None else proven.gap,
            random_transport=random_transport,
            random_gradient=random_gradient,
            by_label=by_label,
        )

    @property
    def random_poo(self) -> FloatArray:
        """POO of the random coresets; shape [draws]."""
        return self.random_transport - self.lambda_ * self.random_gradient

    @property
    def below_random(self) -> float:
        """See `below_random`."""
        return below_random(self.poo, self.lambda_, self.random_transport, self.random_gradient)

    @property
    def gradient_share(self) -> float:
        """The gradient term times lambda, as a share of the transport term."""
        return self.lambda_ * self.gradient_term / max(self.transport_term, 1e-300)

    @property
    def gradient_place(self) -> int:
        """-1, 0 or 1: the gradient term lies below, inside or above the range of the random coresets'."""
        low, high = float(self.random_gradient.min()), float(self.random_gradient.max())
        return int(self.gradient_term > high) - int(self.gradient_term < low)


def below_random(poo: float, lambda_: float, transport: FloatArray, gradient: FloatArray) -> float:
    """Mean POO of random coresets less that of a coreset, as a share of their mean transport term.

    POO itself can be zero or negative, so that shares of it mean nothing.

    Args:
        poo: Of the coreset.
        lambda_: Weight of the gradient term.
        transport: Transport terms of the random coresets; shape [draws], at least one.
        gradient: Their gradient terms; shape [draws].
    """
    mean = float(transport.mean())
    return (mean - lambda_ * float(gradient.mean()) - poo) / max(mean, 1e-300)


def percent(share: float) -> str:
    """A share in per cent with two digits that count: 18 %, 2.6 %, 0.35 %."""
    value = 100 * abs(share)
    return f"{value:.0f} %" if value >= 9.95 else f"{value:.2g} %"


def verdict(standing: Standing, proven: str | None) -> tuple[str, str]:
    """Two sentences: where POO stands, and what part the gradient term has in it.

    Args:
        standing: The numbers.
        proven: The gap in per cent, rounded up, as a proof needs it; None where nothing is proven.
    """
    values = standing.random_poo
    beaten = int((values > standing.poo).sum())
    side = "below" if standing.below_random >= 0 else "above"
    optimum = "distance to the optimum unknown" if proven is None else f"at most {proven} from the optimum"
    optimum += " with this share of each label" if proven is not None and standing.by_label else ""
    first = (
        f"{percent(standing.below_random)} {side} random, {optimum}; better than {beaten} of {len(values)} random "
        "coresets."
    )
    if standing.lambda_ == 0:
        return first, "λ is 0: the gradient term takes no part."
    mean = float(standing.random_gradient.mean())
    place = {
        0: "within the range of random coresets",
        1: f"{percent(standing.gradient_term / max(mean, 1e-300) - 1)} above random",
        -1: f"{percent(standing.gradient_term / max(mean, 1e-300) - 1)} below random",
    }[standing.gradient_place]
    return (
        first,
        f"λ·gradient is {percent(standing.gradient_share)} of the transport term; the gradient term is {place}.",
    )
