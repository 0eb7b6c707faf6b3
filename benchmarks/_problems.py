"""The problems that the benchmarks run on: real ones when they are there, else made-up ones of the same geometry."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from goracs_core.objective import Problem, make_problem
from goracs_core.transport import solve_uniform
from goracs_core.types import Embeddings, Float32Array, FloatArray, GradientNorms

_COMPONENTS, _RANK = 48, 64


def real_arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Pool embeddings, validation embeddings and gradient norms of `games-15k-5k`, or None when they are not there."""
    root = os.environ.get("GORACS_REAL_DATA")
    if not root:
        return None
    folder = Path(root) / "games-15k-5k"
    pool, validation = (np.load(folder / f"{name}_embeddings.npy") for name in ("train", "valid"))
    return pool, validation, np.load(folder / "llama7b_gradient_norms_unaligned.npy")


def _stand_in() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 384))
    pool, validation = (centres[rng.integers(40, size=size)] + rng.normal(size=(size, 384)) for size in (15_000, 5_000))
    return pool.astype(np.float32), validation.astype(np.float32), rng.gamma(4.0, size=15_000)


def load_problem() -> tuple[Problem, str]:
    """The real 15,000 x 5,000 problem when it is there, else a made-up one of the same sizes."""
    arrays = real_arrays()
    pool, validation, norms = _stand_in() if arrays is None else arrays
    source = "made-up points (GORACS_REAL_DATA is not set)" if arrays is None else "games-15k-5k"
    return _problem(pool, validation, norms), source


def made_up_problem(num_pool: int, num_validation: int) -> tuple[Problem, str]:
    """A pool of any size with the geometry of the real one: a mixture of Gaussians fitted to its embeddings.

    Components and covariances (rank 64 plus noise) are fitted to pool and validation; points lie on the unit sphere as
    the real ones do, gradient norms are drawn from the real ones. Made block by block, so that a million rows fit.
    """
    arrays = real_arrays()
    pool, validation, norms = _stand_in() if arrays is None else arrays
    sampler = _Mixture(pool.astype(np.float32))
    rng = np.random.default_rng(7)
    target = _Mixture(validation.astype(np.float32)).sample(num_validation, rng)
    made = np.empty((num_pool, pool.shape[1]), np.float32)
    for start in range(0, num_pool, 20_000):
        stop = min(start + 20_000, num_pool)
        made[start:stop] = sampler.sample(stop - start, rng)
    made.setflags(write=False)  # so that it is used as it is, not copied
    source = "mixture fitted to games-15k-5k" if arrays is not None else "mixture fitted to made-up points"
    return _problem(made, target, rng.choice(norms, num_pool)), source


class _Mixture:
    """k-means clusters with a low-rank Gaussian each."""

    def __init__(self, points: Float32Array) -> None:
        from sklearn.cluster import MiniBatchKMeans

        self._unit = bool(np.allclose(np.linalg.norm(points[:100], axis=1), 1, atol=1e-2))
        labels = MiniBatchKMeans(_COMPONENTS, random_state=0, n_init="auto").fit_predict(points)
        names, counts = np.unique(labels, return_counts=True)
        self._shares = counts / counts.sum()
        self._parts = []
        for name in names:
            members = points[labels == name]
            centre = members.mean(axis=0)
            _, singular, axes = np.linalg.svd(members - centre, full_matrices=False)
            rank = min(_RANK, len(singular))
            scale = singular[:rank] / max(np.sqrt(len(members)), 1.0)
            rest = np.sqrt((singular[rank:] ** 2).sum() / max(len(members), 1) / points.shape[1])
            self._parts.append((centre, scale[:, None] * axes[:rank], np.float32(rest)))

    def sample(self, size: int, rng: np.random.Generator) -> Float32Array:
        component = rng.choice(len(self._parts), size=size, p=self._shares)
        made = np.empty((size, len(self._parts[0][0])), np.float32)
        for number, (centre, axes, rest) in enumerate(self._parts):
            rows = np.flatnonzero(component == number)
            made[rows] = centre + rng.standard_normal((len(rows), len(axes)), np.float32) @ axes
            made[rows] += rest * rng.standard_normal((len(rows), made.shape[1]), np.float32)
        if self._unit:
            made /= np.linalg.norm(made, axis=1, keepdims=True)
        return made


def _problem(pool: np.ndarray, validation: np.ndarray, norms: np.ndarray) -> Problem:
    return make_problem(
        Embeddings(pool, "benchmark"),
        Embeddings(validation, "benchmark"),
        gradient_norms=GradientNorms(norms, "benchmark", "benchmark"),
    )


def cold_solve_seconds(problem: Problem, rows: np.ndarray, *, repeats: int = 3) -> float:
    """T: median time of one exact transport solve of the rows x m block from nothing (POT)."""
    cost: FloatArray = problem.distance_rows(rows) / problem.distance_scale
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        solve_uniform(cost, problem.validation_weights)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))


class PeakMemory:
    """Largest resident memory of this process inside the block, in bytes; sampled every few milliseconds."""

    def __enter__(self) -> PeakMemory:
        self.before = self.peak = _resident()
        self._running = True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running = False
        self._thread.join()
        self.peak = max(self.peak, _resident())

    def _watch(self) -> None:
        while self._running:
            self.peak = max(self.peak, _resident())
            time.sleep(0.005)


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:  # not Linux: the peak of the whole process so far
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def verdict(measured: float, goal: float) -> str:
    """Whether a figure that should be small meets its goal."""
    return "met" if measured <= goal else "MISSED"
