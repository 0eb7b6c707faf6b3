"""EL2N: the largest errors of the language model's predicted answer tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import held_bytes, pass_seconds, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class El2nConfig(SelectionConfig):
    """EL2N: the largest mean distance between the language model's predicted and the true answer tokens."""

    method: ClassVar[str] = "el2n"
    solver: ClassVar[str] = "el2n"

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """EL2N."""
        return (ScoreKind.EL2N,)


METHOD = Method(
    config=El2nConfig,
    label="EL2N",
    group=Group.SCORE,
    summary="the largest errors of the language model's predicted answer tokens",
    reference="arXiv 2107.07075",
    looks_at="the language model's answers on the pool; at no validation sample",
    decided=words.HIGHEST_DECIDED,
    needs=Needs(embeddings="none", gradient_norms=False, scores=(ScoreKind.EL2N,)),
    by_objective=False,
    seeded=False,
    seed_decides="",
    select=Later("goracs_core.selection.scored", "select_highest"),
    seconds=transport_seconds,
    score_seconds=pass_seconds,
    memory=held_bytes,
    stages={**words.MODEL_STAGES, **words.RANKING_STAGE, **words.TRANSPORT_STAGE},
)
