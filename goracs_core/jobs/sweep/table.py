"""A sweep as a table: one line per point, with its value, its proof and, on a dataset, its popularity bias."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from goracs_core.data.dataset import Dataset
from goracs_core.evaluation.overlap import pareto_front
from goracs_core.evaluation.popularity import MEASURES
from goracs_core.evaluation.sweep import SweepPoint
from goracs_core.jobs.popularity import popularity_of

POPULARITY = (*MEASURES, "js_validation", "js_pool")


def sweep_table(points: Sequence[SweepPoint], dataset: Dataset | None = None) -> pd.DataFrame:
    """One line per point, in the given order.

    `on_front` says whether no other point of the same budget beats it in both terms; the popularity measures are those
    of `goracs_core.evaluation.popularity`. Cells of bounds are empty where nothing was proven.

    Args:
        points: Solved points of one sweep.
        dataset: Its dataset; without it no popularity.
    """
    table = pd.DataFrame(
        {
            "budget": [point.budget for point in points],
            "lambda": [point.lambda_ for point in points],
            "poo": [point.poo for point in points],
            "transport_term": [point.transport_term for point in points],
            "gradient_term": [point.gradient_term for point in points],
            "lower_bound": pd.Series([point.lower_bound for point in points], dtype="float64"),
            "gap": pd.Series([point.gap for point in points], dtype="float64"),
            "rounds": pd.Series([point.rounds for point in points], dtype="Int64"),
            "seconds": [point.seconds for point in points],
            "fingerprint": [point.fingerprint for point in points],
            "on_front": on_front(points),
        }
    )
    if dataset is not None and points:
        found = popularity_of(dataset, {point.run: point.indices for point in points}, POPULARITY)
        for name in POPULARITY:
            table[name] = [found[point.run][name] for point in points]
    table["run"] = [point.run for point in points]
    return table


def on_front(points: Sequence[SweepPoint]) -> list[bool]:
    """Whether each point lies on the Pareto front of its own budget."""
    transport = np.array([point.transport_term for point in points])
    gradient = np.array([point.gradient_term for point in points])
    budgets = np.array([point.budget for point in points])
    marks = np.zeros(len(points), np.bool_)
    for budget in np.unique(budgets):
        mine = budgets == budget
        marks[mine] = pareto_front(transport[mine], gradient[mine])
    return [bool(mark) for mark in marks]
