"""A grid of lambdas and budgets, each solve started from what its neighbour already knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from goracs_core.engine.open import open_rows
from goracs_core.engine.protocol import DistanceRows
from goracs_core.errors import ConfigError
from goracs_core.methods import CertifiedConfig
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.certified import WarmStart, select_certified
from goracs_core.selection.result import Selection
from goracs_core.selection.select import evaluate, select


def sweep(
    problem: Problem,
    base: CertifiedConfig,
    *,
    lambdas: Sequence[float],
    budgets: Sequence[int],
    solved: Callable[[int], Selection | None] = lambda number: None,
    progress: Progress = silent,
) -> Iterator[Selection]:
    """Solve every pair of budget and lambda; yields each Selection as soon as it is there.

    Budgets are gone through in rising order, lambdas to and fro, so that each solve starts from a neighbour's prices.
    Label-aware selections have prices per class and are solved one by one.

    Args:
        problem: What to choose on.
        base: Every other option.
        lambdas: Weights of the gradient term.
        budgets: Budgets.
        solved: Asked for each point of the path by its number: what is there already is put in instead of solved.
        progress: Told the stages of the solve that is under way.

    Raises:
        ConfigError: No budget or lambda, or one that does not do.
    """
    grid = sweep_order(lambdas, budgets)
    configs = [replace(base, budget=budget, lambda_=lambda_) for budget, lambda_ in grid]
    for config in configs:
        config.check_pool(problem.num_pool)
        problem.gradient_reward(config.lambda_)
    rows: DistanceRows | None = None
    known: Selection | None = None
    for number, config in enumerate(configs):
        if (there := solved(number)) is not None:
            known = there
            yield known
            continue
        if config.label_aware:
            yield select(problem, config, progress=progress)
            continue
        if rows is None:
            rows = open_rows(problem, progress=progress)
        warm = None
        if known is not None and known.certificate is not None:
            warm = WarmStart(known.certificate.prices, known.indices)
        choice = select_certified(problem, config, rows=rows, warm=warm, progress=progress)
        known = evaluate(problem, config, choice, progress=progress)
        yield known


def sweep_order(lambdas: Sequence[float], budgets: Sequence[int]) -> list[tuple[int, float]]:
    """(budget, lambda) of a grid in the order in which a sweep solves it.

    Raises:
        ConfigError: No budget or no lambda.
    """
    if not lambdas or not budgets:
        raise ConfigError(
            "a sweep needs at least one lambda and one budget, and one of them is empty", code="empty-grid"
        )
    order = []
    rising = sorted(set(lambdas))
    for number, budget in enumerate(sorted(set(budgets))):
        order += [(budget, lambda_) for lambda_ in (rising if number % 2 == 0 else rising[::-1])]
    return order
