"""DEALRec's choice: influence and effort in one score, the highest dropped, the others drawn by strata.

    overall = minmax(influence) + effort_weight * minmax(effort)                     (arXiv 2401.17197, equation 9)

Influence comes from a surrogate recommender (`goracs_core.surrogate`); effort is the norm of the language model's
adapter gradient, which GORACS weighs, too.
"""

from __future__ import annotations

import numpy as np

from goracs_core.methods import DealRecConfig
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.scores import ScoreKind, Scores, ScoreTrace
from goracs_core.selection.strata import draw_by_strata
from goracs_core.types import FloatArray

INFLUENCE, EFFORT, OVERALL = "influence_score", "effort_score", "overall_score"


def select_dealrec(problem: Problem, config: DealRecConfig, scores: Scores, *, progress: Progress = silent) -> Rows:
    """Choose by the overall score (arXiv 2401.17197, section 3.3 and algorithm 1).

    Raises:
        ConfigError: No influence scores, or fewer distinct scores than strata.
    """
    progress("draw")
    influence = scores.get(ScoreKind.INFLUENCE, problem.num_pool)
    overall = overall_scores(influence.values, problem.gradient_norms, config.effort_weight)
    draw = draw_by_strata(
        overall,
        config.budget,
        hard_prune_fraction=config.hard_prune_fraction,
        num_strata=config.strata,
        rng=np.random.default_rng(config.seed),
    )
    trace = ScoreTrace(
        columns={INFLUENCE: influence.values, EFFORT: problem.gradient_norms, OVERALL: overall},
        ranked_by=OVERALL,
        strata=draw.strata,
        edges=draw.edges,
        sources={
            INFLUENCE: influence.source,
            EFFORT: "the gradient norms of the features",
            OVERALL: f"minmax(influence) + {config.effort_weight:g} x minmax(effort)",
        },
        details={INFLUENCE: influence.details},
    )
    return Rows(draw.rows, draw.stop_reason, scores=trace)


def overall_scores(influence: FloatArray, effort: FloatArray, effort_weight: float) -> FloatArray:
    """minmax(influence) + effort_weight * minmax(effort); shape [n]. The effort is left out where its weight is 0."""
    overall = _minmax(influence)
    return overall if effort_weight == 0 else overall + effort_weight * _minmax(effort)


def _minmax(values: FloatArray) -> FloatArray:
    """Values moved and scaled to [0, 1]; zeros where all are equal."""
    low, high = values.min(), values.max()
    return np.zeros(len(values)) if high <= low else (values - low) / (high - low)
