"""Made-up proxy experiments: points whose loss follows size, POO at some lambda, and noise, as strongly as asked."""

from __future__ import annotations

import numpy as np

from goracs_core.evaluation.proxy import ProxyPoints
from goracs_core.jobs.compare.plan import Arm, Entry
from goracs_core.jobs.experiment.points import proxy_points
from goracs_core.jobs.experiment.record import Experiment, TestOutcomes
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender

ARMS = ("random", "goracs λ=0", "goracs λ=0.05", "goracs λ=0.5", "grand", "herding", "k-centre")
LAMBDA = 0.05


def made_experiment(
    *,
    sizes: tuple[int, ...] = (64, 128, 256),
    seeds: int = 3,
    effect: float = 8.0,
    noise: float = 0.02,
    seed: int = 0,
    done: int | None = None,
    dataset: tuple[str, str] = ("made up", "f" * 32),
    arms: tuple[str, ...] = ARMS,
    whole_pool: bool = True,
    tested: int = 40,
) -> Experiment:
    """An experiment as the job keeps it, with numbers from a formula.

    Args:
        sizes: Budgets.
        seeds: Entries of "random" at each size; other arms have one.
        effect: How much test loss rises with POO at equal size; 0: POO says nothing besides size.
        noise: Standard deviation of what neither explains.
        seed: Of the noise.
        done: Entries that are finished; None for all.
        dataset: Name and fingerprint.
        arms: Names.
        whole_pool: Also train on everything.
        tested: Test samples.
    """
    rng = np.random.default_rng(seed)
    entries, losses = [], []
    plan = [(arm, k, s) for k in sizes for arm in arms for s in range(seeds if arm == "random" else 1)]
    plan += [(WHOLE_POOL, 3000, 0)] if whole_pool else []
    for place, (arm, budget, one) in enumerate(plan):
        transport = 0.2 + 0.6 / np.sqrt(budget) + 0.01 * ARMS.index(arm) + rng.normal(0, 0.003) if arm in ARMS else 0.2
        gradient = 0.3 + 0.06 * ((ARMS.index(arm) * 3) % 7 if arm in ARMS else 0) + rng.normal(0, 0.01)
        beside = transport - 0.2 - 0.6 / np.sqrt(budget) - LAMBDA * (gradient - 0.3)
        loss = 1.9 - 0.1 * np.log(budget) + effect * beside + rng.normal(0, noise)
        sample = loss + rng.normal(0, 0.5, tested)
        finished = done is None or place < done
        losses.append(sample if finished else np.full(tested, np.nan))
        terms = {"poo": transport - LAMBDA * gradient, "transport_term": transport, "gradient_term": gradient}
        costs = {"select_seconds": 0.4, "train_seconds": 0.04 * budget, "test_seconds": 2.0, "tokens": 100.0 * budget}
        losses_of = {"epochs": 4.0, "test_loss": loss, "test_loss_se": 0.5 / np.sqrt(tested), "start_loss": 2.57}
        nearest, radius = 0.9 * transport + rng.normal(0, 0.01), rng.uniform(0.5, 0.9)
        proxies = {"proxy:nearest_distance": nearest, "proxy:radius": radius}
        values = {**terms, **costs, **losses_of, **proxies} if finished else {}
        run = f"{place:016x}" if finished and arm != WHOLE_POOL else ""
        training = f"{place:032x}" if finished else ""
        entries.append(Entry(arm, budget, one, run, training, {name: float(one) for name, one in values.items()}))
    empty = np.empty((len(entries), 2, 0))
    outcomes = TestOutcomes(
        np.arange(tested),
        np.array(losses),
        np.empty(0, np.int64),
        empty,
        empty,
        np.empty((0, 0)),
        np.full(tested, 2.57),
        np.empty((2, 0)),
        np.empty((2, 0)),
    )
    names = dict.fromkeys(entry.arm for entry in entries)
    return Experiment(
        id=f"{seed:016x}",
        kind="proxy",
        started=1_700_000_000.0 + seed,
        finished=done is None,
        dataset_name=dataset[0],
        dataset_fingerprint=dataset[1],
        problem_fingerprint="p" * 32,
        recommender=Recommender.BIGREC,
        options=FineTuneOptions().to_dict(),
        measure=MeasureOptions(test_samples=tested).to_dict(),
        model="small-titles (1.3 M parameters)",
        lambda_=LAMBDA,
        arms=tuple(Arm(name, {"method": name.split(" ")[0] if name != WHOLE_POOL else WHOLE_POOL}) for name in names),
        entries=tuple(entries),
        outcomes=outcomes,
        machine={"processor": "a processor", "cores": "2"},
        command="python -m goracs_core experiment proxy --dataset demo",
    )


def made_points(**changes: object) -> ProxyPoints:
    """The points of `made_experiment`."""
    return proxy_points(made_experiment(**changes))  # pyright: ignore[reportArgumentType]
