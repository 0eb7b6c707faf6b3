"""`train`: train a recommender on a coreset and measure what it is worth."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from goracs_core.cli.terminal import do_job
from goracs_core.cli.training_options import add_training_options, training_spec
from goracs_core.data.folders import dataset_folder
from goracs_core.jobs.train.kind import TRAIN, TrainSpec
from goracs_core.jobs.train.record import RECOMMENDER_NAMES
from goracs_core.workspace import Workspace

_EXAMPLES = """\
examples:
  python -m goracs_core train --dataset demo --run coreset
  python -m goracs_core train --dataset mydata --whole-pool --ranked-samples 200
  python -m goracs_core train --dataset mydata --run RUN --model ./my-llama --train weights=lora --train rank=8

A run is named by its id (`select` prints it, `runs list` shows all) or by the folder that `select --output` wrote. The
loss is measured on held-out test samples, in nats, with its standard error. A training that was stopped resumes after
its last finished epoch when it is started again. The last line on standard output is one JSON object.
"""


def add_commands(commands: Any) -> None:
    """Add `train` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "train",
        help="train a recommender on a coreset and test it",
        description="Train a recommender on the coreset of a run, or on the whole pool, and measure it on the test.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--dataset", required=True, metavar="DIR", help="prepared dataset: its folder, name, or demo")
    rows = parser.add_mutually_exclusive_group(required=True)
    rows.add_argument(
        "--run",
        metavar="RUN",
        help="train on this coreset: a run's id, a folder that select wrote, or a CSV file with a column `index`",
    )
    rows.add_argument("--whole-pool", action="store_true", help="train on all of the pool, as a reference")
    add_training_options(parser)
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the training (default: 0)")
    parser.add_argument("--fresh", action="store_true", help="train again, even if the same training is kept already")
    parser.set_defaults(command=train, job=TRAIN.name, spec=train_spec)


def train(options: argparse.Namespace) -> int:
    """Train, test, print."""
    workspace = Workspace.default()
    result = do_job(TRAIN, train_spec(options, workspace), workspace)
    for line in lines(result["summary"], reused=result["reused"]):
        print(line)
    print(json.dumps(result, allow_nan=False))
    return 0


def train_spec(options: argparse.Namespace, workspace: Workspace) -> TrainSpec:
    """The spec of what was given."""
    spec = {"dataset": str(dataset_folder(options.dataset, workspace)), **training_spec(options)}
    spec |= {"whole_pool": True} if options.whole_pool else {"run": options.run}
    if options.seed is not None:
        spec["options"] = {**spec.get("options", {}), "seed": options.seed}
    if options.fresh:
        spec["fresh"] = True
    return TrainSpec.from_dict(spec)


def lines(summary: dict[str, Any], *, reused: bool) -> list[str]:
    """A training for people.

    Args:
        summary: From `goracs_core.jobs.train.job.training_summary`.
        reused: Whether it was there already.
    """
    before = summary.get("start_loss")
    name, model = RECOMMENDER_NAMES[summary["recommender"]], summary["model"]
    what = [model if model.startswith(name) else f"{name}, {model}", *filter(None, [summary["weights"]])]
    found = [
        f"{'found' if reused else 'trained'} {', '.join(what)}; {summary['budget']:,} samples ({summary['run']}), "
        f"seed {summary['seed']}",
        f"test loss {_number(summary['test_loss'])} ± {_number(summary['test_loss_se'])} nats on "
        f"{summary['test_samples']:,} samples" + (f", before training {_number(before)}" if before else ""),
    ]
    for title, names in (
        ("whole catalogue", ("hr@5", "hr@10", "hr@20", "ndcg@5", "ndcg@10", "ndcg@20")),
        ("sampled negatives", tuple(f"sampled_{m}@{c}" for m in ("hr", "ndcg") for c in (5, 10, 20))),
    ):
        if names[0] in summary:
            shown = "  ".join(
                f"{name.removeprefix('sampled_')} {_number(summary[name])} ({_number(summary[f'popularity_{name}'])})"
                for name in names
            )
            found.append(f"{title} (popularity in brackets): {shown}")
    if "auc" in summary:
        found.append(
            f"AUC {_number(summary['auc'])} (popularity {_number(summary.get('popularity_auc'))}), log loss "
            f"{_number(summary['log_loss'])}, accuracy {_number(summary['accuracy'])}, calibration error "
            f"{_number(summary['ece'])}"
        )
    found.append(
        f"{_epochs(summary['epochs'])}, {_kept(summary['best_epoch'])} ({summary['stopped']}); "
        f"{summary['tokens']:,} tokens, training {summary['train_seconds']:.1f} s, test {summary['test_seconds']:.1f} s"
    )
    return [*found, *summary["notes"]]


def _epochs(count: int) -> str:
    return f"{count} epoch{'s' if count != 1 else ''}"


def _kept(best: int) -> str:
    return f"number {best} was the best and is kept" if best else "none lowered the validation loss: undone"


def _number(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.4f}"
