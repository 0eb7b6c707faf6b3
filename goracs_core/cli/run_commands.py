"""`runs`: list, show, export, import and delete finished selections."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from goracs_core.cli.terminal import print_rows
from goracs_core.jobs.outputs import check_file, check_folder
from goracs_core.jobs.select.formats import FORMATS, packed
from goracs_core.jobs.select.store import RunStore
from goracs_core.store.atomic import write_file, write_files
from goracs_core.workspace import Workspace


def add_commands(commands: Any) -> None:
    """Add `runs` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "runs", help="list, show, export, import and delete finished selections", allow_abbrev=False
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="one line per run, newest first")
    listing.set_defaults(command=list_runs)
    show = actions.add_parser("show", help="the values of a run as JSON")
    show.add_argument("run", help="the run's id")
    show.set_defaults(command=show_run)
    export = actions.add_parser("export", help="write a coreset or the whole run to a file")
    export.add_argument("run", help="the run's id")
    export.add_argument(
        "--format",
        choices=list(FORMATS),
        default="csv",
        help="csv, parquet, jsonl, instructions (instruction/input/output JSON), chat (messages, JSON lines), "
        "llama-factory or hugging-face (a folder; a zip for a name that ends with .zip), bundle (zip of everything)",
    )
    export.add_argument("--output", required=True, metavar="FILE", help="file to write; must not exist without --force")
    export.add_argument("--force", action="store_true", help="replace an existing file or folder")
    export.set_defaults(command=export_run)
    take = actions.add_parser("import", help="read a run bundle that an export wrote; its dataset must be here")
    take.add_argument("file", help="the bundle, a .zip file")
    take.set_defaults(command=import_run)
    delete = actions.add_parser("delete", help="remove a run for good")
    delete.add_argument("run", help="the run's id")
    delete.set_defaults(command=delete_run)


def list_runs(options: argparse.Namespace) -> int:
    """Print one line per run."""
    rows = []
    for run in RunStore(Workspace.default()).list():
        if run.damaged:
            rows.append([run.id, "", "", "", "", "", f"damaged: {run.damaged}"])
            continue
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created))
        proven = "" if run.gap is None else f"gap {run.gap:.3%}"
        passed = "" if run.pass_at_1 is None else f"pass@1 {run.pass_at_1:.0%}"
        name = f"{run.name} ({run.imported})" if run.imported else run.name
        rows.append([run.id, when, f"POO {run.poo:.6f}", proven, passed, f"{run.seconds:.1f} s", name])
    print_rows(rows)
    return 0


def show_run(options: argparse.Namespace) -> int:
    """Print a run's values as one JSON object."""
    from goracs_core.jobs.select.export import summary

    run = RunStore(Workspace.default()).get(options.run)
    values = summary(run) | {"name": run.name, "notes": run.notes, "inputs": run.inputs, "versions": run.versions}
    values |= {} if run.imported is None else {"imported": asdict(run.imported)}
    print(json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False))
    return 0


def export_run(options: argparse.Namespace) -> int:
    """Write a run in one of the formats."""
    from goracs_core.jobs.select.export import find_dataset

    workspace, form = Workspace.default(), FORMATS[options.format]
    output = Path(options.output).expanduser()
    as_folder = not form.ending and output.suffix != ".zip"
    if as_folder:
        check_folder(output, always=(), written=(), force=options.force)
    else:
        check_file(output, force=options.force)
    run = RunStore(workspace).get(options.run)
    dataset = find_dataset(run, workspace)
    if as_folder:
        write_files(output, form.write(run, dataset))
    else:
        write_file(output, packed(form, run, dataset))
    print(f"wrote {output}")
    return 0


def import_run(options: argparse.Namespace) -> int:
    """Keep the run of a bundle in this workspace."""
    from goracs_core.jobs.select.bundle import import_bundle, read_file

    path = Path(options.file).expanduser()
    run = import_bundle(read_file(path), Workspace.default(), file=path.name)
    print(f"imported {run.id} ({run.name})")
    return 0


def delete_run(options: argparse.Namespace) -> int:
    """Remove a run."""
    RunStore(Workspace.default()).delete(options.run)
    print(f"deleted {options.run}")
    return 0
