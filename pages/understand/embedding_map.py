"""Understand / Embedding map: which samples does the coreset cover?"""

from __future__ import annotations

import streamlit as st

from pages._ui import blocks, cache, frame, need, routes, samples, second_run, state
from pages._ui.map import view as map_view

frame.begin("Embedding map", "Which samples does the coreset cover, and which does it not?")
ref = need.dataset()
need.features(ref)
run = need.run(ref) if state.run_id() is not None else None
seen = samples.view(ref, run)
if run is None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info("No coreset is open: the map shows pool and validation samples only.", icon=":material/info:")
        blocks.link(routes.RUN, "Select a coreset" if not cache.runs(ref.fingerprint) else "Open or select a coreset")

with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="map_controls"):
    place = map_view.choose_projection(seen)
    second = second_run.picker(ref, run, label_visibility="collapsed", width=260) if run is not None else None
if place is None:
    place = map_view.await_umap(seen)
map_view.show(seen, second, place)
