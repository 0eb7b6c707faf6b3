"""Jobs on the page: what runs, how far it is, Cancel; found again after leaving the page or closing the browser."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.experiment.kinds import KINDS
from goracs_core.jobs.queue.job import Job, JobKind, JobState
from goracs_core.jobs.queue.launch import ensure_worker
from goracs_core.jobs.queue.queue import JobQueue
from pages._ui import blocks, cache, guard, methods, proof, routes, state, text, uploads

POLL_SECONDS = 1.0
RECENT_SECONDS = 15 * 60
MAX_LISTED = 6

_TITLES = {
    JobKind.PREPARE: "Prepare a dataset",
    JobKind.FEATURES: "Compute features",
    JobKind.SELECT: "Select a coreset",
    JobKind.SWEEP: "Sweep λ and budgets",
    JobKind.SCALABILITY: "Measure the times",
    JobKind.PROJECTION: "Lay out the map",
    JobKind.TRAIN: "Train and test",
    JobKind.EXPERIMENT: "Experiment",
    JobKind.LANDSCAPE: "Look at the loss landscape",
}
# What a cancelled job leaves behind.
_KEPT = {
    JobKind.SWEEP: "What was solved by then is kept",
    JobKind.SCALABILITY: "What was measured by then is kept",
    JobKind.TRAIN: "Training goes on after its last finished epoch when it is asked for again",
    JobKind.EXPERIMENT: "What was trained by then is kept",
}


def title(job: Job) -> str:
    """What a job does, and to what, so that two of one kind can be told apart."""
    config = job.spec.get("config")
    if job.kind is JobKind.SELECT and isinstance(config, Mapping):
        named = f"{methods.method_name(config)}, k {config.get('budget')}"
    elif job.kind is JobKind.EXPERIMENT:
        asked = KINDS.get(str(job.spec.get("kind")))
        named = "" if asked is None else f"{asked.question[0].lower()}{asked.question[1:]}"
    elif job.kind in (JobKind.TRAIN, JobKind.LANDSCAPE):
        named = "the whole pool" if job.spec.get("whole_pool") else _run_name(str(job.spec.get("run", "")))
    else:
        named = ""
    return f"{_TITLES[job.kind]}: {text.escape(named)}" if named else _TITLES[job.kind]


def _run_name(run: str) -> str:
    """What a run is called; its id where it was deleted."""
    return text.shorten(next((one.name for one in cache.runs() if one.id == run), run), 60)


def queue() -> JobQueue:
    """The job queue of this workspace."""
    return JobQueue(state.workspace())


def submit(kind: JobKind, spec: Mapping[str, Any]) -> int:
    """Queue a job and make sure that a worker is there to take it; returns its number.

    The page that watches it (see `watch`) opens its result when it is done.
    """
    number = queue().submit(kind, dict(spec))
    ensure_worker(state.workspace())
    _awaited().clear()  # what ended before is old news now
    _awaited().add(number)
    return number


def listed() -> list[Job]:
    """Jobs worth showing: waiting or running, and what ended lately and was not dismissed; newest first."""
    since = time.time() - RECENT_SECONDS
    dismissed = st.session_state.setdefault("dismissed_jobs", set())
    jobs = [job for job in queue().list() if job.active or (job.finished or 0) > since]
    return [job for job in jobs if job.active or job.id not in dismissed][:MAX_LISTED]


def panel() -> None:
    """All jobs, small; for the sidebar. Polls only while something waits or runs."""
    _delete_used_uploads()
    some = any(job.active for job in listed())
    st.fragment(_panel, run_every=POLL_SECONDS if some else None)(some)


def _delete_used_uploads() -> None:
    """Uploads go as soon as their job has ended, however it ended and whoever submitted it."""
    for job in queue().list():
        if not job.active and job.spec.get("delete_upload"):
            uploads.discard(Path(str(job.spec["source"])), state.workspace())


@guard.guarded
def _panel(active_before: bool) -> None:
    jobs = listed()
    if active_before and not any(job.active for job in jobs):
        st.rerun()  # the whole page: it shows the result now, and the polling ends
    for job in jobs:
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**{title(job)}**")
            _dataset_caption(job)
            if job.active:
                _progress(job)
                _cancel_button(job, "panel")
            else:
                _ended(job)


def watch(kind: JobKind, *, dataset: Path | None = None, only: frozenset[str] | None = None) -> bool:
    """The waiting or running jobs of one kind (on one dataset), large; for the page that started them.

    When one that this session submitted or watched here is done, its result is opened.

    Args:
        kind: What they do.
        dataset: Folder of the dataset.
        only: Values of the spec's "kind", of experiments: other ones belong to another page.

    Returns:
        Whether something waits or runs.
    """
    jobs = _matching(kind, dataset, only)
    if any(job.state is JobState.DONE for job in jobs if job.id in _awaited()):
        _open_results(jobs)
        st.rerun()
    going_on = [job for job in jobs if job.active]
    _awaited().update(job.id for job in going_on)  # whoever watches it wants the result, also after a reload
    if going_on:
        st.fragment(_watch, run_every=POLL_SECONDS)(kind, dataset, only)
    for job in jobs:
        if job.id in _awaited() and not job.active:
            _failure(job)
    return bool(going_on)


@guard.guarded
def _watch(kind: JobKind, dataset: Path | None, only: frozenset[str] | None) -> None:
    jobs = active(kind, dataset=dataset, only=only)
    if not jobs:
        st.rerun()
    for job in jobs:
        with st.container(border=True):
            st.markdown(f"**{title(job)}** · job {job.id}")
            with st.container(gap="xsmall"):  # whatever it holds, the chart keeps its place and does not flicker
                _progress(job)
            with st.container():
                proof.live(job)
            _cancel_button(job, "page")


def active(kind: JobKind, *, dataset: Path | None = None, only: frozenset[str] | None = None) -> list[Job]:
    """The jobs that `watch` would show, without showing them."""
    return [job for job in _matching(kind, dataset, only) if job.active]


def _matching(kind: JobKind, dataset: Path | None, only: frozenset[str] | None) -> list[Job]:
    jobs = [job for job in queue().list() if job.kind == kind and (only is None or job.spec.get("kind") in only)]
    return [job for job in jobs if dataset is None or Path(str(job.spec.get("dataset", ""))) == dataset]


def _open_results(jobs: list[Job]) -> None:
    for job in jobs:
        if job.state is JobState.DONE and job.id in _awaited():
            _awaited().discard(job.id)
            st.session_state.setdefault("dismissed_jobs", set()).add(job.id)
            dataset, run = _result(job)
            if job.kind is JobKind.SELECT:
                reused = " It was computed before, so it was there at once." if job.result.get("reused") else ""
                st.toast(f"The coreset is ready.{reused}", icon=":material/check_circle:")
                state.set_run(run, dataset)
            elif job.kind is JobKind.SWEEP:
                st.toast("The sweep is done.", icon=":material/check_circle:")
            elif job.kind is JobKind.SCALABILITY:
                st.toast("The times are measured.", icon=":material/check_circle:")
            elif job.kind is JobKind.EXPERIMENT:
                reused = " It was made before, so it was there at once." if job.result.get("reused") else ""
                st.toast(f"The experiment is done.{reused}", icon=":material/check_circle:")
            elif job.kind is JobKind.TRAIN:
                reused = " It was trained before, so it was there at once." if job.result.get("reused") else ""
                st.toast(f"Trained and tested.{reused}", icon=":material/check_circle:")
            elif job.kind is JobKind.LANDSCAPE:
                st.toast("The loss landscape is measured.", icon=":material/check_circle:")
            elif dataset is not None:
                state.set_dataset(dataset)


def _failure(job: Job) -> None:
    """How a job of this session ended without a result; stays until the next one is submitted."""
    if job.state is JobState.CANCELLED:
        kept = _KEPT.get(job.kind, "Nothing was kept of it")
        st.info(f"Cancelled. {kept}.", icon=":material/cancel:")
    elif job.state is not JobState.DONE:
        blocks.error(GoracsError(job.error or f"the job ended as {job.state}"))


def _dataset_caption(job: Job) -> None:
    named = job.spec.get("dataset") or job.spec.get("output")
    if named:
        st.caption(text.escape(text.shorten(Path(str(named)).name, 40)))


def _progress(job: Job) -> None:
    """Stage, bar, elapsed and remaining time."""
    if job.state is JobState.QUEUED:
        st.progress(0.0, text="Waiting for the worker")
    else:
        counted = f" · {job.done:,} of {job.total:,}" if job.total > 1 else ""
        stage = text.escape((job.stage[:1].upper() + job.stage[1:]) or "Starting")
        st.progress(job.fraction or 0.0, text=f"{stage}{counted}")
        left = f" · about {text.duration(job.eta)} left in this stage" if job.eta is not None and job.eta >= 1 else ""
        st.caption(f"{text.duration(job.elapsed)} so far{left}")
        if job.detail:
            st.caption(text.escape(job.detail))


def _cancel_button(job: Job, place: str) -> None:
    stopping = job.cancel_requested
    st.button(
        "Stopping …" if stopping else "Cancel", key=f"cancel_{place}_{job.id}", disabled=stopping,
        icon=":material/stop_circle:", on_click=_cancel, args=(job.id,), help="Stops the work for good.",
    )  # fmt: skip


def _ended(job: Job) -> None:
    if job.state is JobState.DONE:
        st.caption(f":material/check_circle: Done in {text.duration(job.elapsed)}")
        _result_link(job)
    elif job.state is JobState.CANCELLED:
        st.caption(":material/cancel: Cancelled")
    else:
        blocks.error(GoracsError(job.error or f"the job ended as {job.state}"))
    st.button("Dismiss", key=f"dismiss_{job.id}", type="tertiary", on_click=_dismiss, args=(job.id,))


def _result(job: Job) -> tuple[str | None, str | None]:
    """Name of the dataset and id of the run that a finished job is about."""
    folder = job.result.get("dataset") or job.spec.get("dataset")
    run = job.result.get("run")
    return state.name_of(Path(str(folder))) if folder else None, str(run) if run else None


def _result_link(job: Job) -> None:
    dataset, run = _result(job)
    if job.kind is JobKind.SELECT and run:
        blocks.link(routes.RUN, "Open the result", run=run, dataset=dataset)
    elif job.kind is JobKind.SWEEP and dataset:
        blocks.link(routes.SWEEP, "Open the sweep", dataset=dataset, sweep=str(job.result["sweep"]))
    elif job.kind is JobKind.SCALABILITY and dataset:
        blocks.link(routes.SCALABILITY, "Open the measured times", dataset=dataset)
    elif job.kind is JobKind.EXPERIMENT and dataset:
        asked = KINDS.get(str(job.spec.get("kind")))
        if asked is not None:
            page = routes.of_address(asked.page)
            blocks.link(page, "Open the experiment", dataset=dataset, experiment=str(job.result["experiment"]))
    elif job.kind is JobKind.TRAIN and dataset:
        blocks.link(routes.TRAINING, "Open the training", dataset=dataset, training=str(job.result["training"]))
    elif job.kind is JobKind.LANDSCAPE and dataset:
        blocks.link(routes.TRAINING, "Open the loss landscape", dataset=dataset)
    elif job.kind is JobKind.PREPARE and dataset:
        blocks.link(routes.DATASET, "Open the dataset", dataset=dataset, run=None)
    elif job.kind is JobKind.FEATURES and dataset:
        blocks.link(routes.FEATURES, "Look at the features", dataset=dataset)
    elif job.kind is JobKind.PROJECTION and dataset:
        blocks.link(routes.EMBEDDING_MAP, "Open the map", dataset=dataset)


def _cancel(number: int) -> None:
    _awaited().add(number)  # also when another session submitted it: the page says that it was cancelled
    try:
        queue().cancel(number)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")


def _dismiss(number: int) -> None:
    st.session_state.setdefault("dismissed_jobs", set()).add(number)


def _awaited() -> set[int]:
    return st.session_state.setdefault("awaited_jobs", set())
