"""Reference selections that use no distances: random and stratified random."""

from __future__ import annotations

import time

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.methods import RandomConfig, StratifiedRandomConfig
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.quotas import largest_remainder
from goracs_core.selection.finish import finish
from goracs_core.selection.result import Choice
from goracs_core.types import IndexArray


def select_random(
    problem: Problem, config: RandomConfig | StratifiedRandomConfig, *, progress: Progress = silent
) -> Choice:
    """Draw the rows.

    Raises:
        ConfigError: Strata are asked for, and the problem has none.
    """
    progress("draw", 0, 1)
    started = time.perf_counter()
    rng = np.random.default_rng(config.seed)
    if isinstance(config, RandomConfig):
        rows = draw_random(problem.num_pool, config.budget, rng=rng)
    else:
        rows = draw_stratified(problem.strata, config.budget, rng=rng)
    stages = [("draw", time.perf_counter() - started)]
    return finish(problem, rows, config.lambda_, stages=stages, stop_reason="all samples were drawn")


def draw_random(num_pool: int, budget: int, *, rng: np.random.Generator) -> IndexArray:
    """`budget` rows uniformly at random without replacement; shape [k]."""
    return rng.choice(num_pool, size=budget, replace=False)


def draw_stratified(strata: IndexArray | None, budget: int, *, rng: np.random.Generator) -> IndexArray:
    """Random rows with each stratum in proportion to its share of the pool; shape [k], in random order.

    Args:
        strata: Group of each pool row; shape [n].
        budget: k.
        rng: Source of randomness.

    Raises:
        ConfigError: The problem has no strata.
    """
    if strata is None:
        raise ConfigError(
            "stratified-random needs a stratum for each pool sample, and this problem has none; "
            "give pool labels, use a prepared dataset, or choose the method random",
            code="no-strata",
        )
    names, counts = np.unique(strata, return_counts=True)
    quotas = largest_remainder(counts / counts.sum(), budget, capacity=counts)
    drawn = [
        rng.choice(np.flatnonzero(strata == name), size=quota, replace=False)
        for name, quota in zip(names, quotas, strict=True)
    ]
    return rng.permutation(np.concatenate(drawn))
