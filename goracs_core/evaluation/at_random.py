"""Random coresets of one size on one problem: what a coreset has to be better than."""

from __future__ import annotations

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.objective import Problem, poo
from goracs_core.progress import Progress, silent
from goracs_core.types import FloatArray


def random_terms(
    problem: Problem, budget: int, *, draws: int = 20, progress: Progress = silent
) -> tuple[FloatArray, FloatArray]:
    """Transport and gradient terms of random coresets; shapes [draws].

    Lambda weighs the terms but changes neither: POO at any lambda is transport term - lambda * gradient term.

    Args:
        problem: What is drawn from.
        budget: Size of each coreset, k.
        draws: How many there are; draw r uses seed r, so that more draws keep the earlier ones.
        progress: Told how many are evaluated.

    Raises:
        ConfigError: A budget larger than the pool.
    """
    if not 1 <= budget <= problem.num_pool:
        raise ConfigError(
            f"random coresets of {budget} samples cannot be drawn from {problem.num_pool} pool samples; lower it",
            code="budget-out-of-range",
            fields={"budget": budget, "pool": problem.num_pool},
        )
    found = np.empty((2, draws))
    for seed in range(draws):
        progress("random coresets", seed, draws)
        rows = np.random.default_rng(seed).choice(problem.num_pool, budget, replace=False)
        value = poo(problem, rows, 0.0)
        found[:, seed] = value.transport_term, value.gradient_term
    return found[0], found[1]
