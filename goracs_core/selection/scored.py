"""Selections that rank by one score: the highest ones (GraNd, EL2N, entropy), or an even draw over its bands (CCS)."""

from __future__ import annotations

import time

import numpy as np

from goracs_core.methods import CcsConfig, D2Config, El2nConfig, EntropyConfig, GrandConfig
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.scores import SampleScores, ScoreKind, Scores, ScoreTrace
from goracs_core.selection.finish import finish
from goracs_core.selection.result import Choice
from goracs_core.selection.strata import draw_by_strata


def select_highest(
    problem: Problem,
    config: GrandConfig | El2nConfig | EntropyConfig,
    scores: Scores,
    *,
    progress: Progress = silent,
) -> Choice:
    """The rows of the highest scores, highest first (GraNd and EL2N: arXiv 2107.07075; entropy: arXiv 1906.11829).

    Raises:
        ConfigError: The score is not known.
    """
    progress("ranking", 0, 1)
    started = time.perf_counter()
    found = scores.get(config.needed_scores[0], problem.num_pool)
    rows = np.argsort(-found.values, kind="stable")[: config.budget]
    name = str(found.kind)
    trace = _trace(found, np.empty(0, np.int64), np.empty(0))
    stages = [*found.seconds, ("ranking", time.perf_counter() - started)]
    reason = f"the {config.budget:,} highest scores by {name} were taken"
    return finish(problem, rows, config.lambda_, stages=stages, stop_reason=reason, scores=trace)


def select_ccs(problem: Problem, config: CcsConfig, scores: Scores, *, progress: Progress = silent) -> Choice:
    """Coverage-centric coreset selection (arXiv 2210.15809, algorithm 1).

    Raises:
        ConfigError: The score is not known, or takes fewer values than there are strata.
    """
    progress("draw", 0, 1)
    started = time.perf_counter()
    found = difficulty(problem, config, scores)
    draw = draw_by_strata(
        found.values,
        config.budget,
        hard_prune_fraction=config.hard_prune_fraction,
        num_strata=config.strata,
        rng=np.random.default_rng(config.seed),
    )
    trace = _trace(found, draw.strata, draw.edges)
    stages = [*found.seconds, ("draw", time.perf_counter() - started)]
    return finish(problem, draw.rows, config.lambda_, stages=stages, stop_reason=draw.stop_reason, scores=trace)


def difficulty(problem: Problem, config: CcsConfig | D2Config, scores: Scores) -> SampleScores:
    """The score that a config calls difficulty.

    Raises:
        ConfigError: It is not known.
    """
    kind = ScoreKind(config.score)
    if kind is not ScoreKind.GRADIENT_NORM:
        return scores.get(kind, problem.num_pool)
    return SampleScores(kind, problem.gradient_norms, "the gradient norms of the features")


def _trace(found: SampleScores, strata: np.ndarray, edges: np.ndarray) -> ScoreTrace:
    name = str(found.kind)
    return ScoreTrace({name: found.values}, name, strata, edges, {name: found.source}, {name: found.details})
