"""`select`: choose a coreset."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from goracs_core.cli.method_options import add_method_options, method_config
from goracs_core.cli.spec_options import add_source_options, add_spec_options, spec_values
from goracs_core.cli.terminal import do_job
from goracs_core.jobs.select import files
from goracs_core.jobs.select.formats import FORMATS, Format, named
from goracs_core.jobs.select.kind import SELECT, SelectSpec
from goracs_core.jobs.select.store import RunStore
from goracs_core.store.atomic import write_files
from goracs_core.workspace import Workspace

_EXAMPLES = """\
examples:
  python -m goracs_core select --dataset demo --budget 64 --lambda 0.05 --output coreset
  python -m goracs_core select --dataset demo --budget 64 --solver itra --bound --output published
  python -m goracs_core select --dataset mydata --method random --budget 256 --seed 1 --output random
  python -m goracs_core select --dataset mydata --method dealrec --budget 1024 --output dealrec
  python -m goracs_core select --dataset mydata --budget 256 --half-life 30 --output recent
  python -m goracs_core select --pool-embeddings P.npy --validation-embeddings V.npy --gradient-norms G.npy \\
      --method goracs --solver certified --budget 1000 --lambda 0.1 --gap 0.001 --output coreset

writes into the output folder:
  coreset.csv    the chosen samples: `index` (row of the pool, 0-based, in the order chosen), then ids and scores
  run.json       configuration, inputs by fingerprint, values, versions
  selection.npz  rows, transport plan, prices and trace (NumPy)
  FORMAT/        the files of each format after --export, such as llama-factory/demo_goracs_k64_l0.05.json

The last line on standard output is one JSON object with the values. POO = transport_term - lambda * gradient_term;
smaller is better. `lower_bound` is proven: no coreset of this size has a smaller POO; `gap` is what is left,
(POO - lower_bound) / transport_term. A gap of 0.001 means that no coreset can be more than 0.1 % better. Both are null
where nothing is proven. `verify` checks them without the solver.
The same inputs and options give the same coreset; a finished run is reused (--fresh computes again).
"""


def add_commands(commands: Any) -> None:
    """Add `select` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "select",
        help="choose a coreset",
        description="Choose the pool samples that represent the validation samples best.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    source = add_source_options(parser)
    add_spec_options(source, SelectSpec, ("scores",))
    add_method_options(parser)
    result = parser.add_argument_group("what to do with the result")
    result.add_argument("--output", required=True, metavar="DIR", help="folder for coreset.csv and run.json")
    result.add_argument(
        "--export",
        default="",
        metavar="FORMATS",
        help="files for fine-tuning and others beside it, each in a folder of the format's name: any of "
        f"{', '.join(FORMATS)}, separated by commas",
    )
    result.add_argument("--force", action="store_true", help="write into a folder that holds other files")
    add_spec_options(result, SelectSpec, ("fresh", "name", "notes"))
    parser.set_defaults(command=select, job=SELECT.name, spec=select_spec)


def select(options: argparse.Namespace) -> int:
    """Choose, write the output folder, print one JSON object."""
    output = Path(options.output).expanduser()
    formats = named(options.export)
    files.check_output(output, force=options.force, folders=FORMATS)
    workspace = Workspace.default()
    result = do_job(SELECT, select_spec(options, workspace), workspace)
    write_files(output, {**RunStore(workspace).files(result["run"]), **_exports(result["run"], formats, workspace)})
    for line in _result_lines(result["summary"]):
        print(line)
    print(f"{'an earlier run of the same work was reused; ' if result['reused'] else ''}wrote {output / files.CORESET}")
    print(json.dumps(result["summary"], allow_nan=False))
    return 0


def select_spec(options: argparse.Namespace, workspace: Workspace) -> SelectSpec:
    """The spec of what was given."""
    return SelectSpec.from_dict(spec_values(options, SelectSpec, workspace) | {"config": method_config(options)})


def _exports(run_id: str, formats: Sequence[Format], workspace: Workspace) -> dict[str, bytes]:
    """The files of some formats, each in the folder of its name."""
    if not formats:
        return {}
    from goracs_core.jobs.select.export import find_dataset

    run = RunStore(workspace).get(run_id)
    dataset = find_dataset(run, workspace)
    return {f"{form.name}/{name}": found for form in formats for name, found in form.write(run, dataset).items()}


def _result_lines(summary: dict[str, Any]) -> list[str]:
    """The value with its terms, why the search ended, and what is proven: for people."""
    from goracs_core.jobs.select.export import exchange_sentence, gap_sentence

    terms = "transport {transport_term:.6f} - {lambda:g} x gradient {gradient_term:.6f}".format(**summary)
    lines = [f"POO {summary['poo']:.6f} = {terms}", f"stopped: {summary['stop_reason']}"]
    if sentence := exchange_sentence(accepted=summary["exchanges"], tried=summary["tried_pairs"]):
        lines.append(sentence)
    if summary["stages"]:
        split = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in summary["stages"].items())
        lines.append(f"took {summary['seconds']:.1f} s: {split}")
    if summary["gap"] is not None:
        sentence = gap_sentence(summary["gap"], summary["budget"], label_aware=summary["label_aware"])
        asked = summary.get("requested_gap", math.inf)
        short = f"; the gap of {asked:.4g} that was asked for was not reached" if summary["gap"] > asked > 0 else ""
        lines.append(f"proven: {sentence} (lower bound {summary['lower_bound']:.6f}){short}")
    return lines
