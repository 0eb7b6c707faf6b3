"""The runs as one table: searched, sweeps as one row, opened and compared."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.select.run import RunSummary
from goracs_core.jobs.select.search import FIELDS, matching
from goracs_core.jobs.sweep.store import SweepRecord, SweepStore
from pages._ui import blocks, cache, columns, guard, methods, routes, state, text, widgets
from pages._ui.compare import chosen as compared
from pages._ui.home import bundles

_SEARCH_HELP = (
    "Words of names, methods and notes; or conditions joined by *and*, such as `method = goracs and gap < 0.1 %`. "
    f"Fields: {', '.join(FIELDS)}."
)
_COLUMNS = {
    "Name": columns.words("Name", width="large"),
    "Method": columns.words("Method"),
    "k": columns.BUDGET,
    "λ": columns.words("λ", width="small"),
    "POO": columns.POO,
    "Gap (%)": columns.GAP,
    "Data": columns.words("Data"),
    "When": columns.words("When", width="small"),
    "Notes": columns.words("Notes"),
}


def show() -> None:
    """The table, and what can be done with the selected rows."""
    runs = cache.runs()
    if not runs:
        bundles.button()
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Runs", anchor=False, width="content")
        more = {"placeholder": "method = goracs and gap < 0.1 %", "help": _SEARCH_HELP}
        query = widgets.line("Search", key="runs_search", **more, **widgets.LINKED)
        single = st.toggle("Sweeps as one row", True, key="runs_folded")
        bundles.button()
    try:
        found = matching(runs, query)
    except GoracsError as error:
        guard.error(error)
        return
    sweeps = SweepStore(state.workspace()).list(shipped=True) if single else ()
    rows = _rows(found, sweeps)
    if not rows:
        st.info("No run matches the search.", icon=":material/search_off:")
        return
    table = pd.DataFrame([shown for shown, *_ in rows])
    event = widgets.table(
        table,
        key="runs_table",
        alt=f"{len(rows)} rows of runs and sweeps, newest first",
        columns=_COLUMNS,
        on_select="rerun",
        selection_mode="multi-row",
        height=min(38 + 35 * len(rows), 320),
    )
    _actions([rows[row] for row in event.selection.rows if row < len(rows)])


def _rows(
    runs: tuple[RunSummary, ...], sweeps: tuple[SweepRecord, ...]
) -> list[tuple[dict[str, Any], RunSummary | None, SweepRecord | None]]:
    of_key = {point.key: record for record in reversed(sweeps) for point in record.points}
    seen: set[str] = set()
    rows: list[tuple[dict[str, Any], RunSummary | None, SweepRecord | None]] = []
    for run in runs:
        record = of_key.get(run.key) if run.key else None
        if record is None:
            rows.append((_of_run(run), run, None))
        elif record.id not in seen:
            seen.add(record.id)
            rows.append((_of_sweep(record, [one for one in runs if of_key.get(one.key) is record]), None, record))
    return rows


def _of_run(run: RunSummary) -> dict[str, Any]:
    if run.damaged:
        return {"Name": run.name or run.id, "Notes": run.damaged, "When": text.moment(run.created)}
    return {
        "Name": run.name or run.id,
        "Method": methods.method_name(run.config or {}),
        "k": run.budget,
        "λ": f"{run.lambda_:g}",
        "POO": run.poo,
        "Gap (%)": None if run.gap is None else 100 * run.gap,
        "Data": run.dataset_name or "bare arrays",
        "When": text.moment(run.created),
        "Notes": " · ".join(filter(None, (run.notes, run.imported))),
    }


def _of_sweep(record: SweepRecord, runs: list[RunSummary]) -> dict[str, Any]:
    gaps = [run.gap for run in runs if run.gap is not None]
    return {
        "Name": f"Sweep of {len(runs)} runs",
        "Method": methods.method_name(record.config),
        "k": record.budgets[-1],
        "λ": f"{record.lambdas[0]:g} … {record.lambdas[-1]:g}",
        "Gap (%)": 100 * max(gaps) if gaps else None,
        "Data": record.dataset_name or "bare arrays",
        "When": text.moment(record.started),
        "Notes": "" if len(record.budgets) == 1 else f"k {', '.join(f'{budget:,}' for budget in record.budgets)}",
    }


def _actions(chosen: list[tuple[dict[str, Any], RunSummary | None, SweepRecord | None]]) -> None:
    runs = [run for _, run, _ in chosen if run is not None]
    records = [record for _, _, record in chosen if record is not None]
    names = _names()
    with st.container(horizontal=True):
        if not chosen:
            st.caption("Select a row to open it, two to six runs of the same data to compare them.")
        elif len(chosen) == 1 and records:
            _open(routes.SWEEP, "Open the sweep", names.get(records[0].dataset_fingerprint), sweep=records[0].id)
        elif len(chosen) == 1:
            _open(routes.RUN, "Open the run", names.get(runs[0].dataset_fingerprint), run=runs[0].id)
        elif not records and len(runs) <= compared.MOST and len({run.dataset_fingerprint for run in runs}) == 1:
            dataset = names.get(runs[0].dataset_fingerprint)
            _open(routes.COMPARE, f"Compare {len(runs)} runs", dataset, **compared.query(run.id for run in runs))
            for route in (routes.EMBEDDING_MAP, routes.POPULARITY) if len(runs) == 2 else ():
                _open(route, f"Compare on {route.title}", dataset, run=runs[0].id, second=runs[1].id)
        else:
            st.caption(f"Two to {compared.MOST} runs of the same data can be compared; a sweep is opened alone.")


def _open(route: routes.Route, label: str, dataset: str | None, **query: str) -> None:
    if dataset is None:
        st.caption("Its dataset is not in this workspace.")
    else:
        blocks.link(route, label, dataset=dataset, **query)


def _names() -> dict[str, str]:
    """Name of each dataset by its fingerprint."""
    names = {}
    for name in state.dataset_names():
        try:
            names[state.reference(name).fingerprint] = name
        except GoracsError:  # reported in the list of data
            continue
    return names
