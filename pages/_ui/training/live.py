"""The loss curve of a training that runs, as far as it has come."""

from __future__ import annotations

import streamlit as st

from goracs_core.jobs.kinds import TRAIN
from goracs_core.jobs.queue.job import JobState
from pages._ui import blocks, guard, jobs, state, text
from pages._ui.state import DatasetRef

LOOK_SECONDS = 2.0


def watch(ref: DatasetRef) -> bool:
    """The waiting or running trainings on this data with their curves; whether there are any."""
    busy = jobs.watch(TRAIN, dataset=ref.directory)
    if busy:
        st.fragment(_curve, run_every=LOOK_SECONDS)(ref)
    return busy


@guard.guarded
def _curve(ref: DatasetRef) -> None:
    from goracs_core.charts.training import loss_curve
    from goracs_core.jobs.train.job import curve_id, read_curve

    for job in jobs.active(TRAIN, dataset=ref.directory):
        if job.state is not JobState.RUNNING:
            continue
        log = read_curve(state.workspace(), curve_id(job.spec))
        if log is None or not log.epochs:
            st.caption("The curve begins with the first step.")
            continue
        epochs = len(log.epochs) - 1
        blocks.chart(
            loss_curve({"this training": log}), key=f"live_curve_{job.id}",
            alt=f"Training and validation loss so far, after {epochs} epochs.",
            note=f"{epochs} epoch{'s' if epochs != 1 else ''} done · {log.tokens:,} tokens · "
            f"{text.duration(log.seconds)}. Which epoch is kept, and the test, come when it is over.",
        )  # fmt: skip
