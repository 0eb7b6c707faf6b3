"""Commands of the kinds of jobs that have no module of their own: their options are the fields of their specs."""

from __future__ import annotations

import argparse
import json
from typing import Any

from goracs_core.cli.spec_options import add_spec_options, spec_values
from goracs_core.cli.terminal import do_job
from goracs_core.jobs.kind import JobKind
from goracs_core.jobs.kinds import all_kinds
from goracs_core.jobs.spec import Spec
from goracs_core.workspace import Workspace


def add_commands(commands: Any) -> None:
    """Add a command for each registered kind of job that no other module has added one for."""
    for kind in all_kinds():
        if not kind.command and kind.name not in commands.choices:
            _add(commands, kind)


def _add(commands: Any, kind: JobKind[Any]) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        kind.name, help=f"{kind.title[:1].lower()}{kind.title[1:]}", description=f"{kind.title}.", allow_abbrev=False
    )
    add_spec_options(parser, kind.spec)

    def spec(options: argparse.Namespace, workspace: Workspace) -> Spec:
        return kind.read(spec_values(options, kind.spec, workspace))

    def command(options: argparse.Namespace) -> int:
        workspace = Workspace.default()
        result = do_job(kind, spec(options, workspace), workspace)
        print(kind.said_when_done(result))
        print(json.dumps(result, allow_nan=False))
        return 0

    parser.set_defaults(command=command, job=kind.name, spec=spec)
