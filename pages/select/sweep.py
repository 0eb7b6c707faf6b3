"""Select / Sweep: what do λ and the budget do?"""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.kinds import SWEEP
from goracs_core.jobs.sweep.store import sweep_id
from pages._ui import blocks, cache, frame, guard, jobs, need, widgets
from pages._ui.state import DatasetRef
from pages._ui.sweep import data as sweep_data
from pages._ui.sweep import files as sweep_files
from pages._ui.sweep import form as sweep_form
from pages._ui.sweep import view as sweep_view

LOOK_SECONDS = 3.0  # between two looks at the points of a sweep that runs


@guard.guarded
def results(ref: DatasetRef, busy: bool) -> None:
    """The open sweep; a fragment, so that points appear while the rest of the page stands still."""
    record = sweep_data.opened(ref, waiting=busy)
    if record is not None:
        sweep_view.show(record, ref)
    elif not busy:
        blocks.empty_state(
            "No sweep yet",
            "Press **Run** (Ctrl + Enter) to compute one coreset for each pair of λ and budget, each with a warm "
            "start from its neighbor. Results appear point by point. You can leave the page, or cancel and keep the "
            "completed points.",
        )


frame.begin("Sweep", "How do λ and the budget affect the coreset, and how stable is the selection?")
sweep_files.follow_click()
ref = need.dataset()
need.features(ref)
features = cache.features(ref)

there = sweep_data.any_there(ref)
asking = any(name.startswith("sweep_") for name in st.query_params)  # a link that carries options of the form
place = blocks.form_place("New sweep", folded=there and not asking)
if place is not None:
    with place:
        asked = sweep_form.form(ref, has_norms=features.gradient_norms is not None, width=features.pool.values.shape[1])
        fits = asked is not None and asked.estimate.fits
        sentence = "" if asked is None else asked.estimate.sentence
        clicked = widgets.start("Run", sentence, key="run_sweep", icon=":material/play_arrow:", disabled=not fits)
        widgets.memory_warning(
            asked is None or fits,
            "Use smaller budgets, prepare the data with a smaller pool or validation set (Prepare / Dataset), or close "
            "other programs.",
        )
    if clicked and asked is not None:
        sweep_data.PICKER.open(sweep_id(asked.spec))
        jobs.submit(SWEEP, asked.spec)
        st.rerun()  # the bar above shows the job, too
busy = jobs.watch(SWEEP, dataset=ref.directory)

st.fragment(results, run_every=LOOK_SECONDS if busy else None)(ref, busy)
