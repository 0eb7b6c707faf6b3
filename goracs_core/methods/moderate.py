"""Moderate coreset: samples whose distance to their class' median is nearest to the median distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import SCAN, Sizes, held_bytes, no_scores, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs


@dataclass(frozen=True)
class ModerateConfig(SelectionConfig):
    """Moderate coreset: samples whose distance to their class' median is nearest to the median distance."""

    method: ClassVar[str] = "moderate"
    solver: ClassVar[str] = "moderate"


def _seconds(config: ModerateConfig, sizes: Sizes) -> float:
    return transport_seconds(config, sizes) + SCAN * sizes.pool * sizes.width * 10


def _memory(config: ModerateConfig, sizes: Sizes) -> int:
    """The rows of one class."""
    return held_bytes(config, sizes, sizes.copy_bytes)


METHOD = Method(
    config=ModerateConfig,
    label="Moderate",
    group=Group.GEOMETRY,
    summary="samples at the median distance from the median of their class",
    reference="Xia et al., ICLR 2023",
    looks_at=f"{words.POOL_ONLY}, and labels where there are some",
    decided="The samples at the median distance from the median of their class were taken.",
    needs=Needs(embeddings="pool", gradient_norms=False, scores=()),
    by_objective=False,
    seeded=False,
    seed_decides="",
    select=Later("goracs_core.selection.moderate", "select_moderate"),
    seconds=_seconds,
    score_seconds=no_scores,
    memory=_memory,
    stages={"medians": "Distance of each sample to the median of its class", **words.TRANSPORT_STAGE},
)
