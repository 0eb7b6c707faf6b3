"""The first screen of a sweep: transport, gradient and tail share over one true axis of λ, and λ under the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import along_lambda as charts
from goracs_core.charts.sweep import Band
from goracs_core.evaluation.sweep import knee
from pages._ui import blocks, cache, guard, lambda_cursor, routes
from pages._ui.sweep import data as sweep_data

if TYPE_CHECKING:
    from goracs_core.evaluation.sweep import SweepPoint
    from goracs_core.jobs.sweep.store import SweepRecord
    from pages._ui.state import DatasetRef

    Points = tuple[SweepPoint, ...]
_KNEE_HELP = glossary.tooltip("knee")


def show(record: SweepRecord, ref: DatasetRef, line: Points) -> None:
    """The linked figure at the left; slider, map and numbers of one λ at the right.

    Args:
        record: The sweep.
        ref: Its dataset.
        line: Points of one budget, λ rising; at least two.
    """
    st.fragment(_panel)(record, ref, line)


@guard.guarded
def _panel(record: SweepRecord, ref: DatasetRef, line: Points) -> None:
    there = {run.id: run for run in cache.runs(ref.fingerprint)}
    runs = tuple(there[point.run] for point in line if point.run in there)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        run = lambda_cursor.slider(runs, key="sweep_cursor")
        lambda_cursor.numbers(ref, run, runs)
        lambda_cursor.picture(ref, run, key="sweep_map", height=230)
        blocks.link(routes.RUN, f"Open λ {run.lambda_:g}", run=run.id)
    with left:
        _figure(record, ref, line, run.lambda_)


def _figure(record: SweepRecord, ref: DatasetRef, line: Points, cursor: float) -> None:
    lambdas = [point.lambda_ for point in line]
    report = sweep_data.popularity(line, ref)
    reference = report.random[line[0].budget]
    tails = np.array([report.coresets[point.run].tail_share for point in line])
    drawn = sweep_data.random_terms(record, ref, line[0].budget)
    flat = np.ones(len(line))

    def band(values: np.ndarray | None) -> Band | None:
        return None if values is None else Band("random", values.min() * flat, values.max() * flat)

    transport, gradient = (None, None) if drawn is None else drawn
    panels = [
        charts.Panel("Transport term ↓", np.array([point.transport_term for point in line]), band(transport)),
        charts.Panel("Gradient term ↑", np.array([point.gradient_term for point in line]), band(gradient)),
        charts.Panel("Tail share", tails, band(np.array([reference.low.tail_share, reference.high.tail_share])), ".0%"),
    ]
    found = knee(line)
    table = pd.DataFrame({"λ": lambdas, **{panel.title: panel.values for panel in panels}})
    said = "There is no knee." if found is None else f"The knee is at λ {found.lambda_:g}."
    blocks.chart(
        charts.linked(lambdas, panels, cursor=cursor, knee=None if found is None else found.lambda_),
        key="sweep_linked",
        alt=f"Transport term from {panels[0].values[0]:.4f} to {panels[0].values[-1]:.4f}, gradient term from "
        f"{panels[1].values[0]:.4f} to {panels[1].values[-1]:.4f} and tail share from {tails[0]:.0%} to "
        f"{tails[-1]:.0%} as λ rises from {lambdas[0]:g} to {lambdas[-1]:g}. {said}",
        table=table,
        compact=True,
    )
    st.caption(f"Bands: random coresets of the same size. {said}", help=_KNEE_HELP)


def membership(line: Points) -> None:
    """Which sample is chosen at which λ."""
    rows = np.unique(np.concatenate([point.indices for point in line]))
    members = np.stack([np.isin(rows, point.indices) for point in line], axis=1)
    always = int(members.all(axis=1).sum())
    st.markdown("**Membership**", help="One line per sample that is selected at any λ; filled where it is selected.")
    blocks.chart(
        charts.membership(members, [point.lambda_ for point in line]),
        key="sweep_membership",
        alt=f"{len(rows):,} samples are selected at some λ, {always:,} of them at every λ.",
        note=f"{len(rows):,} samples are selected at some λ, {always:,} of them at every λ.",
    )
