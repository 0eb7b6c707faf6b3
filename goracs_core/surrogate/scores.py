"""Influence scores of a dataset's pool: the surrogate trained or found, influence measured or found."""

from __future__ import annotations

import time
from pathlib import Path

from goracs_core.data.dataset import Dataset
from goracs_core.methods import DealRecConfig
from goracs_core.progress import Progress, silent
from goracs_core.scores import SampleScores, ScoreKind
from goracs_core.store.cache import Cache
from goracs_core.store.keys import code_fingerprint
from goracs_core.surrogate.hessian import LabelledHistories
from goracs_core.surrogate.influence import InfluenceOptions, measure_influence
from goracs_core.surrogate.model import TrainedSurrogate
from goracs_core.surrogate.options import SURROGATE_TITLES, SurrogateOptions
from goracs_core.surrogate.sequences import sample_tokens
from goracs_core.surrogate.train import train_surrogate
from goracs_core.types import fingerprint

_SOLVERS = {"cg": "conjugate gradients", "recursion": "stochastic recursion"}


def influence_scores(
    dataset: Dataset, config: DealRecConfig, *, cache: Path, progress: Progress = silent
) -> SampleScores:
    """Influence of each pool sample on the surrogate's mean training loss (arXiv 2401.17197, equation 8).

    Both the surrogate and the scores stay in `cache`, found again by content; the seconds are those of the making.

    Args:
        dataset: Its pool is scored; its validation samples decide when the surrogate's training stops.
        config: Names the surrogate, its training and the solver.
        cache: Where they are kept.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        DataError: A surrogate cannot be trained on this dataset.
        ModelError: Its training diverged.
        SolverError: The damped Hessian could not be inverted.
        StoreError: The folder cannot be written.
    """
    surrogate_options = SurrogateOptions(config.surrogate, config.surrogate_seed, config.surrogate_epochs)
    trained = train_surrogate(dataset, surrogate_options, cache=cache, progress=progress)
    options = InfluenceOptions(
        solver=config.influence_solver,
        damping=config.damping,
        scale=config.scale,
        tolerance=config.tolerance,
        max_iterations=config.max_iterations,
        recursion_steps=config.recursion_steps,
        seed=config.surrogate_seed,
    )
    key = fingerprint(
        "influence",
        trained.fingerprint,
        dataset.fingerprint,
        options.content(),
        code_fingerprint("goracs_core.surrogate.influence"),
    )
    kept = Cache[SampleScores](cache / "scores", SampleScores)
    return kept.get_or_make(key, lambda: _measured(dataset, trained, options, progress))


def _measured(
    dataset: Dataset, trained: TrainedSurrogate, options: InfluenceOptions, progress: Progress
) -> SampleScores:
    started = time.perf_counter()
    pool = dataset.pool
    influence = measure_influence(
        trained.model,
        LabelledHistories(sample_tokens(pool, trained.options.length), pool.targets, pool.labels),
        num_items=len(dataset.items),
        options=options,
        progress=progress,
    )
    name = SURROGATE_TITLES[trained.options.name]
    return SampleScores(
        kind=ScoreKind.INFLUENCE,
        values=influence.values,
        source=f"{name}, {_SOLVERS[options.solver]} to a residual of {influence.inverse.residual:.1e}",
        details={"surrogate": {"name": name, **trained.record}, "influence": influence.record},
        seconds=(("surrogate training", trained.seconds), ("influence", time.perf_counter() - started)),
    )
