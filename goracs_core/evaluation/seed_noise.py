"""Differences between results, told against what the seed alone changes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.types import FloatArray, readonly


@dataclass(frozen=True, eq=False)
class SeedGroup:
    """Results that differ in nothing but the seed.

    Args:
        places: Which of the results they are.
        values: Of each; shape [seeds], at least one.
    """

    places: tuple[int, ...]
    values: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", readonly(self.values, "float64"))

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(self.values.mean())

    @property
    def spread(self) -> float | None:
        """Standard deviation over the seeds; None for a single one."""
        return float(self.values.std(ddof=1)) if len(self.values) > 1 else None


@dataclass(frozen=True)
class SeedDifference:
    """A group's mean less another's.

    Args:
        first: Place of the group that is subtracted.
        second: Place of the group it is subtracted from.
        value: The difference.
        noise: Standard deviation of one seed, pooled over all groups with several; None where there is none.
    """

    first: int
    second: int
    value: float
    noise: float | None

    @property
    def ratio(self) -> float | None:
        """The difference as a multiple of the noise; None where that is unknown or 0."""
        return self.value / self.noise if self.noise else None


def seed_groups(keys: Sequence[Hashable], values: Sequence[float]) -> tuple[SeedGroup, ...]:
    """Results with equal keys as one group, in the order of their first ones.

    Args:
        keys: Everything that made a result but its seed.
        values: The results; as many.

    Raises:
        ShapeError: Not as many of one as of the other.
    """
    if len(keys) != len(values):
        raise ShapeError(f"got {len(keys)} keys and {len(values)} values; give as many", code="keys-unequal")
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return tuple(SeedGroup(tuple(own), np.array([values[place] for place in own])) for own in places.values())


def pooled_noise(groups: Sequence[SeedGroup]) -> float | None:
    """Standard deviation of one seed, pooled over the groups with several; None where there is none."""
    several = [group.values for group in groups if len(group.values) > 1]
    if not several:
        return None
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in several)
    return float(np.sqrt(squares / sum(len(values) - 1 for values in several)))


def seed_differences(groups: Sequence[SeedGroup]) -> tuple[SeedDifference, ...]:
    """Every later group's mean less the first one's."""
    noise = pooled_noise(groups)
    return tuple(
        SeedDifference(0, place, group.mean - groups[0].mean, noise) for place, group in enumerate(groups) if place
    )
