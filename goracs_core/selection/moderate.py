"""Moderate coreset: rows whose distance to the median of their class is nearest to the median distance.

Xia et al., "Moderate Coreset: A Universal Method of Data Selection for Real-world Data-efficient Deep Learning", ICLR
2023. Their code takes the rows whose *rank* of distance is nearest to the middle; here as the text says, by distance.
"""

from __future__ import annotations

import numpy as np

from goracs_core.methods import ModerateConfig
from goracs_core.methods.method import Rows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.passes import Pace, squared_distances
from goracs_core.types import AnyFloatArray, FloatArray, IndexArray

_BLOCK_BYTES = 16 * 2**20


def select_moderate(problem: Problem, config: ModerateConfig, *, progress: Progress = silent) -> Rows:
    """Classes are the pool's labels; without labels all rows are one class. The validation plays no part."""
    distances = distances_to_class_median(problem.pool, problem.pool_labels, progress=progress)
    away = np.abs(distances - np.median(distances))
    rows = np.argsort(away, kind="stable")[: config.budget]
    low, high = distances[rows].min(), distances[rows].max()
    reason = f"the samples at distances from {low:.4g} to {high:.4g} around the median distance were taken"
    return Rows(rows, reason)


def distances_to_class_median(
    points: AnyFloatArray, labels: IndexArray | None, *, progress: Progress = silent
) -> FloatArray:
    """Distance of each row to the median, coordinate by coordinate, of its class; shape [n].

    Args:
        points: Shape [n, d].
        labels: Class of each row, or None for one class; shape [n].
        progress: Told the coordinates done.
    """
    n, width = points.shape
    names = np.zeros(1, np.int64) if labels is None else np.unique(labels)
    columns = max(1, _BLOCK_BYTES // (8 * n))
    pace = Pace(progress, "medians", width * len(names))
    distances = np.empty(n)
    for number, name in enumerate(names):
        members = np.arange(n) if labels is None else np.flatnonzero(labels == name)
        own = points if labels is None else points[members]
        median = np.empty(width)
        for start in range(0, width, columns):
            median[start : start + columns] = np.median(own[:, start : start + columns], axis=0)
            pace(number * width + min(start + columns, width))
        distances[members] = np.sqrt(squared_distances(own, median))
    return distances
