"""The one door to all selectors."""

from __future__ import annotations

import time
from typing import assert_never

import numpy as np

from goracs_core.config import CertifiedConfig, ItraConfig, RandomConfig, SelectionConfig, StratifiedRandomConfig
from goracs_core.errors import ConfigError
from goracs_core.objective import PooValue, Problem, poo
from goracs_core.selection.baselines import draw_random, draw_stratified
from goracs_core.selection.label_aware import select_per_label
from goracs_core.selection.result import Choice, Selection
from goracs_core.types import Certificate, Progress, Trace, silent


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
    if config.label_aware:
        return _select_label_aware(problem, config, progress)
    choice = choose(problem, config, progress)
    return evaluate(problem, config, choice, progress=progress)


def evaluate(problem: Problem, config: SelectionConfig, choice: Choice, *, progress: Progress = silent) -> Selection:
    """The Selection of chosen rows: exact POO over the whole problem, and the certificate if something was proven."""
    progress("evaluation", 0, 1)
    value = choice.value
    if value is None:
        value = poo(problem, choice.rows, config.lambda_, prices=choice.column_potentials)
    progress("evaluation", 1, 1)
    certificate = None if choice.bound is None else choice.bound.certify(value.value, value.transport_term)
    return _selection(problem, config, choice, value, certificate, None)


def _select_label_aware(problem: Problem, config: SelectionConfig, progress: Progress) -> Selection:
    united = select_per_label(problem, config, choose, progress)
    progress("evaluation", 0, 1)
    value = poo(problem, united.choice.rows, config.lambda_)
    progress("evaluation", 1, 1)
    bound = united.choice.bound
    certificate = None if bound is None else bound.certify(united.value, united.transport_term)
    return _selection(problem, config, united.choice, value, certificate, united.value)


def _selection(
    problem: Problem,
    config: SelectionConfig,
    choice: Choice,
    value: PooValue,
    certificate: Certificate | None,
    label_aware_poo: float | None,
) -> Selection:
    return Selection(
        indices=choice.rows,
        config=config,
        poo=value.value,
        transport_term=value.transport_term,
        gradient_term=value.gradient_term,
        label_aware_poo=label_aware_poo,
        plan=value.solution,
        certificate=certificate,
        trace=choice.trace,
        stop_reason=choice.stop_reason,
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


def choose(problem: Problem, config: SelectionConfig, progress: Progress) -> Choice:
    """Run the configured solver on the whole problem, labels left aside."""
    match config:
        case CertifiedConfig():
            # numba compiles on import of these modules; only this method pays for it.
            from goracs_core.selection.certified import select_certified

            return select_certified(problem, config, progress=progress)
        case ItraConfig():
            from goracs_core.selection.itra import select_itra

            choice = select_itra(problem, config, progress=progress)
            return _with_bound(problem, config, choice, progress) if config.bound else choice
        case RandomConfig() | StratifiedRandomConfig():
            return _draw(problem, config)
        case _:
            assert_never(config)


def _with_bound(problem: Problem, config: ItraConfig, choice: Choice, progress: Progress) -> Choice:
    from goracs_core.selection.certified import prove

    asked = CertifiedConfig(config.budget, config.lambda_, config.seed, gap=0.0)
    return prove(problem, choice, asked, progress=progress)


def _draw(problem: Problem, config: RandomConfig | StratifiedRandomConfig) -> Choice:
    started = time.perf_counter()
    rng = np.random.default_rng(config.seed)
    if isinstance(config, RandomConfig):
        rows = draw_random(problem.num_pool, config.budget, rng=rng)
    else:
        rows = draw_stratified(problem.strata, config.budget, rng=rng)
    seconds = time.perf_counter() - started
    value = poo(problem, rows, config.lambda_)
    trace = Trace(value.value, np.empty(0), stages=(("draw", seconds),))
    return Choice(rows, trace, "all samples were drawn", column_potentials=value.solution.column_potentials)
