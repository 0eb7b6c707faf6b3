"""`experiment`: does POO predict test loss, and which method wins? Many coresets, trained on and tested."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from goracs_core.cli.spec_options import add_spec_options, spec_values
from goracs_core.cli.terminal import do_job, print_rows
from goracs_core.cli.training_options import add_training_options, training_spec
from goracs_core.data.folders import dataset_folder
from goracs_core.errors import JobCancelled, StoreError
from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.experiment.kind import EXPERIMENT, ExperimentSpec
from goracs_core.jobs.experiment.kinds import KINDS
from goracs_core.jobs.experiment.plan import default_spec, experiment_id
from goracs_core.jobs.experiment.record import describe
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.landscape.kind import LANDSCAPE, LandscapeSpec
from goracs_core.jobs.outputs import check_file
from goracs_core.store.atomic import write_file
from goracs_core.workspace import Workspace

_COMPARED = (
    "methods",
    "lambdas",
    "half_lives",
    "budgets",
    "lambda_",
    "seeds",
    "whole_pool",
    "method_options",
)
_EXAMPLES = """\
examples:
  python -m goracs_core experiment proxy --dataset demo
  python -m goracs_core experiment proxy --dataset mydata --methods goracs,random,k-means --budgets 64,256 --seeds 3
  python -m goracs_core experiment leaderboard --dataset mydata --budgets 256,1024 --seeds 5 --whole-pool
  python -m goracs_core experiment shift --dataset mydata --half-lives 30,90
  python -m goracs_core experiment list
  python -m goracs_core experiment report EXPERIMENT ... --output results.md

Each coreset is an ordinary run, each training an ordinary training: after a stop, the same command resumes. The
dashboard shows the results while the experiment runs (pages Proxy check and Compare). The last line on standard output
is one JSON object.
"""


def add_commands(commands: Any) -> None:
    """Add `experiment` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "experiment",
        help="train on many coresets: check the proxy, compare methods",
        description="Select coresets with several methods, train on each, test, and keep every result.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(title="experiments", metavar="WHAT", required=True, parser_class=type(parser))
    for kind in KINDS.values():
        _add_kind(actions, kind)
    _add_landscape(actions)
    listed = actions.add_parser("list", help="list the experiments that are kept", allow_abbrev=False)
    listed.add_argument("--dataset", metavar="DIR", help="only those of this dataset")
    listed.set_defaults(command=list_experiments)
    show = actions.add_parser("show", help="one experiment with its entries as JSON", allow_abbrev=False)
    show.add_argument("experiment", metavar="ID")
    show.set_defaults(command=show_experiment)
    delete = actions.add_parser("delete", help="delete an experiment; its runs and trainings stay", allow_abbrev=False)
    delete.add_argument("experiment", metavar="ID")
    delete.set_defaults(command=delete_experiment)
    report = actions.add_parser("report", help="write results of kept experiments as Markdown", allow_abbrev=False)
    report.add_argument("experiments", nargs="+", metavar="ID")
    report.add_argument("--output", required=True, metavar="FILE", help="the document to write, ending with .md")
    report.add_argument("--force", action="store_true", help="replace a file that is no earlier report")
    report.set_defaults(command=write_report)


def _add_kind(actions: Any, kind: ExperimentKind) -> None:
    words = f"{kind.question} {kind.summary}"
    parser: argparse.ArgumentParser = actions.add_parser(
        kind.name,
        help=f"{words[0].lower()}{words[1:]}",
        description=f"{words}.",
        allow_abbrev=False,
        epilog="Options that are not given have the defaults of the dashboard's page.",
    )
    add_spec_options(parser, ExperimentSpec, ("dataset",))
    add_spec_options(parser.add_argument_group("what is compared"), ExperimentSpec, _COMPARED)
    add_training_options(parser)
    add_spec_options(parser, ExperimentSpec, ("fresh",))
    parser.set_defaults(command=run_experiment, kind=kind.name, job=EXPERIMENT.name, spec=experiment_spec)


def _add_landscape(actions: Any) -> None:
    words = "loss landscape of a coreset: curvature of the training loss, gradient descent against AdamW"
    parser: argparse.ArgumentParser = actions.add_parser("landscape", help=words, description=f"Measure the {words}.")
    parser.add_argument("--dataset", required=True, metavar="DIR", help="prepared dataset: folder, name, or demo")
    rows = parser.add_mutually_exclusive_group(required=True)
    rows.add_argument("--run", metavar="RUN", help="measure the loss on this coreset")
    rows.add_argument("--whole-pool", action="store_true", help="measure the loss on the first samples of the pool")
    parser.add_argument("--model", metavar="NAME", help="language model, as for `train` (default: small-titles)")
    add_spec_options(parser, LandscapeSpec, ("options", "fresh"))
    parser.set_defaults(command=look_at_landscape, job=LANDSCAPE.name, spec=landscape_spec)


def look_at_landscape(options: argparse.Namespace) -> int:
    """Measure a loss landscape and say what it means."""
    workspace = Workspace.default()
    result = do_job(LANDSCAPE, landscape_spec(options, workspace), workspace)
    for sentence in result["summary"]["verdict"]:
        print(sentence)
    print(json.dumps(result, allow_nan=False))
    return 0


def landscape_spec(options: argparse.Namespace, workspace: Workspace) -> LandscapeSpec:
    """The spec of what was given for a loss landscape."""
    spec = spec_values(options, LandscapeSpec, workspace)
    if options.model:
        spec["options"] = {"model": options.model, **spec.get("options", {})}
    return LandscapeSpec.from_dict(spec)


def run_experiment(options: argparse.Namespace) -> int:
    """Make the experiment; print its table and what it says."""
    from goracs_core.jobs.experiment.report import in_words
    from goracs_core.jobs.experiment.table import experiment_table

    workspace = Workspace.default()
    spec, store = experiment_spec(options, workspace), ExperimentStore(workspace)
    try:
        result = do_job(EXPERIMENT, spec, workspace)
    except (KeyboardInterrupt, JobCancelled):
        _say_what_is_kept(spec.to_dict(), store)
        raise
    made = store.get(result["experiment"])
    for line in (*experiment_table(made).lines(), *in_words(made)):
        print(line)
    if store.is_shipped(made.id):
        print("It came with the demo; --fresh runs it again.")
    print(json.dumps(result, allow_nan=False))
    return 0


def _say_what_is_kept(spec: dict[str, Any], store: ExperimentStore) -> None:
    try:
        kept = store.get(experiment_id(spec))
    except StoreError:  # stopped before it began
        return
    count = f"{kept.done} of {len(kept.entries)} trainings"
    print(f"stopped; {count} are kept as experiment {kept.id}; the same command resumes", file=sys.stderr)


def experiment_spec(options: argparse.Namespace, workspace: Workspace) -> ExperimentSpec:
    """The spec of the experiment job: the kind's defaults, changed by what was given.

    Raises:
        ConfigError: A list with something else in it.
        StoreError: No such dataset.
    """
    given = spec_values(options, ExperimentSpec, workspace) | training_spec(options)
    spec = default_spec(options.kind, given["dataset"])
    measure = {**spec.pop("measure", {}), **given.pop("measure", {})}
    return ExperimentSpec.from_dict({**spec, **given, **({"measure": measure} if measure else {})})


def list_experiments(options: argparse.Namespace) -> int:
    """One line per experiment, the last started first."""
    from goracs_core.data.store import read_manifest

    workspace = Workspace.default()
    fingerprint = None
    if options.dataset:
        fingerprint = str(read_manifest(dataset_folder(options.dataset, workspace))["fingerprint"])
    store = ExperimentStore(workspace)
    rows = []
    for one in store.list(fingerprint):
        state = "finished" if one.finished else f"{one.done} of {len(one.entries)}"
        shipped = ", came with the demo" if store.is_shipped(one.id) else ""
        date = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.started))
        tried = f"({', '.join(arm.name for arm in one.arms)}; k {', '.join(map(str, one.budgets))})"
        rows.append([one.id, one.kind, date, one.dataset_name, one.recommender, f"{state}{shipped}", tried])
    print_rows(rows)
    return 0


def show_experiment(options: argparse.Namespace) -> int:
    """Everything that is known of it but the outcomes sample by sample."""
    print(json.dumps(describe(ExperimentStore(Workspace.default()).get(options.experiment)), indent=1, allow_nan=False))
    return 0


def delete_experiment(options: argparse.Namespace) -> int:
    """Delete it."""
    ExperimentStore(Workspace.default()).delete(options.experiment)
    print(f"deleted {options.experiment}; its runs and trainings are kept")
    return 0


def write_report(options: argparse.Namespace) -> int:
    """Write the document."""
    from goracs_core.jobs.experiment.report import HEADING, report

    output = Path(options.output).expanduser()
    check_file(output, endings=(".md",), earlier=(HEADING.encode(),), force=options.force)
    store = ExperimentStore(Workspace.default())
    content = report([store.get(one) for one in dict.fromkeys(options.experiments)])
    write_file(output, content.encode())
    print(f"wrote {output}")
    return 0
