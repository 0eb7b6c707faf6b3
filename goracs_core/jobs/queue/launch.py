"""Starting the worker of a workspace, finding out whether it lives, and stopping it. Imports nothing heavy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import filelock

from goracs_core.workspace import ENVIRONMENT_VARIABLE, Workspace, is_checkout, project_directory

THREADS_VARIABLE = "GORACS_THREADS"

_THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
_LOG_BYTES = 2_000_000


def worker_alive(workspace: Workspace) -> bool:
    """Whether a worker holds the workspace's lock. The system drops the lock when the worker dies, however it dies."""
    if not workspace.worker_lock.exists():
        return False
    probe = filelock.FileLock(workspace.worker_lock)
    try:
        probe.acquire(timeout=0)
    except filelock.Timeout:
        return True
    probe.release()
    return False


def ensure_worker(workspace: Workspace, *, idle_minutes: float = 10.0) -> bool:
    """Start a worker that outlives this process, unless one is alive. True when one was started.

    Two callers at once may both start one: the second worker sees the lock and exits.

    Args:
        workspace: Whose queue to work on.
        idle_minutes: The worker ends after so many minutes without a job.
    """
    if worker_alive(workspace):
        return False
    workspace.ensure()
    command = [sys.executable, "-m", "goracs_core", "worker", "--idle-minutes", str(idle_minutes)]
    mode = "ab" if _size(workspace.worker_log) < _LOG_BYTES else "wb"
    with workspace.worker_log.open(mode) as log:
        process = subprocess.Popen(
            command,
            cwd=workspace.root,
            env=worker_environment(workspace),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Somebody has to collect the exit status, or every ended worker stays in the process table.
    threading.Thread(target=process.wait, name=f"worker-{process.pid}", daemon=True).start()
    return True


def worker_environment(workspace: Workspace) -> dict[str, str]:
    """The worker's environment: the same workspace, a checkout's code first on the path, and thread limits.

    The limits are the cores this process may use, or GORACS_THREADS; a limit set by the user stays.
    """
    environment = dict(os.environ)
    environment[ENVIRONMENT_VARIABLE] = str(workspace.root)
    if is_checkout():  # an installed package is found anyway, and site-packages must not precede the standard library
        paths = [str(project_directory()), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    asked = environment.get(THREADS_VARIABLE, "")
    threads = asked if asked.isdigit() and int(asked) > 0 else str(_cores())
    for name in _THREAD_LIMITS:
        environment.setdefault(name, threads)
    environment.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait for each other by spinning take the processor from the page, and from each other when busy.
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return environment


def terminate(process: int) -> None:
    """Ask a worker to stop its job; ignored when it is gone or is no worker."""
    if _is_worker(process):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGTERM)


def kill(process: int) -> None:
    """End a worker and every process it started; ignored when it is gone or is no worker."""
    if not _is_worker(process):
        return
    with suppress(ProcessLookupError, PermissionError):
        if os.getpgid(process) == process:  # it leads its own session (ensure_worker): take its children along
            os.killpg(process, signal.SIGKILL)
        else:
            os.kill(process, signal.SIGKILL)


def _is_worker(process: int) -> bool:
    """Guards against a number that the system gave to another program since."""
    if process <= 1 or process == os.getpid():
        return False
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes()
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except OSError:
        return False
    return {b"goracs_core", b"worker"} <= set(command.split(b"\0"))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
