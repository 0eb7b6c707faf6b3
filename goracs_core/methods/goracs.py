"""Options of GORACS: the certified solver and the published procedure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from goracs_core.errors import ConfigError
from goracs_core.methods.config import MethodConfig


@dataclass(frozen=True)
class CertifiedConfig(MethodConfig):
    """GORACS with a proof: dual ascent on validation prices, the best sets found on the way, polished by exchanges.

    Args:
        gap: Stop once no coreset can be better by more than this share of the transport term; 0 never stops early.
        max_rounds: Most price updates.
        max_seconds: Stop after so many seconds with what is proven by then; 0 for no limit. With a limit, the same
            inputs and seed need not give the same coreset.
    """

    method: ClassVar[str] = "goracs"
    solver: ClassVar[str] = "certified"
    summary: ClassVar[str] = "optimal transport to the validation samples minus gradient norms, proven near-optimal"
    reference: ClassVar[str] = "arXiv 2506.04015"

    gap: float = 0.001
    max_rounds: int = 200
    max_seconds: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.gap) or not 0 <= self.gap < 1:
            raise ConfigError(f"gap is {self.gap}, but it is a share and must be 0 or more and below 1")
        if self.max_rounds < 1:
            raise ConfigError(f"max_rounds is {self.max_rounds}, but at least 1 round is needed for a bound")
        if not math.isfinite(self.max_seconds) or self.max_seconds < 0:
            raise ConfigError(f"max_seconds is {self.max_seconds}, but it must be 0 (no limit) or a number above it")


@dataclass(frozen=True)
class ItraConfig(MethodConfig):
    """GORACS by its published procedure ITRA: lazy greedy, then exchange refinement (arXiv 2506.04015, section 4).

    Args:
        max_exchanges: Most exchanges to accept (T); 0 keeps the greedy set.
        prune_candidates: Rows kept by outer and by inner pruning (c); c x c pairs are tried per exchange.
        bound: Also compute a lower bound on the optimum, so that the gap of the published procedure is known.
    """

    method: ClassVar[str] = "goracs"
    solver: ClassVar[str] = "itra"
    summary: ClassVar[str] = "the same objective by the published greedy selection and exchanges"
    reference: ClassVar[str] = "arXiv 2506.04015"

    max_exchanges: int = 50
    prune_candidates: int = 5
    bound: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_exchanges < 0:
            raise ConfigError(f"max_exchanges is {self.max_exchanges}, but it must be 0 (greedy only) or more")
        if self.prune_candidates < 1:
            raise ConfigError(f"prune_candidates is {self.prune_candidates}, but at least 1 candidate row must be kept")
