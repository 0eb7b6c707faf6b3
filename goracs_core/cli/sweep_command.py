"""`sweep`: a grid of lambdas and budgets, written as one table and a coreset per point."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from goracs_core.cli.spec_options import add_source_options, add_spec_options, data_spec, spec_values
from goracs_core.cli.terminal import do_job, given_options
from goracs_core.errors import JobCancelled, StoreError
from goracs_core.jobs.outputs import check_folder
from goracs_core.jobs.select.files import CORESET
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.sweep.kind import SWEEP, SweepSpec
from goracs_core.jobs.sweep.store import SweepStore, point_of, sweep_id
from goracs_core.store.atomic import write_file
from goracs_core.workspace import Workspace

TABLE, FOLDER = "sweep.csv", "coresets"
_CORESET = re.compile(r"k\d+-lambda[0-9.e+-]+\.csv")
_OPTIONS = ("gap", "max_rounds", "seed", "label_aware")

_EXAMPLES = """\
examples:
  python -m goracs_core sweep --dataset demo --lambdas 0,0.02,0.05,0.1,0.2,0.5 --budgets 64 --output sweep
  python -m goracs_core sweep --pool-embeddings P.npy --validation-embeddings V.npy --gradient-norms G.npy \\
      --lambdas 0,0.1 --budgets 64,256,1000 --gap 0.002 --output sweep

writes into the output folder:
  sweep.csv   one line per point: budget, lambda, POO and its two terms, lower bound, gap, whether it lies on the Pareto
              front of its budget, and with a dataset the popularity of the selected items
  coresets/   the selected samples of each point

The last line on standard output is one JSON object. Each point has a warm start from its neighbour, so its coreset may
differ from that of `select`; the gap tells how good it is in both cases. Every point is kept as soon as it is solved:
after a stop, the same command resumes.
"""


def add_commands(commands: Any) -> None:
    """Add `sweep` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "sweep",
        help="select a coreset for each pair of lambda and budget",
        description="Solve a grid of lambdas and budgets with the certified solver, each point from its neighbour.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_source_options(parser)
    how = parser.add_argument_group("the grid, and how each point is solved")
    add_spec_options(how, SweepSpec, ("lambdas", "budgets"))
    help_ = "stop a point once its gap is proven: the share of the transport term that could still be gained"
    how.add_argument("--gap", type=float, metavar="G", help=f"{help_} (default: 0.001)")
    how.add_argument("--max-rounds", type=int, metavar="R", help="maximum number of price updates of the first point")
    how.add_argument("--seed", type=int, metavar="S", help="seed of everything random (default: 0)")
    help_ = "select within each label, in the labels' proportions (default: whenever there are labels)"
    how.add_argument("--label-aware", action=argparse.BooleanOptionalAction, default=None, help=help_)
    result = parser.add_argument_group("what to do with the result")
    result.add_argument("--output", required=True, metavar="DIR", help="folder for sweep.csv and coresets/")
    result.add_argument("--force", action="store_true", help="write into a folder that holds other files")
    add_spec_options(result, SweepSpec, ("fresh",))
    parser.set_defaults(command=sweep, job=SWEEP.name, spec=sweep_spec)


def sweep(options: argparse.Namespace) -> int:
    """Solve the grid, write table and coresets, print one JSON object; a stopped sweep writes its solved points."""
    output = Path(options.output).expanduser()
    check_folder(output, always={TABLE}, written={TABLE, FOLDER}, force=options.force)
    workspace = Workspace.default()
    spec = sweep_spec(options, workspace)
    try:
        result = do_job(SWEEP, spec, workspace)
    except (KeyboardInterrupt, JobCancelled):
        written = _write_stopped(workspace, sweep_id(spec.to_dict()), output)
        if written:
            print(f"stopped; the points solved by then are in {output / TABLE}", file=sys.stderr)
        raise
    values = write_sweep(workspace, result["sweep"], output)
    if result["reused"]:
        print(f"{result['reused']} of {result['points']} points were reused")
    print(f"wrote {output / TABLE}")
    counts = {name: result[name] for name in ("points", "solved", "reused")}
    print(json.dumps({"sweep": result["sweep"], **counts, **values}, allow_nan=False))
    return 0


def sweep_spec(options: argparse.Namespace, workspace: Workspace) -> SweepSpec:
    """The spec of what was given."""
    config = given_options(options, _OPTIONS)
    grid = spec_values(options, SweepSpec, workspace, ("half_life", "lambdas", "budgets", "fresh"))
    return SweepSpec.from_dict({**data_spec(options, workspace), **grid, "config": config})


def write_sweep(workspace: Workspace, sweep: str, output: Path) -> dict[str, Any]:
    """Write the points of a sweep that are there; returns what stands for all of them.

    Raises:
        StoreError: The folder cannot be written, or a run is damaged.
    """
    from goracs_core.jobs.select.export import find_dataset, to_csv
    from goracs_core.jobs.sweep.table import sweep_table

    store, record = RunStore(workspace), SweepStore(workspace).get(sweep)
    there = sorted(record.runs(store.list()), key=lambda run: (run.budget, run.lambda_))
    runs = [store.get(run.id) for run in there]
    points = [point_of(run) for run in runs]
    table = sweep_table(points, find_dataset(runs[0], workspace) if runs else None)
    names = [f"k{point.budget}-lambda{number(point.lambda_)}.csv" for point in points]
    table["coreset"] = [f"{FOLDER}/{name}" for name in names]
    try:
        (output / FOLDER).mkdir(parents=True, exist_ok=True)
        for name, run in zip(names, runs, strict=True):
            write_file(output / FOLDER / name, store.files(run.id)[CORESET])
        for path in (output / FOLDER).iterdir():  # points of an earlier sweep in this folder
            if _CORESET.fullmatch(path.name) and path.name not in names:
                path.unlink()
        write_file(output / TABLE, to_csv(table))
    except OSError as error:
        message = f"{output} cannot be written ({error.strerror or error})"
        raise StoreError(message, code="cannot-write", fields={"path": str(output)}) from error
    gaps = [point.gap for point in points if point.gap is not None]
    return {
        "budgets": list(record.budgets),
        "lambdas": list(record.lambdas),
        "largest_gap": max(gaps, default=None),
        "seconds": sum(point.seconds for point in points),
        "dataset": record.dataset_name,
        "dataset_fingerprint": record.dataset_fingerprint,
        "problem_fingerprint": record.problem_fingerprint,
    }


def number(lambda_: float) -> str:
    """A lambda as part of a file name, so exact that different ones never share a name."""
    return repr(lambda_).removesuffix(".0")


def _write_stopped(workspace: Workspace, sweep: str, output: Path) -> bool:
    """Write what a stopped sweep has; False when it has no point yet."""
    try:
        if not SweepStore(workspace).get(sweep).runs(RunStore(workspace).list()):
            return False
        write_sweep(workspace, sweep, output)
    except StoreError:
        return False
    return True
