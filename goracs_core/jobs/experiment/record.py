"""An experiment: several coresets, each trained on and tested in the same way, kept as far as it came."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.jobs.compare.plan import Arm, Entry
from goracs_core.llm.tuning.options import Recommender
from goracs_core.types import FloatArray, IndexArray, readonly


@dataclass(frozen=True, eq=False)
class TestOutcomes:
    """What was measured sample by sample, for all entries on the same test samples; NaN where there is nothing yet.

    Args:
        rows: Rows of the test; shape [q].
        losses: Shape [entries, q].
        ranked_rows: Rows of the test that were ranked; shape [r], empty when none were.
        full: Items ranked above the right one and beside it, among the whole catalogue; shape [entries, 2, r].
        sampled: The same among the sampled negatives; shape [entries, 2, r].
        chances: P(Yes); shape [entries, q], or [0, 0] where nothing was asked.
        start_losses: Before any training; shape [q], NaN where the model starts from random weights.
        popular_full, popular_sampled: The same samples ranked by mere popularity; shapes [2, r].
    """

    __test__ = False  # the name begins with Test, but pytest has nothing to collect here

    rows: IndexArray
    losses: FloatArray
    ranked_rows: IndexArray
    full: FloatArray
    sampled: FloatArray
    chances: FloatArray
    start_losses: FloatArray
    popular_full: FloatArray
    popular_sampled: FloatArray

    def __post_init__(self) -> None:
        for name in ("rows", "ranked_rows"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.int64))
        for name in ("losses", "full", "sampled", "chances", "start_losses", "popular_full", "popular_sampled"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))
        if self.losses.ndim != 2 or self.losses.shape[1] != len(self.rows):
            raise ShapeError("outcomes of an experiment need one loss per entry and test sample")


@dataclass(frozen=True, eq=False)
class Experiment:
    """An experiment as it is kept.

    Args:
        id: What was asked, as a short fingerprint.
        kind: Name of its kind (`goracs_core.jobs.experiment.kinds`).
        started: Seconds since 1970, of the last start.
        finished: Whether every entry is done or refused.
        dataset_name, dataset_fingerprint, problem_fingerprint: What it was made on.
        recommender: What was trained.
        options: Of the training, plain values; the seed is each entry's.
        measure: Of the test, plain values.
        model: What was fine-tuned, in words; "" until the first training.
        lambda_: Weight of the gradient term in the POO that is compared with test loss.
        arms: What is tried.
        entries: One per arm, budget and seed, in the order in which they are made.
        outcomes: Sample by sample.
        machine: Processor, cores, versions and so on, by name.
        notes: Sentences to show beside the results: what was left out, how the test was split.
        command: The command that repeats it.
    """

    id: str
    kind: str
    started: float
    finished: bool
    dataset_name: str
    dataset_fingerprint: str
    problem_fingerprint: str
    recommender: Recommender
    options: Mapping[str, Any]
    measure: Mapping[str, Any]
    model: str
    lambda_: float
    arms: tuple[Arm, ...]
    entries: tuple[Entry, ...]
    outcomes: TestOutcomes
    machine: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    command: str = ""

    def __post_init__(self) -> None:
        if len(self.outcomes.losses) != len(self.entries):
            raise ShapeError(f"{len(self.entries)} entries of an experiment need as many rows of losses")

    @property
    def done(self) -> int:
        """Entries that are done or refused."""
        return sum(entry.done or bool(entry.refusal) for entry in self.entries)

    @property
    def budgets(self) -> tuple[int, ...]:
        """The budgets, rising."""
        return tuple(sorted({entry.budget for entry in self.entries}))

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        return next(arm for arm in self.arms if arm.name == name)

    def with_entry(self, place: int, entry: Entry) -> Experiment:
        """The experiment with another entry at `place`."""
        return replace(self, entries=(*self.entries[:place], entry, *self.entries[place + 1 :]))


def describe(experiment: Experiment) -> dict[str, Any]:
    """What is worth telling of an experiment in one JSON object, its entries included."""
    return {
        "experiment": experiment.id,
        "kind": experiment.kind,
        "dataset": experiment.dataset_name,
        "dataset_fingerprint": experiment.dataset_fingerprint,
        "recommender": str(experiment.recommender),
        "model": experiment.model,
        "finished": experiment.finished,
        "lambda": experiment.lambda_,
        "entries": [
            asdict(entry) | {"values": {n: v if math.isfinite(v) else None for n, v in entry.values.items()}}
            for entry in experiment.entries
        ],
    }
