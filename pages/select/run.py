"""Select / Run: give me a coreset."""

from __future__ import annotations

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.kinds import SELECT
from goracs_core.jobs.weights import has_times
from goracs_core.methods import config_to_dict
from pages._ui import blocks, cache, controls, estimates, frame, guard, jobs, need, state, widgets
from pages._ui.run import results

frame.begin(
    "Run", "Which samples of a given number cover the validation set best, and how close to optimal is the selection?"
)
ref = need.dataset()
need.features(ref)
features = cache.features(ref)
num_pool = ref.counts["pool"]
finished = cache.runs(ref.fingerprint)
run = need.opened_run(ref)
if run is not None:
    controls.fill(run, num_pool=num_pool)

config, half_life, estimate = None, None, None
left, right = st.columns([1, 2.8], gap="medium")
with left.container(border=True, key="run_form"):
    try:
        config, half_life = controls.selection_form(
            num_pool=num_pool,
            has_norms=features.gradient_norms is not None,
            has_labels=ref.task == "ctr",
            has_times=has_times(cache.dataset(ref)),
        )
        estimate = estimates.selection(ref, config, finished, width=features.pool.values.shape[1])
    except GoracsError as error:
        guard.error(error)
    fits = estimate is not None and estimate.fits
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button(
            "Run", type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter", key="run", disabled=not fits
        )
        icon = ":material/restart_alt:"
    with st.container(horizontal=True, vertical_alignment="center"):
        undo = {"on_click": controls.undo, "disabled": not controls.can_undo(), "help": "Undoes the last change."}
        st.button("Undo", icon=":material/undo:", type="tertiary", key="undo", **undo)
        st.button("Reset", icon=icon, type="tertiary", on_click=controls.reset, args=(num_pool,), key="reset")
    if estimate is not None:
        st.caption(estimate.sentence)
    widgets.memory_warning(
        estimate is None or fits,
        "Prepare the data with a smaller pool or validation set (Prepare / Dataset), or close other programs.",
    )
    if clicked and config is not None:
        spec = {"dataset": str(ref.directory), "config": config_to_dict(config)}
        jobs.submit(SELECT, spec if half_life is None else spec | {"half_life": half_life})
        st.rerun()  # the bar above shows the job, too
    busy = jobs.watch(SELECT, dataset=ref.directory)

with right:
    if state.run_id() is not None:
        run = need.run(ref)
        results.show(run, ref, () if config is None else controls.changed(run, config, half_life))
    elif not busy:
        title = "No coreset is open" if finished else "No coreset yet"
        again = "Press **Run** to select a new one (Ctrl + Enter), or open a completed run in the bar at the top."
        first = "Press **Run** (Ctrl + Enter). The default settings are a good start."
        blocks.empty_state(title, again if finished else first)
