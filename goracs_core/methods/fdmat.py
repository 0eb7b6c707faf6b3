"""FDMat: samples of the smallest feature-distribution discrepancy, by entropic transport to class means."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import Sizes, held_bytes, passes_seconds
from goracs_core.methods.method import Group, Later
from goracs_core.option import option


@dataclass(frozen=True)
class FdmatConfig(SelectionConfig):
    """FDMat: samples of the smallest feature-distribution discrepancy, by entropic transport to class means."""

    method = "fdmat"

    clusters: int = option(
        10,
        help="Number of k-means classes when the pool has no labels.",
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
        positive=True,
        high=100.0,
        step=0.01,
        format="%g",
    )


def _memory(config: FdmatConfig, sizes: Sizes) -> int:
    """Normalised features, costs and plan with POT's temporaries."""
    return held_bytes(config, sizes, sizes.copy_bytes + 6 * 8 * sizes.pool * config.clusters)


METHOD = baseline(
    FdmatConfig,
    label="FDMat",
    group=Group.GEOMETRY,
    summary="the smallest feature-distribution discrepancy to the class means",
    reference="Xiao et al., AAAI 2024",
    looks_at=f"{words.POOL_ONLY}, and labels where there are some",
    decided="The samples nearest to the class means by entropic transport were taken.",
    embeddings="pool",
    seeded=True,  # through the clusters
    select=Later("goracs_core.selection.fdmat", "select_fdmat"),
    seconds=passes_seconds,
    memory=_memory,
    stages={
        "classes": "Classes: the labels, or clusters by k-means",
        "entropic transport": "Discrepancy of each sample from the class means",
    },
)
