"""Coverage-centric selection (CCS): drop the hardest samples, then draw evenly over bands of difficulty."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import hard_prune_option, strata_option
from goracs_core.methods.difficulty import KINDS, DifficultyConfig, difficulty_seconds
from goracs_core.methods.method import Group, Later


@dataclass(frozen=True)
class CcsConfig(DifficultyConfig):
    """Coverage-centric selection: drop the hardest samples, then draw evenly over bands of difficulty.

    `hard_prune_fraction` is the paper's beta.
    """

    method = "ccs"

    hard_prune_fraction: float = hard_prune_option()
    strata: int = strata_option()


METHOD = baseline(
    CcsConfig,
    label="CCS",
    group=Group.SCORE,
    summary="drop the hardest samples, then draw evenly over bands of difficulty",
    reference="arXiv 2210.15809",
    looks_at="one score of difficulty; at no validation sample",
    decided="The most difficult samples were dropped, the others drawn stratum by stratum.",
    embeddings="none",
    seeded=True,
    scores=KINDS,
    select=Later("goracs_core.selection.scored", "select_ccs"),
    score_seconds=difficulty_seconds,
    stages={**words.DRAW_STAGE, **words.MODEL_STAGES},
)
