"""Select / Scalability: how long will it take on more data, and does it pay off?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from goracs_core.jobs.kinds import SCALABILITY
from goracs_core.jobs.scalability.store import ScalabilityStore
from goracs_core.methods.cost import Sizes
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
measured = store.list(features.fingerprint, ref.fingerprint, shipped=True)
own = tuple(one for one in measured if not store.is_shipped(one.id))

form, progress, result = blocks.form_and_result("New measurement", folded=bool(measured))
filled = None
if form is not None:
    with form:
        filled = scalability_form.form(ref, features, own)
    if filled.clicked and filled.asked is not None:
        jobs.submit(SCALABILITY, filled.asked.spec(ref))
        st.rerun()  # the bar above shows the job, too
with progress:
    busy = jobs.watch(SCALABILITY, dataset=ref.directory)

with result:
    if measured:
        record, target = scalability_pick.pick(store, measured, running=busy)
        found = scalability_view.extrapolation(record)
        if found is None:
            scalability_view.stages(record)
        else:
            scalability_view.verdict(record, found, target, pays=scalability_payoff.sentence(record, found))
            left, right = st.columns(2, gap="medium")
            with left:
                scalability_view.growth(record, found, target)
            with right:
                scalability_view.stages(record)
        parts: dict[str, Callable[[], None]] = {}
        if found is not None:
            parts["Growth of each stage"] = partial(scalability_view.growth_of_stages, record, found, target)
        parts["All runs"] = partial(scalability_tables.runs, record)
        scalability_payoff.show(record, found, target)
        blocks.tabs(parts, key="scalability_tab")
        blocks.provenance(*scalability_pick.provenance(store, record))
    elif filled is not None and filled.asked is not None:
        whole = Sizes(ref.counts["pool"], ref.counts["validation"], features.pool.values.shape[1])
        scalability_view.estimated(filled.asked.config, whole, scalability_pick.DEFAULT_TARGET)
