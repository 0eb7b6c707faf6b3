"""Validate / Proxy check: does POO predict test loss?"""

from __future__ import annotations

import streamlit as st

from pages._ui import blocks, cache, experiments, frame, need, routes
from pages._ui.proxy import form as proxy_form
from pages._ui.proxy import view as proxy_view

frame.begin("Proxy check", "Does a lower POO mean a lower test loss, and more than size alone would?")
ref = need.dataset()
need.features(ref)
features = cache.features(ref)

asked = proxy_form.form(ref, has_norms=features.gradient_norms is not None, width=int(features.pool.values.shape[1]))
if asked is not None:
    experiments.submit(asked)
    st.rerun()  # the sidebar above lists the job, too
experiments.live(
    ref,
    routes.PROXY,
    body=lambda experiment: proxy_view.show(experiment, ref),
    empty=lambda: blocks.empty_state(
        "Nothing is checked yet",
        "Press **Run** (Ctrl + Enter): coresets of several methods and sizes are chosen, a small model is trained on "
        "each and tested on samples that no choice has seen. Then this page says how well POO orders them, against "
        "size, its terms alone and other proxies. Results appear one by one.",
    ),
)
