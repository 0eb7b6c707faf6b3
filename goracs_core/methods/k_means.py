"""k-means representatives: the sample nearest to each of k cluster centres of the pool."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import PRODUCT, Sizes, held_bytes, transport_seconds
from goracs_core.methods.method import Group, Later
from goracs_core.option import option


@dataclass(frozen=True)
class KMeansConfig(SelectionConfig):
    """k-means representatives: the sample nearest to each of k cluster centres of the pool."""

    method = "k-means"

    passes: int = option(
        10,
        help="Passes over the pool while the cluster centres settle.",
        label="Passes",
        low=1,
        high=1000,
        advanced=False,
    )


def _seconds(config: KMeansConfig, sizes: Sizes) -> float:
    choice = PRODUCT * sizes.pool * config.budget * sizes.width * config.passes
    return transport_seconds(config, sizes) + choice


def _memory(config: KMeansConfig, sizes: Sizes) -> int:
    """Candidates for the first centres, centres before and after a batch."""
    candidates = min(sizes.pool, max(20_000, config.budget))
    return held_bytes(config, sizes, 4 * sizes.width * (candidates + 6 * config.budget))


METHOD = baseline(
    KMeansConfig,
    label="k-means",
    group=Group.GEOMETRY,
    summary="the sample nearest to each of k cluster centers",
    reference="Sculley, WWW 2010",
    looks_at=words.POOL_ONLY,
    decided="The pool was cut into k clusters, and the sample nearest to each centre was taken.",
    embeddings="pool",
    seeded=True,
    select=Later("goracs_core.selection.k_means", "select_k_means"),
    seconds=_seconds,
    memory=_memory,
    stages={
        "clusters": "Cluster centers, by passes over the pool",
        "representatives": "The sample nearest to each center",
    },
)
