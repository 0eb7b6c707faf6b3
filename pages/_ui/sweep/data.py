"""What the Sweep page shows: the open sweep, its completed points, random coresets for comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.sweep.store import SweepRecord, SweepStore, point_of, read_points
from goracs_core.workspace import Workspace
from pages._ui import cache, guard, popularity_view, state, text
from pages._ui.picker import Picker
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.evaluation.popularity import PopularityReport
    from goracs_core.evaluation.sweep import SweepPoint
    from goracs_core.jobs.select.run import RunSummary
    from goracs_core.types import FloatArray

PICKER = Picker("sweep")


def any_there(ref: DatasetRef) -> bool:
    """Whether this dataset has a sweep."""
    return bool(SweepStore(state.workspace()).list(ref.fingerprint, shipped=True))


def opened(ref: DatasetRef, *, waiting: bool) -> SweepRecord | None:
    """The open sweep of this dataset, with its picker where there are several; None without any.

    Args:
        ref: The dataset.
        waiting: A sweep is on its way: until it is there, no other one stands in for it.
    """
    sweeps = {record.id: record for record in SweepStore(state.workspace()).list(ref.fingerprint, shipped=True)}
    current = PICKER.opened(sweeps, waiting=waiting, explain=_explain)
    if current is None:
        return None
    if len(sweeps) > 1:
        labels = {name: _label(record) for name, record in sweeps.items()}
        PICKER.box(labels, current, label="Sweep", help="All sweeps on this data, newest first.")
    return sweeps[current]


def _label(record: SweepRecord) -> str:
    """A sweep in a list: when, which λ, which budgets."""
    lambdas = record.lambdas
    across = f"λ {lambdas[0]:g}" if len(lambdas) == 1 else f"{len(lambdas)} λ from {lambdas[0]:g} to {lambdas[-1]:g}"
    sizes = ", ".join(f"{budget:,}" for budget in record.budgets)
    weighed = "" if record.half_life is None else f" · half-life {record.half_life:g} days"
    return text.shorten(f"{text.moment(record.started)} · {across} · k {sizes}{weighed}", 90)


def _explain(sweep: str) -> None:
    """Why the sweep in the address is not shown."""
    try:
        record = SweepStore(state.workspace()).get(sweep)
    except GoracsError as error:
        guard.error(error)
        return
    guard.error(
        StoreError(
            f"the sweep in this address was made on {record.dataset_name or 'bare arrays'}, or on an earlier version "
            "of this dataset; open that dataset, or run the sweep again"
        )
    )


def points(record: SweepRecord, ref: DatasetRef) -> tuple[SweepPoint, ...]:
    """The points that are there, in the order of the grid."""
    root = str(state.workspace().root)
    summaries = record.runs(cache.runs(ref.fingerprint))
    return read_points(summaries, lambda summary: _point(root, summary.id, summary.fingerprint, summary))


@st.cache_resource(max_entries=2000, show_spinner=False)
def _point(root: str, run: str, fingerprint: str, _summary: RunSummary) -> SweepPoint:
    return point_of(RunStore(Workspace(Path(root))).get(run))


def random_terms(record: SweepRecord, ref: DatasetRef, budget: int) -> tuple[FloatArray, FloatArray] | None:
    """Transport and gradient terms of random coresets of this size, shapes [draws]; None where that takes long.

    λ weighs the terms but changes neither, so that one set of draws serves all λ of a budget.
    """
    if not cache.random_is_cheap(budget, ref.counts["validation"]):
        return None
    target = cache.problem(ref, half_life=record.half_life)
    if target.fingerprint != record.problem_fingerprint:  # other features
        return None
    return cache.random_terms(target, budget)


def popularity(line: tuple[SweepPoint, ...], ref: DatasetRef) -> PopularityReport:
    """Popularity bias of the coresets of one line of the grid, each under its run's id."""
    return popularity_view.report_of(ref, {point.run: (point.fingerprint, point.indices) for point in line})
