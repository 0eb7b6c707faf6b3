"""Generators of small selection problems, with the awkward ones (ties, duplicates, weights) included."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from goracs_core.methods import METHODS
from goracs_core.objective import Problem, make_problem, poo
from goracs_core.scores import SampleScores, ScoreKind, Scores
from goracs_core.types import Embeddings, FloatArray, GradientNorms

# The config of every method, in the order of lists.
CONFIGS = tuple(one.config for one in METHODS.values())


def make(
    n: int, m: int, *, seed: int = 0, width: int = 3, ties: bool = False, weighted: bool = False, norms: bool = True
) -> Problem:
    """A problem of n pool and m validation points in a few clusters.

    With `ties`, points lie on a coarse grid (duplicates and equal distances abound) and norms take three values.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(4, width)) * 2
    pool = centres[rng.integers(4, size=n)] + rng.normal(size=(n, width))
    validation = centres[rng.integers(2, size=m)] + rng.normal(size=(m, width))
    gradient_norms = rng.gamma(2.0, size=n)
    if ties:
        pool, validation, gradient_norms = (
            np.round(pool),
            np.round(validation),
            rng.integers(0, 3, size=n).astype(float),
        )
    return make_problem(
        Embeddings(pool, "test"),
        Embeddings(validation, "test"),
        gradient_norms=GradientNorms(gradient_norms, "test", "test") if norms else None,
        validation_weights=rng.uniform(0.5, 2.0, size=m) if weighted else None,
        strata=np.arange(n) % min(3, n),
        pool_labels=np.arange(n) % 2,
        validation_labels=np.arange(m) % min(2, n),
    )


def made_up_scores(problem: Problem, seed: int = 7) -> Scores:
    """Scores of every kind for a problem; all distinct."""
    rng = np.random.default_rng(seed)
    return Scores.of(SampleScores(kind, rng.gamma(2.0, size=problem.num_pool), "made up") for kind in ScoreKind)


@st.composite
def problems(draw: st.DrawFn, max_pool: int = 9, max_validation: int = 9) -> Problem:
    """Tiny problems of every awkward kind."""
    return make(
        draw(st.integers(2, max_pool)),
        draw(st.integers(1, max_validation)),
        seed=draw(st.integers(0, 10_000)),
        ties=draw(st.booleans()),
        weighted=draw(st.booleans()),
    )


def costs(problem: Problem, lambda_: float) -> FloatArray:
    """The whole C of the problem, written out as in the paper; shape [n, m]."""
    distances = np.sqrt(((problem.pool[:, None] - problem.validation[None]) ** 2).sum(axis=2))
    reward = (
        problem.gradient_norms / problem.gradient_norms.max()
        if problem.gradient_norms.max() > 0
        else 0 * problem.gradient_norms
    )
    return distances / (distances.max() or 1.0) - lambda_ * reward[:, None]


def optimum(problem: Problem, budget: int, lambda_: float) -> float:
    """The least POO over all subsets, by trying them all."""
    subsets = itertools.combinations(range(problem.num_pool), budget)
    return min(poo(problem, np.array(rows), lambda_).value for rows in subsets)
