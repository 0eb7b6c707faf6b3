"""Selections by one score of difficulty: an even draw over its bands (CCS); the score itself for D2."""

from __future__ import annotations

import numpy as np

from goracs_core.methods import CcsConfig, D2Config
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.scores import SampleScores, ScoreKind, Scores, ScoreTrace
from goracs_core.selection.strata import draw_by_strata


def select_ccs(problem: Problem, config: CcsConfig, scores: Scores, *, progress: Progress = silent) -> Rows:
    """Coverage-centric coreset selection (arXiv 2210.15809, algorithm 1).

    Raises:
        ConfigError: The score is not known, or takes fewer values than there are strata.
    """
    progress("draw")
    found = difficulty(problem, config, scores)
    draw = draw_by_strata(
        found.values,
        config.budget,
        hard_prune_fraction=config.hard_prune_fraction,
        num_strata=config.strata,
        rng=np.random.default_rng(config.seed),
    )
    return Rows(draw.rows, draw.stop_reason, scores=ScoreTrace.of(found, draw.strata, draw.edges))


def difficulty(problem: Problem, config: CcsConfig | D2Config, scores: Scores) -> SampleScores:
    """The score that a config calls difficulty.

    Raises:
        ConfigError: It is not known.
    """
    kind = ScoreKind(config.score)
    if kind is not ScoreKind.GRADIENT_NORM:
        return scores.get(kind, problem.num_pool)
    return SampleScores(kind, problem.gradient_norms, "the gradient norms of the features")
