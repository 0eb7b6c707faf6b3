"""Density of samples on the map: where the pool is, and where validation samples have no coreset sample near them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.types import AnyFloatArray, FloatArray, readonly

GRID = 160
SHARES = (0.25, 0.5, 0.75, 0.95)
MISSING_SHARES = (0.25, 0.5, 0.75)  # the thin rest of a difference is noise
_MARGIN = 0.06  # of the extent, so that contours close inside the grid
_SPREAD = 0.22  # of Scott's bandwidth, which is meant for one bell and would melt the clusters of a map into one
_CELLS = (1.2, 8.0)  # bandwidth in cells: at least wider than a cell, at most a twentieth of the grid


@dataclass(frozen=True, eq=False)
class Density:
    """A density on a square grid.

    Args:
        values: Mass per cell, rows upwards; shape [cells, cells]. Negative where a difference is.
        low: Coordinates of the lower left corner of the grid.
        width: Length of a side, the same in both directions.
        levels: Densities whose regions at or above hold at least the shares of the positive mass that were asked for,
            falling in share and so rising in density.
    """

    values: FloatArray
    low: tuple[float, float]
    width: float
    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", readonly(self.values, np.float64))


def mass_levels(values: FloatArray, shares: tuple[float, ...] = SHARES) -> tuple[float, ...]:
    """Highest densities whose regions (cells at or above) hold at least each share of the positive mass.

    Args:
        values: Mass per cell; shape [cells, cells]. Negative cells count as empty.
        shares: From 0 to 1.

    Returns:
        One density per share, lowest density first; empty without positive mass.
    """
    mass = np.sort(values[values > 0].ravel())[::-1]  # [cells with mass]
    if len(mass) == 0:
        return ()
    reached = np.cumsum(mass)
    places = [min(int(np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))), len(mass) - 1) for share in shares]
    return tuple(sorted(float(mass[place]) for place in places))


def density(points: AnyFloatArray, around: AnyFloatArray, *, cells: int = GRID) -> Density:
    """Smoothed density of points, mass 1 in all.

    Args:
        points: On the map; shape [points, 2].
        around: Points that the grid must hold; shape [all, 2]. Grids around the same points can be compared.
        cells: Cells per side.

    Raises:
        ShapeError: No points, or not two coordinates each.
    """
    low, width = _frame(points, around)
    values = _smoothed(points, low, width, cells)
    return Density(values, low, width, mass_levels(values))


def missing(validation: AnyFloatArray, coreset: AnyFloatArray, around: AnyFloatArray, *, cells: int = GRID) -> Density:
    """Density of validation samples minus that of the coreset, both of mass 1: positive where the coreset is missing.

    Both are smoothed alike, with the bandwidth of the smaller set, so that two equal sets cancel out.

    Args:
        validation: On the map; shape [m, 2].
        coreset: On the map; shape [k, 2].
        around: Points that the grid must hold; shape [all, 2].
        cells: Cells per side.

    Raises:
        ShapeError: No points, or not two coordinates each.
    """
    low, width = _frame(validation, around)
    _frame(coreset, around)
    bandwidth = max(_bandwidth(points, width, cells) for points in (validation, coreset))
    of_validation, of_coreset = (
        _smoothed(points, low, width, cells, bandwidth=bandwidth) for points in (validation, coreset)
    )
    values = of_validation - of_coreset
    values[np.abs(values) < 1e-12] = 0.0
    return Density(values, low, width, mass_levels(values, MISSING_SHARES))


def _frame(points: AnyFloatArray, around: AnyFloatArray) -> tuple[tuple[float, float], float]:
    for given in (points, around):
        if given.ndim != 2 or given.shape[1] != 2 or len(given) == 0:
            raise ShapeError(
                f"points of a map must be a non-empty [points, 2] array, got shape {given.shape}",
                code="bad-coordinates",
                fields={"shape": given.shape},
            )
    low, high = around.min(axis=0).astype(np.float64), around.max(axis=0).astype(np.float64)
    width = max(float((high - low).max()), 1e-9) * (1 + 2 * _MARGIN)
    corner = (low + high - width) / 2
    return (float(corner[0]), float(corner[1])), width


def _bandwidth(points: AnyFloatArray, width: float, cells: int) -> float:
    """In cells."""
    spread = float(np.sqrt(points.astype(np.float64).var(axis=0).mean()))
    return float(np.clip(_SPREAD * len(points) ** (-1 / 6) * spread / width * cells, *_CELLS))


def _smoothed(
    points: AnyFloatArray, low: tuple[float, float], width: float, cells: int, *, bandwidth: float | None = None
) -> FloatArray:
    from scipy.ndimage import gaussian_filter

    place = (points.astype(np.float64) - np.asarray(low)) / width * cells  # [points, 2]
    column, row = np.clip(place.astype(np.int64), 0, cells - 1).T
    counts = np.bincount(row * cells + column, minlength=cells * cells).reshape(cells, cells)
    sigma = _bandwidth(points, width, cells) if bandwidth is None else bandwidth
    values = np.maximum(gaussian_filter(counts.astype(np.float64), sigma, mode="nearest", truncate=4.0), 0.0)
    return values / values.sum()
