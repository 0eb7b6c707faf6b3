"""What commands share: progress on standard error, datasets by folder or name, options that were given."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from goracs_core.budget import Budget, check_budget
from goracs_core.errors import ConfigError
from goracs_core.jobs.kind import JobKind
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.spec import Spec
from goracs_core.jobs.tables import Column, Table
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace

_REDRAW_SECONDS = 0.1
_SPARSE_SECONDS = 10.0

BUDGET_HELP = "number of samples to choose, or a share of the pool like 2%% or 0.02"


class TerminalProgress(Progress):
    """The Progress of the command line: one line that changes on a terminal, a line now and then elsewhere.

    Args:
        stream: Where to; standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(self._tell)
        self._stream = stream
        self._live = stream.isatty()
        self._stage: str | None = None
        self._stage_started = 0.0
        self._written = 0.0
        self._open_line = False

    def _tell(self, stage: str, done: int, total: int, detail: str) -> None:
        now = time.monotonic()
        fresh = stage != self._stage
        if fresh:
            self._stage, self._stage_started = stage, now
        if not fresh and now - self._written < (_REDRAW_SECONDS if self._live else _SPARSE_SECONDS):
            return
        self._written = now
        line = _line(stage, done, total, detail, seconds=now - self._stage_started)
        if self._live:
            # A line that wraps could not be taken back: only its last row would be.
            shown = line[: max(1, shutil.get_terminal_size().columns - 1)]
            self._stream.write(f"\r\x1b[K{shown}")
            self._open_line = True
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def close(self) -> None:
        """Take the changing line away."""
        if self._open_line:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._open_line = False


def do_job(kind: JobKind[Any], spec: Spec, workspace: Workspace) -> dict[str, Any]:
    """Say on standard error what a job will take, where that is known, and do it in this process.

    Raises:
        GoracsError: A sentence for the user.
        JobCancelled: It was stopped.
    """
    estimate = kind.estimated(spec, workspace)
    if estimate:
        print(f"estimate: {estimate}", file=sys.stderr)
    with progress_line() as progress:
        return run_job(kind, spec, workspace, progress)


@contextmanager
def progress_line() -> Iterator[TerminalProgress]:
    """Progress on standard error; the changing line is gone afterwards, whatever happened."""
    progress = TerminalProgress(sys.stderr)
    try:
        yield progress
    finally:
        progress.close()


def _line(stage: str, done: int, total: int, detail: str, *, seconds: float) -> str:
    share = f" {done:,} of {total:,} ({done / total:.0%})" if total > 0 else ""
    spent = f", {seconds:.0f} s" if seconds >= 1 else ""
    return f"{stage}{share}{spent}{f': {detail}' if detail else ''}"


def budget(text: str) -> Budget:
    """The type of an option that takes a budget: a number of samples or a share of the pool."""
    try:
        return check_budget(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of texts in aligned columns, without heads."""
    if rows:
        columns = tuple(Column(str(place), "", left=True) for place in range(len(rows[0])))
        table = Table(columns, tuple({str(place): cell for place, cell in enumerate(row)} for row in rows))
        print("\n".join(table.lines()[1:]))


def parse_names(text: str) -> list[str]:
    """The names of a list like "goracs,random", each once."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def named_value(text: str, option: str = "--option", *, example: str = "strata=20") -> tuple[str, str]:
    """Name and value of an option that is written NAME=VALUE.

    Args:
        text: What was given.
        option: The option's name.
        example: What it may look like.

    Raises:
        ConfigError: It is written in another way.
    """
    name, mark, value = text.partition("=")
    if not name.strip() or not mark:
        raise ConfigError(
            f"{option} is {text!r}, but it is written NAME=VALUE, like {example}",
            code="not-name-and-value",
            fields={"option": option, "value": text},
        )
    return name.strip(), value.strip()


def given_options(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """The options among `names` that the user gave; the others keep the defaults of the config class."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}
