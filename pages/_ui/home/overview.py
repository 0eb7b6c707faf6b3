"""The first screen of Home: the map with a coreset, three numbers against random and bound, λ under the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.jobs.sweep.store import SweepStore
from pages._ui import blocks, cache, guard, lambda_cursor, routes, state

if TYPE_CHECKING:
    from pages._ui.lambda_cursor import Line
    from pages._ui.state import DatasetRef


def show(ref: DatasetRef) -> None:
    """The coresets of the newest sweep under one slider; else the newest run; nothing where there is neither."""
    line = _line(ref) if cache.has_features(ref) else ()
    if line:
        st.fragment(_panel)(ref, line)


def _line(ref: DatasetRef) -> Line:
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
def _panel(ref: DatasetRef, line: Line) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with right:
        run = lambda_cursor.slider(line, key="home_lambda")
        lambda_cursor.numbers(ref, run, line)
        with st.container(horizontal=True):
            blocks.link(routes.RUN, "Open this run", run=run.id)
            if len(line) > 1:
                blocks.link(routes.SWEEP, "All values of λ")
    with left:
        lambda_cursor.picture(ref, run, key="home_map", height=430)
