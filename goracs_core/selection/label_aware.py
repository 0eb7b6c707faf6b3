"""Label-aware selection: any selector within each class (arXiv 2506.04015, discriminative tasks)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from goracs_core.config import SelectionConfig
from goracs_core.errors import ConfigError
from goracs_core.objective import Problem, poo
from goracs_core.quotas import largest_remainder
from goracs_core.types import IndexArray, Progress, Trace

SelectOne = Callable[[Problem, SelectionConfig, Progress], tuple[IndexArray, Trace, str]]


def label_quotas(problem: Problem, budget: int) -> dict[int, int]:
    """Budget of each class, proportional to the validation weight of its label, at least one each.

    Raises:
        ConfigError: No labels, a class of the validation that the pool lacks, or a budget below the number of classes.
    """
    if problem.pool_labels is None or problem.validation_labels is None:
        raise ConfigError(
            "label-aware selection needs labels of pool and validation samples, and this problem has none; "
            "give both labels or switch label-aware selection off"
        )
    names = np.unique(problem.validation_labels)
    shares = np.array([problem.validation_weights[problem.validation_labels == name].sum() for name in names])
    counts = np.array([(problem.pool_labels == name).sum() for name in names])
    if (counts == 0).any():
        missing = names[counts == 0][0]
        raise ConfigError(
            f"validation samples have the label {missing}, but no pool sample has it; "
            "add pool samples of that class or remove it from the validation"
        )
    if budget < len(names):
        raise ConfigError(
            f"a budget of {budget} cannot give each of the {len(names)} classes one sample; raise the budget"
        )
    if budget > counts.sum():
        raise ConfigError(
            f"the budget is {budget}, but only {counts.sum()} pool samples have a label of the validation; lower it"
        )
    quotas = largest_remainder(shares, budget, capacity=counts, at_least_one=True)
    return {int(name): int(quota) for name, quota in zip(names, quotas, strict=True)}


def select_per_label(
    problem: Problem, config: SelectionConfig, select_one: SelectOne, progress: Progress
) -> tuple[IndexArray, Trace, str, float]:
    """Select within each class on the problem's own scales, and unite.

    Returns:
        Pool rows (class after class), the united trace, the stop reasons in one sentence, and the mass-weighted sum of
        the classes' POO.
    """
    quotas = label_quotas(problem, config.budget)
    assert problem.pool_labels is not None  # label_quotas has checked
    assert problem.validation_labels is not None
    chosen, traces, reasons, value = [], [], [], 0.0
    for label, quota in quotas.items():
        pool_rows = np.flatnonzero(problem.pool_labels == label)
        validation_rows = np.flatnonzero(problem.validation_labels == label)
        part = problem.take(pool_rows, validation_rows)

        def report(stage: str, done: int, total: int, detail: str = "", *, label: int = label) -> None:
            progress(f"label {label}: {stage}", done, total, detail)

        rows, trace, reason = select_one(part, replace(config, budget=quota), report)
        weight = float(problem.validation_weights[validation_rows].sum())
        value += weight * poo(part, rows, config.lambda_).value
        chosen.append(pool_rows[rows])
        traces.append((trace, weight, pool_rows))
        reasons.append(f"label {label}: {reason}")
    return np.concatenate(chosen), _unite(traces), "; ".join(reasons), value


def _unite(traces: list[tuple[Trace, float, IndexArray]]) -> Trace:
    """One trace of all classes: exchanges in pool rows, values mass-weighted over the classes as they stood."""
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
    stages: dict[str, float] = {}
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
