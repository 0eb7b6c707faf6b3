"""Coverage-centric selection (CCS): drop the hardest samples, then draw evenly over bands of difficulty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.methods import words
from goracs_core.methods.config import check_hard_prune, check_strata, hard_prune_option, strata_option
from goracs_core.methods.cost import held_bytes, transport_seconds
from goracs_core.methods.difficulty import KINDS, DifficultyConfig, difficulty_seconds
from goracs_core.methods.method import Group, Later, Method, Needs


@dataclass(frozen=True)
class CcsConfig(DifficultyConfig):
    """Coverage-centric selection: drop the hardest samples, then draw evenly over bands of difficulty.

    `hard_prune_fraction` is the paper's beta.
    """

    method: ClassVar[str] = "ccs"
    solver: ClassVar[str] = "ccs"

    hard_prune_fraction: float = hard_prune_option()
    strata: int = strata_option()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hard_prune(self.hard_prune_fraction)
        check_strata(self.strata)

    def check_pool(self, num_pool: int) -> None:
        """Also: no more strata than samples; see `SelectionConfig.check_pool`.

        Raises:
            ConfigError: The budget is larger than the pool, or there are more strata than samples.
        """
        super().check_pool(num_pool)
        check_strata(self.strata, num_pool)


METHOD = Method(
    config=CcsConfig,
    label="CCS",
    group=Group.SCORE,
    summary="drop the hardest samples, then draw evenly over bands of difficulty",
    reference="arXiv 2210.15809",
    looks_at="one score of difficulty; at no validation sample",
    decided="The most difficult samples were dropped, the others drawn stratum by stratum.",
    needs=Needs(embeddings="none", gradient_norms=False, scores=KINDS),
    by_objective=False,
    seeded=True,
    seed_decides=words.EVERY_DRAW,
    select=Later("goracs_core.selection.scored", "select_ccs"),
    seconds=transport_seconds,
    score_seconds=difficulty_seconds,
    memory=held_bytes,
    stages={**words.MODEL_STAGES, **words.DRAW_STAGE, **words.TRANSPORT_STAGE},
)
