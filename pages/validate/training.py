"""Validate / Training: what does a recommender learn from the coreset?"""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.kinds import TRAIN
from pages._ui import blocks, cache, frame, guard, jobs, need, routes, state, training_pick
from pages._ui.training import details as training_details
from pages._ui.training import files as training_files
from pages._ui.training import first as training_first
from pages._ui.training import form as training_form
from pages._ui.training import landscape as landscape_section
from pages._ui.training import view as training_view

frame.begin("Training", "What does a recommender learn from the coreset?")
ref = need.dataset()
run = next((one for one in cache.runs(ref.fingerprint) if one.id == state.run_id() and not one.damaged), None)
kept = training_pick.store().list(ref.fingerprint, shipped=True)

if not ref.counts["test"]:
    blocks.empty_state(
        "This dataset has no test samples",
        "Trainings are tested on held-out samples. Prepare the dataset with a test share above 0.",
        route=routes.DATASET,
        label="Prepare a dataset",
    )
    raise guard.PageEnds

form, progress, result = blocks.form_and_result("New training", folded=bool(kept))
filled = None
if form is not None:
    with form:
        filled = training_form.form(ref, run)
    if filled.spec is not None:
        jobs.submit(TRAIN, filled.spec)
        st.rerun()  # the bar above shows the job, too
with progress:
    busy = training_view.watch(ref)

with result:
    if kept:
        training, second = training_pick.pick(ref, kept)
        if run is not None and run.id not in {one.run for one in kept} and not busy:
            st.caption("The open run has no training yet; **New training** makes one.")
        if training is not None:
            training_first.show(training, second, kept, ref)
            training_details.show(training, kept, ref)
            training_files.provenance(training, ref)
    elif filled is not None and not busy:
        training_form.preview(filled.estimate, ref)
landscape_section.show(ref, run)
