"""Trainings on the small datasets, as the Training page finds them kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from goracs_core.jobs.train.metrics import training_metrics
from goracs_core.jobs.train.record import Training
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender
from goracs_core.llm.tuning.outcomes import Choices, Rankings, SampleLosses, Tested
from goracs_core.ranking import RankPositions
from goracs_core.types import fingerprint
from goracs_core.workspace import Workspace
from pages._ui import state
from tests.app.conftest import CLICKS, SMALL
from tests.jobs.trained import log

MARKUP = "[link](http://x) <b> $a$"
TEST, RANKED = 18, 12


def outcomes_of(*, ctr: bool = False, shift: float = -1.0, seed: int = 0) -> Tested:
    """Outcomes on the small datasets' test: training moved every loss by about `shift`."""
    rng = np.random.default_rng(seed)
    rows = np.arange(TEST)
    start = SampleLosses(rows, rng.gamma(8.0, 0.4, TEST))
    losses = SampleLosses(rows, start.values + shift + 0.05 * (-1) ** rows, seconds=0.5)
    if ctr:
        choices = Choices(rows, rng.uniform(size=TEST), np.arange(TEST) % 2)
        return Tested(losses, start, choices=choices, popularity_scores=rng.uniform(size=TEST))
    full = RankPositions(rng.integers(0, 12, RANKED), rng.integers(0, 2, RANKED))
    sampled = RankPositions(full.better // 3, full.equal)
    ranked = np.arange(8, 8 + RANKED)  # two of them are not among those whose loss was measured
    popular = RankPositions(np.full(RANKED, 100), np.zeros(RANKED, int))
    return Tested(
        losses, start, Rankings(ranked, full, sampled, (MARKUP,) * RANKED, 0.2), Rankings(ranked, popular, popular)
    )


def made(name: str = SMALL, *, run: str = "", outcomes: Tested | None = None, **changes: Any) -> Training:
    """A training on one of the small datasets."""
    ctr = name == CLICKS
    found = outcomes_of(ctr=ctr) if outcomes is None else outcomes
    fields: dict[str, Any] = {
        "id": fingerprint(repr((name, run, sorted(changes.items(), key=str)))),
        "created": 1.7e9,
        "dataset_name": name,
        "dataset_fingerprint": state.reference(name).fingerprint,
        "run": run,
        "rows_fingerprint": "r" * 32,
        "budget": 64,
        "recommender": Recommender.TALLREC if ctr else Recommender.BIGREC,
        "options": FineTuneOptions(seed=3).to_dict(),
        "measure": MeasureOptions(ranked_samples=RANKED).to_dict(),
        "model": "small-titles, <b>1.3</b> million",
        "model_fingerprint": "m" * 32,
        "log": log(notes=("1 of 64 answers was *too* long.",)),
        "tested": found,
        "metrics": training_metrics(found),
        "machine": {"processor": "Test *CPU*", "cores": "2", "threads": "2", "torch": "2.0"},
    }
    return Training(**{**fields, **changes})


def keep(workspace: Workspace, *args: Any, **changes: Any) -> Training:
    """Make a training and keep it."""
    training = made(*args, **changes)
    TrainingStore(workspace).save(training)
    return training
