"""`decay`: what half-lives of the validation weights change in the choice, before anything is trained."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from goracs_core.cli.terminal import BUDGET_HELP, budget, dataset_folder, do_job, given_options
from goracs_core.errors import StoreError
from goracs_core.jobs.decay.kind import DECAY, DecaySpec
from goracs_core.jobs.lists import parse_half_lives
from goracs_core.store.atomic import write_file
from goracs_core.workspace import Workspace

_COLUMNS = {
    "jaccard": "overlap with no decay (Jaccard)",
    "effective": "validation samples that the weights amount to",
    "late_term": "transport term to late samples",
    "transport_term": "transport term, all alike",
    "gradient_term": "gradient term",
    "poo": "POO, all alike",
}
_EXAMPLES = """\
examples:
  python -m goracs_core decay --dataset demo --budget 64 --half-lives 7,30,90
  python -m goracs_core decay --dataset early --budget 64 --half-lives 7,30,90 --later demo --output decay.csv

One coreset per half-life and one without decay, by goracs; each is an ordinary run. All are then measured with all
validation samples alike, and on late samples alone: the latest part of the validation, or with --later the validation
samples of another dataset that this one does not have (of the dataset that this one was derived from, those that come
after an early validation). The last line on standard output is one JSON object.
"""


def add_commands(commands: Any) -> None:
    """Add `decay` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "decay",
        help="what half-lives of validation weights change in the choice",
        description="Choose one coreset per half-life and compare them, without training.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--dataset", required=True, metavar="DIR", help="dataset with features and times, or demo")
    parser.add_argument("--half-lives", required=True, metavar="D,D,...", help="half-lives in days, like 7,30,90")
    parser.add_argument("--budget", type=budget, required=True, metavar="K", help=BUDGET_HELP)
    parser.add_argument("--lambda", dest="lambda_", type=float, metavar="L", help="weight of the gradient norms")
    parser.add_argument("--gap", type=float, metavar="G", help="stop once this gap is proven (default: 0.001)")
    late = parser.add_mutually_exclusive_group()
    late.add_argument(
        "--late-share", type=float, metavar="X", help="latest share of the validation to measure on (default: 0.25)"
    )
    late.add_argument("--later", metavar="DIR", help="dataset whose further validation samples are the late ones")
    parser.add_argument("--output", metavar="FILE", help="write the table as CSV")
    parser.add_argument("--fresh", action="store_true", help="choose again what is chosen already")
    parser.set_defaults(command=decay, job=DECAY.name, spec=decay_spec)


def decay(options: argparse.Namespace) -> int:
    """Choose, measure, print a table and one JSON object."""
    from goracs_core.jobs.select.export import to_csv

    output = None if options.output is None else Path(options.output).expanduser()
    if output is not None and output.is_dir():
        raise StoreError(f"{output} is a folder; give the name of a file, ending with .csv")
    workspace = Workspace.default()
    result = do_job(DECAY, decay_spec(options, workspace), workspace)
    points = result["points"]
    for line in _lines(points):
        print(line)
    print(f"late samples: {result['late']:,}")
    if output is not None:
        import pandas as pd

        write_file(output, to_csv(pd.DataFrame(points).assign(run=result["runs"])))
        print(f"wrote {output}")
    print(json.dumps({"points": points, "runs": result["runs"], "late": result["late"]}, allow_nan=False))
    return 0


def decay_spec(options: argparse.Namespace, workspace: Workspace) -> DecaySpec:
    """The spec of what was given."""
    spec: dict[str, Any] = {"dataset": str(dataset_folder(options.dataset, workspace)), "fresh": options.fresh}
    spec["half_lives"] = parse_half_lives(options.half_lives)
    spec["config"] = {"method": "goracs", **given_options(options, ("budget", "lambda_", "gap"))}
    spec |= given_options(options, ("late_share",))
    if options.later is not None:
        spec["later"] = str(dataset_folder(options.later, workspace))
    return DecaySpec.from_dict(spec)


def _lines(points: list[dict[str, Any]]) -> list[str]:
    """The table for people: a column per half-life."""
    heads = ["no decay" if point["half_life"] is None else f"{point['half_life']:g} d" for point in points]
    width = max(len(words) for words in _COLUMNS.values())
    lines = [" " * width + "".join(f"{head:>11}" for head in heads)]
    for name, words in _COLUMNS.items():
        form = "11.0f" if name == "effective" else "11.4f"
        lines.append(f"{words:<{width}}" + "".join(f"{point[name]:{form}}" for point in points))
    return lines
