"""`demo`, `prepare` and `features`: from a source to a dataset that can be selected from."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from goracs_core.cli.named_options import add_options
from goracs_core.cli.spec_options import add_spec_options
from goracs_core.cli.terminal import do_job, given_options
from goracs_core.data.dataset import Task
from goracs_core.data.demo import demo_directory, load_demo
from goracs_core.data.folders import dataset_folder
from goracs_core.data.loaders.source import SOURCE_OPTIONS, ColumnMapping, SourceOptions
from goracs_core.data.options import PrepareOptions
from goracs_core.data.report import ValidationReport
from goracs_core.errors import ConfigError
from goracs_core.features.options import FeatureOptions
from goracs_core.jobs.features.kind import FEATURES, FeaturesSpec
from goracs_core.jobs.kind import imported
from goracs_core.jobs.prepare.kind import PREPARE, PrepareSpec
from goracs_core.workspace import Workspace

_COLUMNS = tuple(role.name for role in fields(ColumnMapping))
_PREPARE_OPTIONS = tuple(option.name for option in fields(PrepareOptions))
_SAMPLING = ("max_pool", "max_validation", "max_test", "seed")
_KEEPING = tuple(name for name in _PREPARE_OPTIONS if name not in (*_SAMPLING, "task", "name", "domain"))
_SOURCE_OPTIONS = ("kind", *(name for name in SOURCE_OPTIONS if name != "mapping"))
_FEATURE_OPTIONS = tuple(option.name for option in fields(FeatureOptions))
_TASK_HELP = "seqrec: which title comes next; ctr: will this title be liked"

_make_click_demo = imported("goracs_core.data.synthetic.demo:make_click_demo")  # who only opens data needs no maker

_PREPARE_EXAMPLES = """\
examples:
  python -m goracs_core prepare --source ml-1m --task ctr --output movies
  python -m goracs_core prepare --source games --task seqrec --max-pool 15000 --max-validation 2000 --output games-15k
  python -m goracs_core prepare --source clicks.csv --task ctr --negatives uniform --output clicks
  python -m goracs_core prepare --source log.csv --user-column customer --item-column sku --task seqrec --output shop

formats, detected unless --kind names one:
{formats}
"""

_FEATURES_EXAMPLES = """\
examples:
  python -m goracs_core features --dataset mydata
  python -m goracs_core features --dataset mydata --model none          (embeddings only, for --lambda 0)
  python -m goracs_core features --dataset mydata --encoder ./my-encoder --model ./my-llama

After Ctrl-C, the same command resumes where it was.
"""


class _PrepareHelp(argparse.Action):
    """`--help` of prepare. The formats are listed only when help is shown, since reading them loads pandas."""

    def __init__(self, option_strings: Sequence[str], dest: str, **kwargs: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, **kwargs)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from goracs_core.data.loaders.registry import loaders

        formats = (
            textwrap.fill(loader.layout, 100, initial_indent=f"  {loader.name:<13} ", subsequent_indent=" " * 16)
            for loader in loaders()
        )
        parser.epilog = _PREPARE_EXAMPLES.format(formats="\n".join(formats))
        parser.print_help()
        parser.exit()


def add_commands(commands: Any) -> None:
    """Add `demo`, `prepare` and `features` to the parser's commands."""
    demo: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="show the dataset that is shipped",
        description=(
            "Open the demo, a made-up shop that is shipped with features, and say where it is; "
            "or make the same shop for click prediction."
        ),
        allow_abbrev=False,
    )
    demo.add_argument(
        "--task", choices=["seqrec", "ctr"], help="seqrec: the one that is shipped (default); ctr: generated"
    )
    demo.add_argument("--output", metavar="DIR", help="dataset folder to write (ctr)")
    demo.set_defaults(command=show_demo)
    _add_prepare(commands)
    _add_features(commands)


def show_demo(options: argparse.Namespace) -> int:
    """Load the demo and say where it is and what is in it; or make it for click prediction."""
    from goracs_core.data.store import save_dataset
    from goracs_core.features.store import has_features

    if (options.task == "ctr") != (options.output is not None):
        message = "--task ctr and --output go together: the demo for click prediction is made where you say"
        raise ConfigError(message, code="task-and-output")
    if options.output is None:
        dataset, directory = load_demo(), demo_directory()
    else:
        dataset, directory = _make_click_demo(), Path(options.output).expanduser()
        save_dataset(dataset, directory)
    counts = ", ".join(f"{len(samples):,} {split}" for split, samples in dataset.parts())
    print(f"{dataset.name} ({dataset.task}): {len(dataset.items):,} items, {counts} samples")
    print(f"folder: {directory}")
    print(f"fingerprint: {dataset.fingerprint}")
    for sentence in dataset.sampling_notes:
        print(sentence)
    if has_features(directory):
        print("features: there (embeddings and gradient norms)")
    else:
        print(f"features: none yet; run: python -m goracs_core features --dataset {options.output or 'demo'}")
    print(
        f"next: python -m goracs_core select --dataset {options.output or 'demo'} --method goracs --budget 64 "
        "--lambda 0.05 --output coreset"
    )
    return 0


def prepare(options: argparse.Namespace) -> int:
    """Read a source and write a dataset folder."""
    source = Path(options.source).expanduser()
    if not source.exists():
        message = f"--source {options.source} does not exist; give a file or folder of a known format"
        raise ConfigError(message, code="path-missing", fields={"path": options.source})
    workspace = Workspace.default()
    result = do_job(PREPARE, prepare_spec(options, workspace), workspace)
    for entry in ValidationReport.from_list(result["report"]).entries:
        print(f"{entry.severity}: {entry.sentence}")
    counts = ", ".join(f"{count:,} {name}" for name, count in result["counts"].items())
    print(f"{result['name']} ({result['task']}): {counts}")
    for sentence in result["sampling"]:
        print(sentence)
    print(f"wrote {result['dataset']}")
    return 0


def prepare_spec(options: argparse.Namespace, workspace: Workspace) -> PrepareSpec:
    """The spec of what was given."""
    mapping = {name: getattr(options, f"{name}_column") for name in _COLUMNS}
    source_options = given_options(options, _SOURCE_OPTIONS)
    if any(value is not None for value in mapping.values()):
        source_options["mapping"] = {name: value for name, value in mapping.items() if value is not None}
    return PrepareSpec(
        source=str(Path(options.source).expanduser()),
        options=given_options(options, _PREPARE_OPTIONS) or None,
        source_options=source_options or None,
        output=str(Path(options.output).expanduser()),
    )


def features(options: argparse.Namespace) -> int:
    """Compute the features of a dataset folder."""
    workspace = Workspace.default()
    result = do_job(FEATURES, features_spec(options, workspace), workspace)
    if result["reused"]:
        print("the same features were there already and are kept")
    model = f"gradient norms by {result['model']}" if result["model"] else "no gradient norms"
    print(
        f"{result['num_pool']:,} pool and {result['num_validation']:,} validation samples, {result['width']} wide, by "
        f"{result['encoder']}; {model}; {result['seconds']:.1f} s"
    )
    print(f"wrote {result['dataset']}")
    return 0


def features_spec(options: argparse.Namespace, workspace: Workspace) -> FeaturesSpec:
    """The spec of what was given."""
    return FeaturesSpec(
        dataset=str(dataset_folder(options.dataset, workspace)),
        options=given_options(options, _FEATURE_OPTIONS) or None,
        cache=None if options.cache is None else str(Path(options.cache).expanduser()),
    )


def _add_prepare(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "prepare",
        help="read your own data and split it into pool, validation and test",
        description="Read interactions or instruction samples and write a dataset folder.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("-h", "--help", action=_PrepareHelp, help="show this help message and exit")
    add_spec_options(parser, PrepareSpec, ("source",))
    parser.add_argument("--output", required=True, metavar="DIR", help="dataset folder to write")
    parser.add_argument("--task", required=True, choices=[str(task) for task in Task], help=_TASK_HELP)
    add_options(parser, PrepareOptions, ("name", "domain"))

    reading = parser.add_argument_group("reading")
    for name in _COLUMNS:
        reading.add_argument(f"--{name}-column", metavar="COLUMN", help=f"table column with the {name}")
    add_options(reading, SourceOptions, _SOURCE_OPTIONS)
    add_options(parser.add_argument_group("filtering and splitting"), PrepareOptions, _KEEPING)
    sampling = parser.add_argument_group("sampling (seeded, stratified, and said wherever the data is shown)")
    add_options(sampling, PrepareOptions, _SAMPLING)
    parser.set_defaults(command=prepare, job=PREPARE.name, spec=prepare_spec)


def _add_features(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "features",
        help="compute embeddings and gradient norms",
        description="Compute what a selector sees of a dataset and keep it in the dataset's folder.",
        epilog=_FEATURES_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--dataset", required=True, metavar="DIR", help="dataset: its folder, its name, or demo")
    add_options(parser, FeatureOptions)
    add_spec_options(parser, FeaturesSpec, ("cache",))
    parser.set_defaults(command=features, job=FEATURES.name, spec=features_spec)
