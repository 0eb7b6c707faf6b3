"""Words on the map: what the samples of a region are about, at several zoom levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from goracs_core.evaluation.clusters import class_words
from goracs_core.types import AnyFloatArray, IndexArray

REGIONS = (10, 32, 96)  # per zoom level: each step shows about a third of a region in each direction
_MAX_FIT = 20_000
_TOP = 0.98  # quantile
_LEAST = 8  # samples: a region of fewer gets no words


@dataclass(frozen=True)
class MapLabel:
    """A text at a place on the map.

    Args:
        x: First coordinate.
        y: Second coordinate.
        text: One or two words.
        level: Zoom level from which it is shown; 0 is the whole map.
        samples: How many samples the region has; large regions have priority where labels collide.
    """

    x: float
    y: float
    text: str
    level: int
    samples: int


def map_labels(
    placed: AnyFloatArray,
    targets: IndexArray,
    titles: Sequence[str],
    *,
    regions: Sequence[int] = REGIONS,
    seed: int = 0,
) -> tuple[MapLabel, ...]:
    """Labels of regions of the map (k-means of the places) by class-based TF-IDF of the titles in them.

    A label lies at the upper end of its region, where it hides few of the samples.

    Args:
        placed: Where the samples lie; shape [s, 2].
        targets: Title of each sample, as a place in `titles`; shape [s].
        titles: Distinct texts.
        regions: How many regions each zoom level has.
        seed: Of k-means and of the samples it is fitted on.
    """
    from sklearn.cluster import KMeans

    place = np.ascontiguousarray(placed, np.float64)
    rows = np.arange(len(place))
    if len(rows) > _MAX_FIT:
        rows = np.random.default_rng(seed).choice(len(place), _MAX_FIT, replace=False)
    distinct = len(np.unique(place[rows], axis=0))
    found: list[MapLabel] = []
    for level, wanted in enumerate(regions):
        count = min(wanted, distinct, len(place) // _LEAST)
        if count < 1:
            break
        with threadpool_limits(limits=1):  # see cluster_samples
            model = KMeans(n_clusters=count, n_init="auto", random_state=seed).fit(place[rows])
            labels = np.asarray(model.predict(place), dtype=np.int64)
        words = class_words(labels, titles, count, rows=targets)
        order = np.argsort(labels, kind="stable")
        for region, members in enumerate(np.split(order, np.searchsorted(labels[order], np.arange(1, count)))):
            if words[region] and len(members) >= _LEAST:
                x, y = np.median(place[members, 0]), np.quantile(place[members, 1], _TOP)
                found.append(MapLabel(float(x), float(y), " · ".join(words[region]), level, len(members)))
    return tuple(found)
