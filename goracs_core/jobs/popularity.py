"""Popularity bias of coresets of a dataset, measured without random coresets beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from goracs_core.data.dataset import Dataset
from goracs_core.evaluation.popularity import popularity_report
from goracs_core.types import IndexArray

_FEWEST_DRAWS = 2  # of the random reference, which nobody asks for here


def popularity_of(
    dataset: Dataset, coresets: Mapping[str, IndexArray], measures: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Measures of each coreset by name.

    Args:
        dataset: Whose pool the rows are of.
        coresets: Pool rows by name; shape [k] each.
        measures: Names of numbers of `goracs_core.evaluation.popularity.PopularityMeasures`.
    """
    if not coresets:
        return {}
    report = popularity_report(
        dataset.items.popularity,
        {name: dataset.pool.targets[rows] for name, rows in coresets.items()},
        pool=dataset.pool.targets,
        validation=dataset.validation.targets,
        draws=_FEWEST_DRAWS,
    )
    return {
        name: {measure: float(getattr(found, measure)) for measure in measures}
        for name, found in report.coresets.items()
    }
