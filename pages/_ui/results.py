"""A finished run on the page: its value, chance beside it, how it came about, the samples, files to take away."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.config import SelectionConfig, config_to_dict
from goracs_core.errors import GoracsError
from pages._ui import blocks, cache, routes, state, text
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from goracs_core.runs.run import Run

RANDOM_DRAWS = 20
CHEAP_CELLS = 400_000  # transport problems up to this many cells are solved without being asked


def show(run: Run, ref: DatasetRef) -> None:
    """Everything about the open run."""
    st.subheader(text.escape(run.name), anchor=False)
    selection = run.selection
    blocks.objective_terms(
        poo=selection.poo,
        transport_term=selection.transport_term,
        gradient_term=selection.gradient_term,
        lambda_=run.config.lambda_,
        pass_at_1=selection.trace.pass_at_1,
    )
    if selection.label_aware_poo is not None:
        st.caption(
            f"Chosen within each label; mass-weighted sum of the labels' own POO: {selection.label_aware_poo:.5f}"
        )
    chance = _against_random(run, ref)
    blocks.provenance(
        f"Stopped because {text.escape(selection.stop_reason)} · {text.duration(run.seconds)} · "
        f"seed {run.config.seed} · coreset {text.short_fingerprint(run.fingerprint)} · "
        f"problem {text.short_fingerprint(selection.problem_fingerprint)}"
    )
    with st.container(horizontal=True):
        for route in (routes.EMBEDDING_MAP, routes.TRANSPORT_PLAN, routes.POPULARITY):
            blocks.link(route, route.title)
    table = _table(run, ref)
    samples, history, files, manage = st.tabs(["Samples", "How it went", "Take away", "Name, notes, delete"])
    with samples:
        _samples(table)
    with history:
        _history(run, chance)
    with files:
        _downloads(run, ref, table)
    with manage:
        _manage(run)


def _against_random(run: Run, ref: DatasetRef) -> np.ndarray | None:
    """POO of random coresets of the same size, when they are cheap or were asked for; shape [draws]."""
    cells = run.config.budget * run.selection.num_validation
    asked = st.session_state.setdefault("random_asked", set())
    if cells > CHEAP_CELLS and run.id not in asked:
        clicked = st.button(
            f"Compare with {RANDOM_DRAWS} random coresets of the same size",
            icon=":material/casino:",
            help="Solves one exact transport problem per random coreset; with data of this size it takes a while.",
        )
        if clicked:
            asked.add(run.id)
            st.rerun()
        return None
    values = cache.random_values(ref, budget=run.config.budget, lambda_=run.config.lambda_, draws=RANDOM_DRAWS)
    mean, low, high = float(values.mean()), float(values.min()), float(values.max())
    beaten = int((values > run.selection.poo).sum())
    st.markdown(
        f"**Against chance:** {RANDOM_DRAWS} random coresets of the same size have a POO of {mean:.5f} on average "
        f"({low:.5f} to {high:.5f}); this one is better than {beaten} of {RANDOM_DRAWS}."
    )
    return values


def _samples(table: pd.DataFrame) -> None:
    first = [name for name in ("order", "title", "category", "popularity", "label") if name in table]
    scores = [name for name in ("gradient_norm", "served", "served_mass", "mean_distance") if name in table]
    st.dataframe(
        table, hide_index=True, height=420, key="coreset_samples", column_config=_COLUMNS,
        column_order=[*first, *scores, "prompt", "id", "index"], alt="The chosen samples in order, with their scores",
    )  # fmt: skip
    st.caption("In the order chosen. Click a column's head to sort, the magnifying glass to search.")


_COLUMNS = {
    "order": st.column_config.NumberColumn("Order", help="Place in the order of choice", width="small"),
    "title": st.column_config.TextColumn("Title", width="large", help="The item the sample asks for"),
    "category": st.column_config.TextColumn("Category"),
    "popularity": st.column_config.NumberColumn("Popularity", help="Training interactions of the item"),
    "label": st.column_config.NumberColumn("Label", help="1 yes, 0 no"),
    "gradient_norm": st.column_config.NumberColumn("Gradient norm", format="%.4g", help="g, as measured"),
    "served": st.column_config.NumberColumn("Serves", help="Validation samples that receive mass from this one"),
    "served_mass": st.column_config.NumberColumn("Mass", format="%.5f", help="Share of the validation measure covered"),
    "mean_distance": st.column_config.NumberColumn(
        "Mean distance", format="%.4f", help="To what it serves, weighted by mass; true distance, not scaled"
    ),
    "prompt": st.column_config.TextColumn("Prompt", width="medium"),
    "id": st.column_config.TextColumn("Sample id"),
    "index": st.column_config.NumberColumn("Pool row"),
}


def _table(run: Run, ref: DatasetRef) -> pd.DataFrame:
    from goracs_core.runs.export import coreset_table

    return coreset_table(run, cache.dataset(ref))


def _history(run: Run, chance: np.ndarray | None) -> None:
    import pandas as pd

    from goracs_core.charts import trace as charts

    trace = run.selection.trace
    if not len(trace.greedy_values) and not trace.exchanges:
        st.markdown("The samples were drawn at random; there is nothing to follow step by step.")
    if len(trace.greedy_values):
        blocks.chart(
            charts.greedy_curve(trace), key="greedy_curve",
            alt=f"Relaxed cost falls from {trace.greedy_values[0]:.4f} to {trace.greedy_values[-1]:.4f} while "
            f"{len(trace.greedy_values)} samples are added.",
            table=pd.DataFrame({"samples": range(1, len(trace.greedy_values) + 1), "cost": trace.greedy_values}),
            note="Greedy stage: relaxed p-median cost after each added sample.",
        )  # fmt: skip
    if trace.exchanges or chance is not None:
        steps = [(0, trace.start_value), *((i + 1, step.value) for i, step in enumerate(trace.exchanges))]
        blocks.chart(
            charts.exchange_curve(trace, random_values=chance), key="exchange_curve",
            alt=f"POO from {trace.start_value:.5f} to {run.selection.poo:.5f} in {len(trace.exchanges)} exchanges.",
            table=pd.DataFrame(steps, columns=["exchanges", "POO"]),
            note=f"Exchange stage: {trace.tried_pairs:,} exact transport problems solved for pairs.",
        )  # fmt: skip
    if trace.stages:
        st.dataframe(
            pd.DataFrame(trace.stages, columns=["Stage", "Seconds"]), hide_index=True, width="content",
            column_config={"Seconds": st.column_config.NumberColumn(format="%.2f")}, alt="Seconds per stage",
        )  # fmt: skip


def _downloads(run: Run, ref: DatasetRef, table: pd.DataFrame) -> None:
    from goracs_core.runs import export

    dataset = cache.dataset(ref)

    def file(write: Callable[[pd.DataFrame], bytes]) -> Callable[[], bytes]:
        return lambda: write(table)  # made when asked for, outside of the script

    formats = {
        "CSV": ("csv", "text/csv", file(export.to_csv), "For spreadsheets; formula-like cells are made harmless."),
        "Parquet": ("parquet", "application/octet-stream", file(export.to_parquet), "For pandas, polars, Spark."),
        "JSONL": ("jsonl", "application/jsonl", file(export.to_jsonl), "One sample per line."),
        "Instruction JSON": ("json", "application/json", file(export.to_instructions), (
            "instruction, input, output: ready for a fine-tuning script.")),
        "Run bundle": ("zip", "application/zip", lambda: export.bundle(run, dataset), (
            "Coreset, parameters, metrics, versions and fingerprints in one zip.")),
    }  # fmt: skip
    with st.container(horizontal=True):
        for label, (ending, mime, data, help_) in formats.items():
            st.download_button(
                label, data, file_name=f"{run.id}.{ending}", mime=mime, help=help_, icon=":material/download:",
                on_click="ignore", key=f"download_{ending}",
            )  # fmt: skip
    st.markdown("**The same on the command line**")
    st.code(as_command(run.config, ref), language="bash", wrap_lines=True)
    st.markdown("**The same in Python**")
    st.code(as_python(run.config, ref), language="python", wrap_lines=True)


def as_command(config: SelectionConfig, ref: DatasetRef) -> str:
    """The command that makes the same coreset."""
    values = config_to_dict(config)
    options = {"method": values["method"], "solver": values["solver"], "budget": config.budget}
    options |= {"lambda": f"{config.lambda_:g}", "seed": config.seed}
    if values["solver"] == "itra":
        options |= {"max-exchanges": values["max_exchanges"], "prune-candidates": values["prune_candidates"]}
    label_aware = "" if ref.task != "ctr" else " --label-aware" if config.label_aware else " --no-label-aware"
    listed = " ".join(f"--{name} {shlex.quote(str(value))}" for name, value in options.items())
    return f"python -m goracs_core select --dataset {shlex.quote(ref.name)} {listed}{label_aware} --output coreset"


def as_python(config: SelectionConfig, ref: DatasetRef) -> str:
    """The lines of Python that make the same coreset."""
    folder = "demo_directory()" if ref.name == state.DEMO else f"Workspace.default().datasets / {ref.name!r}"
    source = "data.demo import demo_directory" if ref.name == state.DEMO else "workspace import Workspace"
    return (
        f"from goracs_core.config import {type(config).__name__}\n"
        "from goracs_core.runs.inputs import load_inputs\n"
        "from goracs_core.selection import select\n"
        f"from goracs_core.{source}\n\n"
        f"problem = load_inputs({{'dataset': {folder}}}).problem()\n"
        f"selection = select(problem, {config!r})\n"
        "print(selection.poo, selection.indices)"
    )


def _manage(run: Run) -> None:
    from goracs_core.runs.store import RunStore

    store = RunStore(state.workspace())
    with st.form("rename_run", border=False):
        name = st.text_input("Name", run.name, max_chars=120, key="run_name")
        notes = st.text_area(
            "Notes", run.notes, max_chars=4000, key="run_notes", placeholder="What you tried and what came out of it"
        )
        if st.form_submit_button("Save", icon=":material/save:", key="save_run"):
            store.rename(run.id, name=name.strip() or run.id, notes=notes)
            st.rerun()
    st.button("Delete this run", icon=":material/delete:", on_click=_confirm_delete, args=(run.id,), key="delete_run")
    if st.session_state.get("delete_asked") == run.id:
        with st.container(border=True):
            st.markdown("Delete this run for good? Downloaded files stay yours.")
            with st.container(horizontal=True):
                st.button("Delete", type="primary", key="delete_really", on_click=_delete, args=(run.id,))
                st.button("Keep it", key="delete_not", on_click=_confirm_delete, args=(None,))


def _confirm_delete(run_id: str | None) -> None:
    st.session_state["delete_asked"] = run_id


def _delete(run_id: str) -> None:
    from goracs_core.runs.store import RunStore

    st.session_state["delete_asked"] = None
    try:
        RunStore(state.workspace()).delete(run_id)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")
    state.set_run(None)
