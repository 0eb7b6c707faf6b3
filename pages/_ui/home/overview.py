"""The first screen of Home: the map with a coreset, three numbers against random and bound, λ under the hand.

It reads summaries, chosen rows and stored references only, so that it comes up without the solver's libraries.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.charts.small_map import small_map
from goracs_core.evaluation.popularity_scale import CLASS_NAMES
from goracs_core.evaluation.standing import Standing, percent
from goracs_core.jobs.projection.job import find_projection
from goracs_core.jobs.reference import ReferenceStore
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.sweep.store import SweepStore
from goracs_core.workspace import Workspace
from pages._ui import blocks, cache, guard, popularity_view, proof, routes, state

if TYPE_CHECKING:
    from goracs_core.evaluation.projection import Projection
    from goracs_core.jobs.select.run import RunSummary
    from goracs_core.types import IndexArray
    from pages._ui.state import DatasetRef

_START_LAMBDA = 0.05
_RANDOM_HELP = (
    "Difference between the mean POO of 20 random coresets of the same size and the POO of this one, as a share of "
    "their mean transport term."
)


def show(ref: DatasetRef) -> None:
    """The coresets of the newest sweep under one slider; else the newest run; nothing where there is neither."""
    line = _line(ref)
    if line:
        st.fragment(_panel)(ref, line)


def _line(ref: DatasetRef) -> tuple[RunSummary, ...]:
    """Runs of one budget that differ in λ alone, λ rising: the newest sweep's; else the newest run alone."""
    runs = tuple(run for run in cache.runs(ref.fingerprint) if not run.damaged)
    for record in SweepStore(state.workspace()).list(ref.fingerprint, shipped=True):
        points = record.runs(runs)
        for budget in reversed(record.budgets):
            line = tuple(sorted((run for run in points if run.budget == budget), key=lambda run: run.lambda_))
            if len(line) > 1:
                return line
    return runs[:1]


@guard.guarded
def _panel(ref: DatasetRef, line: tuple[RunSummary, ...]) -> None:
    by_lambda = {run.lambda_: run for run in line}
    chosen = _nearest(by_lambda)
    picture, numbers = st.columns([3, 2], gap="medium")
    with numbers:
        if len(by_lambda) > 1:
            chosen = st.select_slider(
                "λ: coverage ↔ large gradients",
                list(by_lambda),
                chosen,
                key="home_lambda",
                format_func=lambda value: f"{value:g}",
                help=blocks.LAMBDA_HELP,
            )
        run = by_lambda[chosen]
        _numbers(ref, run, line)
        with st.container(horizontal=True):
            blocks.link(routes.RUN, "Open this run", run=run.id)
            if len(line) > 1:
                blocks.link(routes.SWEEP, "All values of λ")
    with picture:
        rows = _rows(str(state.workspace().root), run.id, run.fingerprint)
        place = _place(ref)
        if place is None:
            blocks.empty_state(
                "No map yet", "The map of this dataset is computed once.", route=routes.EMBEDDING_MAP, label="Open it"
            )
            return
        blocks.chart(
            small_map(place, rows, height=430, legend=True),
            key="home_map",
            alt=f"{len(rows)} selected samples among {len(place.pool):,} pool and {len(place.validation):,} validation "
            "samples on the embedding map.",
            still=True,
        )


def _nearest(by_lambda: dict[float, RunSummary]) -> float:
    return min(by_lambda, key=lambda value: abs(value - _START_LAMBDA))


def _numbers(ref: DatasetRef, run: RunSummary, line: tuple[RunSummary, ...]) -> None:
    st.markdown(f"**{run.budget:,} of {ref.counts['pool']:,} samples**, covering {ref.counts['validation']:,} others")
    reference = ReferenceStore(state.workspace()).there(run.problem_fingerprint, run.budget)
    columns = st.columns(3)
    if reference is None:
        columns[0].metric("POO ↓", f"{run.poo:.4f}", help=blocks.POO_HELP, border=True)
    else:
        found = Standing(
            run.poo,
            run.transport_term,
            run.gradient_term,
            run.lambda_,
            run.lower_bound,
            run.gap,
            reference.transport,
            reference.gradient,
        )
        side = "below" if found.below_random >= 0 else "above"
        shown = {"help": _RANDOM_HELP, "border": True}
        columns[0].metric(f"POO {side} random", percent(found.below_random), **shown)
    gap = "not proven" if run.gap is None else f"≤ {proof.share(run.gap)}"
    columns[1].metric("From the optimum", gap, help=proof.GAP_HELP, border=True)
    share, low, high = _head(ref, run, line)
    columns[2].metric(
        "Head share",
        f"{share:.0%}",
        f"random {low:.0%} to {high:.0%}",
        delta_color="off",
        delta_arrow="off",
        help=popularity_view.MEASURES["head_share"][1],
        border=True,
    )


def _head(ref: DatasetRef, run: RunSummary, line: tuple[RunSummary, ...]) -> tuple[float, float, float]:
    """Share of head items, and the interval of random coresets."""
    root = str(state.workspace().root)
    report = popularity_view.report_of(
        ref, {one.id: (one.fingerprint, _rows(root, one.id, one.fingerprint)) for one in line}
    )
    reference, head = report.random_for(run.id), CLASS_NAMES.index("head")
    found = (report.coresets[run.id], reference.low, reference.high)
    share, low, high = (float(one.class_shares[head]) for one in found)
    return share, low, high


@st.cache_resource(max_entries=64, show_spinner=False)
def _rows(root: str, run: str, fingerprint: str) -> IndexArray:
    return np.asarray(RunStore(Workspace(Path(root))).indices(run))


def _place(ref: DatasetRef) -> Projection | None:
    return _stored(str(ref.directory), str(state.workspace().root), ref) if cache.has_features(ref) else None


@st.cache_resource(max_entries=8, ttl=60, show_spinner=False)
def _stored(directory: str, root: str, _ref: DatasetRef) -> Projection | None:
    """The stored UMAP map; looked for again after a minute, because it may have been computed since."""
    return find_projection(Path(directory), Workspace(Path(root)), features=cache.features(_ref))
