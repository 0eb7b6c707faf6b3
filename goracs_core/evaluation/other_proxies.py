"""Cheap proxies of test loss that POO has to beat: distances, spread and moments of a coreset, without transport.

All are distances in the encoder's space as a share of max(d), and all point the same way: smaller promises a lower
test loss. Like POO they see the validation samples, never the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.objective import Problem
from goracs_core.transport import euclidean
from goracs_core.types import AnyFloatArray, FloatArray, IndexArray

_BLOCK_CELLS = 2**21


@dataclass(frozen=True)
class OtherProxy:
    """What a proxy is.

    Args:
        label: Its name for people.
        definition: One sentence; nu are the validation weights, k the size, all d divided by max(d).
    """

    label: str
    definition: str


OTHER_PROXIES = {
    "nearest_distance": OtherProxy(
        "Nearest distance",
        "Mean distance from a validation sample to the nearest selected sample: the p-median value, a lower bound of "
        "the transport term.",
    ),
    "radius": OtherProxy(
        "Radius",
        "Largest distance from a validation sample to the nearest selected sample: the covering radius of the "
        "validation samples (k-centre minimises that of the pool).",
    ),
    "stray_distance": OtherProxy(
        "Stray distance",
        "Mean distance from a selected sample to the nearest validation sample.",
    ),
    "mean_distance": OtherProxy(
        "Mean distance",
        "Mean of all distances between selected and validation samples: the transport cost if all mass is spread "
        "uniformly, an upper bound of the transport term.",
    ),
    "centroid_distance": OtherProxy(
        "Centroid distance",
        "Distance between the mean embeddings of the coreset and of the validation samples: the objective of herding "
        "towards the validation, its default.",
    ),
    "energy_distance": OtherProxy(
        "Energy distance",
        "Twice the mean distance between coreset and validation, minus the mean distances within either: a maximum "
        "mean discrepancy with the kernel -d (Székely and Rizzo 2013; Sejdinovic et al. 2013). 0 for equal "
        "distributions.",
    ),
    "diversity": OtherProxy(
        "Diversity (negated)",
        "Negative mean distance between two different selected samples: more diverse coresets are expected to have a "
        "lower loss.",
    ),
}

# The mean distance within validation is the same for every coreset, and the only part that costs m x m.
_WITHIN_VALIDATION: WeakKeyDictionary[Problem, float] = WeakKeyDictionary()


def other_proxies(problem: Problem, rows: IndexArray) -> dict[str, float]:
    """Every proxy of `OTHER_PROXIES` by name, measured on one coreset.

    Distances are computed in blocks: k x m and k x k of them, and m x m once per problem.

    Args:
        problem: Distances, validation weights and scales.
        rows: The coreset; shape [k].

    Raises:
        ShapeError: No rows, or rows out of range.
    """
    rows = np.asarray(rows, np.int64)
    if rows.ndim != 1 or not len(rows) or rows.min() < 0 or rows.max() >= problem.num_pool:
        raise ShapeError(
            f"a coreset must be one or more pool rows between 0 and {problem.num_pool - 1}",
            code="rows-out-of-range",
            fields={"largest": problem.num_pool - 1},
        )
    k, m = len(rows), problem.num_validation
    weights = problem.validation_weights
    chosen, validation = problem.pool[rows], problem.validation
    nearest = np.full(m, np.inf)  # of each validation sample
    own_nearest, means = np.empty(k), np.empty(k)  # of each chosen sample
    for block, distances in _blocks(chosen, validation):
        np.minimum(nearest, distances.min(axis=0), out=nearest)
        own_nearest[block] = distances.min(axis=1)
        means[block] = distances @ weights
    within = _mean_distance(chosen, np.full(k, 1 / k))
    centroid = chosen.mean(axis=0, dtype=np.float64) - weights @ validation.astype(np.float64)
    between = float(means.mean())
    found = {
        "nearest_distance": float(weights @ nearest),
        "radius": float(nearest.max()),
        "stray_distance": float(own_nearest.mean()),
        "mean_distance": between,
        "centroid_distance": float(np.sqrt(centroid @ centroid)),
        "energy_distance": max(2 * between - within - _within_validation(problem), 0.0),
        "diversity": -within * k / (k - 1) if k > 1 else 0.0,
    }
    return {name: value / problem.distance_scale for name, value in found.items()}


def _within_validation(problem: Problem) -> float:
    known = _WITHIN_VALIDATION.get(problem)
    if known is None:
        known = _WITHIN_VALIDATION[problem] = _mean_distance(problem.validation, problem.validation_weights)
    return known


def _mean_distance(points: AnyFloatArray, weights: FloatArray) -> float:
    """Mean distance of two points drawn with the weights [a], the same one twice included."""
    return float(sum(weights[block] @ (distances @ weights) for block, distances in _blocks(points, points)))


def _blocks(rows: AnyFloatArray, columns: AnyFloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Distances of all rows to all columns, some rows at a time."""
    size = max(1, _BLOCK_CELLS // len(columns))
    for start in range(0, len(rows), size):
        block = slice(start, min(start + size, len(rows)))
        yield block, euclidean(rows[block], columns)
