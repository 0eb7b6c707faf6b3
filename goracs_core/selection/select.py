"""The one door to all selectors."""

from __future__ import annotations

from typing import assert_never

import goracs_core.methods as c
from goracs_core.objective import PooValue, Problem, poo
from goracs_core.progress import Progress, silent
from goracs_core.scores import Scores
from goracs_core.selection.label_aware import select_per_label
from goracs_core.selection.result import Choice, Selection
from goracs_core.types import Certificate

NO_SCORES = Scores()


def select(
    problem: Problem, config: c.SelectionConfig, *, scores: Scores = NO_SCORES, progress: Progress = silent
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


def evaluate(problem: Problem, config: c.SelectionConfig, choice: Choice, *, progress: Progress = silent) -> Selection:
    """The Selection of chosen rows: exact POO over the whole problem, and the certificate if something was proven."""
    progress("evaluation", 0, 1)
    value = choice.value
    if value is None:
        value = poo(problem, choice.rows, config.lambda_, prices=choice.column_potentials)
    progress("evaluation", 1, 1)
    certificate = None if choice.bound is None else choice.bound.certify(value.value, value.transport_term)
    return _selection(problem, config, choice, value, certificate, None)


def _select_label_aware(problem: Problem, config: c.SelectionConfig, scores: Scores, progress: Progress) -> Selection:
    united = select_per_label(problem, config, scores, choose, progress)
    progress("evaluation", 0, 1)
    value = poo(problem, united.choice.rows, config.lambda_)
    progress("evaluation", 1, 1)
    bound = united.choice.bound
    certificate = None if bound is None else bound.certify(united.value, united.transport_term)
    return _selection(problem, config, united.choice, value, certificate, united.value)


def _selection(
    problem: Problem,
    config: c.SelectionConfig,
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


def choose(problem: Problem, config: c.SelectionConfig, scores: Scores, progress: Progress) -> Choice:
    """Run the configured solver on the whole problem, labels left aside.

    Each method is imported when it is asked for: numba compiles on import, and only its users shall pay for that.
    """
    match config:
        case c.CertifiedConfig():
            from goracs_core.selection.certified import select_certified

            return select_certified(problem, config, progress=progress)
        case c.ItraConfig():
            from goracs_core.selection.itra import select_itra

            choice = select_itra(problem, config, progress=progress)
            return _with_bound(problem, config, choice, progress) if config.bound else choice
        case c.DealRecConfig():
            from goracs_core.selection.dealrec import select_dealrec

            return select_dealrec(problem, config, scores)
        case c.GrandConfig() | c.El2nConfig() | c.EntropyConfig():
            from goracs_core.selection.scored import select_highest

            return select_highest(problem, config, scores)
        case c.CcsConfig():
            from goracs_core.selection.scored import select_ccs

            return select_ccs(problem, config, scores)
        case c.D2Config():
            from goracs_core.selection.d2 import select_d2

            return select_d2(problem, config, scores, progress=progress)
        case c.RandomConfig() | c.StratifiedRandomConfig():
            from goracs_core.selection.baselines import select_random

            return select_random(problem, config)
        case _:
            return _choose_by_geometry(problem, config, progress)


_ByGeometry = (
    c.ModerateConfig
    | c.FdmatConfig
    | c.KCentreConfig
    | c.HerdingConfig
    | c.FacilityLocationConfig
    | c.KMeansConfig
    | c.RoundRobinConfig
)


def _choose_by_geometry(problem: Problem, config: _ByGeometry, progress: Progress) -> Choice:
    """The methods that look at nothing but embeddings (and labels)."""
    match config:
        case c.ModerateConfig():
            from goracs_core.selection.moderate import select_moderate

            return select_moderate(problem, config, progress=progress)
        case c.FdmatConfig():
            from goracs_core.selection.fdmat import select_fdmat

            return select_fdmat(problem, config, progress=progress)
        case c.KCentreConfig():
            from goracs_core.selection.k_centre import select_k_centre

            return select_k_centre(problem, config, progress=progress)
        case c.HerdingConfig():
            from goracs_core.selection.herding import select_herding

            return select_herding(problem, config, progress=progress)
        case c.FacilityLocationConfig():
            from goracs_core.selection.facility_location import select_facility_location

            return select_facility_location(problem, config, progress=progress)
        case c.KMeansConfig():
            from goracs_core.selection.k_means import select_k_means

            return select_k_means(problem, config, progress=progress)
        case c.RoundRobinConfig():
            from goracs_core.selection.round_robin import select_round_robin

            return select_round_robin(problem, config, progress=progress)
        case _:
            assert_never(config)


def _with_bound(problem: Problem, config: c.ItraConfig, choice: Choice, progress: Progress) -> Choice:
    from goracs_core.selection.certified import prove

    asked = c.CertifiedConfig(config.budget, config.lambda_, config.seed, gap=0.0)
    return prove(problem, choice, asked, progress=progress)
