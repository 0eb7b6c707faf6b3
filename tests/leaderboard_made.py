"""Experiments made up of random numbers, for pages and tables that do not care where the numbers come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from goracs_core.jobs.compare.plan import Arm, Entry
from goracs_core.jobs.experiment.record import Experiment, TestOutcomes
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender
from goracs_core.ranking import RankPositions, ranking_metrics

WHOLE = "whole pool"
EFFECTS = {"random": 0.0, "goracs": -0.08, "k-centre": 0.05, "entropy": 0.18, "herding": 0.0}


def made_experiment(
    dataset_fingerprint: str,
    *,
    kind: str = "leaderboard",
    recommender: Recommender = Recommender.BIGREC,
    effects: Mapping[str, float] = EFFECTS,
    budgets: Sequence[int] = (64, 256),
    seeds: int = 3,
    samples: int = 60,
    ranked: int = 40,
    pool: int = 3000,
    whole: bool = True,
    done: int | None = None,
    runs: Mapping[str, str] | None = None,
    **changes: Any,
) -> Experiment:
    """A plausible experiment: each arm lies its effect above random, in nats; samples and seeds vary about that.

    `effects` are the arms, and how much worse than random they are; `pool` is the budget of the whole pool, `done` the
    number of entries that are done (all where None), `runs` the ids of runs by arm, and `changes` are fields of the
    experiment to replace.
    """
    rng = np.random.default_rng(5)
    asked = [(arm, budget, seed) for arm in effects for budget in budgets for seed in range(seeds)]
    asked += [(WHOLE, pool, seed) for seed in range(seeds)] if whole else []
    done = len(asked) if done is None else done
    difficulty = rng.gamma(4.0, 0.3, size=samples)
    clicks = recommender is Recommender.TALLREC
    losses, entries = np.full((len(asked), samples), np.nan), []
    full, sampled = (np.full((len(asked), 2, 0 if clicks else ranked), np.nan) for _ in range(2))
    chances = np.full((len(asked), samples) if clicks else (0, 0), np.nan)
    for place, (arm, budget, seed) in enumerate(asked):
        if place >= done:
            entries.append(Entry(arm, budget, seed))
            continue
        shift = effects.get(arm, -0.4) - 0.1 * np.log2(budget / 64)
        losses[place] = difficulty + shift + rng.normal(0, 0.03) + rng.normal(0, 0.2, samples)
        values = _values(rng, float(losses[place].mean()), shift)
        if clicks:
            chances[place] = np.exp(-np.maximum(losses[place], 0.01))
            values |= {"auc": 0.7 - shift / 4, "log_loss": values["test_loss"], "accuracy": 0.6, "ece": 0.05}
        else:
            values |= _ranked(rng, full[place], sampled[place], shift)
        run = "" if arm == WHOLE else (runs or {}).get(arm, f"{arm}-{budget}-{seed}")
        entries.append(Entry(arm, budget, seed, run, f"{place:032x}", values))
    popular = np.zeros((2, 0 if clicks else ranked))
    popular[0] = rng.integers(0, 400, popular.shape[1])
    fields: dict[str, Any] = {
        "id": hashlib.sha256(repr((kind, recommender, seeds, done, asked)).encode()).hexdigest()[:16],
        "kind": kind,
        "started": 1_750_000_000.0,
        "finished": done == len(asked),
        "dataset_name": "A shop",
        "dataset_fingerprint": dataset_fingerprint,
        "problem_fingerprint": "0" * 64,
        "recommender": recommender,
        "options": {name: value for name, value in FineTuneOptions().to_dict().items() if name != "seed"},
        "measure": MeasureOptions(ranked_samples=ranked).to_dict(),
        "model": "small-titles, 1.3 million parameters, pre-trained on the catalogue's titles",
        "lambda_": 0.05,
        "arms": tuple(
            Arm(name, {"method": name.split()[0] if name != WHOLE else WHOLE})
            for name in dict.fromkeys(arm for arm, _, _ in asked)
        ),
        "entries": tuple(entries),
        "outcomes": TestOutcomes(
            np.arange(samples),
            losses,
            np.arange(0 if clicks else ranked),
            full,
            sampled,
            chances,
            difficulty + 1.2,
            popular,
            popular / 10,
        ),
        "machine": {"processor": "a made-up processor", "cores": "2", "python": "3.11"},
        "notes": ("Made up of random numbers.",),
        "command": "python -m goracs_core experiment leaderboard",
    }
    return Experiment(**{**fields, **changes})


def _values(rng: np.random.Generator, loss: float, shift: float) -> dict[str, float]:
    transport = 0.3 + shift / 4
    return {
        "poo": transport - 0.05 * 0.4, "transport_term": transport, "gradient_term": 0.4, "gap": 0.001,
        "select_seconds": 3 + rng.gamma(2.0), "train_seconds": 10 + rng.gamma(2.0), "test_seconds": 4.0,
        "tokens": 50_000.0, "epochs": 4.0, "test_loss": loss, "test_loss_se": 0.05, "start_loss": loss + 1.2,
        "arp": 40.0, "head_share": 0.3 + shift / 3, "tail_share": 0.2 - shift / 2, "coverage": 0.1, "gini": 0.9,
    }  # fmt: skip


def _ranked(rng: np.random.Generator, full: np.ndarray, sampled: np.ndarray, shift: float) -> dict[str, float]:
    """Fill in positions, shapes [2, r], and measure them."""
    above = rng.gamma(1.0, 30 * np.exp(2 * shift), size=full.shape[1])
    full[0], full[1] = np.floor(4 * above), 0
    sampled[0], sampled[1] = np.floor(above / 3), 0
    among_all, among_few = (
        ranking_metrics(RankPositions(one[0].astype(int), one[1].astype(int))) for one in (full, sampled)
    )
    return among_all | {f"sampled_{name}": value for name, value in among_few.items()}
