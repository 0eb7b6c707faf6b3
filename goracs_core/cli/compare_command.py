"""`compare`: every method on the same data at the same budgets, as one table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goracs_core.budget import split_budgets
from goracs_core.cli.spec_options import add_source_options, data_spec
from goracs_core.cli.terminal import (
    given_options,
    named_value,
    parse_names,
    progress_line,
)
from goracs_core.errors import ConfigError, JobCancelled
from goracs_core.jobs.compare.plan import Arm, Comparison, Entry, arm_config, read_options
from goracs_core.jobs.outputs import check_file
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.source import BUDGETS_HELP
from goracs_core.jobs.sweep.grid import check_budgets
from goracs_core.jobs.tables import Table
from goracs_core.methods import method_names
from goracs_core.store.atomic import write_file
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset

MARKDOWN = ".md"

_EARLIER = (b"method,solver,budget,", b"| method | budget | ")

_EXAMPLES = """\
examples:
  python -m goracs_core compare --dataset demo --budgets 64,256 --output table.csv
  python -m goracs_core compare --dataset mydata --budgets 256 --methods goracs,dealrec,random --output table.csv
  python -m goracs_core compare --dataset demo --budgets 64 --methods ccs,d2 --option score=grand \\
      --option ccs.strata=20 --output table.csv

The table has one line per budget and method. Values are means over the seeds of a stochastic method; `poo_min` and
`poo_max` are their range. `gap` is the difference between the value and the best lower bound that a run of this
comparison has proven for its budget (goracs proves one), as a share of the transport term. With a dataset the table
also has the mean popularity of the selected items (ARP), the shares of head and tail items, the coverage of the
catalogue, the Gini coefficient, and the Jensen-Shannon divergence from the popularity of the validation samples.
`seconds` includes the time of making models and scores, even if they are cached now. A method that refuses keeps its
line, with the reason in `note`.

Each selection is an ordinary run and is kept as soon as it is finished: after a stop, the same command resumes. The
last line on standard output is one JSON object.
"""


def add_commands(commands: Any) -> None:
    """Add `compare` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "compare",
        help="select with several methods and compare the coresets",
        description="Select with several methods at several budgets and write the values as one table.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_source_options(parser)
    how = parser.add_argument_group("what to compare")
    how.add_argument("--budgets", required=True, metavar="K,K,...", help=BUDGETS_HELP)
    help_ = "names of methods, or itra (default: all that `methods` lists)"
    how.add_argument("--methods", metavar="M,M,...", help=help_)
    help_ = "weight of the gradient norms, >= 0; 0 is pure transport (default: 0.05)"
    how.add_argument("--lambda", dest="lambda_", type=float, metavar="L", help=help_)
    help_ = "number of seeds, 0 to N - 1, of each stochastic method; the others select once (default: 3)"
    how.add_argument("--seeds", type=int, default=3, metavar="N", help=help_)
    help_ = "all methods select within each label, in the labels' proportions (default: none does)"
    how.add_argument("--label-aware", action="store_true", help=help_)
    help_ = "an option of each compared method that has it, or METHOD.NAME=VALUE for one method; may be repeated"
    how.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help=help_)
    result = parser.add_argument_group("what to do with the result")
    help_ = "table to write: CSV, or Markdown for a name that ends with .md"
    result.add_argument("--output", required=True, metavar="FILE", help=help_)
    result.add_argument("--force", action="store_true", help="replace a file that is no earlier comparison")
    result.add_argument("--fresh", action="store_true", help="select again, even if the same run is kept already")
    parser.set_defaults(command=compare_methods)


def compare_methods(options: argparse.Namespace) -> int:
    """Select with all of them, write and print the table; a stopped comparison writes the finished selections."""
    from goracs_core.jobs.compare.job import compare
    from goracs_core.jobs.inputs import counted_budgets, load_inputs

    output = Path(options.output).expanduser()
    check_file(output, endings=(".csv", MARKDOWN), earlier=_EARLIER, force=options.force)
    workspace = Workspace.default()
    spec = data_spec(options, workspace)
    comparison = _comparison(options, counted_budgets(split_budgets(options.budgets), spec))
    if options.fresh:
        spec["fresh"] = True
    found = load_inputs(spec)  # what cannot be read is one error, not one per method
    # A budget is the same for all; what else a method asks of the pool is a line of its own.
    check_budgets(comparison.budgets, len(found.pool))
    entries: list[Entry] = []
    reused = 0
    try:
        with progress_line() as progress:
            for entry, was_there in compare(comparison, spec, workspace, progress):
                entries.append(entry)
                reused += was_there
    except (KeyboardInterrupt, JobCancelled):
        if any(entry.run for entry in entries):
            _write(comparison, entries, workspace, found.dataset, output)
            print(f"stopped; the finished selections are in {output}", file=sys.stderr)
        raise
    if not any(entry.run for entry in entries):
        raise ConfigError(entries[0].refusal, code="all-refused", fields={"refusals": len(entries)})
    table = _write(comparison, entries, workspace, found.dataset, output)
    print("\n".join(table.lines()))
    print(f"wrote {output}")
    counts = {"selections": len(entries), "reused": reused, "refused": sum(bool(entry.refusal) for entry in entries)}
    dataset = {"dataset": "", "dataset_fingerprint": ""}
    if found.dataset is not None:
        dataset = {"dataset": found.dataset.name, "dataset_fingerprint": found.dataset.fingerprint}
    print(json.dumps({**counts, **dataset, "table": table.rows}, allow_nan=False))
    return 0


def _comparison(options: argparse.Namespace, budgets: list[int]) -> Comparison:
    methods = method_names() if options.methods is None else parse_names(options.methods)
    own = read_options(methods, dict(named_value(given) for given in options.option))
    shared = given_options(options, ("lambda_", "label_aware"))
    arms = tuple(Arm(name, arm_config(name, own[name], **shared)) for name in methods)
    return Comparison(arms, tuple(budgets), options.seeds)


def _write(
    comparison: Comparison, entries: Sequence[Entry], workspace: Workspace, dataset: Dataset | None, output: Path
) -> Table:
    from goracs_core.jobs.compare.table import best_first, compare_table

    store = RunStore(workspace)
    runs = {entry.run: store.get(entry.run) for entry in entries if entry.run}
    table = compare_table(comparison, entries, runs, dataset)
    write_file(output, best_first(table).markdown().encode() if output.suffix == MARKDOWN else table.csv())
    return table
