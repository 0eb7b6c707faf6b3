"""Validate / Compare: which method is best, and is the difference significant?"""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.experiment.record import Experiment
from pages._ui import blocks, cache, experiments, frame, need, routes
from pages._ui.compare import form as compare_form
from pages._ui.compare import own
from pages._ui.compare import view as compare_view

VIEWS = {"leaderboard": compare_view.show, "shift": compare_view.show}


def body(experiment: Experiment) -> None:
    """The view of the experiment's kind; sentences and table for a kind without one."""
    view = VIEWS.get(experiment.kind)
    if view is None:
        experiments.plain_view(experiment)
    else:
        view(experiment, ref)


frame.begin("Compare", "Which method gives the better recommender, and is the difference significant?")
ref = need.dataset()
need.features(ref)
row = st.container(horizontal=True)
with row:
    view = own.view()
if view == own.RUNS:
    own.show(ref, place=row)
else:
    features = cache.features(ref)

    has_norms, width = features.gradient_norms is not None, int(features.pool.values.shape[1])
    folded = experiments.has_some(ref, routes.COMPARE)
    with row if folded else st.container():
        asked = compare_form.form(ref, has_norms=has_norms, width=width, folded=folded)
    if asked is not None:
        experiments.submit(asked)
        st.rerun()  # the bar above shows the job, too
    experiments.live(
        ref,
        routes.COMPARE,
        body=body,
        empty=lambda: blocks.empty_state(
            "No comparison yet",
            "Press **Run** (Ctrl + Enter): each method selects coresets, a small recommender is trained on each with "
            "several seeds, and all are tested on samples that were not used in any earlier step. The page then "
            "shows which methods are better than random and which differences are not significant. Results appear "
            "one by one.",
        ),
    )
