"""Herding: each time the sample that brings the coreset's mean embedding nearest to the target's."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.cost import scan_seconds
from goracs_core.methods.method import Group, Later
from goracs_core.methods.target import TargetConfig


@dataclass(frozen=True)
class HerdingConfig(TargetConfig):
    """Herding: each time the sample that brings the coreset's mean embedding nearest to the target's."""

    method = "herding"


METHOD = baseline(
    HerdingConfig,
    label="Herding",
    group=Group.GEOMETRY,
    summary="matches the mean embedding, one sample at a time",
    reference="Welling, ICML 2009",
    looks_at=f"{words.BOTH}, or the pool's alone",
    decided="Each sample taken brought the coreset's mean embedding nearest to the mean to match.",
    embeddings="pool and validation",
    seeded=False,
    select=Later("goracs_core.selection.herding", "select_herding"),
    seconds=scan_seconds,
    stages={"herding": "Repeated selection of the sample that moves the mean closest to its target"},
)
