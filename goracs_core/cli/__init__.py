"""The command line: the same jobs as the dashboard, done in this process. Heavy imports wait until a command runs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from goracs_core import __version__
from goracs_core.cli import (
    compare_command,
    data_commands,
    decay_command,
    derive_command,
    experiment_command,
    job_commands,
    methods_command,
    report_command,
    run_commands,
    select_command,
    service_commands,
    surrogate_command,
    sweep_command,
    train_command,
    verify_command,
)
from goracs_core.errors import ConfigError, GoracsError, JobCancelled
from goracs_core.jobs.spec import Spec
from goracs_core.workspace import Workspace

DEBUG_VARIABLE = "GORACS_DEBUG"

_ERROR, _UNEXPECTED, _CANCELLED = 2, 1, 130

_DESCRIPTION = """\
Pick the training samples that are worth fine-tuning an LLM recommender on.

  demo      look at the data set that comes along
  prepare   read your own data and split it into pool, validation and test
  features  compute embeddings and gradient norms
  derive    make another dataset from one: other target, early validation
  surrogate train the small recommender that DEALRec measures influence on
  methods   list the methods to choose with, and their options
  select    choose a coreset, with a proof of how good it is
  compare   choose with several methods and put them side by side
  sweep     choose one for each pair of lambda and budget
  decay     choose under half-lives of the validation's weights, and compare
  train     train a recommender on a coreset and test it
  experiment train on many coresets: does POO predict test loss, which method wins
  verify    check that proof without the solver
  report    write a run, a comparison or an experiment as one HTML file
  runs      list, show, export and delete what was chosen
  app       open the dashboard
  worker    work off the dashboard's queue (the dashboard starts it by itself)
"""

_EXAMPLES = """\
examples:
  python -m goracs_core demo
  python -m goracs_core prepare --source reviews.csv --task seqrec --output mydata
  python -m goracs_core features --dataset mydata
  python -m goracs_core select --dataset mydata --method goracs --budget 256 --lambda 0.05 --output coreset
  python -m goracs_core verify coreset --dataset mydata

Results go to standard output, progress and errors to standard error. Runs, caches and the queue live in the folder that
the environment variable GORACS_WORKSPACE names (by default data/workspace in a copy of the project, and the user's data
folder once installed).
"""


class _Parser(argparse.ArgumentParser):
    """Reports wrong usage in the form of every other error."""

    def error(self, message: str) -> None:  # type: ignore[override]
        print(f"error: {message} (see {self.prog} --help)", file=sys.stderr)
        sys.exit(_ERROR)


def build_parser() -> argparse.ArgumentParser:
    """The parser with all commands; each sets `command` to the function that does it."""
    parser = _Parser(
        prog="goracs" if Path(sys.argv[0]).stem == "goracs" else "python -m goracs_core",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"GORACS Explorer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)
    modules = (
        data_commands,
        derive_command,
        surrogate_command,
        methods_command,
        select_command,
        compare_command,
        sweep_command,
        decay_command,
        train_command,
        experiment_command,
        verify_command,
        report_command,
        run_commands,
        service_commands,
        job_commands,  # the last one: for what is left
    )
    for module in modules:
        module.add_commands(commands)
    return parser


def parse_job(words: Sequence[str], workspace: Workspace) -> tuple[str, Spec]:
    """The kind of job that a command asks for, and its spec.

    Raises:
        ConfigError: A command that does no job, or a spec that does not do.
    """
    options = build_parser().parse_args(words)
    if not hasattr(options, "job"):
        raise ConfigError(
            f"the command {' '.join(words)} does no job", code="no-job", fields={"command": " ".join(words)}
        )
    return options.job, options.spec(options, workspace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit status: 0, 2 for a mistake with a sentence, 130 when cancelled."""
    options = build_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    before = _listen()
    try:
        return command(options)
    except GoracsError as error:
        print(f"error: {error}", *error.details, sep="\n  ", file=sys.stderr)
        return _ERROR
    except JobCancelled:
        _listen(signal.SIG_IGN)  # a second Ctrl-C out of impatience must not end in a traceback
        print("cancelled", file=sys.stderr)
        return _CANCELLED
    except BrokenPipeError:
        # The reader (head, less) has seen enough; without this Python complains once more while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        print(
            f"error: something went wrong that this program did not foresee ({type(error).__name__}); "
            f"set {DEBUG_VARIABLE}=1 to see where",
            file=sys.stderr,
        )
        return _UNEXPECTED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(handler: Any = None) -> dict[signal.Signals, Any]:
    """Let Ctrl-C and SIGTERM raise JobCancelled, or do what `handler` says; returns the handlers before.

    Not KeyboardInterrupt: Python notes one that passes through code made from text (dataclasses are), and then ends by
    the signal, whatever status is returned. A SIGINT that the parent has ignored stays ignored.
    """
    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        numbers.append(signal.SIGINT)
    return {number: signal.signal(number, handler or _cancel) for number in numbers}


def _cancel(number: int, frame: FrameType | None) -> None:
    raise JobCancelled
