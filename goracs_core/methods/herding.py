"""Herding: each time the sample that brings the coreset's mean embedding nearest to the target's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.methods import words
from goracs_core.methods.cost import SCAN, Sizes, held_bytes, no_scores, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs
from goracs_core.methods.target import TargetConfig


@dataclass(frozen=True)
class HerdingConfig(TargetConfig):
    """Herding: each time the sample that brings the coreset's mean embedding nearest to the target's."""

    method: ClassVar[str] = "herding"
    solver: ClassVar[str] = "herding"


def _seconds(config: HerdingConfig, sizes: Sizes) -> float:
    return transport_seconds(config, sizes) + SCAN * sizes.pool * config.budget * sizes.width


METHOD = Method(
    config=HerdingConfig,
    label="Herding",
    group=Group.GEOMETRY,
    summary="matches the mean embedding, one sample at a time",
    reference="Welling, ICML 2009",
    looks_at=f"{words.BOTH}, or the pool's alone",
    decided="Each sample taken brought the coreset's mean embedding nearest to the one it shall match.",
    needs=Needs(embeddings="pool and validation", gradient_norms=False, scores=()),
    by_objective=False,
    seeded=False,
    seed_decides="",
    select=Later("goracs_core.selection.herding", "select_herding"),
    seconds=_seconds,
    score_seconds=no_scores,
    memory=held_bytes,
    stages={
        "herding": "Repeated selection of the sample that moves the mean closest to its target",
        **words.TRANSPORT_STAGE,
    },
)
