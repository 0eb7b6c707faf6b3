"""k-centre greedy: each time the sample farthest from those chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import SCAN, Sizes, held_bytes, no_scores, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs


@dataclass(frozen=True)
class KCentreConfig(SelectionConfig):
    """k-centre greedy: each time the sample farthest from those chosen."""

    method: ClassVar[str] = "k-centre"
    solver: ClassVar[str] = "k-centre"


def _seconds(config: KCentreConfig, sizes: Sizes) -> float:
    return transport_seconds(config, sizes) + SCAN * sizes.pool * config.budget * sizes.width


METHOD = Method(
    config=KCentreConfig,
    label="k-centre",
    group=Group.GEOMETRY,
    summary="repeatedly the sample farthest from those selected",
    reference="arXiv 1708.00489",
    looks_at=words.POOL_ONLY,
    decided="Each sample taken was the farthest from all taken before it.",
    needs=Needs(embeddings="pool", gradient_norms=False, scores=()),
    by_objective=False,
    seeded=True,  # where it starts
    seed_decides=words.EVERY_DRAW,
    select=Later("goracs_core.selection.k_centre", "select_k_centre"),
    seconds=_seconds,
    score_seconds=no_scores,
    memory=held_bytes,
    stages={"centres": "Repeated selection of the farthest sample", **words.TRANSPORT_STAGE},
)
