"""Prepare / Features: what does the selector see?"""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.kinds import FEATURES
from pages._ui import blocks, cache, frame, jobs, need
from pages._ui.features import form as feature_form
from pages._ui.features import views as feature_views

frame.begin("Features", "Which features does the selection use, and are they plausible?")
ref = need.dataset()
busy = jobs.watch(FEATURES, dataset=ref.directory)
ready = cache.has_features(ref)

if ready:
    features = cache.features(ref)
    feature_views.origin(features)
    feature_views.norms(features)
    feature_views.neighbours(cache.dataset(ref), features)
elif not busy:
    blocks.empty_state(
        "This dataset has no features yet",
        "Choose an encoder and a source of gradient norms below. The defaults work offline. Estimated time and "
        "memory are shown before the computation starts.",
    )
with st.expander("Recompute features" if ready else "Compute features", expanded=not ready, icon=":material/memory:"):
    feature_form.computed(ref)
with st.expander("Upload precomputed features", icon=":material/upload:"):
    feature_form.precomputed(ref)
