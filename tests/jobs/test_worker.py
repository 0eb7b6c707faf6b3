"""Queue and worker with real processes: done, failed, cancelled, killed; one worker at a time."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from goracs_core.errors import StoreError
from goracs_core.jobs.queue import launch
from goracs_core.jobs.queue.database import writing
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import CANCELLED, INTERRUPTED, JobQueue
from goracs_core.jobs.queue.worker import UNEXPECTED
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.workspace import Workspace, project_directory
from tests.jobs.made import PATIENCE_SECONDS, long_spec, quick_spec, wait_for

SOON = 0.02  # minutes; the worker ends by itself after so long without work


@pytest.fixture
def workspace(own_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose worker is gone afterwards."""
    workspace = Workspace(own_workspace).ensure()
    # Cancelling starts a worker for those who wait; it too must not stay for ten minutes.
    monkeypatch.setattr(launch, "ensure_worker", functools.partial(launch.ensure_worker, idle_minutes=SOON))
    yield workspace
    with writing(workspace) as connection:
        connection.execute("UPDATE jobs SET state = 'cancelled' WHERE state = 'queued'")
        workers = [row["worker"] for row in connection.execute("SELECT DISTINCT worker FROM jobs WHERE worker > 0")]
    for worker in workers:
        launch.terminate(worker)
    assert gone(workspace), "SIGTERM must end the worker"


@pytest.fixture
def queue(workspace: Workspace) -> JobQueue:
    return JobQueue(workspace)


def gone(workspace: Workspace) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while launch.worker_alive(workspace):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def process_of(queue: JobQueue, job_id: int) -> int:
    with writing(queue.workspace) as connection:
        return int(connection.execute("SELECT worker FROM jobs WHERE id = ?", (job_id,)).fetchone()["worker"])


def started_long_job(queue: JobQueue, folder: Path) -> int:
    """A long selection that is in the middle of its work."""
    job_id = queue.submit("select", long_spec(folder))
    launch.ensure_worker(queue.workspace)
    job = wait_for(queue, job_id, stage="exchanges")
    assert job.state is JobState.RUNNING, job.error
    return job_id


def test_a_job_is_done_and_its_run_is_kept_and_reused(queue: JobQueue, tmp_path: Path) -> None:
    spec = quick_spec(tmp_path)
    first = queue.submit("select", spec)
    assert queue.get(first).state is JobState.QUEUED
    assert launch.ensure_worker(queue.workspace)
    job = wait_for(queue, first)
    assert (job.state, job.error) == (JobState.DONE, "")
    assert (job.fraction, job.eta) == (1.0, None)
    assert job.elapsed > 0
    run = RunStore(queue.workspace).get(job.result["run"])
    assert job.result["summary"]["poo"] == run.selection.poo
    assert len(run.selection) == 6

    again = queue.submit("select", spec)
    assert again != first
    launch.ensure_worker(queue.workspace)
    repeated = wait_for(queue, again)
    assert repeated.result["reused"] is True
    assert repeated.result["run"] == job.result["run"]
    assert len(RunStore(queue.workspace).list()) == 1


def test_a_waiting_or_running_job_is_not_put_in_twice(queue: JobQueue, tmp_path: Path) -> None:
    spec = quick_spec(tmp_path)
    first = queue.submit("select", spec)
    ids: list[int] = []
    threads = [threading.Thread(target=lambda: ids.append(queue.submit("select", dict(spec)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids == [first] * 4
    assert queue.submit("select", quick_spec(tmp_path, seed=1)) != first
    queue.cancel(first)
    assert queue.submit("select", spec) != first


def test_a_waiting_job_is_cancelled_at_once_and_never_done(queue: JobQueue, tmp_path: Path) -> None:
    doomed = queue.submit("select", quick_spec(tmp_path))
    other = queue.submit("select", quick_spec(tmp_path, seed=1))
    job = queue.cancel(doomed)
    assert (job.state, job.error, job.active) == (JobState.CANCELLED, CANCELLED, False)
    assert wait_for(queue, other).state is JobState.DONE  # cancelling started a worker, because another job waited
    assert queue.get(doomed).state is JobState.CANCELLED
    assert len(RunStore(queue.workspace).list()) == 1


def test_cancel_stops_a_running_selection_and_the_next_job_is_done(queue: JobQueue, tmp_path: Path) -> None:
    job_id = started_long_job(queue, tmp_path)
    following = queue.submit("select", quick_spec(tmp_path))
    asked = time.monotonic()
    job = queue.cancel(job_id)
    assert time.monotonic() - asked < 10
    assert (job.state, job.error) == (JobState.CANCELLED, CANCELLED)
    assert job.finished is not None
    assert wait_for(queue, following).state is JobState.DONE
    assert [summary.budget for summary in RunStore(queue.workspace).list()] == [6]
    assert not list(queue.workspace.runs.glob(".writing-*"))


def test_a_worker_that_does_not_listen_is_killed_and_the_job_counts_as_cancelled(
    queue: JobQueue, tmp_path: Path
) -> None:
    job_id = started_long_job(queue, tmp_path)
    worker = process_of(queue, job_id)
    os.kill(worker, signal.SIGSTOP)  # as deaf as foreign code that never returns to Python
    job = queue.cancel(job_id, grace=0.5)
    assert (job.state, job.error) == (JobState.CANCELLED, CANCELLED)
    assert not launch.worker_alive(queue.workspace)


def test_a_cancellation_whose_caller_went_away_is_finished_by_whoever_looks(queue: JobQueue, tmp_path: Path) -> None:
    job_id = started_long_job(queue, tmp_path)
    os.kill(process_of(queue, job_id), signal.SIGSTOP)
    with writing(queue.workspace) as connection:
        connection.execute("UPDATE jobs SET cancel_requested = ? WHERE id = ?", (time.time() - 60, job_id))
    assert queue.get(job_id).state is JobState.CANCELLED


def test_kill_9_leaves_an_interrupted_job_and_a_rerun_succeeds(queue: JobQueue, tmp_path: Path) -> None:
    store = RunStore(queue.workspace)
    quick = queue.submit("select", quick_spec(tmp_path))
    launch.ensure_worker(queue.workspace)
    assert wait_for(queue, quick).state is JobState.DONE
    job_id = started_long_job(queue, tmp_path)
    os.kill(process_of(queue, job_id), signal.SIGKILL)
    assert gone(queue.workspace)
    job = queue.get(job_id)  # told without a worker: the lock is free
    assert (job.state, job.error, job.active) == (JobState.INTERRUPTED, INTERRUPTED, False)
    assert [summary.damaged for summary in store.list()] == [""]

    again = queue.submit("select", quick_spec(tmp_path, seed=1))
    assert launch.ensure_worker(queue.workspace)
    assert wait_for(queue, again).state is JobState.DONE
    assert len(store.list()) == 2


def test_a_new_worker_marks_what_its_predecessor_left(queue: JobQueue, tmp_path: Path) -> None:
    job_id = queue.submit("select", quick_spec(tmp_path))
    with writing(queue.workspace) as connection:  # as after a power cut
        connection.execute("UPDATE jobs SET state = 'running', worker = 999999999 WHERE id = ?", (job_id,))
    run_worker_process(queue.workspace, "--until-empty").communicate(timeout=PATIENCE_SECONDS)
    with writing(queue.workspace) as connection:
        row = connection.execute("SELECT state, error FROM jobs WHERE id = ?", (job_id,)).fetchone()
    assert tuple(row) == ("interrupted", INTERRUPTED)


def test_sigterm_without_a_cancellation_interrupts_the_job_and_ends_the_worker(queue: JobQueue, tmp_path: Path) -> None:
    job_id = started_long_job(queue, tmp_path)
    os.kill(process_of(queue, job_id), signal.SIGTERM)
    assert gone(queue.workspace)
    job = queue.get(job_id)
    assert job.state is JobState.INTERRUPTED
    assert "stopped" in job.error


def run_worker_process(workspace: Workspace, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "goracs_core", "worker", *options],
        cwd=project_directory(),
        env=launch.worker_environment(workspace),
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_worker_ends_at_once(workspace: Workspace) -> None:
    first = run_worker_process(workspace, "--idle-minutes", "5")
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not launch.worker_alive(workspace) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not launch.ensure_worker(workspace)
        second = run_worker_process(workspace, "--idle-minutes", "5")
        _, told = second.communicate(timeout=60)
        assert second.returncode == 0
        assert "another worker" in told
        assert first.poll() is None
    finally:
        first.terminate()  # between jobs SIGTERM ends the worker in good order
        _, told = first.communicate(timeout=60)
    assert first.returncode == 0, told


def rewrite(queue: JobQueue, job_id: int, spec: str) -> None:
    """Put another text in place of what a job is asked."""
    with writing(queue.workspace) as connection:
        connection.execute("UPDATE jobs SET spec = ? WHERE id = ?", (spec, job_id))


def test_a_mistake_is_a_sentence_and_the_worker_goes_on(queue: JobQueue, tmp_path: Path) -> None:
    wrong = queue.submit("select", quick_spec(tmp_path) | {"config": config_to_dict(RandomConfig(1000))})
    unforeseen = queue.submit("select", quick_spec(tmp_path, seed=1))
    good = queue.submit("select", quick_spec(tmp_path))
    rewrite(queue, unforeseen, "damaged")
    launch.ensure_worker(queue.workspace)
    assert wait_for(queue, good).state is JobState.DONE
    job = queue.get(wrong)
    assert job.state is JobState.FAILED
    assert "1000" in job.error
    assert "60" in job.error
    rewrite(queue, unforeseen, "{}")
    job = queue.get(unforeseen)
    assert (job.state, job.error) == (JobState.FAILED, UNEXPECTED)
    assert "Traceback" in queue.workspace.worker_log.read_text()
    assert "Traceback" not in job.error


def test_progress_is_seen_while_the_job_runs(queue: JobQueue, tmp_path: Path) -> None:
    job_id = started_long_job(queue, tmp_path)
    job = queue.get(job_id)
    assert job.total > 0
    assert job.fraction is not None
    assert 0 <= job.fraction <= 1
    assert job.elapsed > 0
    assert job.stage_started is not None
    before = (job.stage, job.done, job.detail)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (job.stage, job.done, job.detail) == before and time.monotonic() < deadline:
        time.sleep(0.1)
        job = queue.get(job_id)
    assert (job.stage, job.done, job.detail) != before


def test_finished_jobs_are_listed_newest_first_and_can_be_dismissed(queue: JobQueue, tmp_path: Path) -> None:
    ids = [queue.submit("select", quick_spec(tmp_path, seed=seed)) for seed in range(3)]
    assert [job.id for job in queue.list()] == ids[::-1]
    assert [job.id for job in queue.list(limit=2)] == ids[:0:-1]
    assert [job.id for job in queue.active()] == ids
    queue.delete(ids[0])
    assert queue.get(ids[0]).active, "a waiting job is no finished one"
    for job_id in ids:
        queue.cancel(job_id)
    queue.delete(ids[0])
    with pytest.raises(StoreError, match="no job"):
        queue.get(ids[0])
    assert queue.active() == ()


def test_specs_come_back_as_they_were(queue: JobQueue) -> None:
    spec = {
        "dataset": "/a b/ü",
        "config": {"lambda_": 0.1, "label_aware": None},
        "name": "\"quoted\" 'x'; DROP TABLE jobs",
    }
    job_id = queue.submit("select", spec)
    assert queue.get(job_id).spec == spec
    queue.cancel(job_id)


def test_threads_are_limited_in_the_worker(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("GORACS_THREADS", "1")
    assert launch.worker_environment(workspace)["OMP_NUM_THREADS"] == "1"
    monkeypatch.setenv("GORACS_THREADS", "many")
    assert int(launch.worker_environment(workspace)["OMP_NUM_THREADS"]) >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert launch.worker_environment(workspace)["OMP_NUM_THREADS"] == "3"
