"""Prepare / Dataset: what is in my data?"""

from __future__ import annotations

import streamlit as st

from goracs_core.data.loaders.registry import known_layouts
from goracs_core.jobs.kinds import DERIVE, PREPARE
from pages._ui import blocks, cache, frame, guard, jobs, routes, state, text
from pages._ui.dataset import contents, derive_form, loading

LOOK, LOAD = "Contents", "Load data"

frame.begin("Dataset", "What do the data contain, and what does the language model read?")
ref = state.dataset()
jobs.watch(DERIVE)
jobs.open_done(PREPARE)

if ref is None:
    blocks.empty_state("No dataset is open", "Open the demo with one click, or load your own data below.", demo=True)
    view = LOAD
else:
    if st.session_state.get("dataset_view_for") != ref.name:  # another dataset was opened: show it
        st.session_state["dataset_view_for"] = ref.name
        st.session_state["dataset_view"] = LOOK
    view = st.segmented_control("View", [LOOK, LOAD], required=True, key="dataset_view", label_visibility="collapsed")

if view == LOAD:
    st.subheader("Load your own data", anchor=False)
    st.markdown(
        f"Supported formats: {text.escape(known_layouts())}. Large data can be subsampled, stratified and with a seed; "
        "every page then shows a note."
    )
    with guard.sentences("The data"):
        found = loading.source()
        if found is None:
            jobs.watch(PREPARE)
        else:
            path, uploaded = found
            loading.options(path, uploaded=uploaded)
elif ref is not None:
    jobs.watch(PREPARE)
    contents.overview(ref)
    contents.figures(ref)
    contents.report(ref)
    derive_form.show(ref)
    contents.samples(ref)
    if not cache.has_features(ref):
        blocks.empty_state(
            "Next: features",
            "Selection requires embeddings and gradient norms of these samples.",
            route=routes.FEATURES,
            label="Compute features",
        )
