"""`decay`: how half-lives of the validation weights change the selection, without any training."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from goracs_core.cli.spec_options import add_spec_options, spec_values
from goracs_core.cli.terminal import BUDGET_HELP, budget, do_job, given_options
from goracs_core.jobs.decay.kind import DECAY, DecaySpec
from goracs_core.jobs.outputs import check_file
from goracs_core.jobs.tables import Column, Table, number
from goracs_core.store.atomic import write_file
from goracs_core.workspace import Workspace

# Value of a point, its words, and decimals.
_MEASURES = (
    ("jaccard", "overlap with no decay (Jaccard)", 4),
    ("effective", "validation samples that the weights amount to", 0),
    ("late_term", "transport term to late samples", 4),
    ("transport_term", "transport term, equal weights", 4),
    ("gradient_term", "gradient term", 4),
    ("poo", "POO, equal weights", 4),
)
_EXAMPLES = """\
examples:
  python -m goracs_core decay --dataset demo --budget 64 --half-lives 7,30,90
  python -m goracs_core decay --dataset early --budget 64 --half-lives 7,30,90 --later demo --output decay.csv

goracs selects one coreset per half-life and one without decay; each is an ordinary run. All coresets are then evaluated
with equal weights, and on late samples alone: the latest part of the validation, or with --later the validation samples
of another dataset that are not in this one (for a dataset with an early validation: the later samples of the dataset
that it was derived from). The last line on standard output is one JSON object.
"""


def add_commands(commands: Any) -> None:
    """Add `decay` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "decay",
        help="how half-lives of validation weights change the selection",
        description="Select one coreset per half-life and compare them, without training.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_spec_options(parser, DecaySpec, ("dataset", "half_lives"))
    parser.add_argument("--budget", type=budget, required=True, metavar="K", help=BUDGET_HELP)
    parser.add_argument("--lambda", dest="lambda_", type=float, metavar="L", help="weight of the gradient norms")
    parser.add_argument("--gap", type=float, metavar="G", help="stop once this gap is proven (default: 0.001)")
    add_spec_options(parser.add_mutually_exclusive_group(), DecaySpec, ("late_share", "later"))
    parser.add_argument("--output", metavar="FILE", help="write the table as CSV")
    add_spec_options(parser, DecaySpec, ("fresh",))
    parser.set_defaults(command=decay, job=DECAY.name, spec=decay_spec)


def decay(options: argparse.Namespace) -> int:
    """Select, evaluate, print a table and one JSON object."""
    output = None if options.output is None else Path(options.output).expanduser()
    if output is not None:
        check_file(output, force=True)
    workspace = Workspace.default()
    result = do_job(DECAY, decay_spec(options, workspace), workspace)
    points = result["points"]
    print("\n".join(_transposed(points).lines()))
    print(f"late samples: {result['late']:,}")
    if output is not None:
        rows = tuple({**point, "run": run} for point, run in zip(points, result["runs"], strict=True))
        write_file(output, Table(tuple(map(Column, rows[0])), rows).csv())
        print(f"wrote {output}")
    print(json.dumps({"points": points, "runs": result["runs"], "late": result["late"]}, allow_nan=False))
    return 0


def decay_spec(options: argparse.Namespace, workspace: Workspace) -> DecaySpec:
    """The spec of what was given."""
    config = {"method": "goracs", **given_options(options, ("budget", "lambda_", "gap"))}
    return DecaySpec.from_dict({**spec_values(options, DecaySpec, workspace), "config": config})


def _transposed(points: Sequence[Mapping[str, Any]]) -> Table:
    """A line per measure, a column per half-life."""
    heads = ["no decay" if point["half_life"] is None else f"{point['half_life']:g} d" for point in points]
    rows = ([words, *(number(point[name], digits) for point in points)] for name, words, digits in _MEASURES)
    return Table.of_cells(["", *heads], rows)
