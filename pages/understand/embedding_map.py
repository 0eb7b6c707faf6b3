"""Understand / Embedding map: which samples does the coreset cover?"""

from __future__ import annotations

import streamlit as st

from pages._ui import blocks, cache, frame, map_colors, need, routes, samples, second_run, state, widgets
from pages._ui.map import view as map_view
from pages._ui.widgets import LINKED

frame.begin("Embedding map", "Which samples does the coreset cover, and which does it not?")
ref = need.dataset()
need.features(ref)
run = need.run(ref) if state.run_id() is not None else None
seen = samples.view(ref, run)
if run is None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info("No coreset is open: the map shows pool and validation samples only.", icon=":material/info:")
        blocks.link(routes.RUN, "Select a coreset" if not cache.runs(ref.fingerprint) else "Open or select a coreset")

first, middle, last, search = st.columns([2.9, 2.3, 2.4, 2.4])
with first:
    place = map_view.choose_projection(seen)
with last:
    second = second_run.picker(ref, run) if run is not None else None
with middle:
    color = map_colors.picker(seen, second)
with search:
    help_ = "Marks matching samples with a star and lists them below."
    query = widgets.line("Find", key="find", placeholder="Title or sample id", help=help_, **LINKED)
if place is None:
    place = map_view.await_umap(seen)
help_ = f"The {map_view.FLOWS} largest flows of the transport plan, from validation sample to selected sample."
flows = run is not None and st.toggle("Arrows: transport flows", key="flows", help=help_, **LINKED)
found, num_found = samples.find(seen, query)
map_view.figure(seen, second, place, color=color, flows=flows, found=found)
map_view.details(seen, found, num_found)
