"""Random rows within labels or popularity deciles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.method import Group, Rows
from goracs_core.progress import Progress, silent
from goracs_core.quotas import largest_remainder

if TYPE_CHECKING:
    from goracs_core.objective import Problem


@dataclass(frozen=True)
class StratifiedRandomConfig(SelectionConfig):
    """Random rows with each stratum (label, or popularity decile) drawn in proportion to its share of the pool."""

    method = "stratified-random"


def draw(problem: Problem, config: StratifiedRandomConfig, *, progress: Progress = silent) -> Rows:
    """Random rows with each stratum in proportion to its share of the pool, in random order.

    Raises:
        ConfigError: The problem has no strata.
    """
    progress("draw")
    if problem.strata is None:
        raise ConfigError(
            "stratified-random needs a stratum for each pool sample, and this problem has none; "
            "give pool labels, use a prepared dataset, or choose the method random",
            code="no-strata",
        )
    rng = np.random.default_rng(config.seed)
    names, counts = np.unique(problem.strata, return_counts=True)
    quotas = largest_remainder(counts / counts.sum(), config.budget, capacity=counts)
    drawn = [
        rng.choice(np.flatnonzero(problem.strata == name), size=quota, replace=False)
        for name, quota in zip(names, quotas, strict=True)
    ]
    return Rows(rng.permutation(np.concatenate(drawn)), "all samples were drawn")


METHOD = baseline(
    StratifiedRandomConfig,
    label="Stratified random",
    group=Group.REFERENCE,
    summary="random within labels or popularity deciles, in proportion to the pool",
    reference="",
    looks_at="labels or popularity only",
    decided="The samples were drawn at random within each label or popularity decile, as many as its share of the "
    "pool.",
    embeddings="none",
    seeded=True,
    stages=words.DRAW_STAGE,
    select=draw,
)
