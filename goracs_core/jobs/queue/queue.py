"""The job queue: rows in the workspace's SQLite file, worked off in order by one worker process."""

from __future__ import annotations

import builtins
import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from goracs_core.errors import StoreError
from goracs_core.jobs.queue import launch
from goracs_core.jobs.queue.database import reading, writing
from goracs_core.jobs.queue.job import Job, JobState
from goracs_core.types import fingerprint
from goracs_core.workspace import Workspace

GRACE_SECONDS = 3.0

INTERRUPTED = (
    "The worker ended in the middle of this job (it was killed, memory ran out, or the machine stopped); "
    "submit it again."
)
CANCELLED = "Cancelled."

_KEPT_FINISHED = 500
_POLL_SECONDS = 0.05


class JobQueue:
    """The queue of one workspace. Every method may be called from several processes and threads at once.

    Args:
        workspace: Whose queue.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def submit(self, kind: str, spec: Mapping[str, Any]) -> int:
        """Put a job at the end of the queue and return its id; call `ensure_worker` next.

        A job of the same kind and spec that waits or runs already is not put in twice: its id is returned.

        Args:
            kind: Name of a kind of job, see `goracs_core.jobs.kinds`.
            spec: What it is asked; JSON-able.
        """
        text = json.dumps(dict(spec), sort_keys=True, ensure_ascii=False, allow_nan=False)
        key = fingerprint(kind, text)
        self.settle()  # a job left over from a dead worker must not stand in for the new one
        with writing(self.workspace) as connection:
            twin = connection.execute(
                "SELECT id FROM jobs WHERE key = ? AND state IN ('queued', 'running') AND cancel_requested = 0", (key,)
            ).fetchone()
            if twin is not None:
                return int(twin["id"])
            # A twin that is being cancelled gives its key away: the user wants the work again.
            connection.execute(
                "UPDATE jobs SET key = key || ':' || id WHERE key = ? AND state IN ('queued', 'running')", (key,)
            )
            cursor = connection.execute(
                "INSERT INTO jobs (kind, spec, key, state, created) VALUES (?, ?, ?, 'queued', ?)",
                (kind, text, key, time.time()),
            )
            connection.execute(
                "DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND id <= (SELECT max(id) FROM jobs) - ?",
                (_KEPT_FINISHED,),
            )
            assert cursor.lastrowid is not None  # SQLite sets it on every INSERT; this only narrows the type
            return cursor.lastrowid

    def get(self, job_id: int) -> Job:
        """The job as it stands now.

        Raises:
            StoreError: No such job.
        """
        self.settle()
        return self._read(job_id)

    def list(self, limit: int = 50) -> tuple[Job, ...]:
        """The newest jobs, newest first."""
        self.settle()
        with reading(self.workspace) as connection:
            rows = connection.execute("SELECT * FROM jobs ORDER BY id DESC LIMIT ?", (limit,))
            return tuple(_job(row) for row in rows)

    def active(self) -> tuple[Job, ...]:
        """Jobs that wait or run, in the order in which they are worked off."""
        self.settle()
        with reading(self.workspace) as connection:
            rows = connection.execute("SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY id")
            return tuple(_job(row) for row in rows)

    def cancel(self, job_id: int, *, grace: float = GRACE_SECONDS) -> Job:
        """Stop a job for good. A waiting one is cancelled at once; of a running one the worker is asked to stop, and
        killed after `grace` seconds. Blocks for about that long at most. A finished job stays as it is.

        Raises:
            StoreError: No such job.
        """
        self._request_cancel(job_id)
        deadline = time.monotonic() + grace
        asked = 0.0
        while (job := self._read(job_id)).state is JobState.RUNNING and time.monotonic() < deadline + GRACE_SECONDS:
            if not launch.worker_alive(self.workspace):
                self.settle()
            elif time.monotonic() >= deadline:
                self._kill(job_id)
            elif time.monotonic() - asked > grace / 3:  # again, should the first one have come at a bad moment
                launch.terminate(self._worker(job_id))
                asked = time.monotonic()
            time.sleep(_POLL_SECONDS)
        if self._anything("queued") and not launch.worker_alive(self.workspace):
            launch.ensure_worker(self.workspace)
        return job

    def delete(self, job_id: int) -> None:
        """Remove a finished job from the list; one that waits or runs stays."""
        with writing(self.workspace) as connection:
            connection.execute("DELETE FROM jobs WHERE id = ? AND state NOT IN ('queued', 'running')", (job_id,))

    def settle(self) -> None:
        """Mark what a dead worker left `running`: cancelled when that was asked for, else interrupted.

        Also finishes a cancellation whose caller went away before the worker was stopped. Cheap; `get`, `list`,
        `active` and `submit` call it.
        """
        with reading(self.workspace) as connection:
            running = connection.execute(
                "SELECT id, worker, cancel_requested FROM jobs WHERE state = 'running'"
            ).fetchall()
        if not running:
            return
        if not launch.worker_alive(self.workspace):
            self.mark_abandoned([(row["id"], row["worker"]) for row in running])
            return
        for row in running:
            if row["cancel_requested"] and time.time() - row["cancel_requested"] > 2 * GRACE_SECONDS:
                self._kill(row["id"])

    def mark_abandoned(self, jobs: builtins.list[tuple[int, int]]) -> None:
        """Mark running jobs (id, worker) whose worker is known to be dead."""
        with writing(self.workspace) as connection:
            for job_id, worker in jobs:
                # The worker in the condition: the job may have been claimed by a new worker in the meantime.
                connection.execute(
                    "UPDATE jobs SET state = CASE WHEN cancel_requested > 0 THEN 'cancelled' ELSE 'interrupted' END, "
                    "error = CASE WHEN cancel_requested > 0 THEN ? ELSE ? END, finished = ? "
                    "WHERE id = ? AND worker = ? AND state = 'running'",
                    (CANCELLED, INTERRUPTED, time.time(), job_id, worker),
                )

    def _request_cancel(self, job_id: int) -> None:
        now = time.time()
        with writing(self.workspace) as connection:
            connection.execute(
                "UPDATE jobs SET state = 'cancelled', error = ?, finished = ?, cancel_requested = ? "
                "WHERE id = ? AND state = 'queued'",
                (CANCELLED, now, now, job_id),
            )
            connection.execute(
                "UPDATE jobs SET cancel_requested = ? WHERE id = ? AND state = 'running' AND cancel_requested = 0",
                (now, job_id),
            )

    def _kill(self, job_id: int) -> None:
        worker = self._worker(job_id)
        if self._read(job_id).state is not JobState.RUNNING:
            return
        launch.kill(worker)
        deadline = time.monotonic() + GRACE_SECONDS
        while launch.worker_alive(self.workspace) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if not launch.worker_alive(self.workspace):  # else it may not be killed by us, or a new worker settles it
            self.mark_abandoned([(job_id, worker)])

    def _worker(self, job_id: int) -> int:
        with reading(self.workspace) as connection:
            row = connection.execute("SELECT worker FROM jobs WHERE id = ?", (job_id,)).fetchone()
            return 0 if row is None else int(row["worker"])

    def _read(self, job_id: int) -> Job:
        with reading(self.workspace) as connection:
            row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise StoreError(
                f"there is no job {job_id}; old finished jobs are removed from the list",
                code="unknown-job",
                fields={"job": job_id},
            )
        return _job(row)

    def _anything(self, state: str) -> bool:
        with reading(self.workspace) as connection:
            return connection.execute("SELECT 1 FROM jobs WHERE state = ? LIMIT 1", (state,)).fetchone() is not None


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        spec=json.loads(row["spec"]),
        state=JobState(row["state"]),
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        stage=row["stage"],
        stage_started=row["stage_started"],
        done=row["done"],
        total=row["total"],
        detail=row["detail"],
        bounds=tuple((seconds, lower, upper) for seconds, lower, upper in json.loads(row["bounds"])),
        result=json.loads(row["result"]),
        error=row["error"],
        cancel_requested=row["cancel_requested"] > 0,
    )
