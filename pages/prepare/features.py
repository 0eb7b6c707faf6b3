"""Prepare / Features: what does the selector see?"""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.kinds import FEATURES
from pages._ui import blocks, cache, frame, jobs, need, samples
from pages._ui.features import form as feature_form
from pages._ui.features import views as feature_views

frame.begin("Features", "Which features does the selection use, and are they plausible?")
ref = need.dataset()
ready = cache.has_features(ref)
seen = samples.view(ref, need.opened_run(ref)) if ready else None
if seen is not None:
    feature_views.verdict(seen)

result, side = st.columns([2.8, 1] if ready else [1, 1], gap="medium")
with side:
    title = "Recompute features" if ready else "Compute features"
    with st.expander(title, expanded=not ready, icon=":material/memory:"):
        feature_form.computed(ref)
    busy = jobs.watch(FEATURES, dataset=ref.directory)
    with st.expander("Upload features", icon=":material/upload:"):
        feature_form.precomputed(ref)
    if seen is not None:
        feature_views.origin(seen.features)
with result:
    if seen is not None:
        feature_views.norms(seen)
        feature_views.neighbours(seen)
    elif not busy:
        blocks.empty_state(
            "This dataset has no features yet",
            "Choose an encoder and a source of gradient norms. The defaults work offline. Estimated time and memory "
            "are shown before the computation starts.",
        )
