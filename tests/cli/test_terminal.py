"""Ctrl-C and what is shown while a command works."""

from __future__ import annotations

import io
import signal
import time
from pathlib import Path

import pytest

from goracs_core.cli.terminal import TerminalProgress
from goracs_core.jobs.select.store import RunStore
from goracs_core.workspace import Workspace
from tests.cli.calls import in_a_process, option
from tests.jobs.made import PATIENCE_SECONDS, long_spec

SOLVERS = {
    "certified": ["--gap", "0", "--max-rounds", "100000"],
    "itra": ["--max-exchanges", "100000", "--prune-candidates", "60"],
}
WHEN = [("certified", "closing the gap"), ("certified", "distances"), ("itra", "exchanges")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("solver", "stage"), WHEN)
def test_ctrl_c_says_cancelled_and_leaves_nothing(
    tmp_path: Path, own_workspace: Path, solver: str, stage: str, number: signal.Signals
) -> None:
    spec = long_spec(tmp_path)
    config = spec.pop("config")
    source = [part for name, path in spec.items() for part in (option(name), path)]
    process = in_a_process(
        "select",
        *source,
        "--budget",
        str(config["budget"]),
        "--lambda",
        "0.5",
        "--solver",
        solver,
        *SOLVERS[solver],
        "--output",
        str(tmp_path / "out"),
    )
    assert process.stderr is not None
    told = ""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while stage not in told and time.monotonic() < deadline:
        told += process.stderr.readline()
    process.send_signal(number)
    out, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.splitlines()[-1] == "cancelled"
    assert "Traceback" not in told
    assert out == ""
    assert not (tmp_path / "out").exists()
    assert RunStore(Workspace(own_workspace)).list() == ()
    assert not list(own_workspace.rglob(".writing-*"))
    assert not list(tmp_path.glob(".writing-*"))


def test_progress_is_one_changing_line_on_a_terminal_and_sparse_elsewhere() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    live, file = Terminal(), io.StringIO()
    for stream in (live, file):
        progress = TerminalProgress(stream)
        for done in range(1000):
            progress("greedy", done, 1000)
        progress("exchanges", 0, 0, "first")
        progress.close()
    assert "\n" not in live.getvalue()
    assert live.getvalue().endswith("\r\x1b[K"), "the line is taken away at the end"
    assert file.getvalue().splitlines() == ["greedy 0 of 1,000 (0%)", "exchanges: first"]


def test_a_long_line_is_cut_to_the_terminal_so_that_it_can_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "30")
    live = Terminal()
    TerminalProgress(live)("closing the gap", 5, 200, "POO 0.419827, proven gap 0.339%")
    assert live.getvalue() == "\r\x1b[K" + "closing the gap 5 of 200 (2%): POO"[:29]
