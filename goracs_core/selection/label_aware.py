"""Label-aware selection: any selector within each class (arXiv 2506.04015, discriminative tasks)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.methods import SelectionConfig
from goracs_core.objective import Problem, poo
from goracs_core.progress import Progress
from goracs_core.quotas import largest_remainder
from goracs_core.scores import PRUNED, Scores, ScoreTrace
from goracs_core.selection.result import Bound, Choice
from goracs_core.types import IndexArray, Trace

SelectOne = Callable[[Problem, SelectionConfig, Scores, Progress], Choice]


@dataclass(frozen=True, eq=False)
class United:
    """The union of the classes' choices.

    Args:
        choice: Rows class after class, the united trace, the stop reasons in one sentence; its bound is the
            mass-weighted sum of the classes' bounds, its prices are those of each validation sample's own class.
        value: Mass-weighted sum of the classes' POO.
        transport_term: Mass-weighted sum of their transport terms.
    """

    choice: Choice
    value: float
    transport_term: float


@dataclass(frozen=True, eq=False)
class ClassPart:
    """One class of a label-aware selection.

    Args:
        label: Its name.
        quota: Its part of the budget.
        weight: Its share of the validation mass.
        pool_rows: Its pool rows.
        validation_rows: Its validation samples.
        problem: Both on the whole problem's scales.
    """

    label: int
    quota: int
    weight: float
    pool_rows: IndexArray
    validation_rows: IndexArray
    problem: Problem


def class_parts(problem: Problem, budget: int) -> list[ClassPart]:
    """The classes of a problem with their quotas.

    Raises:
        ConfigError: See `label_quotas`.
    """
    quotas = label_quotas(problem, budget)
    parts = []
    for label, quota in quotas.items():
        pool_rows = np.flatnonzero(problem.pool_labels == label)
        validation_rows = np.flatnonzero(problem.validation_labels == label)
        weight = float(problem.validation_weights[validation_rows].sum())
        part = problem.take(pool_rows, validation_rows)
        parts.append(ClassPart(label, quota, weight, pool_rows, validation_rows, part))
    return parts


def label_quotas(problem: Problem, budget: int) -> dict[int, int]:
    """Budget of each class, proportional to the validation weight of its label, at least one each.

    Raises:
        ConfigError: No labels, a class of the validation that the pool lacks, or a budget below the number of classes.
    """
    if problem.pool_labels is None or problem.validation_labels is None:
        raise ConfigError(
            "label-aware selection needs labels of pool and validation samples, and this problem has none; "
            "give both labels or switch label-aware selection off",
            code="no-labels",
        )
    names = np.unique(problem.validation_labels)
    shares = np.array([problem.validation_weights[problem.validation_labels == name].sum() for name in names])
    counts = np.array([(problem.pool_labels == name).sum() for name in names])
    if (counts == 0).any():
        missing = names[counts == 0][0]
        raise ConfigError(
            f"validation samples have the label {missing}, but no pool sample has it; "
            "add pool samples of that class or remove it from the validation",
            code="label-missing-in-pool",
            fields={"label": int(missing)},
        )
    if budget < len(names):
        raise ConfigError(
            f"a budget of {budget} cannot give each of the {len(names)} classes one sample; raise the budget",
            code="budget-too-small",
            fields={"budget": budget, "least": len(names)},
        )
    if budget > counts.sum():
        raise ConfigError(
            f"the budget is {budget}, but only {counts.sum()} pool samples have a label of the validation; lower it",
            code="budget-too-large",
            fields={"budget": budget, "most": int(counts.sum())},
        )
    quotas = largest_remainder(shares, budget, capacity=counts, at_least_one=True)
    return {int(name): int(quota) for name, quota in zip(names, quotas, strict=True)}


def select_per_label(
    problem: Problem, config: SelectionConfig, scores: Scores, select_one: SelectOne, progress: Progress
) -> United:
    """Select within each class on the problem's own scales, and unite."""
    choices, value, transport = [], 0.0, 0.0
    parts = class_parts(problem, config.budget)
    for part in parts:
        own = scores.take(part.pool_rows)
        choice = _select_label(
            part, replace(config, budget=part.quota), own, select_one, progress.within(f"label {part.label}")
        )
        found = choice.value
        if found is None:
            found = poo(part.problem, choice.rows, config.lambda_, prices=choice.column_potentials)
        value += part.weight * found.value
        transport += part.weight * found.transport_term
        choices.append(choice)
    united = Choice(
        rows=np.concatenate([part.pool_rows[choice.rows] for part, choice in zip(parts, choices, strict=True)]),
        trace=_unite(
            [(choice.trace, part.weight, part.pool_rows) for part, choice in zip(parts, choices, strict=True)],
            scores.stages(config.needed_scores),
        ),
        stop_reason="; ".join(f"label {p.label}: {c.stop_reason}" for p, c in zip(parts, choices, strict=True)),
        bound=_united_bound(problem, parts, [choice.bound for choice in choices]),
        scores=_united_scores(problem, parts, [choice.scores for choice in choices]),
    )
    return United(united, value, transport)


def _select_label(
    part: ClassPart, config: SelectionConfig, scores: Scores, select_one: SelectOne, progress: Progress
) -> Choice:
    try:
        return select_one(part.problem, config, scores, progress)
    except ConfigError as error:
        fields = {**error.fields, "label": part.label}
        raise ConfigError(
            f"among the samples of label {part.label}, {error}", code=error.code, fields=fields
        ) from error


def _united_scores(problem: Problem, parts: list[ClassPart], traces: list[ScoreTrace | None]) -> ScoreTrace | None:
    """The classes' columns side by side; rows of classes that the validation lacks count as pruned."""
    known = [trace for trace in traces if trace is not None]
    if len(known) < len(parts):
        return None
    columns = {name: np.zeros(problem.num_pool) for name in known[0].columns}
    strata = np.full(problem.num_pool if len(known[0].strata) else 0, PRUNED)
    for part, trace in zip(parts, known, strict=True):
        for name, values in trace.columns.items():
            columns[name][part.pool_rows] = values
        if len(strata):
            strata[part.pool_rows] = trace.strata
    edges = known[0].edges if len(known) == 1 else np.empty(0)
    return replace(known[0], columns=columns, strata=strata, edges=edges)


def _united_bound(problem: Problem, parts: list[ClassPart], bounds: list[Bound | None]) -> Bound | None:
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(parts):
        return None
    prices = np.zeros(problem.num_validation)
    for part, bound in zip(parts, known, strict=True):
        prices[part.validation_rows] = bound.prices
    return Bound(
        lower_bound=sum(part.weight * bound.lower_bound for part, bound in zip(parts, known, strict=True)),
        prices=prices,
        rounds=sum(bound.rounds for bound in known),
        full_passes=sum(bound.full_passes for bound in known),
    )


def _unite(traces: list[tuple[Trace, float, IndexArray]], scoring: list[tuple[str, float]]) -> Trace:
    """One trace of all classes: exchanges in pool rows, values mass-weighted over the classes as they stood.

    `scoring` are the seconds of the scores, which were made once for all classes.
    """
    current = [trace.start_value for trace, _, _ in traces]
    weights = [weight for _, weight, _ in traces]
    start = float(np.dot(weights, current))
    exchanges = []
    for number, (trace, _, pool_rows) in enumerate(traces):
        for exchange in trace.exchanges:
            current[number] = exchange.value
            united = replace(
                exchange,
                leaves=int(pool_rows[exchange.leaves]),
                enters=int(pool_rows[exchange.enters]),
                value=float(np.dot(weights, current)),
                estimate=weights[number] * exchange.estimate,
            )
            exchanges.append(united)
    stages = dict(scoring)
    for trace, _, _ in traces:
        for name, seconds in trace.stages:
            stages[name] = stages.get(name, 0.0) + seconds
    return Trace(
        start_value=start,
        greedy_values=np.empty(0),
        exchanges=tuple(exchanges),
        tried_pairs=sum(trace.tried_pairs for trace, _, _ in traces),
        evaluated_rows=sum(trace.evaluated_rows for trace, _, _ in traces),
        stages=tuple(stages.items()),
    )
