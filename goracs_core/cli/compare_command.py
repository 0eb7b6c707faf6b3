"""`compare`: every method on the same data at the same budgets, as one table."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goracs_core.budget import split_budgets
from goracs_core.cli.terminal import BUDGETS_HELP, add_source_options, data_spec, given_options, progress_line
from goracs_core.errors import ConfigError, JobCancelled, StoreError
from goracs_core.store.atomic import write_file
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.data.dataset import Dataset
    from goracs_core.jobs.compare.plan import Comparison, Outcome

MARKDOWN = ".md"

_FIRST_COLUMNS = ("method,solver,budget,", "| method | budget | ")

_EXAMPLES = """\
examples:
  python -m goracs_core compare --dataset demo --budgets 64,256 --output table.csv
  python -m goracs_core compare --dataset mydata --budgets 256 --methods goracs,dealrec,random --output table.csv
  python -m goracs_core compare --dataset demo --budgets 64 --methods ccs,d2 --option score=grand \\
      --option ccs.strata=20 --output table.csv

One line per budget and method. Values are means over the seeds of a method that draws at random; `poo_min` and
`poo_max` are their range. `gap` is how far the value lies above the best lower bound that a run of this comparison has
proven for its budget (goracs proves one), as a share of the transport term. With a dataset: mean popularity of the
chosen items (ARP), shares of head and tail items, coverage of the catalogue, Gini coefficient, and the divergence of
their popularity from that of the validation samples. `seconds` counts models and scores with the time they took when
they were made. A method that refuses keeps its line, with the sentence in `note`.

Each selection is an ordinary run, kept as soon as it is there: a comparison that was stopped goes on from there when it
is asked for again. The last line on standard output is one JSON object.
"""

# Column of the table, its short name, and how a value is written.
_SHOWN = (
    ("poo", "POO", "{:.5f}"),
    ("transport_term", "transport", "{:.5f}"),
    ("gradient_term", "gradient", "{:.5f}"),
    ("gap", "gap", "{:.2%}"),
    ("arp", "ARP", "{:.1f}"),
    ("head_share", "head", "{:.1%}"),
    ("tail_share", "tail", "{:.1%}"),
    ("coverage", "cover", "{:.1%}"),
    ("gini", "Gini", "{:.3f}"),
    ("js_validation", "JS val", "{:.4f}"),
    ("seconds", "seconds", "{:.1f}"),
)


def add_commands(commands: Any) -> None:
    """Add `compare` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "compare",
        help="choose with several methods and put them side by side",
        description="Choose with several methods at several budgets and write what they reach as one table.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_source_options(parser)
    how = parser.add_argument_group("what to compare")
    how.add_argument(
        "--budgets",
        required=True,
        metavar="K,K,...",
        help=BUDGETS_HELP,
    )
    how.add_argument(
        "--methods", metavar="M,M,...", help="names of methods, or itra (default: all that `methods` lists)"
    )
    how.add_argument(
        "--lambda", dest="lambda_", type=float, metavar="L",
        help="weight of the gradient norms, >= 0; 0 is pure transport (default: 0.05)",
    )  # fmt: skip
    how.add_argument(
        "--seeds", type=int, default=3, metavar="N",
        help="seeds 0 to N - 1 for each method that draws at random; the others choose once (default: %(default)s)",
    )  # fmt: skip
    how.add_argument(
        "--label-aware", action="store_true",
        help="all methods choose within each label, in the labels' proportions (default: none does)",
    )  # fmt: skip
    how.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="an option of a method, as `methods NAME` shows it, for every compared method that has it, or as "
        "METHOD.NAME=VALUE for one; may be given again",
    )  # fmt: skip
    result = parser.add_argument_group("what to do with the result")
    result.add_argument(
        "--output", required=True, metavar="FILE", help="table to write: CSV, or Markdown for a name that ends with .md"
    )
    result.add_argument("--force", action="store_true", help="replace a file that is no earlier comparison")
    result.add_argument("--fresh", action="store_true", help="choose again, even if the same run is finished already")
    parser.set_defaults(command=compare_methods)


def compare_methods(options: argparse.Namespace) -> int:
    """Choose with all of them, write and print the table; a stopped comparison writes what it has."""
    from goracs_core.jobs.compare.plan import compare, plan
    from goracs_core.jobs.inputs import load_inputs

    output = Path(options.output).expanduser()
    check_output(output, force=options.force)
    workspace = Workspace.default()
    spec = data_spec(options, workspace) | given_options(options, ("half_life",))
    attempts = plan(_comparison(options, spec))
    if options.fresh:
        spec["fresh"] = True
    outcomes: list[Outcome] = []
    found = load_inputs(spec)  # what cannot be read is one error, not one per method
    dataset = found.dataset
    for attempt in attempts:  # a budget is the same for all; what else a method asks of the pool is a line of its own
        if attempt.config.budget > len(found.pool):
            attempt.config.check_pool(len(found.pool))
    try:
        with progress_line() as progress:
            for outcome in compare(attempts, spec, workspace, progress):
                outcomes.append(outcome)  # noqa: PERF402  (those that are there when it is stopped count)
    except (KeyboardInterrupt, JobCancelled):
        if any(outcome.run for outcome in outcomes):
            _write(outcomes, workspace, dataset, output)
            print(f"stopped; what was chosen by then is in {output}", file=sys.stderr)
        raise
    if not any(outcome.run for outcome in outcomes):
        raise ConfigError(outcomes[0].refusal)
    table = _write(outcomes, workspace, dataset, output)
    for line in table_lines(table):
        print(line)
    print(f"wrote {output}")
    print(json.dumps(_result(outcomes, table, dataset), allow_nan=False))
    return 0


def check_output(output: Path, *, force: bool) -> None:
    """Refuse to replace a file that is no earlier comparison.

    Raises:
        StoreError: It is a folder, some other file, or there is no folder for it.
    """
    if output.suffix not in (".csv", MARKDOWN):
        raise StoreError(f"{output} ends neither with .csv nor with .md; give an --output with one of these endings")
    if output.is_dir():
        raise StoreError(f"{output} is a folder, and the table is one file; give another --output")
    if not output.parent.is_dir():
        raise StoreError(f"there is no folder {output.parent}; make it first or give another --output")
    if not output.exists() or force:
        return
    with output.open("rb") as file:
        if not file.read(64).startswith(tuple(start.encode() for start in _FIRST_COLUMNS)):
            raise StoreError(
                f"{output} exists and is no earlier comparison; give another --output, or --force to replace it"
            )


def table_lines(table: pd.DataFrame) -> list[str]:
    """The table for people: short columns, aligned; below it the methods that refused and why."""
    rows, notes = _shown_rows(table)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for name, *numbers in rows:
        cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *cells]))
    return [*lines, *notes]


def markdown(table: pd.DataFrame) -> str:
    """The same rows for a document, the best value of each budget first; below them the methods that refused."""
    rows, notes = _shown_rows(table.sort_values(["budget", "poo"], kind="stable"))
    rows.insert(1, ["---", *["--:"] * (len(rows[0]) - 1)])
    refusals = ["", *(f"* {note}" for note in notes)] if notes else []
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), *refusals, ""])


def _shown_rows(table: pd.DataFrame) -> tuple[list[list[str]], list[str]]:
    """Head and cells as people read them, and the sentences of methods that refused."""
    shown = [(column, title, form) for column, title, form in _SHOWN if column in table]
    rows = [["method", "budget", "min-max", *(title for _, title, _ in shown)]]
    notes = []
    for line in table.to_dict(orient="records"):
        cells = [form.format(line[column]) if math.isfinite(line[column]) else "-" for column, _, form in shown]
        spread = f"{line['poo_min']:.5f}-{line['poo_max']:.5f}" if line["seeds"] > 1 else "-"
        rows.append([str(line["method"]), f"{line['budget']:,}", spread, *cells])
        if line["note"]:
            notes.append(f"{line['method']} {line['budget']:,}: {line['note']}")
    for row in rows:
        row.insert(2, row.pop(3))  # the range stands after its mean
    return rows, notes


def _comparison(options: argparse.Namespace, spec: dict[str, Any]) -> Comparison:
    from goracs_core.jobs.compare.plan import Comparison
    from goracs_core.jobs.inputs import counted_budgets
    from goracs_core.methods import method_names

    own: dict[str, str] = {}
    for given in options.option:
        name, mark, value = given.partition("=")
        if not name or not mark:
            raise ConfigError(f"--option is {given!r}, but it is written NAME=VALUE, like strata=20")
        own[name.strip()] = value.strip()
    methods = _names(options.methods) if options.methods is not None else method_names()
    return Comparison(
        methods=tuple(methods),
        budgets=tuple(counted_budgets(split_budgets(options.budgets), spec)) if _names(options.budgets) else (),
        seeds=options.seeds,
        lambda_=options.lambda_,
        label_aware=options.label_aware,
        options=own,
    )


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _write(outcomes: Sequence[Outcome], workspace: Workspace, dataset: Dataset | None, output: Path) -> pd.DataFrame:
    from goracs_core.jobs.compare.table import compare_table
    from goracs_core.jobs.select.export import to_csv
    from goracs_core.jobs.select.store import RunStore

    store = RunStore(workspace)
    table = compare_table(outcomes, {one.run: store.get(one.run) for one in outcomes if one.run}, dataset)
    write_file(output, markdown(table).encode() if output.suffix == MARKDOWN else to_csv(table))
    return table


def _result(outcomes: Sequence[Outcome], table: pd.DataFrame, dataset: Dataset | None) -> dict[str, Any]:
    """What the command ends with: counts and the table's lines, null where there is no value."""
    lines = [
        {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in line.items()}
        for line in table.to_dict(orient="records")
    ]
    return {
        "selections": len(outcomes),
        "reused": sum(outcome.reused for outcome in outcomes),
        "refused": sum(bool(outcome.refusal) for outcome in outcomes),
        "dataset": "" if dataset is None else dataset.name,
        "dataset_fingerprint": "" if dataset is None else dataset.fingerprint,
        "table": lines,
    }
