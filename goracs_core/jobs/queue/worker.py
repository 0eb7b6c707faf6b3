"""The worker process: takes jobs from the queue in order and does them in its main thread, where signals arrive."""

from __future__ import annotations

import json
import math
import os
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import filelock

from goracs_core.errors import GoracsError, JobCancelled
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue.database import reading, writing
from goracs_core.jobs.queue.queue import CANCELLED, JobQueue
from goracs_core.progress import Progress
from goracs_core.store.atomic import remove_leftovers
from goracs_core.workspace import Workspace

STOPPED = "The worker was stopped in the middle of this job; submit it again."
UNEXPECTED = "Something went wrong that this program did not foresee; the details are in the workspace's worker.log."
OUT_OF_MEMORY = "The job ran out of memory; use a smaller pool or validation sample, or a machine with more memory."

_LOCK_WAIT_SECONDS = 2.0  # longer than any probe of `worker_alive` holds the lock
_POLL_SECONDS = 0.2
_WRITES_PER_SECOND = 5.0
_STRAY_SIGNAL_SECONDS = 0.2
_MOST_BOUNDS = 400


def run_worker(
    workspace: Workspace, *, idle_minutes: float = 10.0, until_empty: bool = False, niceness: int = 5
) -> int:
    """Work off the queue until nothing was to do for `idle_minutes`; returns the exit status.

    Only one worker runs per workspace: a second one says so and ends.

    Args:
        workspace: Whose queue.
        idle_minutes: End after so many minutes without a job.
        until_empty: End as soon as nothing waits.
        niceness: How far to step back behind other processes, so that the page stays usable (0 to 19).
    """
    workspace.ensure()
    lock = filelock.FileLock(workspace.worker_lock)
    try:
        lock.acquire(timeout=_LOCK_WAIT_SECONDS)
    except filelock.Timeout:
        _log("another worker already works on this workspace; this one ends")
        return 0
    with suppress(OSError):
        os.nice(niceness)
    stop = _Stop()
    try:
        with (
            stop.listening(),
            reading(workspace),
        ):  # one connection stays open: SQLite need not rebuild its WAL each time
            remove_leftovers(workspace.root)
            _work(workspace, stop, idle_seconds=0.0 if until_empty else idle_minutes * 60)
    finally:
        lock.release()
    return 0


class _Stop:
    """SIGTERM and SIGINT: inside a job they raise JobCancelled there, between jobs they end the worker."""

    def __init__(self) -> None:
        self.requested = False
        self._armed = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._receive) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def armed(self) -> Iterator[None]:
        self._armed = True
        if self.requested:
            self._armed = False
            raise JobCancelled
        try:
            yield
        finally:
            self._armed = False

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        if self._armed:
            self._armed = False  # once is enough: a second one must not hit the clean-up
            raise JobCancelled


class JobProgress(Progress):
    """The Progress of a running job: writes to its row, a few times a second at most.

    Args:
        workspace: Whose queue.
        job_id: Which job.
        stop: Checked on each report, should the exception of the signal have been lost in foreign code.
    """

    def __init__(self, workspace: Workspace, job_id: int, stop: _Stop) -> None:
        super().__init__(self._tell, bounds=self._note)
        self._workspace, self._job_id, self._stop = workspace, job_id, stop
        self._stage: str | None = None
        self._stage_started = 0.0
        self._written = 0.0
        self._started = time.monotonic()
        self._noted: list[tuple[float, float | None, float | None]] = []

    def _tell(self, stage: str, done: int, total: int, detail: str) -> None:
        if self._stop.requested:
            raise JobCancelled
        now = time.monotonic()
        if stage == self._stage and now - self._written < 1 / _WRITES_PER_SECOND:
            return
        if stage != self._stage:
            self._stage, self._stage_started = stage, time.time()
        self._written = now
        with writing(self._workspace) as connection:
            connection.execute(
                "UPDATE jobs SET stage = ?, stage_started = ?, done = ?, total = ?, detail = ?, bounds = ? "
                "WHERE id = ?",
                (stage, self._stage_started, int(done), int(total), detail, json.dumps(self._noted), self._job_id),
            )

    def _note(self, *bounds: float) -> None:
        """Keep what changed, at most a few hundred lines: JSON has no infinity, and rows should stay small."""
        lower, upper = (value if math.isfinite(value) else None for value in bounds)
        if self._noted and self._noted[-1][1:] == (lower, upper):
            return
        if len(self._noted) >= _MOST_BOUNDS:
            self._noted = self._noted[::2]
        self._noted.append((round(time.monotonic() - self._started, 3), lower, upper))


def _work(workspace: Workspace, stop: _Stop, *, idle_seconds: float) -> None:
    queue = JobQueue(workspace)
    _settle_predecessor(queue)
    idle_since = time.monotonic()
    while not stop.requested:
        claimed = _claim(workspace)
        if claimed is not None:
            _execute(workspace, claimed, stop)
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since >= idle_seconds:
            return
        else:
            time.sleep(_POLL_SECONDS)


def _settle_predecessor(queue: JobQueue) -> None:
    """We hold the lock and have claimed nothing: whatever is `running` lost its worker."""
    with reading(queue.workspace) as connection:
        rows = connection.execute("SELECT id, worker FROM jobs WHERE state = 'running'").fetchall()
    queue.mark_abandoned([(row["id"], row["worker"]) for row in rows])


def _claim(workspace: Workspace) -> sqlite3.Row | None:
    with writing(workspace) as connection:
        return connection.execute(
            "UPDATE jobs SET state = 'running', started = ?, worker = ? "
            "WHERE id = (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 1) RETURNING id, kind, spec",
            (time.time(), os.getpid()),
        ).fetchone()


def _execute(workspace: Workspace, claimed: sqlite3.Row, stop: _Stop) -> None:
    job_id = int(claimed["id"])
    progress = JobProgress(workspace, job_id, stop)
    _log(f"job {job_id} ({claimed['kind']}) starts")
    result: dict[str, Any] = {}
    try:
        with stop.armed():
            result = run_job(claimed["kind"], json.loads(claimed["spec"]), workspace, progress)
        state, sentence = "done", ""
    except JobCancelled:
        state, sentence = ("cancelled", CANCELLED) if _cancel_requested(workspace, job_id) else ("interrupted", STOPPED)
    except GoracsError as error:
        state, sentence = "failed", str(error)
        result = {"code": error.code, "fields": error.fields}
    except MemoryError:
        traceback.print_exc()
        state, sentence = "failed", OUT_OF_MEMORY
    except Exception:  # the worker must outlive any job
        traceback.print_exc()
        state, sentence = "failed", UNEXPECTED
    with writing(workspace) as connection:
        connection.execute(
            "UPDATE jobs SET state = ?, error = ?, result = ?, finished = ? WHERE id = ?",
            (state, sentence, json.dumps(result, default=str), time.time(), job_id),
        )
    _log(f"job {job_id} {state}{f': {sentence}' if sentence else ''}")
    if stop.requested and _cancel_requested(workspace, job_id):
        time.sleep(_STRAY_SIGNAL_SECONDS)  # a signal sent just before the state changed must not hit the next job
        stop.requested = False


def _cancel_requested(workspace: Workspace, job_id: int) -> bool:
    with reading(workspace) as connection:
        row = connection.execute("SELECT cancel_requested FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return row is not None and row["cancel_requested"] > 0


def _log(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} worker {os.getpid()}: {line}\n")
    sys.stderr.flush()
