"""`select`: choose a coreset."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from goracs_core.cli.terminal import dataset_folder, given_options, progress_line
from goracs_core.config import CONFIG_TYPES
from goracs_core.errors import ConfigError, StoreError
from goracs_core.workspace import Workspace

_RESULT_FILES = frozenset({"run.json", "coreset.csv", "selection.npz"})
_ARRAYS = ("pool_embeddings", "validation_embeddings", "gradient_norms", "pool_labels", "validation_labels")
_METHOD_OPTIONS = ("max_exchanges", "prune_candidates")

_EXAMPLES = """\
examples:
  python -m goracs_core select --dataset demo --method goracs --budget 64 --lambda 0.05 --output coreset
  python -m goracs_core select --dataset mydata --method random --budget 256 --seed 1 --output random
  python -m goracs_core select --pool-embeddings P.npy --validation-embeddings V.npy --gradient-norms G.npy \\
      --method goracs --solver itra --budget 256 --lambda 0.05 --seed 0 --output coreset

writes into the output folder:
  coreset.csv    the chosen samples: `index` (row of the pool, 0-based, in the order chosen), then ids and scores
  run.json       configuration, inputs by fingerprint, values, versions
  selection.npz  rows, transport plan and trace (NumPy)

The last line on standard output is one JSON object with the values. POO = transport_term - lambda * gradient_term;
smaller is better. The same inputs and options give the same coreset; a finished run is reused (--fresh computes again).
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
    source = parser.add_argument_group("what to choose from: a dataset, or arrays (.npy, .npz, .safetensors)")
    source.add_argument(
        "--dataset", metavar="DIR", help="prepared dataset with features: its folder, its name, or demo"
    )
    source.add_argument("--pool-embeddings", metavar="P", help="embeddings of the pool, one row per sample")
    source.add_argument("--validation-embeddings", metavar="V", help="embeddings of the validation samples")
    source.add_argument(
        "--gradient-norms", metavar="G", help="gradient norm of each pool sample; needed for lambda > 0"
    )
    source.add_argument("--pool-labels", metavar="L", help="class of each pool sample")
    source.add_argument("--validation-labels", metavar="M", help="class of each validation sample")

    how = parser.add_argument_group("how to choose")
    how.add_argument("--method", default="goracs", choices=_methods(), help="default: %(default)s")
    how.add_argument(
        "--solver", metavar="SOLVER", help="how the method solves its problem; itra for goracs (the default)"
    )
    how.add_argument("--budget", type=int, required=True, metavar="K", help="number of samples to choose")
    how.add_argument(
        "--lambda", dest="lambda_", type=float, metavar="L",
        help="weight of the gradient norms, >= 0; 0 is pure transport (default: 0.05)",
    )  # fmt: skip
    how.add_argument("--seed", type=int, metavar="S", help="seed of everything random (default: 0)")
    how.add_argument(
        "--label-aware", action=argparse.BooleanOptionalAction, default=None,
        help="choose within each label, in the labels' proportions (default: with goracs, whenever there are labels)",
    )  # fmt: skip
    how.add_argument("--max-exchanges", type=int, metavar="T", help="goracs: most exchanges to accept (default: 50)")
    how.add_argument(
        "--prune-candidates", type=int, metavar="C", help="goracs: rows kept on each side of an exchange (default: 5)"
    )

    result = parser.add_argument_group("what to do with the result")
    result.add_argument("--output", required=True, metavar="DIR", help="folder for coreset.csv and run.json")
    result.add_argument("--force", action="store_true", help="write into a folder that holds other files")
    result.add_argument("--fresh", action="store_true", help="compute again, even if the same run is finished already")
    result.add_argument("--name", help="name of the run in lists")
    result.add_argument("--notes", help="notes kept with the run")
    parser.set_defaults(command=select)


def select(options: argparse.Namespace) -> int:
    """Choose, write the output folder, print one JSON object."""
    from goracs_core.runs import files
    from goracs_core.runs.jobs import select_job
    from goracs_core.runs.store import RunStore

    output = Path(options.output).expanduser()
    check_output(output, force=options.force)
    workspace = Workspace.default()
    spec = _spec(options, workspace)
    with progress_line() as progress:
        result = select_job(spec, workspace, progress)
    directory = RunStore(workspace).directory(result["run"])
    contents = files.verified_files(directory, files.read_record(directory))
    contents[files.RUN] = (directory / files.RUN).read_bytes()
    files.write_folder(output, files.RunFiles(contents), replace=True)
    print(f"{'an earlier run of the same work was reused; ' if result['reused'] else ''}wrote {output / files.CORESET}")
    print(json.dumps(result["summary"], allow_nan=False))
    return 0


def check_output(output: Path, *, force: bool) -> None:
    """Refuse a folder with other files than an earlier result.

    Raises:
        StoreError: It is a file, or holds something else.
    """
    if not output.exists():
        return
    if not output.is_dir():
        raise StoreError(f"{output} is a file, and the output is a folder; give another --output")
    names = {path.name for path in output.iterdir()}
    if names and not force and not {"run.json", "coreset.csv"} <= names <= _RESULT_FILES:
        foreign = sorted(names - _RESULT_FILES) or sorted(names)
        raise StoreError(
            f"{output} is not empty and is no earlier result (it holds {foreign[0]}); "
            "give another --output, or --force to write into it"
        )


def _spec(options: argparse.Namespace, workspace: Workspace) -> dict[str, Any]:
    spec: dict[str, Any] = {name: str(Path(value).expanduser()) for name, value in _given_arrays(options).items()}
    if options.dataset:
        spec["dataset"] = str(dataset_folder(options.dataset, workspace))
    spec["config"] = _config(options)
    spec |= given_options(options, ("name", "notes"))
    if options.fresh:
        spec["fresh"] = True
    return spec


def _given_arrays(options: argparse.Namespace) -> dict[str, str]:
    return given_options(options, _ARRAYS)


def _config(options: argparse.Namespace) -> dict[str, Any]:
    """Plain values for `config_from_dict`, once options of other methods are refused."""
    kinds = [kind for kind in CONFIG_TYPES if kind.method == options.method]
    if options.solver is None:
        kind = kinds[0]
    else:
        matching = [kind for kind in kinds if kind.solver == options.solver]
        if not matching:
            solvers = ", ".join(kind.solver for kind in kinds)
            raise ConfigError(f"--solver {options.solver} does not go with --method {options.method}; it has {solvers}")
        kind = matching[0]
    known = {field.name for field in fields(kind)}
    for name in _METHOD_OPTIONS:
        if getattr(options, name) is not None and name not in known:
            raise ConfigError(f"--{name.replace('_', '-')} does not go with --method {options.method}; leave it out")
    names = ("budget", "lambda_", "seed", "label_aware", *_METHOD_OPTIONS)
    return {"method": kind.method, "solver": kind.solver, **given_options(options, names)}


def _methods() -> list[str]:
    return list(dict.fromkeys(kind.method for kind in CONFIG_TYPES))
