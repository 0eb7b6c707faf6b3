"""Validate / Proxy check: does POO predict test loss?"""

from __future__ import annotations

import streamlit as st

from pages._ui import blocks, cache, experiments, frame, need, routes
from pages._ui.proxy import form as proxy_form
from pages._ui.proxy import view as proxy_view

frame.begin("Proxy check", "Does a lower POO mean a lower test loss, beyond the effect of size?")
ref = need.dataset()
need.features(ref)
features = cache.features(ref)

has_norms, width = features.gradient_norms is not None, int(features.pool.values.shape[1])
folded = experiments.has_some(ref, routes.PROXY)
asked = proxy_form.form(ref, has_norms=has_norms, width=width, folded=folded)
if asked is not None:
    experiments.submit(asked)
    st.rerun()  # the bar above shows the job, too
experiments.live(
    ref,
    routes.PROXY,
    body=lambda experiment: proxy_view.show(experiment, ref),
    empty=lambda: blocks.empty_state(
        "No proxy check yet",
        "Press **Run** (Ctrl + Enter): coresets of several methods and sizes are selected, and a small model is "
        "trained on each and tested on samples that were not used in any earlier step. The page then shows how well "
        "POO ranks them, compared with size, its individual terms and other proxies. Results appear one by one.",
    ),
)
