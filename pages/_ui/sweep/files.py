"""The points of a sweep as a table, and what can be taken away: the table, the command, the sweep itself."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.evaluation.sweep import SweepPoint
from goracs_core.jobs.sweep.store import SweepRecord, SweepStore
from pages._ui import blocks, cache, popularity_view, proof, routes, selection, state
from pages._ui.state import DatasetRef
from pages._ui.sweep import data as sweep_data

if TYPE_CHECKING:
    import pandas as pd

_GO = "sweep_go"  # a point was clicked: its run opens on the Run page
_ASKED = "sweep_delete_asked"


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
    st.dataframe(
        shown, hide_index=True, key="sweep_points",
        column_config=_columns(opener("sweep_open", [point.run for point in points])),
        column_order=["budget", "lambda", "open", "poo", "transport_term", "gradient_term", "lower_bound", "gap",
                      "on_front", "arp", "tail_share", "gini", "seconds"],
        alt="All completed points of the sweep with their values",
    )  # fmt: skip
    st.caption("**Open** shows the coreset on the Run page with its samples, proof and exports.")


def in_order(points: Sequence[SweepPoint]) -> list[SweepPoint]:
    """By budget, then λ; a sweep solves them to and fro."""
    return sorted(points, key=lambda point: (point.budget, point.lambda_))


def full_table(ref: DatasetRef, points: Sequence[SweepPoint]) -> pd.DataFrame:
    """The table as it is downloaded."""
    keys = tuple((point.run, point.fingerprint) for point in points)
    return _full_table(ref.fingerprint, keys, ref, points).copy()


@st.cache_resource(max_entries=16, show_spinner=False)
def _full_table(fingerprint: str, keys: tuple, _ref: DatasetRef, _points: Sequence[SweepPoint]) -> pd.DataFrame:
    from goracs_core.jobs.sweep.table import sweep_table

    return sweep_table(_points, cache.dataset(_ref))


def _columns(open_run: Callable[[], None]) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    measures = {
        name: number(label, help=definition, format="percent" if unit.endswith("%") else f"%{unit[1:]}"
                     if unit.startswith(",") else f"%{unit}")
        for name, (label, definition, unit) in popularity_view.MEASURES.items()
    }  # fmt: skip
    return {
        "budget": number("k", help="Budget: number of selected samples", width="small"),
        "lambda": number("λ", help=blocks.LAMBDA_HELP, format="%g", width="small"),
        "poo": number("POO", help=blocks.POO_HELP, format="%.5f"),
        "transport_term": number("Transport term", help=blocks.TRANSPORT_HELP, format="%.5f"),
        "gradient_term": number("Gradient term", help=blocks.GRADIENT_HELP, format="%.5f"),
        "lower_bound": number("Lower bound", help=proof.LOWER_HELP, format="%.5f"),
        "gap": number("Gap (%)", help=proof.GAP_HELP, format="%.3f"),
        "on_front": st.column_config.CheckboxColumn("Front", help="On the Pareto front of its budget", width="small"),
        "seconds": number("Seconds", help="Wall-clock seconds of this point", format="%.1f"),
        "open": st.column_config.ButtonColumn(
            "Run", help="Opens the coreset on the Run page", key="sweep_open", on_click=open_run, width="small"
        ),
        **measures,
    }


def take_away(record: SweepRecord, ref: DatasetRef, points: Sequence[SweepPoint]) -> None:
    """The table as CSV, the command that makes the same sweep, and deleting it."""
    from goracs_core.jobs.select.export import to_csv

    points = in_order(points)
    st.download_button(
        "Table as CSV", lambda: to_csv(full_table(ref, points)), file_name=f"sweep-{record.id}.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore", key="sweep_csv",
        help="One row per point with all values, the popularity measures and the fingerprint of the coreset.",
    )  # fmt: skip
    with st.expander("Command line", icon=":material/terminal:"):
        st.code(as_command(record, ref), language="bash", wrap_lines=True)
    with st.expander("Delete this sweep", icon=":material/delete:"):
        _delete_buttons(record, len(points))


def as_command(record: SweepRecord, ref: DatasetRef) -> str:
    """The command that makes the same sweep."""
    lambdas = ",".join(f"{value!r}" if value != int(value) else f"{int(value)}" for value in record.lambdas)
    budgets = ",".join(str(budget) for budget in record.budgets)
    listed = {name: record.config[name] for name in ("gap", "max_rounds", "seed")}
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in listed.items())
    if record.half_life is not None:
        options += f" --half-life {record.half_life:g}"
    labels = ""
    if ref.task == "ctr":
        labels = " --label-aware" if record.config.get("label_aware") else " --no-label-aware"
    return (
        f"python -m goracs_core sweep --dataset {shlex.quote(ref.name)} --lambdas {lambdas} --budgets {budgets} "
        f"{options}{labels} --output sweep"
    )


def _delete_buttons(record: SweepRecord, there: int) -> None:
    st.markdown(
        "You can delete only this list and keep the runs, which remain in the sidebar, or also delete every run that "
        "this sweep made, except those that are part of another sweep."
    )
    with st.container(horizontal=True):
        st.button("Delete the sweep only", key="sweep_delete", on_click=_delete, args=(record.id, False))
        st.button(
            f"Delete it with its {there} coreset{'s' if there != 1 else ''}", key="sweep_delete_runs",
            on_click=_delete, args=(record.id, True),
        )  # fmt: skip


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
