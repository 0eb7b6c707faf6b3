"""Home: where a coreset stands, what was run, what data there is, and three ways in."""

from __future__ import annotations

import streamlit as st

from goracs_core.errors import GoracsError
from pages._ui import blocks, cache, frame, guard, jobs, routes, state, text
from pages._ui.home import overview, runs


def ways_in(demo: bool) -> None:
    """Where to go with data of one's own, and where to learn; `demo`: and a way to the demo."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if demo:
            blocks.demo_button()
        blocks.link(routes.DATASET, "Use my data")
        blocks.link(routes.PLAYGROUND, "Learn what λ does")
        blocks.link(routes.GUIDE, "Guide")


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


frame.begin("GORACS Explorer", "Which few hundred samples are worth fine-tuning an LLM recommender on, and why?")
try:
    _ref = state.dataset()
except GoracsError as _error:
    guard.error(_error)
    _ref = None
if _ref is None:
    blocks.empty_state(
        "Start with the demo",
        "A synthetic shop with about 3,000 pool samples, precomputed features and finished runs. All functions work on "
        "it immediately and offline. To use your own data, see *Prepare / Dataset*.",
        route=routes.DATASET,
        label="Load your own data",
        demo=True,
    )
else:
    overview.show(_ref)
ways_in(demo=_ref is not None and _ref.name != state.DEMO)
jobs.workspace_jobs()
runs.show()
datasets()
