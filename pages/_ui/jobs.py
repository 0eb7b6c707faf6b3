"""Jobs on the page: progress and Cancel, also after leaving the page or closing the browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.kind import NOTHING_KEPT, JobKind, Opens, S
from goracs_core.jobs.kinds import find_kind
from goracs_core.jobs.queue.job import Job, JobState
from goracs_core.jobs.queue.launch import ensure_worker
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.spec import Spec
from pages._ui import blocks, guard, proof, routes, state, text, uploads, visitor

POLL_SECONDS = 1.0
RECENT_SECONDS = 15 * 60
MAX_LISTED = 6


def title(job: Job) -> str:
    """What a job does, and to what, so that two of one kind can be distinguished; Markdown."""
    kind = find_kind(job.kind)
    if kind is None:  # from another version of this program
        return text.escape(job.kind)
    spec = _spec(kind, job)
    named = "" if spec is None else kind.describe(spec, state.workspace())
    return f"{kind.title}: {text.escape(text.shorten(named, 60))}" if named else kind.title


def _spec(kind: JobKind[Any], job: Job) -> Spec | None:
    """The spec of a job; None where this version cannot read it."""
    try:
        return kind.read(job.spec)
    except GoracsError:
        return None


def queue() -> JobQueue:
    """The job queue of this workspace."""
    return JobQueue(state.workspace())


def submit(kind: JobKind[S], spec: S | Mapping[str, Any]) -> int:
    """Queue a job and make sure that a worker is running; returns its number.

    The page that watches it (see `watch`) opens its result when it is done.

    Raises:
        ConfigError: Plain values that are no spec of this kind.
    """
    number = queue().submit(kind.name, kind.read(spec).to_dict())
    ensure_worker(state.workspace())
    _awaited().clear()  # what ended before is no longer reported
    _awaited().add(number)
    _own().add(number)
    visitor.claim(number)
    return number


def listed(*, everybody: bool = False) -> list[Job]:
    """The jobs that are shown: waiting or running, and recently ended ones that were not dismissed; newest first.

    Args:
        everybody: Those of the whole workspace; else only this visitor's.
    """
    since = time.time() - RECENT_SECONDS
    dismissed = st.session_state.setdefault("dismissed_jobs", set())
    jobs = [job for job in queue().list() if job.active or (job.finished or 0) > since]
    jobs = [job for job in jobs if everybody or _is_own(job)]
    return [job for job in jobs if job.active or job.id not in dismissed][:MAX_LISTED]


def panel() -> None:
    """The jobs of this visitor, for the bar. Polls only while something waits or runs."""
    _delete_used_uploads()
    some = any(job.active for job in listed())
    with st.container(key="frame_jobs", horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.fragment(_panel, run_every=POLL_SECONDS if some else None)(some)


def workspace_jobs() -> None:
    """The jobs of everybody who uses this workspace, for Home; nothing where there are none."""
    others = [job for job in listed(everybody=True) if not _is_own(job)]
    if others:
        st.subheader("Jobs of other sessions", anchor=False)
        st.fragment(_others, run_every=POLL_SECONDS if any(job.active for job in others) else None)()


@guard.guarded
def _others() -> None:
    for job in listed(everybody=True):
        if not _is_own(job):
            with st.container(border=True, gap="xsmall"):
                _card(job, "workspace")


def _delete_used_uploads() -> None:
    """Uploads are deleted as soon as their job has ended."""
    for job in queue().list():
        if not job.active and job.spec.get("delete_upload"):
            uploads.discard(Path(str(job.spec["source"])), state.workspace())


@guard.guarded
def _panel(active_before: bool) -> None:
    jobs = listed()
    going_on = [job for job in jobs if job.active]
    if active_before and not going_on:
        st.rerun()  # the whole page: it shows the result now, and the polling ends
    if not jobs:
        return
    with st.popover(_chip(going_on, jobs), icon=_icon(going_on, jobs), help="Your jobs"):
        for job in jobs:
            with st.container(border=True, gap="xsmall"):
                _card(job, "panel")
    if going_on:
        _cancel_button(going_on[-1], "bar")


def _card(job: Job, place: str) -> None:
    st.markdown(f"**{title(job)}**")
    _dataset_caption(job)
    if job.active:
        _progress(job)
        _cancel_button(job, place)
    else:
        _ended(job)


def _chip(going_on: list[Job], jobs: list[Job]) -> str:
    """The oldest job that waits or runs in a few words; else how many have ended."""
    if not going_on:
        return f"{len(jobs)} ended"
    job = going_on[-1]
    if job.state is JobState.QUEUED:
        return "Waiting"
    share = "" if job.fraction is None else f" {job.fraction:.0%}"
    left = f" · {text.duration(job.eta)}" if job.eta is not None and job.eta >= 1 else ""
    return f"{text.escape(text.shorten(job.stage.capitalize() or 'Starting', 16))}{share}{left}"


def _icon(going_on: list[Job], jobs: list[Job]) -> str:
    if going_on:
        return ":material/progress_activity:"
    failed = any(job.state not in (JobState.DONE, JobState.CANCELLED) for job in jobs)
    return ":material/error:" if failed else ":material/task_alt:"


def watch(
    kind: JobKind[Any],
    *,
    dataset: Path | None = None,
    only: frozenset[str] | None = None,
    failed: Callable[[Job], None] | None = None,
) -> bool:
    """The waiting or running jobs of one kind (on one dataset) of this visitor, for the page that started them.

    When one that this session submitted or watched here is done, its result is opened.

    Args:
        kind: What they do.
        dataset: Folder of the dataset.
        only: Values of the spec's "kind", of experiments: other ones belong to another page.
        failed: Shows how a job ended without a result; None: in one sentence (`failure`).

    Returns:
        Whether something waits or runs.
    """
    open_done(kind, dataset=dataset, only=only)
    jobs = _matching(kind, dataset, only)
    going_on = [job for job in jobs if job.active]
    _awaited().update(job.id for job in going_on)  # the result is opened also after a reload
    _own().update(job.id for job in going_on)
    if going_on:
        st.fragment(_watch, run_every=POLL_SECONDS)(kind, dataset, only)
    for job in jobs:
        if job.id in _awaited() and not job.active:
            (failed or failure)(job)
    return bool(going_on)


def open_done(kind: JobKind[Any], *, dataset: Path | None = None, only: frozenset[str] | None = None) -> None:
    """Open the result of an awaited job that is done, as `watch` does; for the top of a page that watches further down.

    Args:
        kind: What the job does.
        dataset: As for `watch`.
        only: As for `watch`.
    """
    jobs = _matching(kind, dataset, only)
    if any(job.state is JobState.DONE for job in jobs if job.id in _awaited()):
        _open_results(jobs)
        st.rerun()


@guard.guarded
def _watch(kind: JobKind[Any], dataset: Path | None, only: frozenset[str] | None) -> None:
    jobs = active(kind, dataset=dataset, only=only)
    if not jobs:
        st.rerun()
    for job in jobs:
        with st.container(border=True):
            st.markdown(f"**{title(job)}** · job {job.id}")
            with st.container(gap="xsmall"):  # keeps the chart below in its place
                _progress(job)
            with st.container():
                proof.live(job)
            _cancel_button(job, "page")


def active(kind: JobKind[Any], *, dataset: Path | None = None, only: frozenset[str] | None = None) -> list[Job]:
    """The jobs that `watch` would show, without showing them."""
    return [job for job in _matching(kind, dataset, only) if job.active]


def _matching(kind: JobKind[Any], dataset: Path | None, only: frozenset[str] | None) -> list[Job]:
    jobs = [job for job in queue().list() if job.kind == kind.name and (only is None or job.spec.get("kind") in only)]
    jobs = [job for job in jobs if visitor.may_see(job.id)]
    return [job for job in jobs if dataset is None or Path(str(job.spec.get("dataset", ""))) == dataset]


def _open_results(jobs: list[Job]) -> None:
    for job in jobs:
        if job.state is JobState.DONE and job.id in _awaited():
            _awaited().discard(job.id)
            st.session_state.setdefault("dismissed_jobs", set()).add(job.id)
            _open_result(job)


def _open_result(job: Job) -> None:
    """Report that it is done, and open its result."""
    kind, opens = find_kind(job.kind), _opens(job)
    if kind is not None:
        st.toast(kind.said_when_done(job.result), icon=":material/check_circle:")
    if opens is None or not opens.becomes_current:
        return
    dataset = state.name_of(Path(opens.dataset)) if opens.dataset else None
    if "run" in opens.parameters:
        state.set_run(opens.parameters["run"], dataset)
    else:
        state.set_dataset(dataset)


def failure(job: Job) -> None:
    """How a job of this session ended without a result; shown until the next one is submitted."""
    if job.state is JobState.CANCELLED:
        kind = find_kind(job.kind)
        kept = NOTHING_KEPT if kind is None else kind.kept_on_cancel
        st.info(f"Cancelled. {kept}", icon=":material/cancel:")
    elif job.state is not JobState.DONE:
        guard.error(GoracsError(job.error or f"the job ended as {job.state}"))


def _dataset_caption(job: Job) -> None:
    named = job.spec.get("dataset") or job.spec.get("output")
    if named:
        st.caption(text.escape(text.shorten(Path(str(named)).name, 40)))


def _estimate(job: Job) -> str:
    """The estimate of a job when it was seen first, in one sentence; "" where there is none."""
    told: dict[int, str] = st.session_state.setdefault("job_estimates", {})
    if job.id not in told:
        kind = find_kind(job.kind)
        told[job.id] = "" if kind is None else kind.estimated(job.spec, state.workspace())
    return told[job.id]


def _progress(job: Job) -> None:
    """Estimate, stage, bar, elapsed and remaining time."""
    if estimate := _estimate(job):
        st.caption(text.escape(estimate))
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
    label, key = "Stopping …" if job.cancel_requested else "Cancel", f"cancel_{place}_{job.id}"
    more = {"icon": ":material/stop_circle:", "disabled": job.cancel_requested, "help": "Stops this job."}
    st.button(label, key=key, on_click=_cancel, args=(job.id,), **more)


def _ended(job: Job) -> None:
    if job.state is JobState.DONE:
        st.caption(f":material/check_circle: Done in {text.duration(job.elapsed)}")
        _result_link(job)
    elif job.state is JobState.CANCELLED:
        st.caption(":material/cancel: Cancelled")
    else:
        guard.error(GoracsError(job.error or f"the job ended as {job.state}"))
    st.button("Dismiss", key=f"dismiss_{job.id}", type="tertiary", on_click=_dismiss, args=(job.id,))


def _opens(job: Job) -> Opens | None:
    """Where the result of a finished job is shown; None for nowhere."""
    kind = find_kind(job.kind)
    spec = None if kind is None else _spec(kind, job)
    if kind is None or spec is None:
        return None
    try:
        return kind.opens(spec, job.result)
    except KeyError:  # a result of another version of this program
        return None


def _result_link(job: Job) -> None:
    opens = _opens(job)
    route = None if opens is None else routes.named(opens.page)
    if opens is not None and route is not None:
        dataset = state.name_of(Path(opens.dataset)) if opens.dataset else None
        blocks.link(route, opens.label, **{"dataset": dataset, **opens.parameters})


def _cancel(number: int) -> None:
    _awaited().add(number)  # also when another session submitted it: the page reports the cancellation
    try:
        queue().cancel(number)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")


def _dismiss(number: int) -> None:
    st.session_state.setdefault("dismissed_jobs", set()).add(number)


def _is_own(job: Job) -> bool:
    """Whether this session submitted or watched the job, or another tab of its browser submitted it."""
    return job.id in _own() or visitor.owns(job.id)


def _own() -> set[int]:
    """Jobs that this session submitted or watched."""
    return st.session_state.setdefault("own_jobs", set())


def _awaited() -> set[int]:
    return st.session_state.setdefault("awaited_jobs", set())
