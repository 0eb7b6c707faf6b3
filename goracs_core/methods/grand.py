"""GraNd: the largest gradient norms of the language model, averaged over several draws of the adapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.errors import ConfigError
from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import Sizes, held_bytes, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs
from goracs_core.methods.option import option
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class GrandConfig(SelectionConfig):
    """GraNd: the largest gradient norms of the language model, averaged over several draws of the adapters."""

    method: ClassVar[str] = "grand"
    solver: ClassVar[str] = "grand"

    draws: int = option(
        3,
        help="Random initializations of the adapters over which the gradient norm is averaged. Each takes one pass "
        "over the pool.",
        label="Draws",
        low=1,
        high=100,
        advanced=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.draws < 1:
            raise ConfigError(f"draws is {self.draws}, but gradient norms are averaged over at least 1 draw")

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """GraNd."""
        return (ScoreKind.GRAND,)


def _score_seconds(config: GrandConfig, sizes: Sizes, model_pass: float) -> float:
    return config.draws * model_pass


METHOD = Method(
    config=GrandConfig,
    label="GraNd",
    group=Group.SCORE,
    summary="the largest gradient norms of the language model at initialization",
    reference="arXiv 2107.07075",
    looks_at="the language model's gradients on the pool; at no validation sample",
    decided=words.HIGHEST_DECIDED,
    needs=Needs(embeddings="none", gradient_norms=False, scores=(ScoreKind.GRAND,)),
    by_objective=False,
    seeded=False,
    seed_decides="",
    select=Later("goracs_core.selection.scored", "select_highest"),
    seconds=transport_seconds,
    score_seconds=_score_seconds,
    memory=held_bytes,
    stages={**words.MODEL_STAGES, **words.RANKING_STAGE, **words.TRANSPORT_STAGE},
)
