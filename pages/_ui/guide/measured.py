"""Examples from finished experiments: those of the shown dataset, else the demo's, which ship with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.evaluation.correlation import Coefficient, coefficients
from goracs_core.evaluation.proxy import proxy_report
from goracs_core.evaluation.proxy_reading import interval
from goracs_core.evaluation.sweep import knee
from goracs_core.jobs.experiment.leaderboard_table import board
from goracs_core.jobs.experiment.points import proxy_points
from goracs_core.jobs.experiment.replicates import metrics_of
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.sweep.store import SweepStore, point_of
from goracs_core.workspace import Workspace
from pages._ui import cache, state

if TYPE_CHECKING:
    from goracs_core.evaluation.correlation import Estimate
    from goracs_core.evaluation.leaderboard import Line
    from goracs_core.evaluation.proxy import ProxyPoints, ProxyReport
    from goracs_core.jobs.experiment.record import Experiment
    from pages._ui.state import DatasetRef

_NONE = ("–", "no experiment of this kind yet")


@st.cache_resource(max_entries=16, ttl=60, show_spinner=False)
def _experiment(root: str, fingerprint: str, kind: str) -> Experiment | None:
    store = ExperimentStore(Workspace(Path(root)))
    kept = [one for one in store.list(fingerprint, kind=kind) if one.done]
    return kept[0] if kept else None  # the newest one of the workspace, else the demo's


def _find(ref: DatasetRef, kind: str) -> Experiment | None:
    root = str(state.workspace().root)
    own = _experiment(root, ref.fingerprint, kind)
    if own is not None or state.DEMO not in state.dataset_names():
        return own
    return _experiment(root, state.reference(state.DEMO).fingerprint, kind)


def _best(ref: DatasetRef, metric: str) -> tuple[Experiment, Line] | None:
    """The arm with the smallest test loss, as the metric sees it."""
    experiment = _find(ref, "leaderboard")
    if experiment is None:
        return None
    known = {one.key: one for one in metrics_of(experiment)}
    if metric not in known:
        return None
    losses = [one for one in board(experiment, known["test_loss"]) if one.difference is not None]
    best = min(losses, key=lambda one: one.estimate.mean, default=None)
    lines = {(one.arm, one.budget): one for one in board(experiment, known[metric])}
    return None if best is None else (experiment, lines[best.arm, best.budget])


def _metric(key: str, decimals: int, among: str = "") -> Callable[[DatasetRef], tuple[str, str]]:
    def example(ref: DatasetRef) -> tuple[str, str]:
        found = _best(ref, key)
        if found is None:
            return _NONE
        experiment, line = found
        about = f"{line.arm}, k {line.budget:,}, {line.estimate.seeds} seeds{among}"
        return f"{line.estimate.mean:.{decimals}f}", f"{about}; {experiment.dataset_name}"

    return example


def _difference(ref: DatasetRef) -> tuple[str, str]:
    found = _best(ref, "test_loss")
    if found is None or found[1].difference is None:
        return _NONE
    line, gap = found[1], found[1].difference
    return f"{gap.estimate.mean:+.4f}", f"{gap.low:+.4f} to {gap.high:+.4f}; {line.arm}, k {line.budget:,}"


def _holm(ref: DatasetRef) -> tuple[str, str]:
    found = _best(ref, "test_loss")
    if found is None or found[1].difference is None:
        return _NONE
    gap = found[1].difference
    return f"{gap.corrected:.4f}", f"{gap.p_value:.4f} before the correction for {gap.comparisons} comparisons"


def _start(ref: DatasetRef) -> tuple[str, str]:
    experiment = _find(ref, "leaderboard")
    losses = None if experiment is None else experiment.outcomes.start_losses
    if experiment is None or losses is None or not np.isfinite(losses).all():
        return _NONE
    return f"{losses.mean():.4f}", f"{experiment.model}, {len(losses):,} test samples"


def _paired(ref: DatasetRef) -> tuple[str, np.ndarray] | None:
    """What was trained with the smallest test loss, and the change of the loss per test sample, shape [q]."""
    experiment = _find(ref, "leaderboard")
    if experiment is None or not np.isfinite(experiment.outcomes.start_losses).all():
        return None
    losses = experiment.outcomes.losses
    means = np.where(np.isfinite(losses).all(axis=1), losses.mean(axis=1), np.inf)
    best = int(means.argmin())
    entry = experiment.entries[best]
    about = f"{entry.arm}, k {entry.budget:,}, seed {entry.seed}; {experiment.dataset_name}"
    return about, losses[best] - experiment.outcomes.start_losses


def _change(ref: DatasetRef) -> tuple[str, str]:
    found = _paired(ref)
    return _NONE if found is None else (f"{found[1].mean():+.4f}", found[0])


def _helped(ref: DatasetRef) -> tuple[str, str]:
    found = _paired(ref)
    return _NONE if found is None else (f"{(found[1] < 0).mean():.0%}", found[0])


def _coefficient(kind: Coefficient) -> Callable[[DatasetRef], tuple[str, str]]:
    def example(ref: DatasetRef) -> tuple[str, str]:
        experiment = _find(ref, "proxy")
        if experiment is None:
            return _NONE
        points = proxy_points(experiment)
        poo = points.transport - experiment.lambda_ * points.gradient
        value = coefficients(kind, poo, points.loss, np.ones((1, len(poo))))[0]
        return f"{value:.2f}", f"POO and test loss of {len(poo)} coresets; {experiment.dataset_name}"

    return example


def _estimated(name: str) -> Callable[[DatasetRef], tuple[str, str]]:
    def example(ref: DatasetRef) -> tuple[str, str]:
        experiment = _find(ref, "proxy")
        if experiment is None:
            return _NONE
        report = _report(experiment.id, experiment.done, proxy_points(experiment), experiment.lambda_)
        poo = next(line for line in report.lines if line.name == "poo")
        found: Estimate | None = getattr(poo, "overall" if name == "interval" else name)
        if found is None:
            return "–", "too few coresets"
        return (interval(found) if name == "interval" else f"{found.value:.2f}"), f"n = {found.n} coresets"

    return example


def _knee(ref: DatasetRef) -> tuple[str, str]:
    runs = {run.id: run for run in cache.runs(ref.fingerprint)}
    for record in SweepStore(state.workspace()).list(ref.fingerprint):
        there = [runs[run.id] for run in record.runs(tuple(runs.values())) if run.id in runs]
        budget = max((run.budget for run in there), default=0)
        line = sorted((run for run in there if run.budget == budget), key=lambda run: run.lambda_)
        found = knee([point_of(cache.run(run.id)) for run in line])
        if found is not None:
            return f"{found.lambda_:g}", f"of {len(line)} values of λ, k {budget:,}"
    return "–", "no sweep of this dataset with a knee yet"


@st.cache_resource(max_entries=8, show_spinner=False)
def _report(experiment: str, done: int, _points: ProxyPoints, lambda_: float) -> ProxyReport:
    return proxy_report(_points, lambda_, kind=Coefficient.SPEARMAN)


EXAMPLES: dict[str, Callable[[DatasetRef], tuple[str, str]]] = {
    "test_loss": _metric("test_loss", 4),
    "start_loss": _start,
    "change": _change,
    "helped": _helped,
    "hr": _metric("hr@10", 4, ", c = 10, whole catalogue"),
    "ndcg": _metric("ndcg@10", 4, ", c = 10, whole catalogue"),
    "pearson": _coefficient(Coefficient.PEARSON),
    "spearman": _coefficient(Coefficient.SPEARMAN),
    "kendall": _coefficient(Coefficient.KENDALL),
    "partial": _estimated("given_size"),
    "within": _estimated("within_size"),
    "interval": _estimated("interval"),
    "difference": _difference,
    "holm": _holm,
    "knee": _knee,
}
