"""Drift without any training: how far later samples have moved from the earliest ones in embedding space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.evaluation.shift import SLICES, TimeSlice, time_slices
from goracs_core.transport import euclidean
from goracs_core.types import AnyFloatArray, FloatArray, readonly

DRAWS = 200
_MOST = 2_000  # samples; distances of all pairs are needed


@dataclass(frozen=True, eq=False)
class EmbeddingDrift:
    """Energy distance of each later slice of samples to the earliest slice.

    The energy distance of two samples, 2 E|X - Y| - E|X - X'| - E|Y - Y'|, is 0 when they come from one distribution
    (up to chance), and above otherwise (Szekely and Rizzo 2013); in units of the embeddings.

    Args:
        slices: Equal numbers of samples, earliest first; one more than there are distances.
        distances: Shape [slices - 1].
        chance: What 95 % of random regroupings of the same samples stay below; shape [slices - 1].
        used: Samples behind it: all, or an evenly spaced share of many.
    """

    slices: tuple[TimeSlice, ...]
    distances: FloatArray
    chance: FloatArray
    used: int

    def __post_init__(self) -> None:
        for name in ("distances", "chance"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))


def embedding_drift(
    values: AnyFloatArray, times: FloatArray, *, slices: int = SLICES, draws: int = DRAWS, seed: int = 0
) -> EmbeddingDrift:
    """Measure drift of samples over time.

    Args:
        values: Embeddings; shape [m, d].
        times: Seconds since 1970, NaN where unknown; shape [m].
        slices: How many slices.
        draws: Random regroupings.
        seed: Of the regroupings.

    Raises:
        ShapeError: Not one time per embedding.
        ConfigError: Times that cannot be sliced.
    """
    if len(values) != len(times):
        raise ShapeError(
            f"{len(values)} embeddings need as many times, got {len(times)}",
            code="times-unequal",
            fields={"embeddings": len(values), "times": len(times)},
        )
    known = np.flatnonzero(np.isfinite(times))
    if len(known) > _MOST:
        known = known[np.linspace(0, len(known) - 1, _MOST).astype(np.int64)]
    values, times = values[known], times[known]
    parts = time_slices(times, slices)
    rng = np.random.default_rng(seed)
    found, chance = [], []
    for part in parts[1:]:
        both = np.concatenate([parts[0].places, part.places])
        distances = euclidean(values[both], values[both])  # [c, c]
        first = np.arange(len(both)) < len(parts[0].places)
        found.append(float(_energy(distances, first[:, None])[0]))
        regrouped = np.stack([rng.permutation(first) for _ in range(draws)], axis=1)
        chance.append(float(np.quantile(_energy(distances, regrouped), 0.95)))
    return EmbeddingDrift(parts, np.array(found), np.array(chance), len(known))


def _energy(distances: FloatArray, first: np.ndarray) -> FloatArray:
    """Energy distance between the two groups of each column of `first` [c, draws]; shape [draws]."""
    ones = first.astype(np.float64)
    others = 1.0 - ones
    mine, theirs = ones.sum(axis=0), others.sum(axis=0)
    to_mine, to_theirs = distances @ ones, distances @ others  # [c, draws]
    across = (others * to_mine).sum(axis=0) / (mine * theirs)
    within = (ones * to_mine).sum(axis=0) / mine**2
    return 2 * across - within - (others * to_theirs).sum(axis=0) / theirs**2
