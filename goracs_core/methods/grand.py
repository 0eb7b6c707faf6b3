"""GraNd: the largest gradient norms of the language model, averaged over several draws of the adapters."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods.cost import Sizes
from goracs_core.methods.highest import HighestConfig, highest
from goracs_core.option import option
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class GrandConfig(HighestConfig):
    """GraNd: the largest gradient norms of the language model, averaged over several draws of the adapters."""

    method = "grand"
    kind = ScoreKind.GRAND

    draws: int = option(
        3,
        help="Random initializations of the adapters over which the gradient norm is averaged. Each takes one pass "
        "over the pool.",
        label="Draws",
        low=1,
        high=100,
        advanced=False,
    )


def _score_seconds(config: GrandConfig, sizes: Sizes, model_pass: float) -> float:
    return config.draws * model_pass


METHOD = highest(
    GrandConfig,
    label="GraNd",
    summary="the largest gradient norms of the language model at initialization",
    reference="arXiv 2107.07075",
    looks_at="the language model's gradients on the pool; at no validation sample",
    score_seconds=_score_seconds,
)
