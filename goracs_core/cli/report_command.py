"""`report`: a run, several runs or an experiment as one HTML file."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goracs_core.errors import ConfigError
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.outputs import check_file
from goracs_core.jobs.select import files
from goracs_core.jobs.select.claims import find_folder
from goracs_core.jobs.select.store import RunStore
from goracs_core.store.atomic import write_file
from goracs_core.store.kind import read
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

_EXPERIMENT = re.compile(r"[0-9a-f]{16}")
_START = b"<!DOCTYPE html>"

_EXAMPLES = """\
examples:
  python -m goracs_core report coreset --output coreset.html
  python -m goracs_core report coreset random --output comparison.html
  python -m goracs_core report EXPERIMENT --output experiment.html

Of one run: value, proof, figures, samples, settings, versions and fingerprints. Of two to six runs of one dataset: the
numbers side by side, what differs, their overlap. Of an experiment: its answer, figures and all numbers. The figures
are live, and the file opens without a network: it asks nothing of any host.
"""


def add_commands(commands: Any) -> None:
    """Add `report` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "report",
        help="write a run, a comparison or an experiment as one HTML file",
        description="Write one HTML file with live figures that needs no network.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="output folder of select, or the id of a run (up to six), or the id of one experiment",
    )
    parser.add_argument("--output", required=True, metavar="FILE", help="the file to write, ending with .html")
    parser.add_argument("--force", action="store_true", help="replace a file that is no earlier report")
    parser.set_defaults(command=write_report)


def write_report(options: argparse.Namespace) -> int:
    """Write the file."""
    output = Path(options.output).expanduser()
    check_file(output, endings=(".html",), earlier=(_START,), force=options.force)
    write_file(output, _report(options.runs, Workspace.default()))
    print(f"wrote {output}")
    return 0


def _report(given: list[str], workspace: Workspace) -> bytes:
    from goracs_core.jobs.report.comparison import comparison_report, experiment_report
    from goracs_core.jobs.report.run import run_report

    experiments = [name for name in given if _EXPERIMENT.fullmatch(name) and not Path(name).exists()]
    if experiments:
        if len(given) > 1:
            raise ConfigError("a report takes one experiment, or runs; give one id", code="report-mix")
        return experiment_report(ExperimentStore(workspace).get(given[0]))
    runs = [_run(name, workspace) for name in given]
    return run_report(runs[0], workspace) if len(runs) == 1 else comparison_report(runs, workspace)


def _run(given: str, workspace: Workspace) -> Run:
    """The run of an id or of an output folder.

    Raises:
        StoreError: Neither, or a damaged one.
    """
    if not Path(given).expanduser().is_dir():
        return RunStore(workspace).get(given)
    return read(files.RUN_KIND, find_folder(given, workspace), named=False)
