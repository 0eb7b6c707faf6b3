"""The jobs panel: what runs, how far it is, Cancel; survives leaving the page and closing the browser."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core.errors import GoracsError
from pages._ui import blocks, guard, routes, state, text

if TYPE_CHECKING:
    from goracs_core.runs.job import Job
    from goracs_core.runs.queue import JobQueue

POLL_SECONDS = 1.0
RECENT_SECONDS = 15 * 60

_TITLES = {
    "prepare": "Prepare a dataset",
    "features": "Compute features",
    "select": "Select a coreset",
    "projection": "Lay out the map",
}


def queue() -> JobQueue:
    """The job queue of this workspace."""
    from goracs_core.runs.queue import JobQueue

    return JobQueue(state.workspace())


def submit(kind: str, spec: Mapping[str, Any]) -> int:
    """Queue a job and make sure that a worker is there to take it; returns its number."""
    from goracs_core.runs.job import JobKind
    from goracs_core.runs.worker import ensure_worker

    number = queue().submit(JobKind(kind), dict(spec))
    ensure_worker(state.workspace())
    return number


def listed() -> list[Job]:
    """Jobs worth showing: waiting or running, and what ended lately and was not dismissed; newest first."""
    dismissed = st.session_state.setdefault("dismissed_jobs", set())
    since = time.time() - RECENT_SECONDS
    return [
        job for job in queue().list()
        if job.active or (job.id not in dismissed and (job.finished or 0) > since)
    ]  # fmt: skip


def panel() -> None:
    """The panel itself, in the place where it is called; polls only while something waits or runs."""
    active = any(job.active for job in listed())
    st.fragment(_panel, run_every=POLL_SECONDS if active else None)(active)


@guard.guarded
def _panel(active_before: bool) -> None:
    jobs = listed()
    if active_before and not any(job.active for job in jobs):
        st.rerun()  # the whole page: it shows the result now, and the polling ends
    for job in jobs[:6]:
        with st.container(border=True, gap="xsmall"):
            _show(job)


def _show(job: Job) -> None:
    title = _TITLES.get(str(job.kind), str(job.kind))
    what = text.escape(text.shorten(str(job.spec.get("label", "")), 40))
    st.markdown(f"**{title}** {what}")
    if job.active:
        _show_active(job)
        return
    if job.state == "done":
        st.caption(f":material/check_circle: Done in {text.duration(job.elapsed)}")
        _result_link(job)
    elif job.state == "cancelled":
        st.caption(":material/cancel: Cancelled")
    else:
        blocks.error(GoracsError(job.error or f"the job ended as {job.state}"))
    st.button("Dismiss", key=f"dismiss_{job.id}", type="tertiary", on_click=_dismiss, args=(job.id,))


def _show_active(job: Job) -> None:
    if job.state == "queued":
        st.caption(":material/hourglass_empty: Waiting for the worker")
    else:
        counted = f" {job.done:,} of {job.total:,}" if job.total else ""
        stage = text.escape(job.stage or "Starting")
        if job.fraction is None:
            st.caption(f":material/autorenew: {stage}")
        else:
            st.progress(job.fraction, text=f"{stage}{counted}")
        eta = f" · about {text.duration(job.eta)} left in this stage" if job.eta is not None else ""
        st.caption(f"{text.duration(job.elapsed)} so far{eta}")
        if job.detail:
            st.caption(text.escape(job.detail))
    stopping = job.cancel_requested
    st.button(
        "Stopping …" if stopping else "Cancel",
        key=f"cancel_{job.id}", disabled=stopping, icon=":material/stop_circle:", on_click=_cancel, args=(job.id,),
    )  # fmt: skip


def _result_link(job: Job) -> None:
    result = job.result
    name = str(result.get("dataset") or job.spec.get("dataset") or "") or None
    if job.kind == "select" and result.get("run"):
        blocks.link(routes.RUN, "Open the result", run=str(result["run"]), dataset=name)
    elif job.kind == "prepare" and name:
        blocks.link(routes.DATASET, "Open the dataset", dataset=name, run=None)
    elif job.kind == "features" and name:
        blocks.link(routes.FEATURES, "Look at the features", dataset=name)
    elif job.kind == "projection":
        blocks.link(routes.EMBEDDING_MAP, "Open the map", dataset=name)


def _cancel(number: int) -> None:
    try:
        queue().cancel(number)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")


def _dismiss(number: int) -> None:
    st.session_state.setdefault("dismissed_jobs", set()).add(number)
