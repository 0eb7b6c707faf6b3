"""True neighbours of the samples on a map: how many of them are near on the map, and lists of them for its file."""

from __future__ import annotations

import numpy as np

from goracs_core.types import AnyFloatArray, FloatArray, IndexArray

NEIGHBOURS = 15
MAX_SAMPLE = 8_000
LISTED = 10
_EQUAL = 1e-7  # relative: distances that differ less are ties
_MOST_PRODUCTS = 2e11  # of all pairs: seconds on two cores, such as 20,000 samples of width 384


def kept_neighbours(
    values: AnyFloatArray,
    placed: AnyFloatArray,
    *,
    neighbours: int = NEIGHBOURS,
    max_sample: int = MAX_SAMPLE,
    seed: int = 0,
) -> FloatArray:
    """Of each sample's nearest samples on the map, the share that is among its nearest in the embedding space.

    A neighbour on the map counts as kept when it is at most as far away, in the embedding space, as the last of the
    true neighbours; so ties do not count against the map. Random places keep about neighbours / samples.

    Args:
        values: Embeddings; shape [n, d].
        placed: On the map; shape [n, 2].
        neighbours: How many are looked at; fewer where there are fewer samples.
        max_sample: With more samples than this, a random sample of so many is measured within itself.
        seed: Of that sample.

    Returns:
        Shape [n], 0 to 1; NaN where not measured.
    """
    found = np.full(len(values), np.nan)
    rows = _rows(len(values), max_sample, seed)
    count = min(neighbours, len(rows) - 1)
    if count < 1:
        return found
    true = values[rows].astype(np.float64)
    radius = _nearest(true, count)[0][:, -1]  # [s]
    _, near = _nearest(placed[rows].astype(np.float64), count)
    apart = np.stack([np.linalg.norm(true - true[near[:, one]], axis=1) for one in range(count)], axis=1)  # [s, count]
    limit = radius * (1 + _EQUAL) + _EQUAL * float(np.abs(true).max())
    found[rows] = (apart <= limit[:, None]).mean(axis=1)
    return found


def neighbour_lists(values: AnyFloatArray, count: int = LISTED) -> list[dict[str, list]] | None:
    """The nearest other samples of each sample, nearest first, as embedding explorers read them.

    Exact, in blocks of bounded memory; of samples equally near, the first counts as nearer.

    Args:
        values: Embeddings; shape [n, d].
        count: Neighbours of each; fewer where there are fewer samples.

    Returns:
        Per sample its neighbours' 0-based rows as "ids" and their Euclidean distances as "distances"; None where all
        pairs would take long.
    """
    from goracs_core.selection.neighbours import nearest_rows  # brings numba along

    total, width = values.shape
    if float(total) * total * width > _MOST_PRODUCTS:
        return None
    if total < 2 or count < 1:
        return [{"ids": [], "distances": []} for _ in range(total)]
    rows, distances = nearest_rows(values, min(count, total - 1))
    pairs = zip(rows.tolist(), distances.tolist(), strict=True)
    return [{"ids": ids, "distances": apart} for ids, apart in pairs]


def _rows(total: int, most: int, seed: int) -> IndexArray:
    if total <= most:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).choice(total, most, replace=False))


def _nearest(points: FloatArray, count: int) -> tuple[FloatArray, IndexArray]:
    """Distances and rows of the nearest other points; shapes [n, count]."""
    from sklearn.neighbors import NearestNeighbors

    distances, rows = NearestNeighbors(n_neighbors=count).fit(points).kneighbors()
    return np.asarray(distances, np.float64), np.asarray(rows, np.int64)
