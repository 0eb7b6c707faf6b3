"""The one door to all selectors."""

from __future__ import annotations

import time

import numpy as np

from goracs_core.methods import SelectionConfig, method_of
from goracs_core.methods.method import Rows
from goracs_core.objective import PooValue, Problem, poo
from goracs_core.progress import Progress, silent
from goracs_core.scores import Scores
from goracs_core.selection.label_aware import select_per_label
from goracs_core.selection.result import Choice, Selection
from goracs_core.types import Certificate, Trace

NO_SCORES = Scores()


def select(
    problem: Problem, config: SelectionConfig, *, scores: Scores = NO_SCORES, progress: Progress = silent
) -> Selection:
    """Choose `config.budget` pool rows by the configured method and evaluate them exactly.

    Args:
        problem: What to choose on.
        config: One of the method configs.
        scores: What `config.needed_scores` asks for, on all pool rows.
        progress: Told stage, done and total; may raise JobCancelled.

    Raises:
        ConfigError: A budget larger than the pool, lambda > 0 without gradient norms, missing labels, strata or scores.
        SolverError: Exact transport did not end at an optimum.
    """
    config.check_pool(problem.num_pool)
    config.check_gradient_norms(problem.has_gradient_norms)  # before any work is done
    for kind in config.needed_scores:
        scores.get(kind, problem.num_pool)  # likewise
    if config.label_aware:
        return _select_label_aware(problem, config, scores, progress)
    choice = choose(problem, config, scores, progress)
    return evaluate(problem, config, choice, progress=progress)


def evaluate(problem: Problem, config: SelectionConfig, choice: Choice, *, progress: Progress = silent) -> Selection:
    """The Selection of chosen rows: exact POO over the whole problem, and the certificate if something was proven."""
    progress("evaluation")
    value = choice.value
    if value is None:
        value = poo(problem, choice.rows, config.lambda_, prices=choice.column_potentials)
    progress("evaluation", 1, 1)
    certificate = None if choice.bound is None else choice.bound.certify(value.value, value.transport_term)
    return _selection(problem, config, choice, value, certificate, None)


def _select_label_aware(problem: Problem, config: SelectionConfig, scores: Scores, progress: Progress) -> Selection:
    united = select_per_label(problem, config, scores, choose, progress)
    progress("evaluation")
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
        scores=choice.scores,
        num_pool=problem.num_pool,
        num_validation=problem.num_validation,
        problem_fingerprint=problem.fingerprint,
    )


def choose(problem: Problem, config: SelectionConfig, scores: Scores, progress: Progress) -> Choice:
    """Run the configured solver on the whole problem, labels left aside."""
    method, started = method_of(config), time.perf_counter()
    given = (scores,) if method.needs.scores else ()
    found = method.select(problem, config, *given, progress=progress)
    if not isinstance(found, Rows):
        return found
    own = found.stages or ((next(iter(method.stages)), time.perf_counter() - started),)
    return _evaluated(problem, config, found, [*scores.stages(config.needed_scores), *own])


def _evaluated(problem: Problem, config: SelectionConfig, found: Rows, stages: list[tuple[str, float]]) -> Choice:
    """Rows with their exact transport, for a solver that needed none to choose them."""
    rows, started = np.asarray(found.rows, np.int64), time.perf_counter()
    value = poo(problem, rows, config.lambda_)
    stages = [*stages, ("transport", time.perf_counter() - started)]
    trace = Trace(value.value, np.empty(0), stages=tuple(stages))
    return Choice(rows, trace, found.stop_reason, value=value, scores=found.scores)
