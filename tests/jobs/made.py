"""Small runs, arrays and datasets for the tests of runs, the queue and the command line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset, Interactions, Items, Samples, Task
from goracs_core.jobs.inputs import SelectInputs
from goracs_core.jobs.queue.job import Job
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.select.making import make_run
from goracs_core.jobs.select.run import Run
from goracs_core.methods import ItraConfig, RandomConfig, SelectionConfig, config_to_dict
from goracs_core.selection import select
from goracs_core.types import Embeddings, GradientNorms, Ragged
from tests.problems import made_up_scores

PATIENCE_SECONDS = 120.0


def inputs(
    n: int = 40, m: int = 12, *, seed: int = 0, norms: bool = True, dataset: Dataset | None = None
) -> SelectInputs:
    """Gaussian embeddings with gamma-distributed norms."""
    rng = np.random.default_rng(seed)
    return SelectInputs(
        pool=Embeddings(rng.normal(size=(n, 4)), "test"),
        validation=Embeddings(rng.normal(size=(m, 4)), "test"),
        gradient_norms=GradientNorms(rng.gamma(2.0, size=n), "test", "test") if norms else None,
        strata=np.arange(n) % 3,
        pool_labels=None,
        validation_labels=None,
        dataset=dataset,
    )


def run_of(
    config: SelectionConfig | None = None,
    *,
    source: SelectInputs | None = None,
    name: str | None = None,
    key: str = "key",
) -> Run:
    """A really selected run; scores are made up for methods that need some."""
    source = inputs() if source is None else source
    problem = source.problem()
    config = ItraConfig(5, max_exchanges=3) if config is None else config
    selection = select(problem, config, scores=made_up_scores(problem))
    return make_run(source, problem, selection, seconds=0.25, key=key, name=name)


def write_arrays(folder: Path, n: int, m: int, *, width: int = 8, seed: int = 0) -> dict[str, str]:
    """Embeddings and norms as .npy files; the part of a select spec that names them."""
    rng = np.random.default_rng(seed)
    arrays = {
        "pool_embeddings": rng.normal(size=(n, width)).astype(np.float32),
        "validation_embeddings": rng.normal(size=(m, width)).astype(np.float32),
        "gradient_norms": rng.gamma(2.0, size=n),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    return {name: str(folder / f"{name}.npy") for name in arrays}


def quick_spec(folder: Path, *, seed: int = 0) -> dict[str, Any]:
    """A select job of a fraction of a second (once its modules are imported)."""
    return {**write_arrays(folder / "quick", 60, 20), "config": config_to_dict(RandomConfig(6, seed=seed))}


def long_spec(folder: Path) -> dict[str, Any]:
    """A select job that runs for minutes unless somebody stops it."""
    config = ItraConfig(300, lambda_=0.5, max_exchanges=100_000, prune_candidates=60)
    return {**write_arrays(folder / "long", 4000, 1500, width=32), "config": config_to_dict(config)}


def wait_for(queue: JobQueue, job_id: int, *, stage: str | None = None) -> Job:
    """The job once it has ended, or once it runs and is in a stage that begins with `stage`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        job = queue.get(job_id)
        if not job.active or (stage is not None and job.stage.startswith(stage) and job.stage):
            return job
        time.sleep(0.05)
    raise AssertionError(f"job {job_id} did not get there: {queue.get(job_id)}")


def shop(titles: tuple[str, ...] = ("Alpha", "Beta", "Gamma", "Delta"), *, n: int = 40, m: int = 12) -> Dataset:
    """A dataset of sequential recommendation whose targets cycle through the titles."""
    v = len(titles)

    def samples(count: int, prefix: str) -> Samples:
        targets = np.arange(count) % v
        return Samples(
            ids=tuple(f"{prefix}{row}" for row in range(count)),
            prompts=tuple(f"Someone picked {titles[(row + 1) % v]}.\nWhat comes next?\n" for row in range(count)),
            answers=tuple(titles[target] for target in targets),
            users=np.arange(count) % 3,
            histories=Ragged.from_rows([[(row + 1) % v] for row in range(count)]),
            history_labels=None,
            targets=targets,
            labels=None,
            times=None,
        )

    return Dataset(
        name="Shop",
        task=Task.SEQREC,
        items=Items(tuple(f"i{row}" for row in range(v)), titles, ("",) * v, np.arange(1, v + 1) * 10),
        interactions=Interactions(np.array([0, 1, 2]), np.array([0, 1, 2]), None, None, ("u0", "u1", "u2")),
        pool=samples(n, "p"),
        validation=samples(m, "v"),
        test=samples(4, "t"),
        provenance={"sampling": ["40 of 400 pool samples, by popularity decile."]},
    )
