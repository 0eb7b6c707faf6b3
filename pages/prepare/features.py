"""Prepare / Features: what does the selector see?"""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.queue.job import JobKind
from pages._ui import blocks, cache, frame, jobs, need
from pages._ui.features import form as feature_form
from pages._ui.features import views as feature_views

frame.begin("Features", "What does the selector see of each sample, and does it look right?")
ref = need.dataset()
busy = jobs.watch(JobKind.FEATURES, dataset=ref.directory)
ready = cache.has_features(ref)

if ready:
    features = cache.features(ref)
    feature_views.origin(features)
    feature_views.norms(features)
    feature_views.neighbours(cache.dataset(ref), features)
elif not busy:
    blocks.empty_state(
        "This dataset has no features yet",
        "Choose an encoder and a source of gradient norms below; the defaults need no internet. "
        "Time and memory are told before anything starts.",
    )
with st.expander("Compute them again" if ready else "Compute features", expanded=not ready, icon=":material/memory:"):
    feature_form.computed(ref)
with st.expander("Upload precomputed ones", icon=":material/upload:"):
    feature_form.precomputed(ref)
