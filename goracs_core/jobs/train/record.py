"""A kept training: one recommender trained on one coreset (or on the whole pool), and what it is worth on the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goracs_core.llm.tuning.options import Recommender
from goracs_core.llm.tuning.outcomes import Tested, TrainingLog

WHOLE_POOL = "whole pool"  # what stands in for a run's id and a method's name when all of the pool is trained on

RECOMMENDER_NAMES = {Recommender.BIGREC: "BIGRec", Recommender.TALLREC: "TALLRec", Recommender.TIGER: "TIGER"}


@dataclass(frozen=True, eq=False)
class Training:
    """A finished training.

    Args:
        id: What decides the result, as a fingerprint: data, rows, recommender, options, model and code.
        created: Seconds since 1970.
        dataset_name, dataset_fingerprint: What it was trained and tested on.
        run: Id of the run whose coreset it was trained on, or the name of the file that names the rows; "" for the
            whole pool.
        rows_fingerprint: Fingerprint of the rows in rising order.
        budget: Samples trained on.
        recommender: What was trained.
        options: Of the training, plain values (`goracs_core.llm.tuning.options`).
        measure: Of the test, plain values.
        model: What was fine-tuned, in words: name, size, how it was made.
        model_fingerprint: Hash of its files; "" for a model that starts from random weights.
        log: How training went.
        tested: What was measured on the test samples.
        metrics: The same as plain numbers by name (`goracs_core.jobs.train.metrics`).
        machine: Processor, cores, versions and so on, by name.
    """

    id: str
    created: float
    dataset_name: str
    dataset_fingerprint: str
    run: str
    rows_fingerprint: str
    budget: int
    recommender: Recommender
    options: Mapping[str, Any]
    measure: Mapping[str, Any]
    model: str
    model_fingerprint: str
    log: TrainingLog
    tested: Tested
    metrics: Mapping[str, float]
    machine: Mapping[str, str] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """The training's seed."""
        return int(self.options["seed"])


@dataclass(frozen=True)
class TrainingSummary:
    """A training as a list shows it; read without its arrays. Fields as in `Training`."""

    id: str
    created: float
    dataset_fingerprint: str
    run: str
    budget: int
    recommender: Recommender
    options: Mapping[str, Any]
    measure: Mapping[str, Any]
    model: str
    metrics: Mapping[str, float]
