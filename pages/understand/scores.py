"""Understand / Scores: which scores determined the selection?"""

from __future__ import annotations

import streamlit as st

from goracs_core.methods import method_of
from pages._ui import blocks, cache, frame, guard, methods, need, routes, samples, second_run, text
from pages._ui.score_words import columns, name, words
from pages._ui.scores import contributions as scores_contributions
from pages._ui.scores import details as scores_details
from pages._ui.scores import making as scores_making
from pages._ui.scores import view as scores_view
from pages._ui.widgets import LINKED

frame.begin("Scores", "Which scores determined the selection, and how are the selected samples distributed over them?")
ref = need.dataset()
need.features(ref)
run = need.run(ref)
trace = run.selection.scores
method = method_of(run.config)

if trace is None and method.by_objective:
    scores_contributions.show(samples.view(ref, run), run)
    st.caption(f"{method.decided} It looks at {method.looks_at}; no score of a single sample is used.")
    with st.container(horizontal=True):
        blocks.link(routes.EMBEDDING_MAP, "Show the samples on the map")
        blocks.link(routes.TRANSPORT_PLAN, "Show the transport plan")
        blocks.link(routes.RUN, "Select by DEALRec", method="dealrec")
    raise guard.PageEnds
if trace is None:
    blocks.empty_state(f"{method.label} does not use scores", f"{method.decided} It looks at {method.looks_at}.")
    with st.container(horizontal=True, horizontal_alignment="center"):
        blocks.link(routes.EMBEDDING_MAP, "Show the samples on the map")
        blocks.link(routes.TRANSPORT_PLAN, "Show the transport plan")
        scored = [one for one in cache.runs(ref.fingerprint) if methods.ranks_by_scores(one.config or {})]
        if scored:
            blocks.link(routes.SCORES, f"Open {text.shorten(scored[0].name, 40)}", run=scored[0].id)
        else:
            blocks.link(routes.RUN, "Select by DEALRec", method="dealrec")
    raise guard.PageEnds

seen = samples.view(ref, run)
bands_of, second_of = st.columns([3, 2])
with second_of:
    second = second_run.picker(ref, run)
with bands_of:
    bands = scores_view.pick_bands(seen, run, trace)
    st.markdown(f"Ranked by **{name(trace.ranked_by)}**. {method.decided}", help=words(trace.ranked_by).help)
scores_view.figures(run, bands)

st.subheader("The ranking score", anchor=False)
scores_view.histogram(run, second, trace, bands)
if bands.num_strata:
    icon = ":material/table:"
    blocks.folded(lambda: scores_view.strata(run, bands), label="Strata", key="strata", icon=icon)

st.subheader("Score against score", anchor=False)
offered = columns(seen, trace, second)
across, up, coloring, scale = st.columns([3, 3, 3, 2], vertical_alignment="bottom")
axes = scores_view.axis_pickers(offered, trace, across, up)
with coloring:
    color = scores_view.color_picker(trace, second, offered)
help_ = (
    "Scale each score from its minimum (0) to its maximum (1), as DEALRec does before adding them. Hover texts show "
    "the original values. Popularity keeps its logarithmic axis."
)
scaled = scale.toggle("0 to 1", True, key="scores_scaled", help=help_, **LINKED)
scores_view.scatter(seen, second, axes=axes, color=color, scaled=scaled)
scores_details.details(seen, trace, second)

st.subheader("How the scores were computed", anchor=False)
scores_making.show(seen, trace)
if second is not None and second.selection.scores is None:
    st.caption("The second run does not use scores; only its selected samples are shown.")
blocks.provenance(f"Scores of all {seen.num_pool:,} pool samples are stored with the run, independently of the cache.")
