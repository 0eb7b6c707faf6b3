"""Uniform random rows: the reference that every method must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import held_bytes, no_scores, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs


@dataclass(frozen=True)
class RandomConfig(SelectionConfig):
    """Uniform random rows without replacement: the reference that every method must beat."""

    method: ClassVar[str] = "random"
    solver: ClassVar[str] = "random"


METHOD = Method(
    config=RandomConfig,
    label="Random",
    group=Group.REFERENCE,
    summary="uniform draws without replacement: the reference every method must beat",
    reference="",
    looks_at="nothing",
    decided="The samples were drawn at random; nothing decided.",
    needs=Needs(embeddings="none", gradient_norms=False, scores=()),
    by_objective=False,
    seeded=True,
    seed_decides=words.EVERY_DRAW,
    select=Later("goracs_core.selection.baselines", "select_random"),
    seconds=transport_seconds,
    score_seconds=no_scores,
    memory=held_bytes,
    stages={**words.DRAW_STAGE, **words.TRANSPORT_STAGE},
)
