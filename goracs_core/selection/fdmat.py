"""FDMat: rows of the smallest feature-distribution discrepancy, by entropic transport to the class means.

Xiao et al., "Feature Distribution Matching by Optimal Transport for Effective and Robust Coreset Selection", AAAI 2024.
With samples x_i (mass 1/n), class means mu_c (mass n_c / n) and M_ic = |x_i - mu_c|^2:

    P = entropic transport of M,        discrepancy_i = || (P_ic M_ic) over c ||_2

As in the authors' code features are centred on their mean and divided by their length, and costs are squared. Three
things differ: the square root that they take of features first (Tukey's ladder of powers, for the non-negative features
of an image network) is left out, because text embeddings have either sign; one ranking serves all classes, where the
code gives each class its share of the budget (select label-aware for that); the transport is solved to its optimum.
"""

from __future__ import annotations

import numpy as np

from goracs_core.methods import FdmatConfig
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.clock import Clock
from goracs_core.selection.k_means import k_means_centres
from goracs_core.selection.passes import Pace, squared_distances
from goracs_core.transport.sinkhorn import solve_entropic
from goracs_core.types import AnyFloatArray, FloatArray, IndexArray

_BLOCK_ROWS = 8192
_PASSES = 10


def select_fdmat(problem: Problem, config: FdmatConfig, *, progress: Progress = silent) -> Rows:
    """Classes are the pool's labels; without labels, clusters by k-means. The validation plays no part.

    Raises:
        SolverError: The entropic transport does not settle.
    """
    clock = Clock()
    features = normalised(problem.pool, progress=progress)
    labels = problem.pool_labels
    if labels is None:
        labels = _clusters(features, config, progress)
    clock.stage("classes")
    found = discrepancies(features, labels, regularisation=config.regularisation, progress=progress)
    rows = np.argsort(found, kind="stable")[: config.budget]
    clock.stage("entropic transport")
    kind = "clusters" if problem.pool_labels is None else "labels"
    reason = f"the samples of smallest discrepancy to the means of {len(np.unique(labels)):,} {kind} were taken"
    return Rows(rows, reason, clock.stages())


def normalised(points: AnyFloatArray, *, progress: Progress = silent) -> AnyFloatArray:
    """Rows less their mean, divided by the length that they had; shape [n, d], in the precision given."""
    mean = points.mean(axis=0, dtype=np.float64)
    features = np.empty_like(points)
    pace = Pace(progress, "features", len(points))
    for start in range(0, len(points), _BLOCK_ROWS):
        block = points[start : start + _BLOCK_ROWS].astype(np.float64)
        lengths = np.sqrt(np.einsum("id,id->i", block, block))
        lengths[lengths == 0] = 1.0
        features[start : start + _BLOCK_ROWS] = (block - mean) / lengths[:, None]
        pace(min(start + _BLOCK_ROWS, len(points)))
    return features


def discrepancies(
    features: AnyFloatArray, labels: IndexArray, *, regularisation: float, progress: Progress = silent
) -> FloatArray:
    """What each row contributes to the transport between the samples and the class means; shape [n].

    Args:
        features: Shape [n, d].
        labels: Class of each row; shape [n].
        regularisation: Weight of the entropy, relative to the mean cost.
        progress: Told the classes, then the rounds of the transport.

    Raises:
        SolverError: The entropic transport does not settle.
    """
    names, counts = np.unique(labels, return_counts=True)
    cost = _costs(features, [features[labels == name].mean(axis=0, dtype=np.float64) for name in names], progress)
    mean = float(cost.mean())
    if mean == 0.0:  # all rows are one point
        return np.zeros(len(features))
    n = len(features)
    plan = solve_entropic(
        cost, np.full(n, 1.0 / n), counts / n, regularisation=regularisation * mean, progress=progress
    )
    plan *= cost
    return np.sqrt(np.einsum("ic,ic->i", plan, plan))


def _costs(features: AnyFloatArray, means: list[FloatArray], progress: Progress) -> FloatArray:
    """Squared distance of each row to each mean; shape [n, classes]."""
    cost = np.empty((len(features), len(means)))
    pace = Pace(progress, "distances to class means", len(means))
    for number, mean in enumerate(means):
        cost[:, number] = squared_distances(features, mean)
        pace(number + 1)
    return cost


def _clusters(features: AnyFloatArray, config: FdmatConfig, progress: Progress) -> IndexArray:
    """Nearest of the k-means centres to each row; shape [n]."""
    clusters = min(config.clusters, len(features))
    rng = np.random.default_rng(config.seed)
    centres = k_means_centres(features, clusters, passes=_PASSES, rng=rng, progress=progress)
    return _costs(features, list(centres), progress).argmin(axis=1)
