"""What a leaderboard answers: which arms differ from random, metric by metric, in sentences and for a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from goracs_core.evaluation import leaderboard
from goracs_core.evaluation.leaderboard import Difference, Line
from goracs_core.jobs.experiment import markdown
from goracs_core.jobs.experiment.leaderboard_table import board
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.replicates import (
    LOSS,
    SAMPLED,
    Metric,
    is_whole_pool,
    means,
    metrics_of,
    popularity_baseline,
)

_SHOWN_RANKING = ("ndcg@10", "hr@10")
_TOLD = ("poo", "gap", "select_seconds", "train_seconds")


def reading(experiment: Experiment) -> list[str]:
    """Which arms are better or worse than random, for the loss and the main ranking metrics."""
    return [
        sentence
        for metric in _shown(experiment)
        for sentence in _sentences(experiment, metric, board(experiment, metric))
    ]


def section(experiment: Experiment) -> list[str]:
    """The leaderboard of each of these metrics, with its sentences and the baseline of popularity."""
    parts: list[str] = []
    for metric in _shown(experiment):
        lines = board(experiment, metric)
        if lines:
            parts += _metric(experiment, metric, lines)
    return parts


def _shown(experiment: Experiment) -> list[Metric]:
    return [
        metric
        for metric in metrics_of(experiment)
        if metric.key == LOSS or metric.key.removeprefix(SAMPLED) in _SHOWN_RANKING
    ]


def _sentences(experiment: Experiment, metric: Metric, lines: Sequence[Line]) -> Sequence[str]:
    chosen = [line for line in lines if not is_whole_pool(experiment, line.arm)]
    return leaderboard.reading(chosen, name=metric.label, unit=metric.unit, decimals=metric.decimals)


def _metric(experiment: Experiment, metric: Metric, lines: Sequence[Line]) -> list[str]:
    number = markdown.numbers(metric.decimals)
    told = {name: means(experiment, name) for name in _TOLD} if metric.key == LOSS else {}
    rows = []
    for line in lines:
        cells = [line.arm, f"{line.budget:,}", str(line.estimate.seeds), number(line.estimate.mean)]
        cells += [number(line.estimate.spread), *_difference(line.difference, number)]
        if told:
            cells += _told({name: values.get((line.arm, line.budget), (math.nan,))[0] for name, values in told.items()})
        rows.append(cells)
    head = ["arm", "budget", "seeds", metric.label, "± over seeds", "less random (95 %)", "p", "verdict"]
    head += ["POO", "gap", "select s", "train s"] if told else []
    parts = [f"### {metric.label}\n", markdown.table(head, rows)]
    parts += [f"* {sentence}" for sentence in _sentences(experiment, metric, lines)]
    baseline = popularity_baseline(experiment, metric.key)
    if baseline is not None:
        low, high = baseline.interval()
        parts.append(f"* Ranking by popularity alone: {number(baseline.mean)} ({number(low)} to {number(high)}).")
    return [*parts, ""]


def _told(values: dict[str, float]) -> list[str]:
    gap = "-" if math.isnan(values["gap"]) else f"{values['gap']:.2%}"
    seconds = [markdown.numbers(1)(values[name]) for name in ("select_seconds", "train_seconds")]
    return [markdown.numbers(4)(values["poo"]), gap, *seconds]


def _difference(found: Difference | None, number: Callable[[float], str]) -> list[str]:
    if found is None:
        return ["-", "-", "-"]
    mean = f"{found.estimate.mean:+.4f}"
    p_value = "< 0.001" if found.corrected < 0.001 else f"{found.corrected:.3f}"
    return [f"{mean} ({number(found.low)} to {number(found.high)})", p_value, str(found.verdict)]
