"""Semantic ids: a few codes per item, coarse to fine, so that items whose titles mean alike begin alike.

TIGER (arXiv 2305.05065, section 3.1) quantises an embedding level by level: each level codes what the levels before it
left over (the residual). The paper trains a residual-quantised variational autoencoder for that. Here each level is a
k-means of the residuals, as in OneRec (arXiv 2506.13695), which reports better reconstruction and evener use of the
codes than by RQ-VAE, and as one of the quantisers that GRID (arXiv 2507.22224) compares: it needs no training schedule,
no code can die, and the same embeddings give the same ids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from goracs_core.errors import ShapeError
from goracs_core.progress import Progress, silent
from goracs_core.types import AnyFloatArray, Float32Array, FloatArray, IndexArray, protect

_STAGE = "Making semantic ids"
# Passes of k-means between two reports, and the most of them; it has settled when a round changes the error less.
_PASSES, _ROUNDS, _SETTLED = 5, 20, 1e-4
# What is left of an embedding below this share of the longest one is rounding, nothing to tell items apart by.
_ROUNDING = 1e-5


@dataclass(frozen=True, eq=False)
class SemanticIds:
    """The ids of all items, all distinct.

    Args:
        codes: One row per item, level by level, each counted from 0; the last column tells items apart that have all
            other codes in common (0 where there is nothing to tell apart); shape [v, levels + 1].
        sizes: How many codes there are in each column; shape [levels + 1].
        errors: Mean squared distance of the embeddings to what the first 0, 1, ... levels say of them; never rising;
            shape [levels + 1].
    """

    codes: IndexArray
    sizes: IndexArray
    errors: FloatArray

    def __post_init__(self) -> None:
        protect(self, codes=np.int64, sizes=np.int64, errors=np.float64)
        if self.codes.ndim != 2 or not len(self.codes) or {self.sizes.shape, self.errors.shape} != {(self.length,)}:
            message = f"semantic ids need one row of codes per item, got shape {self.codes.shape}"
            raise ShapeError(message, code="bad-codes", fields={"shape": self.codes.shape})
        if (self.codes < 0).any() or (self.codes >= self.sizes).any():
            raise ShapeError("a code of a semantic id is not among its level's codes", code="code-out-of-range")
        if len(np.unique(self.codes, axis=0)) < len(self.codes):
            raise ShapeError("two items have the same semantic id", code="id-twice")

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def length(self) -> int:
        """Codes per id: the levels and the last one."""
        return self.codes.shape[1]

    @property
    def collided(self) -> float:
        """Share of the items that have all codes but the last in common with another one."""
        _, counts = np.unique(self.codes[:, :-1], axis=0, return_counts=True)
        return float(counts[counts > 1].sum() / len(self.codes))


def semantic_ids(
    embeddings: AnyFloatArray, *, levels: int, codes: int, seed: int, progress: Progress = silent
) -> SemanticIds:
    """Quantise the items; the same bytes on any number of threads.

    Args:
        embeddings: One per item; finite; shape [v, d].
        levels: Codes before the last one.
        codes: Most codes per level; fewer where there are fewer distinct residuals.
        seed: Decides where k-means starts.
        progress: Told several times per level; may raise JobCancelled.

    Raises:
        ShapeError: The embeddings are no matrix of finite numbers.
    """
    residuals = np.array(embeddings, np.float64)  # [v, d]
    if residuals.ndim != 2 or 0 in residuals.shape or not np.isfinite(residuals).all():
        message = f"semantic ids need finite item embeddings [v, d], got an array of shape {residuals.shape}"
        raise ShapeError(message, code="bad-embeddings", fields={"shape": residuals.shape})
    rng = np.random.default_rng(seed)
    tiny = _ROUNDING * np.linalg.norm(residuals, axis=1).max()
    columns: list[IndexArray] = []
    sizes: list[int] = []
    errors = [_mean_square(residuals)]
    for level in range(levels):

        def report(rounds: int, level: int = level) -> None:
            progress(_STAGE, level * _ROUNDS + rounds, levels * _ROUNDS, f"level {level + 1} of {levels}")

        column, means = _cluster(residuals, codes, rng, report)
        residuals -= means[column]
        residuals[np.linalg.norm(residuals, axis=1) <= tiny] = 0
        columns.append(column)
        sizes.append(len(means))
        errors.append(min(errors[-1], _mean_square(residuals)))  # it can only rise by rounding
    progress(_STAGE, levels * _ROUNDS, levels * _ROUNDS)
    last = _places(np.stack(columns, axis=1))
    return SemanticIds(np.column_stack([*columns, last]), np.array([*sizes, last.max() + 1]), np.array(errors))


def _cluster(
    points: FloatArray, most: int, rng: np.random.Generator, report: Callable[[int], None]
) -> tuple[IndexArray, FloatArray]:
    """The cluster of each point, shape [v], and the means of the clusters, at most `most` of them."""
    report(0)
    start = int(rng.integers(2**31))
    # Single precision is twice as fast, and the means that count are taken of the points themselves.
    single = (points / (np.abs(points).max() or 1.0)).astype(np.float32)
    labels = _distinct(single)
    if labels.max() >= most:
        labels = _k_means(single, most, start, report)
    return labels, _means(points, labels)


def _k_means(points: Float32Array, clusters: int, seed: int, report: Callable[[int], None]) -> IndexArray:
    """Lloyd's k-means from a k-means++ start; shape [v]."""
    from sklearn.cluster import KMeans, kmeans_plusplus

    with threadpool_limits(1):
        centres, _ = kmeans_plusplus(points, clusters, random_state=seed)
        model: Any = KMeans(clusters, n_init=1, max_iter=_PASSES, random_state=seed)  # pyright: ignore
        before = np.inf
        for number in range(1, _ROUNDS + 1):
            model.set_params(init=centres).fit(points)
            centres = model.cluster_centers_
            report(number)
            if model.inertia_ >= before * (1 - _SETTLED):
                break
            before = model.inertia_
    return np.unique(model.labels_, return_inverse=True)[1].reshape(-1).astype(np.int64)  # an empty cluster has no code


def _distinct(points: Float32Array) -> IndexArray:
    """Equal rows get equal numbers, from 0 on; shape [v]."""
    rows = np.ascontiguousarray(points + np.float32(0))  # no -0.0, whose bytes are not those of 0.0
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).reshape(-1)
    return np.unique(whole, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _means(points: FloatArray, labels: IndexArray) -> FloatArray:
    """Mean point of each label; shape [labels, d]."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    return np.add.reduceat(points[order], starts, axis=0) / np.diff(np.append(starts, len(labels)))[:, None]


def _mean_square(residuals: FloatArray) -> float:
    return float(np.square(residuals).sum(axis=1).mean())


def _places(codes: IndexArray) -> IndexArray:
    """How many earlier items have the same codes; shape [v]."""
    group = np.unique(codes, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    places = np.empty(len(codes), np.int64)
    places[order] = np.arange(len(codes)) - np.repeat(starts, np.diff(np.append(starts, len(codes))))
    return places
