"""Round-robin: validation samples take turns, each takes the nearest pool sample that is left (as RDS+ does)."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import HEAP, PRODUCT, Sizes, transport_seconds
from goracs_core.methods.method import Group, Later


@dataclass(frozen=True)
class RoundRobinConfig(SelectionConfig):
    """Round-robin: validation samples take turns, each takes the nearest pool sample that is left (as RDS+ does)."""

    method = "round-robin"


def _seconds(config: RoundRobinConfig, sizes: Sizes) -> float:
    return transport_seconds(config, sizes) + (PRODUCT * sizes.width + HEAP) * sizes.cells


METHOD = baseline(
    RoundRobinConfig,
    label="Round-robin",
    group=Group.GEOMETRY,
    summary="validation samples take turns, each with its nearest available sample",
    reference="arXiv 2503.01807",
    looks_at=words.BOTH,
    decided="Validation samples took turns, and each took its nearest pool sample that was left.",
    embeddings="pool and validation",
    seeded=True,  # whose turn comes first
    select=Later("goracs_core.selection.round_robin", "select_round_robin"),
    seconds=_seconds,
    stages={"turns": "One nearest sample per turn"},
)
