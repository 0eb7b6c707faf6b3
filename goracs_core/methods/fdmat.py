"""FDMat: samples of the smallest feature-distribution discrepancy, by entropic transport to class means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from goracs_core.errors import ConfigError
from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import SCAN, Sizes, held_bytes, no_scores, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs
from goracs_core.methods.option import option


@dataclass(frozen=True)
class FdmatConfig(SelectionConfig):
    """FDMat: samples of the smallest feature-distribution discrepancy, by entropic transport to class means."""

    method: ClassVar[str] = "fdmat"
    solver: ClassVar[str] = "fdmat"

    clusters: int = option(
        10,
        help="Classes made by k-means where the pool has no labels.",
        label="Clusters",
        low=1,
        high=1000,
        advanced=False,
        key="fdmat_clusters",
    )
    regularisation: float = option(
        0.05,
        help="Weight of the entropy in the transport to the class means, relative to the mean cost.",
        label="Regularisation",
        low=1e-6,
        high=100.0,
        step=0.01,
        format="%g",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clusters < 1:
            raise ConfigError(f"clusters is {self.clusters}, but at least 1 class is needed")
        if not math.isfinite(self.regularisation) or self.regularisation <= 0:
            raise ConfigError(f"regularisation is {self.regularisation}, but it must be a finite number above 0")


def _seconds(config: FdmatConfig, sizes: Sizes) -> float:
    return transport_seconds(config, sizes) + SCAN * sizes.pool * sizes.width * 10


def _memory(config: FdmatConfig, sizes: Sizes) -> int:
    """Normalised features, costs and plan with POT's temporaries."""
    return held_bytes(config, sizes, sizes.copy_bytes + 6 * 8 * sizes.pool * config.clusters)


METHOD = Method(
    config=FdmatConfig,
    label="FDMat",
    group=Group.GEOMETRY,
    summary="the smallest feature-distribution discrepancy to the class means",
    reference="Xiao et al., AAAI 2024",
    looks_at=f"{words.POOL_ONLY}, and labels where there are some",
    decided="The samples nearest to the class means by entropic transport were taken.",
    needs=Needs(embeddings="pool", gradient_norms=False, scores=()),
    by_objective=False,
    seeded=True,  # through the clusters
    seed_decides=words.EVERY_DRAW,
    select=Later("goracs_core.selection.fdmat", "select_fdmat"),
    seconds=_seconds,
    score_seconds=no_scores,
    memory=_memory,
    stages={
        "classes": "Classes: the labels, or clusters by k-means",
        "entropic transport": "Discrepancy of each sample from the class means",
        **words.TRANSPORT_STAGE,
    },
)
