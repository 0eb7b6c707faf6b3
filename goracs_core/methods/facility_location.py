"""Facility location: lazy greedy on the similarity of each target sample to its nearest chosen one."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.dense_limit import held_rows
from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.cost import (
    HEAP,
    HEAP_ENTRY_BYTES,
    PRODUCT,
    Sizes,
    held_bytes,
    transport_seconds,
)
from goracs_core.methods.method import Group, Later
from goracs_core.methods.target import TargetConfig


@dataclass(frozen=True)
class FacilityLocationConfig(TargetConfig):
    """Facility location: lazy greedy on the similarity of each target sample to its nearest chosen one."""

    method = "facility-location"


def _num_targets(config: FacilityLocationConfig, sizes: Sizes) -> int:
    return sizes.pool if config.target == "pool" else sizes.validation


def _seconds(config: FacilityLocationConfig, sizes: Sizes) -> float:
    choice = (PRODUCT * sizes.width + HEAP) * sizes.pool * _num_targets(config, sizes)
    return transport_seconds(config, sizes) + choice


def _memory(config: FacilityLocationConfig, sizes: Sizes) -> int:
    targets = _num_targets(config, sizes)
    return held_bytes(config, sizes, 4 * held_rows(sizes.pool, targets) * targets + HEAP_ENTRY_BYTES * sizes.pool)


METHOD = baseline(
    FacilityLocationConfig,
    label="Facility location",
    group=Group.GEOMETRY,
    summary="a similar selected sample for every target sample, by lazy greedy selection",
    reference="Wei et al., ICML 2015",
    looks_at=f"{words.BOTH}, or the pool's alone",
    decided="Each sample taken was the one that made most samples find a similar one in the coreset.",
    embeddings="pool and validation",
    seeded=False,
    select=Later("goracs_core.selection.facility_location", "select_facility_location"),
    seconds=_seconds,
    memory=_memory,
    stages={**words.DISTANCES_STAGE, **words.GREEDY_STAGE},
)
