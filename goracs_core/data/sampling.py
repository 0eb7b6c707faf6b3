"""Samples of rows: evenly spread ones, and seeded ones of exact size in which every stratum keeps its share."""

from __future__ import annotations

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.quotas import largest_remainder
from goracs_core.types import IndexArray


def popularity_strata(popularity: IndexArray, num_strata: int = 10) -> IndexArray:
    """Decile of each sample by its target's popularity, least popular first; shape [n].

    Edges lie at the samples' own quantiles; equal popularity is one stratum, so heads of the list may share one.

    Args:
        popularity: Training interactions of each sample's target; shape [n].
        num_strata: 10 for deciles.
    """
    if not len(popularity):
        return np.empty(0, dtype=np.int64)
    interior = np.quantile(popularity, np.linspace(0, 1, num_strata + 1)[1:-1])
    return np.unique(np.searchsorted(interior, popularity, side="right"), return_inverse=True)[1].astype(np.int64)


def evenly_spread(count: int, most: int) -> IndexArray:
    """At most `most` of `count` rows, evenly spread, first and last included; none for 0; shape [rows]."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def quotas(sizes: IndexArray, total: int) -> IndexArray:
    """Shares of `total` in proportion to `sizes`, by largest remainder; they add up exactly and fit.

    Args:
        sizes: Members of each stratum; shape [strata].
        total: At most the sum of `sizes`.

    Raises:
        ConfigError: `total` is negative or exceeds the sum of `sizes`.
    """
    available = int(sizes.sum())
    if not 0 <= total <= available:
        message = f"{total} samples were requested, but there are {available}"
        raise ConfigError(message, code="sample-too-large", fields={"asked": total, "available": available})
    return largest_remainder(sizes / max(available, 1), total, capacity=sizes)


def stratified_sample(strata: IndexArray, size: int, *, rng: np.random.Generator) -> IndexArray:
    """`size` different rows in ascending order, every stratum in proportion; shape [size].

    Args:
        strata: Stratum of each row, 0 and up; shape [n].
        size: At most n.
        rng: Random number generator.

    Raises:
        ConfigError: `size` exceeds n.
    """
    counts = np.bincount(strata)
    shares = quotas(counts, size)
    shuffled = rng.permutation(len(strata))
    grouped = shuffled[np.argsort(strata[shuffled], kind="stable")]  # strata together, random inside
    place = np.arange(len(strata)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(grouped[place < np.repeat(shares, counts)])


def sampling_sentence(size: int, available: int, *, what: str, stratum: str, seed: int) -> str:
    """What to show wherever the data is shown: "30,000 of 210,432 pool samples, by popularity decile, seed 0"."""
    return f"{size:,} of {available:,} {what} samples, by {stratum}, seed {seed}"
