"""Moderate coreset: samples whose distance to their class' median is nearest to the median distance."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import Sizes, held_bytes, passes_seconds
from goracs_core.methods.method import Group, Later


@dataclass(frozen=True)
class ModerateConfig(SelectionConfig):
    """Moderate coreset: samples whose distance to their class' median is nearest to the median distance."""

    method = "moderate"


def _memory(config: ModerateConfig, sizes: Sizes) -> int:
    """The rows of one class."""
    return held_bytes(config, sizes, sizes.copy_bytes)


METHOD = baseline(
    ModerateConfig,
    label="Moderate",
    group=Group.GEOMETRY,
    summary="samples at the median distance from the median of their class",
    reference="Xia et al., ICLR 2023",
    looks_at=f"{words.POOL_ONLY}, and labels where there are some",
    decided="The samples at the median distance from the median of their class were taken.",
    embeddings="pool",
    seeded=False,
    select=Later("goracs_core.selection.moderate", "select_moderate"),
    seconds=passes_seconds,
    memory=_memory,
    stages={"medians": "Distance of each sample to the median of its class"},
)
