"""The points of a sweep as a table, its export, and deleting it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.evaluation.sweep import SweepPoint
from goracs_core.jobs.command import command_line
from goracs_core.jobs.kinds import SWEEP
from goracs_core.jobs.select.export import to_csv
from goracs_core.jobs.sweep.store import SweepRecord, SweepStore
from goracs_core.jobs.sweep.table import sweep_table
from pages._ui import cache, columns, popularity_view, routes, selection, state, widgets
from pages._ui.state import DatasetRef
from pages._ui.sweep import data as sweep_data

_GO = "sweep_go"  # a point was clicked: its run opens on the Run page
_ORDER = ("budget", "lambda", "open", "poo", "transport_term", "gradient_term", "lower_bound", "gap", "on_front")
_MEASURES = ("arp", "tail_share", "gini")


def opener(key: str, runs: Sequence[str]) -> Callable[[], None]:
    """For a chart's `on_select`, or the `on_click` of a column of buttons: opens the run that was clicked.

    Args:
        key: Key of the chart or column.
        runs: Ids by the point's `customdata` or by row.
    """

    def open_run() -> None:
        event = st.session_state.get(key) or {}
        places = selection.ids(event)
        place = places[0] if places else event.get("row")
        if place is not None and place < len(runs):
            state.set_run(runs[place])
            st.session_state[_GO] = True

    return open_run


def follow_click() -> None:
    """Go to the Run page when a point was clicked: callbacks cannot change the page themselves."""
    if st.session_state.pop(_GO, False):
        # Given in full: without them Streamlit would clear the address, which it refuses while widgets are bound to it.
        st.switch_page(routes.RUN.script, query_params=state.query())


def table(ref: DatasetRef, points: Sequence[SweepPoint]) -> None:
    """All points, each with a button that opens its run."""
    st.markdown("**All points**")
    points = in_order(points)
    shown = full_table(ref, points)
    shown["gap"] = 100 * shown["gap"]
    shown["open"] = "Open"
    found = _columns(opener("sweep_open", [point.run for point in points]))
    alt = "All completed points of the sweep with their values"
    order = (*_ORDER, *_MEASURES, "seconds")
    widgets.table(shown, key="sweep_points", alt=alt, columns=found, column_order=order)
    st.caption("**Open** shows the coreset on the Run page with its samples, proof and exports.")


def in_order(points: Sequence[SweepPoint]) -> list[SweepPoint]:
    """By budget, then λ; a sweep solves them in another order."""
    return sorted(points, key=lambda point: (point.budget, point.lambda_))


def full_table(ref: DatasetRef, points: Sequence[SweepPoint]) -> pd.DataFrame:
    """The table as it is downloaded."""
    keys = tuple((point.run, point.fingerprint) for point in points)
    return _full_table(ref.fingerprint, keys, ref, points).copy()


@st.cache_resource(max_entries=16, show_spinner=False)
def _full_table(fingerprint: str, keys: tuple, _ref: DatasetRef, _points: Sequence[SweepPoint]) -> pd.DataFrame:
    return sweep_table(_points, cache.dataset(_ref))


def _columns(open_run: Callable[[], None]) -> dict[str, Any]:
    help_ = "Opens the coreset on the Run page"
    found = {
        "budget": columns.BUDGET,
        "lambda": columns.LAMBDA,
        "open": st.column_config.ButtonColumn("Run", help=help_, key="sweep_open", on_click=open_run, width="small"),
        "poo": columns.POO,
        "transport_term": columns.TRANSPORT,
        "gradient_term": columns.GRADIENT,
        "lower_bound": columns.LOWER_BOUND,
        "gap": columns.GAP,
        "on_front": columns.flag("Front", help="On the Pareto front of its budget", width="small"),
        "seconds": columns.number("Seconds", help="Wall-clock seconds of this point", format="%.1f"),
    }
    for name in _MEASURES:
        label, definition, unit = popularity_view.MEASURES[name]
        shape = "percent" if unit.endswith("%") else f"%{unit.removeprefix(',')}"
        found[name] = columns.number(label, help=definition, format=shape)
    return found


def export(record: SweepRecord, ref: DatasetRef, points: Sequence[SweepPoint]) -> None:
    """The table as CSV, the command that makes the same sweep, and deleting it."""
    points = in_order(points)
    help_ = "One row per point with all values, the popularity measures and the fingerprint of the coreset."
    name = f"sweep-{record.id}.csv"
    widgets.download("Table (CSV)", lambda: to_csv(full_table(ref, points)), name, key="sweep_csv", help=help_)
    widgets.command_expander(as_command(record, ref))
    with st.expander("Delete this sweep", icon=":material/delete:"):
        _delete_buttons(record, len(points))


def as_command(record: SweepRecord, ref: DatasetRef) -> str:
    """The command that makes the same sweep."""
    options = {name: record.config[name] for name in ("gap", "max_rounds", "seed")}
    options |= {"label_aware": bool(record.config.get("label_aware"))} if ref.task == "ctr" else {}
    spec = {"dataset": str(ref.directory), "config": options, "lambdas": record.lambdas, "budgets": record.budgets}
    return command_line(SWEEP, spec if record.half_life is None else spec | {"half_life": record.half_life})


def _delete_buttons(record: SweepRecord, there: int) -> None:
    st.markdown(
        "You can delete only this list and keep the runs, which stay in the list of runs, or also delete every run "
        "that this sweep made, except those that are part of another sweep."
    )
    with st.container(horizontal=True):
        st.button("Delete the sweep only", key="sweep_delete", on_click=_delete, args=(record.id, False))
        label = f"Delete it with its {there} coreset{'s' if there != 1 else ''}"
        st.button(label, key="sweep_delete_runs", on_click=_delete, args=(record.id, True))


def _delete(sweep: str, with_runs: bool) -> None:
    store = SweepStore(state.workspace())
    try:
        if with_runs:
            deleted = store.delete_with_runs(sweep)
            st.toast(f"Deleted the sweep and {deleted} runs.", icon=":material/delete:")
        else:
            store.delete(sweep)
            st.toast("Deleted the sweep. Its runs were kept.", icon=":material/delete:")
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")
    sweep_data.PICKER.open(None)
