"""A real server of app.py on a free port, with a workspace of its own; nothing of it is left running afterwards."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from goracs_core.workspace import ENVIRONMENT_VARIABLE

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STREAMLIT = (sys.executable, "-m", "streamlit", "run", "app.py", "--server.port={port}", "--server.headless=true")
# What a server log must never hold. Streamlit prefixes its own complaints with a level.
TROUBLE = re.compile(r"Traceback \(most recent call last\)|Uncaught|\bERROR\b|\bException\b|\bdeprecat", re.IGNORECASE)


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    url: str
    workspace: Path
    log: Path

    def trouble(self) -> list[str]:
        """Lines of the log that tell of an exception, an error or a deprecated call."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if TROUBLE.search(line)]


def free_port() -> int:
    """A TCP port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(folder: Path, *, command: Sequence[str] = STREAMLIT) -> Iterator[Server]:
    """Start the dashboard with its workspace and log in `folder`; stop it and its worker on the way out.

    Args:
        folder: Made when missing.
        command: What starts the server; `{port}` is replaced by a free one.

    Raises:
        RuntimeError: The server ended or did not answer in time; the message holds its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    workspace, log, port = folder / "workspace", folder / "server.log", free_port()
    environment = {**os.environ, ENVIRONMENT_VARIABLE: str(workspace), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [part.format(port=port) for part in command],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        yield Server(f"http://127.0.0.1:{port}", workspace, log)
    finally:
        _stop(process)
        stop_workers(workspace)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(
        f"the dashboard did not start within {START_SECONDS} s; its log:\n{log.read_text(errors='replace')}"
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole session of `process`: make, its shell and the server alike."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)


def workers(workspace: Path) -> list[int]:
    """Process ids of the workers of this workspace (read from /proc; none where a system has no such folder)."""
    mark = f"{ENVIRONMENT_VARIABLE}={workspace}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"worker" in (folder / "cmdline").read_bytes() and mark in (folder / "environ").read_bytes().split(
                b"\0"
            ):
                found.append(int(folder.name))
    return found


def stop_workers(workspace: Path) -> None:
    """End the worker that the dashboard started in a session of its own, and wait until it is gone."""
    deadline = time.monotonic() + 10
    while running := workers(workspace):
        for process in running:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM if time.monotonic() < deadline - 5 else signal.SIGKILL)
        if time.monotonic() > deadline:
            raise RuntimeError(f"worker {running} of {workspace} does not end")
        time.sleep(0.1)
