"""Kept experiments as one Markdown document: every number from the records, nothing by hand."""

from __future__ import annotations

import time
from collections.abc import Sequence

from goracs_core.jobs.experiment.kinds import experiment_kind
from goracs_core.jobs.experiment.points import start_loss, undone
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.table import experiment_table
from goracs_core.jobs.tables import number
from goracs_core.jobs.train.record import RECOMMENDER_NAMES

HEADING = "# What was measured\n"

_INTRODUCTION = """\
Written by `python -m goracs_core experiment report` from kept experiments. Intervals are 95 % confidence intervals.
Losses are means over the test samples in nats; smaller is better. Differences to random are paired by test sample and
seed, and their intervals include the variance of both; p-values are corrected for the number of arms at a budget
(Holm). Each section begins with the command that repeats its experiment. This command lists the kept experiments:

```sh
python -m goracs_core experiment list
```
"""

_TOLD = ("weights", "epochs", "batch", "learning_rate", "patience", "watched", "levels", "codes")


def report(experiments: Sequence[Experiment]) -> str:
    """The document, one section per experiment in the given order.

    Raises:
        ConfigError: An experiment of a kind that this program does not know.
    """
    sections = [HEADING, _INTRODUCTION]
    for experiment in experiments:
        kind = experiment_kind(experiment.kind)
        sections.append(f"## {kind.question} {experiment.dataset_name}, {RECOMMENDER_NAMES[experiment.recommender]}\n")
        sections += _how(experiment)
        sections += kind.section(experiment)
        sections += ["Means over seeds, ± standard deviation:\n", experiment_table(experiment).markdown()]
    return "\n".join(sections)


def in_words(experiment: Experiment) -> list[str]:
    """The answer in sentences, and how many trainings taught nothing."""
    unchanged = undone(experiment)
    return [*experiment_kind(experiment.kind).reading(experiment), *([unchanged] if unchanged else [])]


def _how(experiment: Experiment) -> list[str]:
    """How it was made."""
    options, measure, machine = experiment.options, experiment.measure, experiment.machine
    trained = [entry for entry in experiment.entries if entry.done]
    tokens = sum(entry.values.get("tokens", 0.0) for entry in trained)
    seconds = sum(entry.values.get("train_seconds", 0.0) for entry in trained)
    rate = f", {tokens / seconds:,.0f} tokens a second on one core" if seconds > 0 else ""
    state = "" if experiment.finished else f" **Unfinished: {experiment.done} of {len(experiment.entries)}.**"
    told = ", ".join(f"{name} {value}" for name, value in options.items() if name in _TOLD and value is not None)
    return [
        f"```text\n{experiment.command}\n```\n",
        f"{len(trained)} trainings of {experiment.model}; {told}; {measure.get('test_samples') or 'all'} test samples "
        f"asked for, {len(experiment.outcomes.rows):,} measured, {len(experiment.outcomes.ranked_rows):,} ranked; "
        f"{seconds:,.0f} s of training{rate}; {machine.get('cores', '?')} cores of "
        f"{machine.get('processor', 'an unknown processor')}; "
        f"{time.strftime('%Y-%m-%d', time.gmtime(experiment.started))}.{state}\n",
        *([f"Data: {'; '.join(experiment.notes)}.\n"] if experiment.notes else []),
        *_unchanged(experiment),
    ]


def _unchanged(experiment: Experiment) -> list[str]:
    """The loss before any training, and how often training left it so."""
    start, found = start_loss(experiment), undone(experiment)
    before = [] if start is None else [f"Before any training the test loss is {number(start, 4)} nats."]
    return [" ".join([*before, found] if found else before) + "\n"] if before else []
