"""What commands share: progress on standard error, datasets by folder or name, options that were given."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from goracs_core.budget import Budget, check_budget
from goracs_core.data.folders import dataset_folder
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

_DATA_OPTIONS = {
    "pool_embeddings": ("P", "embeddings of the pool, one row per sample"),
    "validation_embeddings": ("V", "embeddings of the validation samples"),
    "gradient_norms": ("G", "gradient norm of each pool sample; needed for lambda > 0"),
    "pool_labels": ("L", "class of each pool sample"),
    "validation_labels": ("M", "class of each validation sample"),
    "validation_weights": ("W", "how much each validation sample counts, > 0 (default: all alike)"),
    "validation_times": ("T", "when each validation sample was, in seconds since 1970; for --half-life"),
}


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


def add_data_options(source: Any) -> None:
    """Add the options that say what to choose from: a dataset or arrays.

    Args:
        source: The parser or its group.
    """
    source.add_argument(
        "--dataset", metavar="DIR", help="prepared dataset with features: its folder, its name, or demo"
    )
    for name, (letter, words) in _DATA_OPTIONS.items():
        source.add_argument(f"--{name.replace('_', '-')}", metavar=letter, help=words)


def add_source_options(parser: argparse.ArgumentParser) -> Any:
    """Add the options of a command that chooses: what from, and how much validation samples count; their group."""
    source = parser.add_argument_group("what to choose from: a dataset, or arrays (.npy, .npz, .safetensors)")
    add_data_options(source)
    source.add_argument(
        "--half-life", type=float, metavar="DAYS",
        help="a validation sample counts half as much for every DAYS that it is older than the newest one",
    )  # fmt: skip
    return source


def data_spec(options: argparse.Namespace, workspace: Workspace) -> dict[str, Any]:
    """What `add_data_options` was given, as `goracs_core.jobs.inputs.load_inputs` takes it."""
    given = given_options(options, tuple(_DATA_OPTIONS))
    spec: dict[str, Any] = {name: str(Path(value).expanduser()) for name, value in given.items()}
    if options.dataset:
        spec["dataset"] = str(dataset_folder(options.dataset, workspace))
    return spec


def given_options(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """The options among `names` that the user gave; the others keep the defaults of the config class."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}
