"""Random rows within labels or popularity deciles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import held_bytes, no_scores, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs


@dataclass(frozen=True)
class StratifiedRandomConfig(SelectionConfig):
    """Random rows with each stratum (label, or popularity decile) drawn in proportion to its share of the pool."""

    method: ClassVar[str] = "stratified-random"
    solver: ClassVar[str] = "stratified-random"


METHOD = Method(
    config=StratifiedRandomConfig,
    label="Stratified random",
    group=Group.REFERENCE,
    summary="random within labels or popularity deciles, in proportion to the pool",
    reference="",
    looks_at="labels or popularity only",
    decided="The samples were drawn at random within each label or popularity decile, as many as its share of the "
    "pool.",
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
