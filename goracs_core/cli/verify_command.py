"""`verify`: check a coreset and its certificate without the solver."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from goracs_core.cli.spec_options import add_data_options, data_spec
from goracs_core.cli.terminal import progress_line
from goracs_core.jobs.select.claims import find_folder
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.jobs.select.verify import Verification

_NOT_VERIFIED = 2

_EXAMPLES = """\
examples:
  python -m goracs_core verify coreset --dataset demo
  python -m goracs_core verify coreset --pool-embeddings P.npy --validation-embeddings V.npy --gradient-norms G.npy

The value is computed anew by exact transport, the lower bound from the run's prices and the data alone: any prices
prove a bound, so nothing of the solver needs to be trusted (docs/certificate.md says why). The gap is the share of the
transport term by which any coreset of the same size could be better at most. The last line on standard output is one
JSON object; the exit status is 0 only when every claim of run.json holds. A half-life is read from the run; arrays need
--validation-times for it.
"""

_ROWS = (
    ("poo", "POO"),
    ("transport_term", "transport term"),
    ("gradient_term", "gradient term"),
    ("label_aware_poo", "label-aware POO"),
    ("lower_bound", "lower bound"),
    ("gap", "gap"),
)


def add_commands(commands: Any) -> None:
    """Add `verify` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "verify",
        help="check a coreset and its certificate without the solver",
        description="Compute the value and the lower bound of a coreset anew and compare them with what its run says.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", help="output folder of select, or the id of a run")
    add_data_options(parser.add_argument_group("what it was chosen from: the same dataset, or the same arrays"))
    parser.set_defaults(command=verify)


def verify(options: argparse.Namespace) -> int:
    """Verify, print what was found and one JSON object."""
    from goracs_core.jobs.select.verify import verify_folder

    workspace = Workspace.default()
    folder = find_folder(options.folder, workspace)
    with progress_line() as progress:
        found = verify_folder(folder, data_spec(options, workspace), progress=progress)
    for line in _lines(found):
        print(line)
    print(json.dumps(found.to_dict(), allow_nan=False))
    if not found.verified:
        print(f"error: not verified: {found.reason}", file=sys.stderr)
    return 0 if found.verified else _NOT_VERIFIED


def _lines(found: Verification) -> list[str]:
    from goracs_core.jobs.select.export import gap_sentence

    lines = []
    if found.problem_matches:
        lines.append(f"data: what run {found.run} was made on")
    for name, words in _ROWS:
        value, claimed = getattr(found, name), found.claims[name]
        if value is not None:
            claim = "nothing" if claimed is None else f"{claimed:.12g}"
            lines.append(f"{words}: {value:.12g} ({'as claimed' if found.agrees(name) else f'claimed: {claim}'})")
    if found.poo is not None and found.lower_bound is None:
        lines.append("lower bound: none, the run carries no certificate; only its value can be verified")
    if found.verified and found.gap is not None:
        lines.append(f"proven: {gap_sentence(found.gap, found.budget, label_aware=found.label_aware)}")
    lines.append("verified" if found.verified else "not verified")
    return lines
