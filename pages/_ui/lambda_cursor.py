"""λ under the hand: a slider over runs that differ in λ alone moves a map and three numbers at once.

It reads summaries, chosen rows and stored references only, so that it comes up without the solver's libraries.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core import glossary
from goracs_core.charts.small_map import Ground, ground_of, small_map
from goracs_core.evaluation.popularity_scale import CLASS_NAMES
from goracs_core.evaluation.projection import pca_2d
from goracs_core.evaluation.standing import below_random, percent
from goracs_core.jobs.projection.job import find_projection
from goracs_core.jobs.reference import ReferenceStore
from goracs_core.jobs.select.store import RunStore
from goracs_core.workspace import Workspace
from pages._ui import blocks, cache, popularity_view, proof, state

if TYPE_CHECKING:
    from goracs_core.evaluation.projection import Projection
    from goracs_core.jobs.select.run import Run, RunSummary
    from goracs_core.types import IndexArray
    from pages._ui.state import DatasetRef

Line = tuple["RunSummary", ...]
_START_LAMBDA = 0.05
_RANDOM_HELP = glossary.tooltip("below_random")


def slider(line: Line, *, key: str) -> RunSummary:
    """The run of the λ that is chosen; the only one where there is one alone.

    Args:
        line: Runs of one budget that differ in λ alone, λ rising.
        key: Of the slider.
    """
    by_lambda = {run.lambda_: run for run in line}
    if len(by_lambda) == 1:
        return line[0]
    near = min(by_lambda, key=lambda value: abs(value - _START_LAMBDA))
    more = {"format_func": lambda value: f"{value:g}", "help": blocks.LAMBDA_HELP}
    return by_lambda[st.select_slider("λ: coverage ↔ large gradients", list(by_lambda), near, key=key, **more)]


def picture(ref: DatasetRef, run: Run | RunSummary, *, key: str, height: int, legend: bool = True) -> None:
    """The map with a coreset: the stored UMAP map, else principal components.

    Args:
        ref: The dataset, with features.
        run: Whose rows are shown.
        key: Of the picture.
        height: In pixels.
        legend: Whether the roles are named.
    """
    root = str(state.workspace().root)
    rows = _rows(root, run.id, run.fingerprint)
    place = _stored(str(ref.directory), root, ref) or _pca(cache.features(ref).fingerprint, ref)
    alt = (
        f"{len(rows)} selected samples among {len(place.pool):,} pool and {len(place.validation):,} validation samples "
        "on the embedding map."
    )
    figure = small_map(place, rows, _ground(f"{place.key}-{place.method}", place), height=height, legend=legend)
    blocks.chart(figure, key=key, alt=alt, still=True)


def numbers(ref: DatasetRef, run: RunSummary, line: Line) -> None:
    """A run's value against random coresets and the bound, and its share of head items.

    Args:
        ref: The dataset.
        run: One of `line`.
        line: Runs of one size, whose popularity is measured together.
    """
    st.markdown(f"**{run.budget:,} of {ref.counts['pool']:,} samples**, covering {ref.counts['validation']:,} others")
    reference = ReferenceStore(state.workspace()).there(run.problem_fingerprint, run.budget)
    columns = st.columns(3)
    if reference is None:
        columns[0].metric("POO ↓", f"{run.poo:.4f}", help=blocks.POO_HELP, border=True)
    else:
        share = below_random(run.poo, run.lambda_, reference.transport, reference.gradient)
        side = "below" if share >= 0 else "above"
        shown = {"help": _RANDOM_HELP, "border": True}
        columns[0].metric(f"POO {side} random", percent(share), **shown)
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


def _head(ref: DatasetRef, run: RunSummary, line: Line) -> tuple[float, float, float]:
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


@st.cache_resource(max_entries=8, show_spinner=False)
def _ground(key: str, _place: Projection) -> Ground:
    return ground_of(_place)


@st.cache_resource(max_entries=8, ttl=60, show_spinner=False)
def _stored(directory: str, root: str, _ref: DatasetRef) -> Projection | None:
    """The stored UMAP map; looked for again after a minute, because it may have been computed since."""
    return find_projection(Path(directory), Workspace(Path(root)), features=cache.features(_ref))


@st.cache_resource(max_entries=4, show_spinner=False)
def _pca(fingerprint: str, _ref: DatasetRef) -> Projection:
    features = cache.features(_ref)
    return pca_2d(features.pool, features.validation)
