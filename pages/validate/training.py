"""Validate / Training: what does a recommender learn from the coreset?"""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.kinds import TRAIN
from pages._ui import blocks, cache, frame, guard, jobs, need, routes, state, training_pick
from pages._ui.training import files as training_files
from pages._ui.training import form as training_form
from pages._ui.training import landscape as landscape_section
from pages._ui.training import samples as training_samples
from pages._ui.training import view as training_view

frame.begin("Training", "What does a recommender learn from the coreset?")
ref = need.dataset()
run = next((one for one in cache.runs(ref.fingerprint) if one.id == state.run_id() and not one.damaged), None)
kept = training_pick.store().list(ref.fingerprint)

if not ref.counts["test"]:
    blocks.empty_state(
        "This dataset has no test samples",
        "Trainings are tested on samples that were not used in any earlier step. Prepare the dataset with a test share "
        "above 0.",
        route=routes.DATASET,
        label="Prepare a dataset",
    )
    raise guard.PageEnds

spec = training_form.form(ref, run, kept)
if spec is not None:
    jobs.submit(TRAIN, spec)
    st.rerun()  # the bar above shows the job, too
if run is None:
    st.caption(
        "No run is open, so only training on the whole pool is available. Open one in the bar above, or select one:"
    )
    blocks.link(routes.RUN, "Select a coreset")
busy = training_view.watch(ref)

if not kept:
    if not busy:
        blocks.empty_state(
            "No training yet",
            "Press **Train and test** (Ctrl + Enter): the recommender is trained on the selected samples in the "
            "background and tested before and after training. The loss curve is updated during training.",
        )
    landscape_section.show(ref, run)
    raise guard.PageEnds

training, second = training_pick.pick(ref, kept)
if training is not None:
    training_view.figures(training)
    st.subheader("Loss curve", anchor=False)
    training_view.course(training, second)
    if training.tested.choices is not None:
        st.subheader("Answer quality", anchor=False)
        training_view.choices(training, training.tested.choices)
    else:
        st.subheader("Ranking quality", anchor=False)
        training_view.rankings(training, ref)
    st.subheader("Sample answers", anchor=False)
    training_samples.examples(training, ref)
    popularity, files, everything = st.tabs(["Loss by popularity", "Export", "All trainings"])
    with popularity:
        training_samples.bands(training, ref)
    with files:
        training_files.export(training, ref)
    with everything:
        training_pick.table(ref, kept)
    training_files.provenance(training, ref)
landscape_section.show(ref, run)
