"""Select / Scalability: how long will it take on more data, and does it pay off?"""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.kinds import SCALABILITY
from goracs_core.jobs.scalability.store import ScalabilityStore
from pages._ui import blocks, cache, frame, jobs, need, state
from pages._ui.scalability import form as scalability_form
from pages._ui.scalability import payoff as scalability_payoff
from pages._ui.scalability import pick as scalability_pick
from pages._ui.scalability import tables as scalability_tables
from pages._ui.scalability import view as scalability_view

frame.begin("Scalability", "How long does a selection take on more data, and when does it pay off?")
ref = need.dataset()
need.features(ref)
features = cache.features(ref)
store = ScalabilityStore(state.workspace())
measured = store.list(features.fingerprint, ref.fingerprint)

asked = scalability_form.form(ref, features, measured)
if asked is not None:
    jobs.submit(SCALABILITY, asked.spec(ref))
    st.rerun()  # the bar above shows the job, too
busy = jobs.watch(SCALABILITY, dataset=ref.directory)

if not measured:
    if not busy:
        blocks.empty_state(
            "No measurement yet",
            "Press **Measure** (Ctrl + Enter): selections on pool samples of increasing size are timed on this "
            "machine, followed by a few training steps. The page then shows how the time grows and extrapolates it "
            "to more data.",
        )
else:
    record, target = scalability_pick.pick(store, measured, running=busy)
    found = scalability_view.extrapolation(record)
    if found is not None:
        scalability_view.words(record, found, target)
    st.subheader("Time per stage", anchor=False)
    scalability_view.stages(record)
    if found is not None:
        st.subheader("Growth with size", anchor=False)
        scalability_view.growth(record, found, target)
    scalability_payoff.show(record, found, target)
    st.subheader("All runs", anchor=False)
    scalability_tables.runs(record)
    blocks.provenance(*scalability_pick.provenance(record))
