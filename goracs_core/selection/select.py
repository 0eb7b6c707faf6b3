"""The one door to all selectors."""

from __future__ import annotations

import time
from typing import assert_never

import numpy as np

from goracs_core.config import ItraConfig, RandomConfig, SelectionConfig, StratifiedRandomConfig
from goracs_core.errors import ConfigError
from goracs_core.objective import Problem, poo
from goracs_core.selection.baselines import draw_random, draw_stratified
from goracs_core.selection.label_aware import select_per_label
from goracs_core.selection.result import Selection
from goracs_core.types import IndexArray, Progress, Trace, silent


def select(problem: Problem, config: SelectionConfig, *, progress: Progress = silent) -> Selection:
    """Choose `config.budget` pool rows by the configured method and evaluate them exactly.

    Args:
        problem: What to choose on.
        config: One of the method configs.
        progress: Told stage, done and total; may raise JobCancelled.

    Raises:
        ConfigError: A budget larger than the pool, lambda > 0 without gradient norms, missing labels or strata.
        SolverError: Exact transport did not end at an optimum.
    """
    check_budget(config, problem.num_pool)
    problem.gradient_reward(config.lambda_)  # refuses lambda without norms before any work is done
    label_aware_poo = None
    if config.label_aware:
        rows, trace, reason, label_aware_poo = select_per_label(problem, config, _select_rows, progress)
    else:
        rows, trace, reason = _select_rows(problem, config, progress)
    progress("evaluation", 0, 1)
    value = poo(problem, rows, config.lambda_)
    progress("evaluation", 1, 1)
    return Selection(
        indices=rows,
        config=config,
        poo=value.value,
        transport_term=value.transport_term,
        gradient_term=value.gradient_term,
        label_aware_poo=label_aware_poo,
        plan=value.solution,
        trace=trace,
        stop_reason=reason,
        num_pool=problem.num_pool,
        num_validation=problem.num_validation,
        problem_fingerprint=problem.fingerprint,
    )


def check_budget(config: SelectionConfig, num_pool: int) -> None:
    """Refuse a budget that the pool cannot fill.

    Raises:
        ConfigError: It is larger than the pool.
    """
    if config.budget > num_pool:
        raise ConfigError(
            f"the budget is {config.budget}, but the pool has only {num_pool} samples; "
            f"give a budget of at most {num_pool}"
        )


def _select_rows(problem: Problem, config: SelectionConfig, progress: Progress) -> tuple[IndexArray, Trace, str]:
    match config:
        case ItraConfig():
            # numba compiles on import of these modules; only this method pays for it.
            from goracs_core.selection.itra import select_itra

            return select_itra(problem, config, progress=progress)
        case RandomConfig() | StratifiedRandomConfig():
            return _draw(problem, config)
        case _:
            assert_never(config)


def _draw(problem: Problem, config: RandomConfig | StratifiedRandomConfig) -> tuple[IndexArray, Trace, str]:
    started = time.perf_counter()
    rng = np.random.default_rng(config.seed)
    if isinstance(config, RandomConfig):
        rows = draw_random(problem.num_pool, config.budget, rng=rng)
    else:
        rows = draw_stratified(problem.strata, config.budget, rng=rng)
    seconds = time.perf_counter() - started
    trace = Trace(poo(problem, rows, config.lambda_).value, np.empty(0), stages=(("draw", seconds),))
    return rows, trace, "all samples were drawn"
