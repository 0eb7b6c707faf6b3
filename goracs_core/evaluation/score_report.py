"""What a method did with its scores, in numbers: bands and draws, and how the parts go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.scores import PRUNED, ScoreTrace
from goracs_core.types import FloatArray, IndexArray

_BINS = 60  # about so many for a histogram of few or no strata
_MOST_BINS = 200
_LEAST_FOR_RANKS = 5


@dataclass(frozen=True, eq=False)
class ScoreBands:
    """The score that decided on some pool rows, with the strata it was cut into.

    Args:
        rows: Pool rows; shape [p].
        values: Their scores; shape [p].
        strata: Their strata, `PRUNED` for those dropped; shape [p], or empty for a method without strata.
        edges: Borders of the strata; shape [strata + 1], or empty.
    """

    rows: IndexArray
    values: FloatArray
    strata: IndexArray
    edges: FloatArray

    @property
    def num_strata(self) -> int:
        """Number of bands, empty ones included; 0 for a method without strata."""
        return max(len(self.edges) - 1, 0)

    @property
    def num_pruned(self) -> int:
        """Rows dropped before the draw."""
        return int((self.strata == PRUNED).sum())


def score_bands(trace: ScoreTrace, *, num_strata: int = 0, rows: IndexArray | None = None) -> ScoreBands:
    """The bands of a trace, on all rows or on those of one label.

    Args:
        trace: What the method saw and did.
        num_strata: How many strata were asked for; used where the trace has no borders because labels have their own.
        rows: Pool rows to look at; None for all.

    Raises:
        ShapeError: No rows.
    """
    rows = np.arange(len(trace.values)) if rows is None else rows
    if len(rows) == 0:
        raise ShapeError("there is no pool sample to show the scores of", code="no-samples")
    values = trace.values[rows]
    if not len(trace.strata):
        return ScoreBands(rows, values, np.empty(0, np.int64), np.empty(0))
    strata, edges = trace.strata[rows], trace.edges
    kept = values[strata != PRUNED]
    if not len(edges) and len(kept):  # the same cut as within the label
        edges = np.linspace(kept.min(), kept.max(), max(num_strata, int(strata.max()) + 1) + 1)
    return ScoreBands(rows, values, strata, edges)


@dataclass(frozen=True, eq=False)
class StrataCounts:
    """Strata with their sizes and draws.

    Args:
        low, high: Borders; shape [strata].
        sizes: Rows in each; shape [strata].
        drawn: Rows drawn from each; shape [strata].
    """

    low: FloatArray
    high: FloatArray
    sizes: IndexArray
    drawn: IndexArray


def strata_counts(bands: ScoreBands, chosen: IndexArray) -> StrataCounts:
    """Size and draws of each stratum, lowest scores first.

    Args:
        bands: The strata.
        chosen: Pool rows of the coreset; shape [k].
    """
    count = bands.num_strata
    kept = bands.strata >= 0
    drawn = kept & np.isin(bands.rows, chosen)
    return StrataCounts(
        bands.edges[:-1],
        bands.edges[1:],
        np.bincount(bands.strata[kept], minlength=count),
        np.bincount(bands.strata[drawn], minlength=count),
    )


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """Rows per bin of the score. No bin lies in two strata where there are few enough of them.

    Args:
        edges: Borders of the bins; shape [b + 1]. The last bin holds whatever lies above it, too.
        strata: Stratum of each bin, `PRUNED` for bins of dropped rows; shape [b], or empty without strata.
        counts: Rows; shape [b].
        drawn: Rows that each coreset took; shape [coresets, b].
        beyond: Rows in the last bin that lie above its border.
    """

    edges: FloatArray
    strata: IndexArray
    counts: IndexArray
    drawn: IndexArray
    beyond: int


def score_histogram(bands: ScoreBands, coresets: Sequence[IndexArray]) -> ScoreHistogram:
    """Bins of equal width: over the strata and on over what was dropped above them.

    Args:
        bands: Scores and strata.
        coresets: Pool rows of each coreset; shapes [k].
    """
    if not bands.num_strata:
        edges = _spread(float(bands.values.min()), float(bands.values.max()), _BINS)
        places = _place(bands.values, edges)
        return _histogram(bands, places, edges, np.empty(0, np.int64), coresets)
    kept_edges, strata = _bins_of_strata(bands)
    pruned = bands.strata == PRUNED
    edges, inside = kept_edges, len(kept_edges) - 1
    if pruned.any():
        width = kept_edges[-1] - kept_edges[-2]
        reach = (float(bands.values[pruned].max()) - kept_edges[-1]) / width
        more = int(np.clip(np.ceil(reach), 1, max(inside, 1)))  # a long tail goes into the last bin
        edges = np.concatenate([kept_edges, kept_edges[-1] + width * np.arange(1, more + 1)])
        strata = np.concatenate([strata, np.full(more, PRUNED)])
    places = np.where(
        pruned,
        inside + _place(bands.values, edges[inside:] if pruned.any() else edges),
        _place(bands.values, kept_edges),
    )
    return _histogram(bands, places, edges, strata, coresets)


def _bins_of_strata(bands: ScoreBands) -> tuple[FloatArray, IndexArray]:
    """Borders of bins that part each stratum, or join several where there are too many, and each bin's stratum."""
    count = bands.num_strata
    parts, joined = max(1, _BINS // count), -(-count // _MOST_BINS)
    fine = _spread(float(bands.edges[0]), float(bands.edges[-1]), count * parts)
    starts = np.arange(0, count * parts, joined if parts == 1 else 1)
    return np.append(fine[starts], fine[-1]), starts // parts


def _spread(low: float, high: float, bins: int) -> FloatArray:
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


def _place(values: FloatArray, edges: FloatArray) -> IndexArray:
    """Bin of each value; borders belong to the bin below, as with the strata."""
    return np.searchsorted(edges[1:-1], values, side="left")


def _histogram(
    bands: ScoreBands, places: IndexArray, edges: FloatArray, strata: IndexArray, coresets: Sequence[IndexArray]
) -> ScoreHistogram:
    bins = len(edges) - 1
    drawn = np.zeros((len(coresets), bins), np.int64)
    for number, chosen in enumerate(coresets):
        drawn[number] = np.bincount(places[np.isin(bands.rows, chosen)], minlength=bins)
    return ScoreHistogram(
        edges, strata, np.bincount(places, minlength=bins), drawn, int((bands.values > edges[-1]).sum())
    )


def rank_correlation(first: FloatArray, second: FloatArray) -> float | None:
    """Spearman's coefficient, ties at their mean rank; None where a side is constant or there are under five values.

    Raises:
        ShapeError: Not as many values on both sides.
    """
    from scipy.stats import spearmanr

    if len(first) != len(second):
        raise ShapeError(
            f"{len(first)} values cannot be ranked against {len(second)}; give as many on both sides",
            code="sides-unequal",
            fields={"first": len(first), "second": len(second)},
        )
    if len(first) < _LEAST_FOR_RANKS or any(np.ptp(side) == 0 for side in (first, second)):
        return None
    return float(spearmanr(first, second).statistic)  # pyright: ignore[reportAttributeAccessIssue]


def rank_correlations(columns: Mapping[str, FloatArray]) -> dict[tuple[str, str], float | None]:
    """Spearman's coefficient of each pair of columns, in their order."""
    names = list(columns)
    return {
        (one, other): rank_correlation(columns[one], columns[other])
        for place, one in enumerate(names)
        for other in names[place + 1 :]
    }
