"""What the methods without exchanges or bounds share: from chosen rows to a Choice."""

from __future__ import annotations

import time

import numpy as np

from goracs_core.objective import Problem, poo
from goracs_core.scores import ScoreTrace
from goracs_core.selection.result import Choice
from goracs_core.types import IndexArray, Trace


def finish(
    problem: Problem,
    rows: IndexArray,
    lambda_: float,
    *,
    stages: list[tuple[str, float]],
    stop_reason: str,
    scores: ScoreTrace | None = None,
) -> Choice:
    """Evaluate chosen rows exactly and put the Choice together.

    Args:
        problem: What was chosen on.
        rows: Pool rows in the order chosen; shape [k].
        lambda_: Weight of the gradient term in the value.
        stages: Seconds of each step so far.
        stop_reason: One sentence on why it ended.
        scores: What a method that ranks by scores saw, or None.
    """
    rows = np.asarray(rows, np.int64)
    started = time.perf_counter()
    value = poo(problem, rows, lambda_)
    stages = [*stages, ("transport", time.perf_counter() - started)]
    return Choice(rows, Trace(value.value, np.empty(0), stages=tuple(stages)), stop_reason, value=value, scores=scores)
