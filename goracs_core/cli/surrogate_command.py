"""`surrogate`: train a small recommender and say how well it ranks."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

from goracs_core.cli.terminal import given_options, progress_line
from goracs_core.data.folders import dataset_folder
from goracs_core.scores import SurrogateName
from goracs_core.surrogate.options import SURROGATE_TITLES, SurrogateOptions
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.surrogate.model import TrainedSurrogate

_NAMES = get_args(SurrogateName)
_ALL = "all"
_TITLES = {**SURROGATE_TITLES, "popularity": "popularity"}

_EXAMPLES = """\
examples:
  python -m goracs_core surrogate --dataset demo
  python -m goracs_core surrogate --dataset mydata --model all --epochs 20

HR@k is the share of samples whose item is among the k best of the whole catalogue, NDCG@k also counts its place.
Popularity ranks items by their interactions in the pool alone. Influence on a surrogate that does not beat it
means little.
After Ctrl-C, the same command resumes after the last finished epoch. Surrogates are kept in the workspace.
"""


def add_commands(commands: Any) -> None:
    """Add `surrogate` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "surrogate",
        help="train the small recommender that DEALRec measures influence on",
        description="Train a surrogate on the pool and compare its ranking with popularity.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--dataset", required=True, metavar="DIR", help="dataset: its folder, its name, or demo")
    parser.add_argument("--model", default=_NAMES[0], choices=[*_NAMES, _ALL], help="default: %(default)s")
    parser.add_argument("--seed", type=int, metavar="S", help="seed of the training (default: 0)")
    parser.add_argument(
        "--epochs",
        type=int,
        metavar="E",
        help="maximum epochs; training stops earlier when the validation NDCG no longer rises",
    )
    parser.set_defaults(command=surrogate)


def surrogate(options: argparse.Namespace) -> int:
    """Train, print a table and one JSON object."""
    from goracs_core.data.store import load_dataset
    from goracs_core.surrogate.train import train_surrogate

    workspace = Workspace.default()
    names = _NAMES if options.model == _ALL else (options.model,)
    wanted = [SurrogateOptions(name, **given_options(options, ("seed", "epochs"))) for name in names]
    dataset = load_dataset(dataset_folder(options.dataset, workspace))
    trained = []
    for each in wanted:
        with progress_line() as progress:
            trained.append(train_surrogate(dataset, each, cache=workspace.cache, progress=progress))
    for line in _table(trained):
        print(line)
    for each in trained:
        record = each.record
        print(
            f"{_TITLES[each.options.name]}: best after epoch {record['best_epoch']} of {len(record['epochs'])} "
            f"({record['stopped']}), {each.seconds:.1f} s"
        )
    result = {"dataset": dataset.name, "surrogates": {each.options.name: _summary(each) for each in trained}}
    print(json.dumps(result, allow_nan=False))
    return 0


def _summary(trained: TrainedSurrogate) -> dict[str, Any]:
    names = ("metrics", "best_epoch", "stopped", "parameters", "seconds", "fingerprint")
    return {"epochs": len(trained.record["epochs"]), **{name: trained.record[name] for name in names}}


def _table(trained: Sequence[TrainedSurrogate]) -> list[str]:
    """HR and NDCG per part and model, popularity last."""
    metrics = trained[0].record["metrics"]
    columns = list(metrics["validation"]["popularity"])
    columns.sort(key=lambda name: name.partition("@")[0])  # HR first; the cutoffs stay in order
    lines = ["  ".join([f"{'':<24}", *(f"{name.upper():>7}" for name in columns)])]
    for part in metrics:
        rows = [(each.options.name, each.record["metrics"][part]["surrogate"]) for each in trained]
        for name, values in [*rows, ("popularity", metrics[part]["popularity"])]:
            label = f"{part} {_TITLES[name]}"
            lines.append("  ".join([f"{label:<24}", *(f"{values[column]:>7.4f}" for column in columns)]))
    return lines
