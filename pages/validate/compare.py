"""Validate / Compare: which method wins, and is it luck?"""

from __future__ import annotations

import streamlit as st

from pages._ui import blocks, cache, experiments, frame, need, routes
from pages._ui.compare import form as compare_form
from pages._ui.compare import view as compare_view

frame.begin("Compare", "Which method gives the better recommender, and is it luck?")
ref = need.dataset()
need.features(ref)
features = cache.features(ref)

asked = compare_form.form(ref, has_norms=features.gradient_norms is not None, width=int(features.pool.values.shape[1]))
if asked is not None:
    experiments.submit(asked)
    st.rerun()  # the sidebar above lists the job, too
experiments.live(
    ref,
    routes.COMPARE,
    body=lambda experiment: compare_view.show(experiment, ref),
    empty=lambda: blocks.empty_state(
        "Nothing is compared yet",
        "Press **Run** (Ctrl + Enter): each method chooses coresets, a small recommender is trained on each with "
        "several seeds and tested on samples that no choice has seen. Then this page says which method beats random, "
        "which does not, and where nobody can tell. Results appear one by one.",
    ),
)
