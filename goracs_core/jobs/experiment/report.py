"""Kept experiments as one Markdown document: every number from the records, nothing by hand."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from goracs_core.evaluation.correlation import Coefficient, Estimate
from goracs_core.evaluation.leaderboard import Difference, Line, leaderboard, reading
from goracs_core.evaluation.proxy import POO, ProxyReport, lambda_curve, proxy_report
from goracs_core.evaluation.proxy_reading import NAMES, curve_reading, interval, proxy_label, proxy_verdict
from goracs_core.jobs.experiment.points import proxy_points, start_loss, undone
from goracs_core.jobs.experiment.record import Experiment, ExperimentKind
from goracs_core.jobs.experiment.replicates import (
    LOSS,
    SAMPLED,
    Metric,
    is_whole_pool,
    means,
    metrics_of,
    popularity_baseline,
    replicates,
)
from goracs_core.jobs.experiment.table import experiment_table, table_cells
from goracs_core.jobs.train.record import RECOMMENDER_NAMES

HEADING = "# What was measured\n"

_INTRODUCTION = """\
Written by `python -m goracs_core experiment report` from kept experiments; no number was typed. Intervals are 95 %
intervals. Losses are means over the test samples in nats, smaller is better. Differences to random are paired by test
sample and seed, and count the chance of both; p-values are corrected for the number of arms at a budget (Holm). Each
section begins with the command that makes its experiment again; these are there now:

```sh
python -m goracs_core experiment list
```
"""

_TITLES = {
    ExperimentKind.PROXY: "Does POO predict test loss?",
    ExperimentKind.LEADERBOARD: "Which method wins?",
    ExperimentKind.SHIFT: "Does the choice still serve later?",
}
_SHOWN_RANKING = ("ndcg@10", "hr@10")


def report(experiments: Sequence[Experiment]) -> str:
    """The document, one section per experiment in the given order."""
    sections = [HEADING, _INTRODUCTION]
    for experiment in experiments:
        sections += [
            f"## {_TITLES[experiment.kind]} {experiment.dataset_name}, {RECOMMENDER_NAMES[experiment.recommender]}\n"
        ]
        sections += _how(experiment)
        sections += _proxy(experiment) if experiment.kind is ExperimentKind.PROXY else _leaderboard(experiment)
        sections += _entries(experiment)
    return "\n".join(sections)


def _how(experiment: Experiment) -> list[str]:
    """How it was made."""
    options, measure, machine = experiment.options, experiment.measure, experiment.machine
    trained = [entry for entry in experiment.entries if entry.done]
    tokens = sum(entry.values.get("tokens", 0.0) for entry in trained)
    seconds = sum(entry.values.get("train_seconds", 0.0) for entry in trained)
    rate = f", {tokens / seconds:,.0f} tokens a second on one core" if seconds > 0 else ""
    state = "" if experiment.finished else f" **Unfinished: {experiment.done} of {len(experiment.entries)}.**"
    told = ", ".join(f"{name} {value}" for name, value in options.items() if name in _TOLD and value is not None)
    return [
        f"```text\n{experiment.command}\n```\n",
        f"{len(trained)} trainings of {experiment.model}; {told}; {measure.get('test_samples') or 'all'} test samples "
        f"asked for, {len(experiment.outcomes.rows):,} measured, {len(experiment.outcomes.ranked_rows):,} ranked; "
        f"{seconds:,.0f} s of training{rate}; {machine.get('cores', '?')} cores of "
        f"{machine.get('processor', 'an unknown processor')}; "
        f"{time.strftime('%Y-%m-%d', time.gmtime(experiment.started))}.{state}\n",
        *([f"Data: {'; '.join(experiment.notes)}.\n"] if experiment.notes else []),
        *_unchanged(experiment),
    ]


def _unchanged(experiment: Experiment) -> list[str]:
    """The loss before any training, and how often training left it so."""
    start, found = start_loss(experiment), undone(experiment)
    before = [] if start is None else [f"Before any training the test loss is {_numbers(4)(start)} nats."]
    return [" ".join([*before, found] if found else before) + "\n"] if before else []


_TOLD = ("weights", "epochs", "batch", "learning_rate", "patience", "watched", "levels", "codes")


def in_words(experiment: Experiment) -> list[str]:
    """The answer in sentences: does POO predict test loss, or which arms differ from random, metric by metric."""
    if experiment.kind is ExperimentKind.PROXY:
        points = proxy_points(experiment)
        found = proxy_verdict(proxy_report(points, experiment.lambda_)) if len(points) else []
    else:
        found = [
            sentence for metric in _shown(experiment)
            for sentence in _reading(experiment, metric, _lines_of(experiment, metric))
        ]  # fmt: skip
    unchanged = undone(experiment)
    return [*found, unchanged] if unchanged else [*found]


def _proxy(experiment: Experiment) -> list[str]:
    points = proxy_points(experiment)
    reports = {kind: proxy_report(points, experiment.lambda_, kind=kind) for kind in Coefficient}
    spearman = reports[Coefficient.SPEARMAN]
    parts = ["\n".join(f"* {sentence}" for sentence in proxy_verdict(spearman)) + "\n"]
    if spearman.line(POO).overall is None:
        return parts
    parts.append(f"POO at λ = {experiment.lambda_:g} and test loss, by coefficient (n = {spearman.n}):\n")
    parts.append(_table(
        ["coefficient", "over all", "given size", "within sizes"],
        [[NAMES[kind], *_estimates(found, POO)] for kind, found in reports.items()],
    ))  # fmt: skip
    parts.append(
        f"{NAMES[Coefficient.SPEARMAN]} of each proxy with test loss; the last column is POO's less its own:\n"
    )
    parts.append(_table(
        ["proxy", "n", "over all", "given size", "within sizes", "POO ahead by"],
        [
            [proxy_label(line.name), str(line.n), *_estimates(spearman, line.name), _estimate(line.behind_poo)]
            for line in spearman.lines
        ],
    ))  # fmt: skip
    sizes = [f"k = {size:,}: {_estimate(found)}" for size, found in spearman.sizes.items() if found is not None]
    if sizes:
        parts.append(f"At each size: {'; '.join(sizes)}.\n")
    curve = lambda_curve(points)
    if curve is not None:
        parts.append(f"{curve_reading(curve, experiment.lambda_, Coefficient.SPEARMAN)}\n")
    return parts


def _leaderboard(experiment: Experiment) -> list[str]:
    parts: list[str] = []
    for metric in _shown(experiment):
        lines = _lines_of(experiment, metric)
        if lines:
            parts += _metric(experiment, metric, lines)
    return parts


def _shown(experiment: Experiment) -> list[Metric]:
    return [
        metric for metric in metrics_of(experiment)
        if metric.key == LOSS or metric.key.removeprefix(SAMPLED) in _SHOWN_RANKING
    ]  # fmt: skip


def _lines_of(experiment: Experiment, metric: Metric) -> Sequence[Line]:
    return leaderboard(replicates(experiment, metric.key), smaller_is_better=metric.smaller_is_better)


def _reading(experiment: Experiment, metric: Metric, lines: Sequence[Line]) -> Sequence[str]:
    return reading(
        [line for line in lines if not is_whole_pool(experiment, line.arm)],
        name=metric.label, unit=metric.unit, decimals=metric.decimals,
    )  # fmt: skip


def _metric(experiment: Experiment, metric: Metric, lines: Sequence[Line]) -> list[str]:
    number = _numbers(metric.decimals)
    rows = []
    extra = {name: means(experiment, name) for name in ("poo", "gap", "select_seconds", "train_seconds")}
    for line in lines:
        cells = [line.arm, f"{line.budget:,}", str(line.estimate.seeds), number(line.estimate.mean)]
        cells += [number(line.estimate.spread), *_difference(line.difference, number)]
        if metric.key == LOSS:
            found = {name: values.get((line.arm, line.budget), (math.nan,))[0] for name, values in extra.items()}
            cells += [_numbers(4)(found["poo"]), "-" if math.isnan(found["gap"]) else f"{found['gap']:.2%}"]
            cells += [_numbers(1)(found["select_seconds"]), _numbers(1)(found["train_seconds"])]
        rows.append(cells)
    head = ["arm", "budget", "seeds", metric.label, "± over seeds", "less random (95 %)", "p", "verdict"]
    head += ["POO", "gap", "select s", "train s"] if metric.key == LOSS else []
    parts = [f"### {metric.label}\n", _table(head, rows)]
    parts += [f"* {sentence}" for sentence in _reading(experiment, metric, lines)]
    baseline = popularity_baseline(experiment, metric.key)
    if baseline is not None:
        low, high = baseline.interval()
        parts.append(f"* Ranking by popularity alone: {number(baseline.mean)} ({number(low)} to {number(high)}).")
    return [*parts, ""]


def _entries(experiment: Experiment) -> list[str]:
    """Means of what every arm and budget measured, and what was refused."""
    rows, notes = table_cells(experiment_table(experiment))
    return [
        "Means over seeds, ± standard deviation:\n",
        _table(rows[0], rows[1:]),
        *(f"* {note}" for note in notes),
        "",
    ]  # fmt: skip


def _difference(found: Difference | None, number: Callable[[float], str]) -> list[str]:
    if found is None:
        return ["-", "-", "-"]
    mean = f"{found.estimate.mean:+.4f}"
    p_value = "< 0.001" if found.corrected < 0.001 else f"{found.corrected:.3f}"
    return [f"{mean} ({number(found.low)} to {number(found.high)})", p_value, str(found.verdict)]


def _estimates(found: ProxyReport, name: str) -> list[str]:
    line = found.line(name)
    return [_estimate(line.overall), _estimate(line.given_size), _estimate(line.within_size)]


def _estimate(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:+.2f} {interval(found)}"


def _numbers(decimals: int) -> Callable[[float], str]:
    def write(value: float) -> str:
        return "-" if not math.isfinite(value) else f"{value:.{decimals}f}"

    return write


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
