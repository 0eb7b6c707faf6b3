"""Uniform random rows: the reference that every method must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.method import Group, Rows
from goracs_core.progress import Progress, silent

if TYPE_CHECKING:
    from goracs_core.objective import Problem


@dataclass(frozen=True)
class RandomConfig(SelectionConfig):
    """Uniform random rows without replacement: the reference that every method must beat."""

    method = "random"


def draw(problem: Problem, config: RandomConfig, *, progress: Progress = silent) -> Rows:
    """Rows uniformly at random without replacement, in random order."""
    progress("draw")
    rng = np.random.default_rng(config.seed)
    return Rows(rng.choice(problem.num_pool, size=config.budget, replace=False), "all samples were drawn")


METHOD = baseline(
    RandomConfig,
    label="Random",
    group=Group.REFERENCE,
    summary="uniform draws without replacement: the reference every method must beat",
    reference="",
    looks_at="nothing",
    decided="The samples were drawn at random; nothing decided.",
    embeddings="none",
    seeded=True,
    stages=words.DRAW_STAGE,
    select=draw,
)
