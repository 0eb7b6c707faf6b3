"""`derive`: from a prepared dataset to another one with another target or an earlier validation."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from goracs_core.cli.terminal import do_job, given_options
from goracs_core.data.folders import dataset_folder
from goracs_core.jobs.derive.kind import DERIVE, DeriveSpec
from goracs_core.workspace import Workspace

_EXAMPLES = """\
examples:
  python -m goracs_core derive --dataset demo --target-category Cookbooks --output cookbooks
  python -m goracs_core derive --dataset demo --target-category Cookbooks --pool-other-categories --output elsewhere
  python -m goracs_core derive --dataset demo --early-validation 0.5 --output early
  python -m goracs_core derive --dataset games --target-dataset movies --output games-for-movies

Nothing is computed again: samples and their features are taken along as they are. The new dataset works with every
command; what it was made from stands in its dataset.json and wherever it is shown. Derive from a derived dataset to
combine two ways.
"""


def add_commands(commands: Any) -> None:
    """Add `derive` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "derive",
        help="make another dataset from one: another target, or an earlier validation",
        description="Make a dataset from a prepared one: for one category, with an early validation, or for another "
        "dataset's validation and test.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--dataset", required=True, metavar="DIR", help="dataset: its folder, its name, or demo")
    ways = parser.add_argument_group("how (one of these)").add_mutually_exclusive_group(required=True)
    ways.add_argument(
        "--target-category",
        action="append",
        dest="target_categories",
        metavar="X",
        help="validation and test hold only samples that ask for an item of category X; may be repeated",
    )
    ways.add_argument(
        "--early-validation",
        type=float,
        metavar="SHARE",
        help="the earliest SHARE of the validation stays; the later rest comes in front of the test",
    )
    ways.add_argument(
        "--target-dataset", metavar="DIR", help="validation and test of that dataset replace those of this one"
    )
    parser.add_argument(
        "--pool-other-categories",
        action="store_true",
        help="with --target-category: the pool holds only samples that ask for an item of another category",
    )
    parser.add_argument("--name", help="name of the new dataset (default: from the parent and the change)")
    parser.add_argument("--no-features", action="store_true", help="do not take the features along")
    parser.add_argument("--output", metavar="DIR", help="dataset folder to write (default: in the workspace)")
    parser.add_argument("--force", action="store_true", help="replace a dataset that lies in the output folder")
    parser.set_defaults(command=derive, job=DERIVE.name, spec=derive_spec)


def derive(options: argparse.Namespace) -> int:
    """Make the dataset and say what is in it."""
    workspace = Workspace.default()
    result = do_job(DERIVE, derive_spec(options, workspace), workspace)
    counts = ", ".join(f"{count:,} {name}" for name, count in result["counts"].items())
    print(f"{result['name']} ({result['task']}): {counts}")
    for sentence in result["sampling"]:
        print(sentence)
    print("features: taken along" if result["features"] else f"features: none; {result['note'] or 'left out'}")
    print(f"wrote {result['dataset']}")
    return 0


def derive_spec(options: argparse.Namespace, workspace: Workspace) -> DeriveSpec:
    """The spec of what was given."""
    spec = given_options(options, ("target_categories", "early_validation", "name"))
    spec |= {"dataset": str(dataset_folder(options.dataset, workspace)), "replace": options.force}
    spec |= {"pool_others": options.pool_other_categories, "features": not options.no_features}
    if options.target_dataset is not None:
        spec["target_dataset"] = str(dataset_folder(options.target_dataset, workspace))
    if options.output is not None:
        spec["output"] = str(Path(options.output).expanduser())
    return DeriveSpec.from_dict(spec)
