"""One fixed 2-D map of pool and validation: PCA at once, UMAP in the worker; stored by the embeddings' fingerprint.

A map is fitted once on the pool and the validation samples together, so that no point moves between two selections.
It is for orientation only: `trustworthiness` says how far neighbours on the map are neighbours in the embedding space.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.progress import Progress, silent
from goracs_core.store.cache import Cache
from goracs_core.store.codec import Arrays
from goracs_core.types import Embeddings, Float32Array, FloatArray, IndexArray, fingerprint, readonly

NUM_NEIGHBORS = 15
MIN_DISTANCE = 0.1
MAX_FIT = 50_000
TRUST_SAMPLE = 1_500


class ProjectionMethod(StrEnum):
    """How the map is made."""

    PCA = "pca"
    UMAP = "umap"


@dataclass(frozen=True, eq=False)
class Projection:
    """Where each sample lies on the map.

    Args:
        pool: Shape [n, 2].
        validation: Shape [m, 2].
        method: How it was made.
        key: Fingerprint of the embeddings it belongs to; see `embeddings_key`.
        trustworthiness: 0 to 1; 1 when each point's nearest neighbours on the map are near in the embedding space too
            (Venna and Kaski 2001), on a seeded sample with 15 neighbours (fewer for tiny data).
        note: One sentence on how it was made and what was sampled.
    """

    pool: Float32Array
    validation: Float32Array
    method: ProjectionMethod
    key: str
    trustworthiness: float
    note: str

    def __post_init__(self) -> None:
        for name in ("pool", "validation"):
            values = readonly(getattr(self, name), np.float32)
            if values.ndim != 2 or values.shape[1] != 2 or len(values) == 0:
                raise ShapeError(
                    f"{name} coordinates must be a non-empty [samples, 2] array, got shape {values.shape}",
                    code="bad-coordinates",
                    fields={"shape": values.shape},
                )
            if not np.isfinite(values).all():
                raise ShapeError(f"{name} coordinates must be finite", code="not-finite")
            object.__setattr__(self, name, values)
        object.__setattr__(self, "method", ProjectionMethod(self.method))


def embeddings_key(pool: Embeddings, validation: Embeddings) -> str:
    """Fingerprint of the two sets of embeddings that a projection belongs to."""
    return fingerprint(pool.fingerprint, validation.fingerprint)


def pca_2d(pool: Embeddings, validation: Embeddings) -> Projection:
    """The two directions of largest variance of pool and validation together; deterministic.

    Signs are fixed so that the heaviest coordinate of each direction is positive. Width 1 gets a zero second axis.

    Raises:
        ShapeError: Different widths.
    """
    values = _stacked(pool, validation)
    values -= values.mean(axis=0)
    variances, directions = np.linalg.eigh(values.T @ values)  # ascending; [d], [d, d]
    top = directions[:, ::-1][:, :2]
    top = top * np.sign(top[np.abs(top).argmax(axis=0), np.arange(top.shape[1])])
    placed = values @ top
    if placed.shape[1] == 1:
        placed = np.column_stack([placed, np.zeros(len(placed))])
    total = float(variances.sum())
    explained = float(variances[::-1][:2].sum()) / total if total > 0 else 1.0
    note = f"PCA: the first two principal components, {explained:.0%} of the variance."
    return _projection(values, placed, len(pool), ProjectionMethod.PCA, embeddings_key(pool, validation), note)


def umap_2d(
    pool: Embeddings,
    validation: Embeddings,
    *,
    seed: int = 0,
    num_neighbors: int = NUM_NEIGHBORS,
    min_distance: float = MIN_DISTANCE,
    max_fit: int = MAX_FIT,
    progress: Progress = silent,
) -> Projection:
    """UMAP (arXiv 1802.03426) of pool and validation together, started from PCA; same seed, same map.

    Args:
        pool: Shape [n, d].
        validation: Shape [m, d].
        seed: Seed of sampling and layout.
        num_neighbors: Size of the neighbourhood that the map tries to keep.
        min_distance: Least distance of points on the map, relative to its scale.
        max_fit: Fit on at most this many samples, drawn at random over pool and validation; the others are placed
            among their neighbours afterwards.
        progress: Told about the stages and the layout's rounds.

    Raises:
        ShapeError: Different widths.
        ConfigError: Fewer than 3 samples (to show or to fit on) or 2 neighbours, or a distance outside [0, 1].
    """
    if num_neighbors < 2 or max_fit < 3 or not 0 <= min_distance <= 1:
        raise ConfigError(
            "UMAP needs at least 2 neighbors, a fit on at least 3 samples and a distance from 0 to 1",
            code="bad-umap-options",
            fields={"num_neighbors": num_neighbors, "max_fit": max_fit, "min_distance": min_distance},
        )
    values = _stacked(pool, validation).astype(np.float32)
    total = len(values)
    if total < 3:
        raise ConfigError(
            f"UMAP needs at least 3 samples, got {total}; the PCA map shows them all",
            code="too-few-samples",
            fields={"samples": total},
        )
    start = pca_2d(pool, validation)
    layout = np.concatenate([start.pool, start.validation])  # [n + m, 2]
    rng = np.random.default_rng(seed)
    rows = np.arange(total) if total <= max_fit else np.sort(rng.choice(total, max_fit, replace=False))
    progress("UMAP: loading", 0, 0, "the first time, compilation takes tens of seconds")
    placed = _umap_layout(
        values, layout, rows, seed=seed, num_neighbors=num_neighbors, min_distance=min_distance, progress=progress
    )
    note = f"UMAP: {min(num_neighbors, len(rows) - 1)} neighbors, seed {seed}, initialized with PCA."
    if len(rows) < total:
        note += f" Fitted on {len(rows):,} of {total:,} random samples; the others were projected afterwards."
    return _projection(values, placed, len(pool), ProjectionMethod.UMAP, start.key, note)


def projections_in(directory: Path) -> Cache[Projection]:
    """The projections that are kept in a folder, under `projection_key`."""
    return Cache(directory, Projection, former=_former)


def projection_key(embeddings: str, method: ProjectionMethod) -> str:
    """Under which key the projection of some embeddings is kept, given as `embeddings_key`."""
    return f"{embeddings}-{method}"


def save_projection(projection: Projection, directory: Path) -> Path:
    """Keep a projection in a folder; the file that holds it."""
    key, kept = projection_key(projection.key, projection.method), projections_in(directory)
    kept.put(key, projection)
    return kept.path(key)


def _former(_: str, arrays: Arrays) -> Projection:
    """What the first version wrote: each field an array of its name."""
    texts = {name: str(arrays[name]) for name in ("method", "key", "note")}
    method, trust = ProjectionMethod(texts["method"]), float(arrays["trustworthiness"])
    return Projection(arrays["pool"], arrays["validation"], method, texts["key"], trust, texts["note"])


def _stacked(pool: Embeddings, validation: Embeddings) -> FloatArray:
    if pool.values.shape[1] != validation.values.shape[1]:
        raise ShapeError(
            f"pool embeddings are {pool.values.shape[1]} wide, validation embeddings {validation.values.shape[1]}; "
            "one map needs one encoder for both",
            code="widths-differ",
            fields={"pool": pool.values.shape[1], "validation": validation.values.shape[1]},
        )
    return np.concatenate([pool.values, validation.values]).astype(np.float64)  # [n + m, d]


def _projection(
    values: FloatArray | Float32Array, placed: FloatArray, num_pool: int, method: ProjectionMethod, key: str, note: str
) -> Projection:
    coordinates: Float32Array = placed.astype(np.float32)
    return Projection(
        coordinates[:num_pool], coordinates[num_pool:], method, key, trustworthiness(values, coordinates), note
    )


def trustworthiness(values: FloatArray | Float32Array, placed: Float32Array, *, seed: int = 0) -> float:
    """Trustworthiness of a map on a seeded sample of at most 1,500 points; 1.0 when there are too few to judge."""
    from sklearn.manifold import trustworthiness as measure

    rows = np.arange(len(values))
    if len(rows) > TRUST_SAMPLE:
        rows = np.random.default_rng(seed).choice(len(values), TRUST_SAMPLE, replace=False)
    neighbors = min(NUM_NEIGHBORS, (len(rows) - 1) // 2)
    if neighbors < 1:
        return 1.0
    return float(measure(values[rows], placed[rows], n_neighbors=neighbors))


def _umap_layout(
    values: Float32Array,
    start: Float32Array,
    rows: IndexArray,
    *,
    seed: int,
    num_neighbors: int,
    min_distance: float,
    progress: Progress,
) -> FloatArray:
    with warnings.catch_warnings():
        # Announces that a neural variant of UMAP, which is not used here, needs TensorFlow.
        warnings.filterwarnings("ignore", message="Tensorflow not installed", category=ImportWarning)
        import umap

    progress("UMAP: neighbors", 0, 0)
    # Narrow start (standard deviation 1e-4), as usual for t-SNE and UMAP: the layout unfolds from it undisturbed.
    spread = start[rows] / max(float(start[rows].std(axis=0).max()), 1e-12) * 1e-4
    reducer = umap.UMAP(
        n_neighbors=min(num_neighbors, len(rows) - 1),
        min_dist=min_distance,
        init=spread,  # pyright: ignore[reportArgumentType]  (an array of start positions is documented)
        random_state=seed,
        n_jobs=1,  # several threads would make the layout depend on their timing
        tqdm_kwds={
            "file": _RoundReporter(progress),
            "disable": False,
            "bar_format": "{n_fmt} {total_fmt}",
            "mininterval": 0.5,
        },
    )
    placed = np.empty((len(values), 2))
    placed[rows] = reducer.fit_transform(values[rows])
    others = np.setdiff1d(np.arange(len(values)), rows)
    if len(others):
        progress("UMAP: projection of the other samples", 0, 0)
        placed[others] = reducer.transform(values[others])
    return placed


class _RoundReporter:
    """The text stream that UMAP's progress bar writes to; passes "done total" on."""

    encoding = "utf-8"

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def write(self, text: str) -> int:
        parts = text.split()
        if len(parts) == 2 and all(part.isdigit() for part in parts):
            self._progress("UMAP: layout", int(parts[0]), int(parts[1]))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""
