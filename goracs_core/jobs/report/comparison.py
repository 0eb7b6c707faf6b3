"""Several runs of one dataset, or an experiment, as a self-contained HTML report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from goracs_core.charts import leaderboard as board_charts
from goracs_core.charts import map as map_charts
from goracs_core.charts import popularity as popularity_charts
from goracs_core.charts import proxy as proxy_charts
from goracs_core.charts import sweep as sweep_charts
from goracs_core.charts.layout import escape
from goracs_core.evaluation.correlation import Coefficient
from goracs_core.evaluation.overlap import jaccard_matrix, pareto_front
from goracs_core.evaluation.proxy import POO, proxy_report
from goracs_core.evaluation.proxy_reading import SYMBOLS, proxy_label
from goracs_core.glossary import term
from goracs_core.jobs.experiment.boards import experiment_board
from goracs_core.jobs.experiment.kinds import experiment_kind
from goracs_core.jobs.experiment.points import proxy_points
from goracs_core.jobs.experiment.replicates import metrics_of
from goracs_core.jobs.experiment.report import in_words
from goracs_core.jobs.report import page
from goracs_core.jobs.report.material import Material, popularity
from goracs_core.jobs.report.page import Section
from goracs_core.jobs.report.run import definitions, number_of, settings
from goracs_core.jobs.select.side_by_side import check_comparable, differing, lettered, parameters
from goracs_core.jobs.sweep.store import point_of
from goracs_core.jobs.train.record import RECOMMENDER_NAMES

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.jobs.experiment.record import Experiment
    from goracs_core.jobs.select.run import Run
    from goracs_core.workspace import Workspace

_NUMBERS = ("poo", "transport_term", "gradient_term", "lower_bound", "gap", "pass_at_1")
_HEADS = ("Run", "k", "λ", "POO", "Transport term", "Gradient term", "Lower bound", "Gap", "pass@1")
_TERMS = ("poo", "transport", "gradient", "lambda", "lower_bound", "gap", "jaccard", "pareto")
_BOARD_TERMS = ("test_loss", "difference", "holm", "ndcg", "hr", "poo")
_PROXY_TERMS = ("poo", "test_loss", "spearman", "partial", "within", "interval")
_SHOWN = ("test_loss", "sampled_ndcg@10", "auc")  # metrics with figures of their own


def comparison_report(runs: list[Run], workspace: Workspace) -> bytes:
    """Two to six runs of one dataset side by side.

    Raises:
        ConfigError: Another number of runs, or runs of different data.
    """
    check_comparable(runs)
    named = lettered(runs)
    material = Material(runs[0], workspace)
    sections = [
        Section("Numbers", _numbers(named)),
        Section("Overlap", _overlap(named)),
        Section("Trade-off", _trade_off(runs, material)),
        Section("Map", _map(named, material)),
        Section("Popularity", _popularity(named, material)),
        settings(runs),
        definitions(_TERMS),
    ]
    source = runs[0].dataset.name or "bare arrays"
    return page.document("Comparison of coresets", f"{len(runs)} coresets of {source}, side by side.", sections)


def _numbers(named: dict[str, Run]) -> list[str]:
    rows = [
        (name, f"{run.config.budget:,}", f"{run.config.lambda_:g}", *(number_of(run, one) for one in _NUMBERS))
        for name, run in named.items()
    ]
    parts = [page.table(_HEADS, rows, caption="Numbers of each run")]
    if len({run.selection.problem_fingerprint for run in named.values()}) > 1:
        parts.append(page.paragraph("The runs differ in features or weights, so that their POO values do not compare."))
    told = [(option, *values) for option, values in differing(parameters(list(named.values()))).items()]
    if told:
        parts += [page.heading("Settings that differ"), page.table(("Setting", *named), told, caption="Differences")]
    return parts


def _overlap(named: dict[str, Run]) -> list[str]:
    matrix = jaccard_matrix([run.selection.indices for run in named.values()])
    names = [escape(name, 30) for name in named]
    alt = "Jaccard overlap of each pair of coresets."
    rows = [(name, *(f"{value:.3f}" for value in line)) for name, line in zip(named, matrix, strict=True)]
    return [
        page.figure(sweep_charts.overlap(matrix, names), name="overlap", alt=alt, note=alt),
        page.folded("As a table", page.table(("Run", *named), rows, caption=alt)),
    ]


def _trade_off(runs: list[Run], material: Material) -> list[str]:
    same = len({(run.selection.problem_fingerprint, run.config.budget) for run in runs}) == 1
    if not same:
        return [page.paragraph("Shown for runs of one budget on one problem only.", quiet=True)]
    found = sorted((point_of(run) for run in runs), key=lambda point: point.lambda_)
    front = pareto_front(*(_column(found, name) for name in ("transport_term", "gradient_term")))
    alt = "Transport term against gradient term; upper left is best."
    figure = sweep_charts.pareto(found, front, random=material.random_terms)
    return [page.figure(figure, name="trade-off", alt=alt, note=alt)]


def _column(found: list, name: str):
    return np.array([getattr(point, name) for point in found])


def _map(named: dict[str, Run], material: Material) -> list[str]:
    place = material.projection
    if place is None or len(named) > 2:
        return []
    chosen = {name: run.selection.indices for name, run in named.items()}
    figure = map_charts.embedding_map(place, chosen)
    figure.update_layout(height=620)
    return [page.figure(figure, name="map", alt="Both coresets on the map of pool and validation.", note=place.note)]


def _popularity(named: dict[str, Run], material: Material) -> list[str]:
    if material.dataset is None:
        return []
    found = popularity(named, material.dataset)
    measures = ("arp", "head_share", "tail_share", "coverage", "gini", "js_validation")
    rows = [
        (name, *(f"{getattr(one, key):.4g}" for key in measures))
        for name, one in {**found.coresets, "Pool": found.pool}.items()
    ]
    parts = [page.table(("Run", *(term(key).name for key in measures)), rows, caption="Popularity of each coreset")]
    if len(named) <= 2:
        alt = "Share of samples by popularity of the target."
        parts.insert(0, page.figure(popularity_charts.histogram(found), name="popularity", alt=alt, note=alt))
    return parts


def experiment_report(experiment: Experiment) -> bytes:
    """An experiment: its answer in words, figures, all numbers, how it was made."""
    kind = experiment_kind(experiment.kind)
    sections = [
        Section("Answer", [page.bullets(in_words(experiment))]),
        Section("Figures", _proxy(experiment) if experiment.kind == "proxy" else _boards(experiment)),
        Section("All numbers", [_frame(kind.table(experiment), caption="All numbers")]),
        Section("How it was made", _made(experiment)),
        definitions(_PROXY_TERMS if experiment.kind == "proxy" else _BOARD_TERMS),
    ]
    trained = f"{experiment.done} of {len(experiment.entries)} trainings of {RECOMMENDER_NAMES[experiment.recommender]}"
    return page.document(f"{kind.question}", f"{experiment.dataset_name}: {trained}.", sections)


def _boards(experiment: Experiment) -> list[str]:
    parts = []
    for metric in metrics_of(experiment):
        if metric.key not in _SHOWN or metric.key == "auc":  # AUC needs the labels of the dataset
            continue
        board = experiment_board(experiment, metric)
        if not board.lines:
            continue
        key = metric.key.replace("@", "-").replace("_", "-")
        alt = f"{metric.label}: difference of each arm to random, with its 95 % interval."
        parts += [
            page.heading(metric.label),
            page.figure(board_charts.differences(board), name=f"differences-{key}", alt=alt, note=alt),
            page.figure(board_charts.means(board), name=f"means-{key}", alt=f"{metric.label} of each arm."),
        ]
    return parts


def _proxy(experiment: Experiment) -> list[str]:
    points = proxy_points(experiment)
    if not len(points.arms):
        return []
    report = proxy_report(points, experiment.lambda_, kind=Coefficient.SPEARMAN)
    values = points.transport - experiment.lambda_ * points.gradient
    names = [proxy_label(line.name) for line in report.lines]
    symbol = SYMBOLS[Coefficient.SPEARMAN]
    alt = "Test loss against POO, one mark per coreset."
    dots = f"{symbol} of each proxy with test loss, with 95 % bootstrap intervals."
    return [
        page.figure(
            proxy_charts.scatter(points, values, title=f"{proxy_label(POO)}, λ {experiment.lambda_:g}"),
            name="scatter",
            alt=alt,
            note=alt,
        ),
        page.figure(
            proxy_charts.coefficient_dots(report.lines, names, symbol=symbol), name="dots", alt=dots, note=dots
        ),
    ]


def _frame(found: pd.DataFrame, *, caption: str) -> str:
    known = found.dropna(axis="columns", how="all")
    rows = [
        ["–" if cell is None or cell != cell else f"{cell:.5g}" if isinstance(cell, float) else cell for cell in row]
        for row in known.itertuples(index=False)
    ]
    return page.table([str(name) for name in known.columns], rows, caption=caption)


def _made(experiment: Experiment) -> list[str]:
    settings = {
        "experiment": experiment.id,
        "dataset": experiment.dataset_name,
        "dataset fingerprint": experiment.dataset_fingerprint,
        "problem fingerprint": experiment.problem_fingerprint,
        "model": experiment.model,
        "λ of POO": f"{experiment.lambda_:g}",
        "seeds": ", ".join(map(str, sorted({entry.seed for entry in experiment.entries}))),
        **experiment.options,
        **experiment.measure,
        **experiment.machine,
    }
    rows = [(name, str(value)) for name, value in settings.items()]
    parts = [page.table(("Setting", "Value"), rows, caption="Settings")]
    parts += [page.bullets(experiment.notes)] if experiment.notes else []
    return [*parts, page.paragraph("To run it again:"), page.code(experiment.command)] if experiment.command else parts
