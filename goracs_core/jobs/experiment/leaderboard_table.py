"""The leaderboard: which arms differ from random, metric by metric, as sentences, tables and sections of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from goracs_core.evaluation import leaderboard
from goracs_core.evaluation.leaderboard import Line
from goracs_core.evaluation.popularity import MEASURES
from goracs_core.jobs.experiment.record import Experiment
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
from goracs_core.jobs.tables import Column, Table
from goracs_core.types import IndexArray

# Values of the entries that have a mean and a spread over the seeds, and no test.
TOLD = (
    "poo",
    "transport_term",
    "gradient_term",
    "gap",
    "select_seconds",
    "train_seconds",
    "test_seconds",
    "tokens",
    "epochs",
    *MEASURES,
)
_RANKING = ("ndcg@10", "hr@10")  # of a report


def board(experiment: Experiment, metric: Metric, *, labels: IndexArray | None = None) -> tuple[Line, ...]:
    """The leaderboard of one metric; see `goracs_core.evaluation.leaderboard`."""
    found = replicates(experiment, metric.key, labels=labels)
    return leaderboard.leaderboard(found, smaller_is_better=metric.smaller_is_better)


def leaderboard_table(
    experiment: Experiment, metrics: Sequence[Metric] | None = None, *, labels: IndexArray | None = None
) -> pd.DataFrame:
    """One line per arm and budget, budgets rising, the best first by the first metric.

    Columns: arm, budget, seeds, test_samples; of each metric its mean, `_sd` over seeds, `_se` (seeds and test samples
    counted), and beside random at the same budget `_difference`, `_low` and `_high` (its 95 % interval), `_p`,
    `_p_corrected` (Holm) and `_verdict`; then mean and `_sd` over seeds of the entries' other values (see `TOLD`).

    Args:
        experiment: As far as it came.
        metrics: All that were measured where None.
        labels: Of all the dataset's test samples; without them there is no area under the ROC curve.
    """
    asked = metrics_of(experiment) if metrics is None else metrics
    boards = {one.key: board(experiment, one, labels=labels) for one in asked if one.key != "auc" or labels is not None}
    return pd.DataFrame(_rows(experiment, boards))


def _rows(experiment: Experiment, boards: Mapping[str, Sequence[Line]]) -> list[dict[str, Any]]:
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for key, lines in boards.items():
        for line in lines:
            start = {"arm": line.arm, "budget": line.budget, "seeds": line.estimate.seeds}
            start["test_samples"] = line.estimate.samples
            rows.setdefault((line.arm, line.budget), start).update(_values(key, line))
    for name in TOLD:
        for place, (mean, spread) in means(experiment, name).items():
            if place in rows:
                rows[place] |= {name: mean, f"{name}_sd": spread}
    return list(rows.values())


def _values(key: str, line: Line) -> dict[str, object]:
    estimate, one = line.estimate, line.difference
    found: dict[str, object] = {key: estimate.mean, f"{key}_sd": estimate.spread, f"{key}_se": estimate.standard_error}
    known: Sequence[object] = [None] * 6
    if one is not None:
        known = [one.estimate.mean, one.low, one.high, one.p_value, one.corrected, str(one.verdict)]
    names = ("difference", "low", "high", "p", "p_corrected", "verdict")
    return found | {f"{key}_{name}": value for name, value in zip(names, known, strict=True)}


def leaderboard_markdown(experiment: Experiment, metric: Metric, *, labels: IndexArray | None = None) -> str:
    """The leaderboard of one metric as a Markdown document: table, how to read it, how it was made."""
    key, lines = metric.key, board(experiment, metric, labels=labels)
    number = f"{{:.{metric.decimals}f}}"
    columns = (
        Column("budget", "k", "{:,}"),
        Column("arm", "arm", left=True),
        Column(key, metric.label, number, spread=f"{key}_sd"),
        *_compared(metric, "minus random (95 %)", "p (Holm)"),
        Column("poo", "POO", "{:.4f}", spread="poo_sd"),
        Column("gap", "gap", "{:.2%}"),
        Column("select_seconds", "select s", "{:.1f}", spread="select_seconds_sd"),
        Column("train_seconds", "train s", "{:.1f}", spread="train_seconds_sd"),
        Column("seeds", "seeds"),
    )
    samples = lines[0].estimate.samples if lines else 0
    machine = ", ".join(f"{name} {value}" for name, value in experiment.machine.items())
    paragraphs = (
        Table(columns, tuple(_rows(experiment, {key: lines}))).markdown(),
        f"Means over seeds ± their standard deviation over seeds; {samples} test samples. {metric.help} "
        "Differences to random at the same budget are paired by test sample and seed; their intervals count both test "
        "samples and seeds (with one seed the test samples alone); p-values are Holm's, over the arms of one budget.\n",
        f"Dataset {experiment.dataset_name} ({experiment.dataset_fingerprint[:8]}); {experiment.recommender}, "
        f"{experiment.model}; {experiment.done} of {len(experiment.entries)} trainings; {machine}.",
        *experiment.notes,
        f"\n```\n{experiment.command}\n```\n",
    )
    return "\n".join(paragraphs)


def _compared(metric: Metric, difference: str, p_value: str) -> tuple[Column, ...]:
    """The columns of the test against random; `difference` and `p_value` are their titles."""
    key, digits = metric.key, metric.decimals

    def told_p(row: Mapping[str, Any]) -> str:
        value = row[f"{key}_p_corrected"]
        return "< 0.001" if value < 0.001 else f"{value:.3f}"

    interval = f"{{{key}_low:.{digits}f}} to {{{key}_high:.{digits}f}}"
    return (
        Column(f"{key}_difference", difference, f"{{:+.4f}} ({interval})"),
        Column(f"{key}_p_corrected", p_value, told_p),
        Column(f"{key}_verdict", "verdict"),
    )


def reading(experiment: Experiment) -> list[str]:
    """Which arms are better or worse than random, for the loss and the main ranking metrics."""
    return [
        sentence
        for metric in _shown(experiment)
        for sentence in _sentences(experiment, metric, board(experiment, metric))
    ]


def section(experiment: Experiment) -> list[str]:
    """The leaderboard of each of these metrics, with its sentences and the baseline of popularity."""
    return [part for metric in _shown(experiment) for part in _metric(experiment, metric, board(experiment, metric))]


def _shown(experiment: Experiment) -> list[Metric]:
    return [one for one in metrics_of(experiment) if one.key == LOSS or one.key.removeprefix(SAMPLED) in _RANKING]


def _sentences(experiment: Experiment, metric: Metric, lines: Sequence[Line]) -> Sequence[str]:
    chosen = [line for line in lines if not is_whole_pool(experiment, line.arm)]
    return leaderboard.reading(chosen, name=metric.label, unit=metric.unit, decimals=metric.decimals)


def _metric(experiment: Experiment, metric: Metric, lines: Sequence[Line]) -> list[str]:
    if not lines:
        return []
    key, number = metric.key, f"{{:.{metric.decimals}f}}"
    costs = (
        Column("poo", "POO", "{:.4f}"),
        Column("gap", "gap", "{:.2%}"),
        Column("select_seconds", "select s", "{:.1f}"),
        Column("train_seconds", "train s", "{:.1f}"),
    )
    columns = (
        Column("arm", "arm", left=True),
        Column("budget", "budget", "{:,}"),
        Column("seeds", "seeds"),
        Column(key, metric.label, number),
        Column(f"{key}_sd", "± over seeds", number),
        *_compared(metric, "minus random (95 %)", "p"),
        *(costs if key == LOSS else ()),
    )
    notes = list(_sentences(experiment, metric, lines))
    baseline = popularity_baseline(experiment, key)
    if baseline is not None:
        told = [number.format(value) for value in (baseline.mean, *baseline.interval())]
        notes.append(f"Ranking by popularity alone: {told[0]} ({told[1]} to {told[2]}).")
    rows = tuple(_rows(experiment, {key: lines}))
    return [f"### {metric.label}\n", Table(columns, rows, tuple(notes)).markdown()]
