"""Trainings made up by hand, plausible but cheap."""

from __future__ import annotations

import numpy as np

from goracs_core.jobs.train.metrics import training_metrics
from goracs_core.jobs.train.record import Training
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender
from goracs_core.llm.tuning.outcomes import Choices, Epoch, Rankings, SampleLosses, Tested, TrainingLog
from goracs_core.ranking import RankPositions
from goracs_core.types import fingerprint

TEST = 30
RANKED = 12


def positions(rng: np.random.Generator, count: int, *, most: int = 40) -> RankPositions:
    """Places up to `most`, some shared."""
    return RankPositions(rng.integers(0, most, count), rng.integers(0, 2, count))


def outcomes(seed: int = 0, *, ctr: bool = False) -> Tested:
    """Outcomes on made-up test samples."""
    rng = np.random.default_rng(seed)
    rows = np.arange(0, 2 * TEST, 2)
    losses = SampleLosses(rows, rng.gamma(4.0, 0.4, TEST), seconds=0.5)
    start = SampleLosses(rows, losses.values + 1.0)
    if ctr:
        choices = Choices(rows, rng.uniform(size=TEST), rng.integers(0, 2, TEST))
        return Tested(losses, start, choices=choices, popularity_scores=rng.uniform(size=TEST))
    ranked = np.arange(RANKED)
    written = tuple(f"Title {row}" for row in range(RANKED))
    return Tested(
        losses,
        start,
        rankings=Rankings(ranked, positions(rng, RANKED), positions(rng, RANKED), written, seconds=0.25),
        popularity=Rankings(ranked, positions(rng, RANKED), positions(rng, RANKED)),
    )


def log(*, notes: tuple[str, ...] = ()) -> TrainingLog:
    """Three passes, of which the second was the best."""
    epochs = (Epoch(0, 0, float("nan"), 2.5), Epoch(1, 8, 2.0, 1.8), Epoch(2, 16, 1.5, 1.6), Epoch(3, 24, 1.2, 1.7))
    return TrainingLog(
        epochs=epochs,
        steps=tuple((step, 2.0 - 0.03 * step) for step in range(1, 25)),
        best_epoch=2,
        stopped="validation loss had not fallen for 1 epoch",
        tokens=12_000,
        seconds=1.5,
        parameters=1_000,
        trained=1_000,
        device="processor",
        notes=notes,
    )


def training(seed: int = 0, *, ctr: bool = False, dataset: str = "d" * 32, run: str = "run-1") -> Training:
    """A training as the store keeps it."""
    found = outcomes(seed, ctr=ctr)
    recommender = Recommender.TALLREC if ctr else Recommender.BIGREC
    return Training(
        id=fingerprint(f"training {seed} {ctr} {run}"),
        created=1_700_000_000.0 + seed,
        dataset_name="Shop",
        dataset_fingerprint=dataset,
        run=run,
        rows_fingerprint="r" * 32,
        budget=64,
        recommender=recommender,
        options=FineTuneOptions(seed=seed).to_dict(),
        measure=MeasureOptions().to_dict(),
        model="small-titles",
        model_fingerprint="m" * 32,
        log=log(notes=("1 of 64 answers was too long.",)),
        tested=found,
        metrics=training_metrics(found),
        machine={"cores": "2"},
    )
