"""Home: recent runs, datasets, next steps."""

from __future__ import annotations

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.select.run import RunSummary
from pages._ui import blocks, cache, frame, guard, methods, proof, routes, state, text
from pages._ui.home import thumbnails

RECENT_RUNS = 6


def steps(ref: state.DatasetRef | None, run: str | None) -> None:
    """From data to results in three steps; the next one is marked."""
    ready = ref is not None and cache.has_features(ref)
    done = (ready, run is not None, False)
    upcoming = done.index(False)
    columns = st.columns(3)
    with columns[0].container(border=True, height="stretch"):
        _heading(1, "Prepare", done[0], upcoming == 0)
        st.markdown("Open the demo, or load your own interactions and compute features.")
        blocks.link(routes.DATASET, "Dataset")
        blocks.link(routes.FEATURES, "Features")
    with columns[1].container(border=True, height="stretch"):
        _heading(2, "Select", done[1], upcoming == 1)
        st.markdown("Choose a method and a budget, run the selection, and export the coreset.")
        blocks.link(routes.RUN, "Select a coreset")
    with columns[2].container(border=True, height="stretch"):
        _heading(3, "Understand", done[2], upcoming == 2)
        st.markdown(
            "See which samples the coreset covers, which scores determined the selection, and whether it prefers "
            "popular items."
        )
        for route in (routes.EMBEDDING_MAP, routes.TRANSPORT_PLAN, routes.SCORES, routes.POPULARITY):
            blocks.link(route, route.title)


def _heading(number: int, title: str, done: bool, upcoming: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{number} · {title}", anchor=False, width="content")
        if done:
            st.badge("done", icon=":material/check:", color="green")
        elif upcoming:
            st.badge("next", icon=":material/arrow_forward:")


def datasets() -> None:
    """All datasets."""
    st.subheader("Data", anchor=False)
    for name in state.dataset_names():
        with st.container(border=True), guard.sentences(f"The dataset {name}"):
            _dataset_row(state.reference(name))


def _dataset_row(ref: state.DatasetRef) -> None:
    counts = ref.counts
    about, ready, action = st.columns([7, 2, 1.4], vertical_alignment="center")
    task = "next title" if ref.task == "seqrec" else "click: yes or no"
    about.markdown(
        f"**{text.escape(text.shorten(ref.title, 60))}** · {counts['pool']:,} pool · "
        f"{counts['validation']:,} validation · {counts['items']:,} items · {task}"
    )
    notes = [*ref.sampling_notes, *([] if ref.name in (state.DEMO, ref.title) else [f"saved as {ref.name}"])]
    if notes:
        about.caption(text.escape("; ".join(notes)))
    with ready:
        if cache.has_features(ref):
            st.badge("features ready", icon=":material/check:", color="green")
        else:
            st.badge("no features yet", color="gray")
    current = state.DATASETS.current == ref.name
    label, key = "Is open" if current else "Open", f"open_dataset_{ref.name}"
    if action.button(label, key=key, disabled=current, width="stretch"):
        state.set_dataset(ref.name)
        st.rerun()


def recent_runs() -> None:
    """The newest runs as cards."""
    runs = cache.runs()
    if not runs:
        return
    st.subheader("Recent runs", anchor=False)
    names = {}
    for name in state.dataset_names():
        try:
            names[state.reference(name).fingerprint] = name
        except GoracsError:  # reported in the list of data above
            continue
    for start in range(0, min(len(runs), RECENT_RUNS), 3):
        for column, run in zip(st.columns(3), runs[start : min(start + 3, RECENT_RUNS)], strict=False):
            with column.container(border=True, height="stretch", gap="xsmall"):
                _run_card(run, runs, names.get(run.dataset_fingerprint))


def _run_card(run: RunSummary, runs: tuple[RunSummary, ...], dataset: str | None) -> None:
    st.markdown(f"**{text.escape(text.shorten(run.name or run.id, 60))}**")
    if run.damaged:
        st.caption(f":material/error: {text.escape(run.damaged)}")
        return
    method = text.escape(methods.method_name(run.config or {}))
    st.caption(
        f"{method} · {run.budget:,} samples · λ {run.lambda_:g} · seed {run.seed}  \n"
        f"{text.escape(run.dataset_name or 'bare arrays')} · {text.moment(run.created)}"
    )
    picture = thumbnails.among_runs(run, runs)
    if picture is not None:
        alt = "This run among all runs on the same problem: transport term on the x-axis, gradient term on the y-axis."
        st.image(picture, width="stretch", alt=alt)
    proven = "" if run.gap is None else f" · proven gap {proof.share(run.gap)}"
    passed = "" if run.pass_at_1 is None else f" · pass@1 {run.pass_at_1:.0%}"
    st.caption(
        f"POO {run.poo:.4f}{proven}{passed}",
        help=f"Transport term {run.transport_term:.4f} − λ {run.lambda_:g} × gradient term {run.gradient_term:.4f}. "
        "The small chart, if shown, compares this run with all runs on the same problem: transport term on the "
        "x-axis, gradient term on the y-axis; upper left is better."
        + ("" if run.gap is None else f"\n\n{proof.GAP_HELP}")
        + ("" if run.pass_at_1 is None else f"\n\n{blocks.PASS_HELP}"),
    )
    if run.notes:
        st.caption(text.escape(text.shorten(run.notes, 120)))
    if dataset is not None:
        blocks.link(routes.RUN, "Open", dataset=dataset, run=run.id)
    else:
        st.caption("Its dataset is not in this workspace.")


frame.begin("GORACS Explorer", "Which few hundred samples are worth fine-tuning an LLM recommender on, and why?")
try:
    _ref = state.dataset()
except GoracsError as _error:
    blocks.error(_error)
    _ref = None
if _ref is None:
    blocks.empty_state(
        "Start with the demo",
        "A synthetic shop with about 3,000 pool samples and precomputed features. All functions work on it "
        "immediately and offline. To use your own data, see *Prepare / Dataset*.",
        route=routes.DATASET,
        label="Load your own data",
        demo=True,
    )
steps(_ref, state.run_id())
recent_runs()
datasets()
