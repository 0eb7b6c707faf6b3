"""k-centre greedy: each time the sample farthest from those chosen."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import scan_seconds
from goracs_core.methods.method import Group, Later


@dataclass(frozen=True)
class KCentreConfig(SelectionConfig):
    """k-centre greedy: each time the sample farthest from those chosen."""

    method = "k-centre"


METHOD = baseline(
    KCentreConfig,
    label="k-centre",
    group=Group.GEOMETRY,
    summary="repeatedly the sample farthest from those selected",
    reference="arXiv 1708.00489",
    looks_at=words.POOL_ONLY,
    decided="Each sample taken was the farthest from all taken before it.",
    embeddings="pool",
    seeded=True,  # where it starts
    select=Later("goracs_core.selection.k_centre", "select_k_centre"),
    seconds=scan_seconds,
    stages={"centres": "Repeated selection of the farthest sample"},
)
