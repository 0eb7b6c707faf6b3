"""Trainings and experiments made up by hand, plausible but cheap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from goracs_core.config import RandomConfig, config_to_dict
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender
from goracs_core.llm.tuning.outcomes import Choices, Epoch, Rankings, SampleLosses, Tested, TrainingLog
from goracs_core.ranking import RankPositions
from goracs_core.runs.experiment import Arm, Entry, Experiment, ExperimentKind, TestOutcomes
from goracs_core.runs.training import Training
from goracs_core.runs.training_metrics import training_metrics
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
    epochs = (
        Epoch(0, 0, float("nan"), 2.5), Epoch(1, 8, 2.0, 1.8), Epoch(2, 16, 1.5, 1.6), Epoch(3, 24, 1.2, 1.7),
    )  # fmt: skip
    return TrainingLog(
        epochs=epochs, steps=tuple((step, 2.0 - 0.03 * step) for step in range(1, 25)), best_epoch=2,
        stopped="validation loss had not fallen for 1 epoch", tokens=12_000, seconds=1.5, parameters=1_000,
        trained=1_000, device="processor", notes=notes,
    )  # fmt: skip


def training(seed: int = 0, *, ctr: bool = False, dataset: str = "d" * 32, run: str = "run-1") -> Training:
    """A training as the store keeps it."""
    found = outcomes(seed, ctr=ctr)
    recommender = Recommender.TALLREC if ctr else Recommender.BIGREC
    return Training(
        id=fingerprint(f"training {seed} {ctr} {run}"), created=1_700_000_000.0 + seed, dataset_name="Shop",
        dataset_fingerprint=dataset, run=run, rows_fingerprint="r" * 32, budget=64, recommender=recommender,
        options=FineTuneOptions(seed=seed).to_dict(), measure=MeasureOptions().to_dict(), model="small-titles",
        model_fingerprint="m" * 32, log=log(notes=("1 of 64 answers was too long.",)), tested=found,
        metrics=training_metrics(found), machine={"cores": "2"},
    )  # fmt: skip


def experiment(
    kind: ExperimentKind = ExperimentKind.LEADERBOARD, *, arms: Sequence[str] = ("goracs", "random"),
    budgets: Sequence[int] = (64, 256), seeds: int = 2, done: int | None = None, dataset: str = "d" * 32,
) -> Experiment:  # fmt: skip
    """An experiment of which the first `done` entries are there (all of them by default)."""
    rng = np.random.default_rng(7)
    entries: list[Entry] = []
    for seed in range(seeds):
        for budget in budgets:
            for place, arm in enumerate(arms):
                transport = 0.5 - 0.0002 * budget + 0.02 * place + 0.001 * seed
                values = {
                    "poo": transport - 0.05 * 0.3, "transport_term": transport, "gradient_term": 0.3,
                    "select_seconds": 1.0, "train_seconds": budget / 20, "test_seconds": 1.0,
                    "test_loss": 3.0 + 2 * transport, "test_loss_se": 0.05, "start_loss": 4.5, "tokens": 100.0 * budget,
                    "epochs": 3.0, "head_share": 0.4, "tail_share": 0.1, "arp": 20.0, "coverage": 0.05, "gini": 0.9,
                    "hr@10": 0.1, "ndcg@10": 0.05,
                    "proxy:radius": transport + 0.1,
                }  # fmt: skip
                entries.append(Entry(arm, budget, seed, f"run-{arm}-{budget}-{seed}", f"{len(entries):032x}", values))
    losses = rng.gamma(9.0, 0.4, TEST)[None] + rng.normal(0, 0.1, (len(entries), TEST))
    full = np.stack([np.stack([p.better, p.equal]) for p in (positions(rng, RANKED) for _ in entries)]).astype(float)
    sampled = np.floor(full / 2)
    for place in range(len(entries) if done is None else done, len(entries)):
        losses[place], full[place], sampled[place] = np.nan, np.nan, np.nan
        entries[place] = Entry(entries[place].arm, entries[place].budget, entries[place].seed)
    return Experiment(
        id=fingerprint(f"{kind} {tuple(arms)} {tuple(budgets)} {seeds}")[:16], kind=kind, started=1_700_000_000.0,
        finished=done is None, dataset_name="Shop", dataset_fingerprint=dataset, problem_fingerprint="p" * 32,
        recommender=Recommender.BIGREC, options={"model": "small-titles", "epochs": 4},
        measure=MeasureOptions().to_dict(), model="small-titles (1.3 million weights)", lambda_=0.05,
        arms=tuple(Arm(arm, _config(arm)) for arm in arms), entries=tuple(entries),
        outcomes=TestOutcomes(
            rows=np.arange(TEST), losses=losses, ranked_rows=np.arange(RANKED), full=full, sampled=sampled,
            chances=np.empty((0, 0)), start_losses=np.full(TEST, 4.5), popular_full=full[0], popular_sampled=sampled[0],
        ),
        machine={"cores": "2"}, notes=("40 of 400 pool samples.",),
        command="python -m goracs_core experiment leaderboard --dataset shop",
    )  # fmt: skip


def _config(arm: str) -> dict[str, Any]:
    config = config_to_dict(RandomConfig(1))
    return {name: value for name, value in config.items() if name not in ("budget", "seed")} | {"method": arm}
