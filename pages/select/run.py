"""Select / Run: give me a coreset."""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.kinds import SELECT
from goracs_core.jobs.weights import has_times
from goracs_core.methods import config_to_dict
from pages._ui import blocks, cache, controls, estimates, frame, jobs, need, state
from pages._ui.run import results

frame.begin(
    "Run", "Which samples of a given number cover the validation set best, and how close to optimal is the selection?"
)
ref = need.dataset()
need.features(ref)
features = cache.features(ref)

with st.container(border=True):
    config = controls.selection_form(
        num_pool=ref.counts["pool"], has_norms=features.gradient_norms is not None, has_labels=ref.task == "ctr"
    )
    half_life = controls.half_life(has_times(cache.dataset(ref)))
    too_large = controls.too_large(config, ref.counts["pool"])
    estimate = estimates.selection(ref, config, cache.runs(ref.fingerprint), width=features.pool.values.shape[1])
    with st.container(horizontal=True, vertical_alignment="center"):
        run_clicked = st.button(
            "Run",
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Ctrl+Enter",
            key="run",
            disabled=too_large or not estimate.fits,
        )
        st.button(
            "Reset to defaults",
            icon=":material/restart_alt:",
            type="tertiary",
            on_click=controls.reset,
            args=(ref.counts["pool"],),
            key="reset",
        )
        st.caption(estimate.sentence, width="stretch")
    if not estimate.fits:
        st.warning(
            "This needs more memory than is available. Prepare the data with a smaller pool or validation sample "
            "(Prepare / Dataset), or close other programs.",
            icon=":material/memory:",
        )

if run_clicked:
    spec = {"dataset": str(ref.directory), "config": config_to_dict(config)}
    jobs.submit(SELECT, spec if half_life is None else spec | {"half_life": half_life})
    st.rerun()  # the sidebar above lists the job, too
busy = jobs.watch(SELECT, dataset=ref.directory)

if state.run_id() is None:
    if not busy:
        finished = cache.runs(ref.fingerprint)
        blocks.empty_state(
            "No coreset yet" if not finished else "No coreset is open",
            "Press **Run** (Ctrl + Enter). The default settings are a good start."
            if not finished
            else "Press **Run** to start a new one (Ctrl + Enter), or open a completed run in the sidebar.",
        )
else:
    results.show(need.run(ref), ref)
