"""A run on the page: its value, random coresets for comparison, its convergence, the samples, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core import glossary
from goracs_core.errors import GoracsError
from goracs_core.jobs.report.run import run_report
from goracs_core.jobs.select import export
from goracs_core.jobs.select.formats import FORMATS, Format, packed, packed_name, stem
from goracs_core.jobs.select.run import imported_words
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.weights import recorded_weighting
from pages._ui import blocks, cache, columns, copied, proof, state, text, widgets
from pages._ui.run import history, standing
from pages._ui.samples import View
from pages._ui.score_words import words
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.evaluation.standing import Standing
    from goracs_core.jobs.select.run import Run


def show(run: Run, ref: DatasetRef, changes: Sequence[str]) -> None:
    """The open run: what it is worth on the first screen, its samples, convergence and files below.

    Args:
        run: The run.
        ref: Its dataset.
        changes: Options of the form that differ from the run's; it is dimmed then, for it answers another question.
    """
    if changes:
        st.html("<style>.st-key-run_result { opacity: 0.45; }</style>")
        st.warning(
            f"Options changed: {text.escape(', '.join(changes))}. The result below is of {text.escape(run.name)}; "
            "press **Run** (Ctrl + Enter) for a new one.",
            icon=":material/sync_problem:",
        )
    with st.container(key="run_result"):
        found = standing.standing(run, ref)
        if found is not None:
            standing.show(run, found)
        else:
            blocks.objective_terms(run.selection)
        if sentence := _no_exchange(run):
            st.caption(sentence)
        _more(run, ref, found)


def _more(run: Run, ref: DatasetRef, found: Standing | None) -> None:
    """Pictures that lead on; samples, files and convergence."""
    standing.leads(View(ref, cache.dataset(ref), cache.features(ref), run), run)
    blocks.tabs(
        {
            "Samples": lambda: _samples(run, _table(run, ref)),
            "Export": lambda: _downloads(run, ref),
            "Convergence": lambda: _convergence(run, found),
            "Name, notes, delete": lambda: _manage(run),
        },
        key="run_tab",
    )


def _convergence(run: Run, found: Standing | None) -> None:
    _details(run)
    history.show(run, None if found is None else found.random_poo)


def _details(run: Run) -> None:
    """The numbers of the objective and of the proof, and where they come from."""
    selection = run.selection
    blocks.objective_terms(selection)
    if selection.label_aware_poo is not None:
        st.caption(f"Selected within each label; mass-weighted sum of the labels' POO: {selection.label_aware_poo:.5f}")
    proof.figures(run)
    days = _half_life(run)
    weighted = "" if days is None else f" · weights of validation samples halve every {days:g} days of age"
    blocks.provenance(
        f"Stopped because {text.escape(selection.stop_reason)} · {text.duration(run.seconds)} · "
        f"seed {run.config.seed} · coreset {text.short_fingerprint(run.fingerprint)} · "
        f"problem {text.short_fingerprint(selection.problem_fingerprint)}{weighted}",
        *([] if run.imported is None else [text.escape(imported_words(run.imported, run.created).capitalize())]),
    )


def _no_exchange(run: Run) -> str:
    """Why pass@1 is 0 where no exchange was accepted; "" otherwise."""
    trace = run.selection.trace
    return export.exchange_sentence(accepted=len(trace.exchanges), tried=trace.tried_pairs)


def _half_life(run: Run) -> float | None:
    return recorded_weighting(run.inputs).get("half_life")


def _samples(run: Run, table: pd.DataFrame) -> None:
    first = [name for name in ("order", "title", "category", "popularity", "label") if name in table]
    scores = [name for name in ("gradient_norm", "served", "served_mass", "mean_distance") if name in table]
    trace = run.selection.scores
    ranked = {} if trace is None else {name.replace("-", "_"): words(name) for name in trace.columns}
    parts = [name for name in (*ranked, "stratum") if name in table and name not in scores]
    told = {name: ranked[name] for name in parts if name in ranked}
    formats = {name: columns.number(one.name, format=one.format, help=one.help) for name, one in told.items()}
    order = [*first, *parts, *scores, "prompt", "id", "index"]
    alt = "Selected samples in order of selection, with their scores"
    more = {"columns": _COLUMNS | formats, "column_order": order, "height": 420}
    widgets.table(table, key="coreset_samples", alt=alt, **more)
    st.caption("In order of selection. Click a column header to sort, or the magnifying glass to search.")


_COLUMNS = {
    "order": columns.number("Order", help="Position in the order of selection", width="small"),
    "title": columns.TITLE,
    "category": columns.words("Category"),
    "popularity": columns.POPULARITY,
    "label": columns.number("Label", help="1 yes, 0 no"),
    "gradient_norm": columns.NORM,
    "stratum": columns.number("Stratum", help=glossary.tooltip("stratum")),
    "served": columns.number("Covers", help=glossary.tooltip("partners")),
    "served_mass": columns.number("Mass", format="%.5f", help=glossary.tooltip("mass")),
    "mean_distance": columns.number("Mean distance", format="%.4f", help=glossary.tooltip("mean_distance")),
    "prompt": columns.words("Prompt", width="medium"),
    "id": columns.words("Sample id"),
    "index": columns.POOL_ROW,
}


def _table(run: Run, ref: DatasetRef) -> pd.DataFrame:
    return export.coreset_table(run, cache.dataset(ref))


def _downloads(run: Run, ref: DatasetRef) -> None:
    def file(form: Format) -> Callable[[], bytes]:
        return lambda: packed(form, run, cache.dataset(ref))  # made when the button is pressed, outside of the script

    with st.container(horizontal=True):
        for form in FORMATS.values():
            widgets.download(
                form.label, file(form), packed_name(form, run), key=f"download_{form.name}", help=form.help
            )
        widgets.report(lambda: run_report(run, state.workspace()), f"{stem(run)}.html", key="download_report")
    given, days = copied.has_given_scores(run), _half_life(run)
    if given:
        st.caption(f"The scores of this run were provided by the user; save the same numbers as {copied.GIVEN_SCORES}.")
    widgets.command(copied.as_command(run.config, ref, half_life=days, given_scores=given))
    if run.selection.certificate is not None:
        widgets.command(copied.as_verification(ref), "Verify value and proof without the solver")
    lines = copied.as_python(run.config, ref, half_life=days, given_scores=given)
    widgets.command(lines, "Python", language="python")


def _manage(run: Run) -> None:
    store = RunStore(state.workspace())
    with st.form("rename_run", border=False):
        name = st.text_input("Name", run.name, max_chars=120, key="run_name")
        notes = st.text_area(
            "Notes", run.notes, max_chars=4000, key="run_notes", placeholder="What you tried and what the result was"
        )
        if st.form_submit_button("Save", icon=":material/save:", key="save_run"):
            store.rename(run.id, name=name.strip() or run.id, notes=notes)
            st.rerun()
    st.button("Delete this run", icon=":material/delete:", on_click=_confirm_delete, args=(run.id,), key="delete_run")
    if st.session_state.get("delete_asked") == run.id:
        with st.container(border=True):
            st.markdown("Delete this run permanently? Downloaded files are not affected.")
            with st.container(horizontal=True):
                st.button("Delete", type="primary", key="delete_really", on_click=_delete, args=(run.id,))
                st.button("Keep", key="delete_not", on_click=_confirm_delete, args=(None,))


def _confirm_delete(run_id: str | None) -> None:
    st.session_state["delete_asked"] = run_id


def _delete(run_id: str) -> None:
    st.session_state["delete_asked"] = None
    try:
        RunStore(state.workspace()).delete(run_id)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")
    state.set_run(None)
