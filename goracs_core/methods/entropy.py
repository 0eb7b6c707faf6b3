"""Entropy: the samples on whose answer tokens the language model is least certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import held_bytes, pass_seconds, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class EntropyConfig(SelectionConfig):
    """Entropy: the samples on whose answer tokens the language model is least certain."""

    method: ClassVar[str] = "entropy"
    solver: ClassVar[str] = "entropy"

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """Entropy."""
        return (ScoreKind.ENTROPY,)


METHOD = Method(
    config=EntropyConfig,
    label="Entropy",
    group=Group.SCORE,
    summary="the samples with the least certain answers of the language model",
    reference="arXiv 1906.11829",
    looks_at="the language model's answers on the pool; at no validation sample",
    decided=words.HIGHEST_DECIDED,
    needs=Needs(embeddings="none", gradient_norms=False, scores=(ScoreKind.ENTROPY,)),
    by_objective=False,
    seeded=False,
    seed_decides="",
    select=Later("goracs_core.selection.scored", "select_highest"),
    seconds=transport_seconds,
    score_seconds=pass_seconds,
    memory=held_bytes,
    stages={**words.MODEL_STAGES, **words.RANKING_STAGE, **words.TRANSPORT_STAGE},
)
