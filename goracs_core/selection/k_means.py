"""k-means representatives: the row nearest to each of k cluster centres of the pool.

Centres start at rows drawn far from one another (k-means++, Arthur and Vassilvitskii 2007) and settle in mini-batches
(Sculley, WWW 2010), so that progress can be told and work stopped between batches.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from goracs_core.methods import KMeansConfig
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.clock import Clock
from goracs_core.selection.passes import Pace, squared_distances
from goracs_core.selection.threads import thread_limit
from goracs_core.types import AnyFloatArray, IndexArray

_BATCH = 1024
_SMALL = 50_000_000  # products per batch
# Centres start among so many random rows; more would change little and cost a pass each.
_START_ROWS = 20_000


def select_k_means(problem: Problem, config: KMeansConfig, *, progress: Progress = silent) -> Rows:
    """Cluster the pool; the validation plays no part."""
    clock = Clock()
    rng = np.random.default_rng(config.seed)
    centres = k_means_centres(problem.pool, config.budget, passes=config.passes, rng=rng, progress=progress)
    clock.stage("clusters")
    rows = nearest_distinct(problem.pool, centres, progress=progress)
    clock.stage("representatives")
    reason = f"{config.budget:,} centres settled in {config.passes:,} passes over the pool"
    return Rows(rows, reason, clock.stages())


def k_means_centres(
    points: AnyFloatArray, clusters: int, *, passes: int, rng: np.random.Generator, progress: Progress = silent
) -> AnyFloatArray:
    """Cluster centres; shape [clusters, d].

    Args:
        points: Shape [n, d].
        clusters: At most n.
        passes: Passes over all points, in batches of random order.
        rng: Source of randomness.
        progress: Told the batches.
    """
    from sklearn.cluster import MiniBatchKMeans

    n = len(points)
    centres = points[_spread_start(points, clusters, rng=rng, progress=progress)]
    batches = max(1, n // max(_BATCH, clusters))  # scikit-learn wants no batch smaller than the number of clusters
    # No centre is thrown away for serving few rows: the start is spread out, and a late throw would go unsettled.
    options: dict[str, Any] = {"init": centres, "n_init": 1, "random_state": 0, "reassignment_ratio": 0.0}
    model = MiniBatchKMeans(clusters, compute_labels=False, **options)
    # Small batches are over before a second thread has started; the result is the same on any number.
    threads = thread_limit() if n // batches * clusters * points.shape[1] > _SMALL else 1
    pace = Pace(progress, "clusters", passes * batches)
    with threadpool_limits(threads):
        for one in range(passes):
            for number, batch in enumerate(np.array_split(rng.permutation(n), batches)):
                model.partial_fit(points[batch])
                pace(one * batches + number + 1)
    return np.asarray(model.cluster_centers_)


def _spread_start(points: AnyFloatArray, clusters: int, *, rng: np.random.Generator, progress: Progress) -> IndexArray:
    """Distinct rows, each drawn in proportion to its squared distance from those before it; shape [clusters]."""
    candidates = rng.choice(len(points), size=min(len(points), max(_START_ROWS, clusters)), replace=False)
    held = points[candidates]
    pace = Pace(progress, "first centres", clusters)
    chosen = np.empty(clusters, np.int64)
    nearest = np.full(len(held), np.inf)
    taken = np.zeros(len(held), bool)
    row = 0  # the candidates are in random order
    for step in range(clusters):
        chosen[step], taken[row] = row, True
        np.minimum(nearest, squared_distances(held, held[row]), out=nearest)
        reach = np.cumsum(nearest)
        row = int(np.searchsorted(reach, rng.random() * reach[-1], side="right")) if reach[-1] > 0 else len(held)
        if row == len(held) or taken[row]:  # only copies of chosen rows are left
            row = int(taken.argmin())
        pace(step + 1)
    return candidates[chosen]


def nearest_distinct(points: AnyFloatArray, centres: AnyFloatArray, *, progress: Progress = silent) -> IndexArray:
    """The nearest row that is left to each centre, in the order of the centres; shape [k].

    Args:
        points: Shape [n, d].
        centres: Shape [k, d]; k at most n.
        progress: Told the centres done.
    """
    pace = Pace(progress, "representatives", len(centres))
    chosen = np.empty(len(centres), np.int64)
    taken = np.zeros(len(points), bool)
    for number, centre in enumerate(centres):
        distances = squared_distances(points, centre)
        distances[taken] = np.inf
        row = int(distances.argmin())
        chosen[number], taken[row] = row, True
        pace(number + 1)
    return chosen
