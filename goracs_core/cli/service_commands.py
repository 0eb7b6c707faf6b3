"""`app` and `worker`: the dashboard and the process that does its jobs."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from goracs_core.checks import check_number, check_whole
from goracs_core.errors import StoreError
from goracs_core.jobs.queue.worker import run_worker
from goracs_core.workspace import Workspace, project_directory


def add_commands(commands: Any) -> None:
    """Add `app` and `worker` to the parser's commands."""
    app: argparse.ArgumentParser = commands.add_parser(
        "app",
        help="open the dashboard",
        description="Serve the dashboard on this machine until Ctrl-C.",
        allow_abbrev=False,
    )
    app.add_argument("--port", type=int, metavar="PORT", help="port to serve on (default: 8501)")
    app.add_argument("--headless", action="store_true", help="do not open a browser window")
    app.set_defaults(command=serve)

    worker: argparse.ArgumentParser = commands.add_parser(
        "worker",
        help="work off the dashboard's queue",
        description=(
            "Do the queue's jobs in order. The dashboard starts a worker whenever it needs one; a second worker on the "
            "same workspace ends at once. SIGTERM stops the running job."
        ),
        allow_abbrev=False,
    )
    worker.add_argument(
        "--idle-minutes", type=float, default=10.0, metavar="M", help="end after M minutes without a job (default: 10)"
    )
    worker.add_argument("--until-empty", action="store_true", help="end as soon as no job waits")
    worker.set_defaults(command=work)


def serve(options: argparse.Namespace) -> int:
    """Become the Streamlit server."""
    script = project_directory() / "app.py"
    if not script.is_file():
        raise StoreError(
            f"{script} is missing, because the dashboard is no part of the installed package; run this from a copy of "
            "the project",
            code="no-dashboard",
        )
    check_whole("--port", options.port, least=1, most=65535, optional=True)
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    if options.port is not None:
        command += ["--server.port", str(options.port)]
    if options.headless:
        command += ["--server.headless", "true"]
    os.chdir(project_directory())  # Streamlit looks for its .streamlit folder here
    sys.stdout.flush()
    os.execv(sys.executable, command)


def work(options: argparse.Namespace) -> int:
    """Run the worker in this process."""
    check_number("--idle-minutes", options.idle_minutes)
    return run_worker(Workspace.default(), idle_minutes=options.idle_minutes, until_empty=options.until_empty)
