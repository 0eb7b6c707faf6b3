"""What measured times say about a larger pool, and what is missing where they say too little."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from goracs_core.evaluation.scaling import Extrapolation, Interval, StageTimes, fit_growth

WIDEST = 10.0  # upper / lower end of an interval that still says how long something takes
MOST_RUNS = 20  # per size
_GRID = 200


@dataclass(frozen=True)
class Outlook:
    """What measured times say about one pool size.

    Args:
        size: Pool samples.
        seconds: Expected seconds of a run with the interval.
        known_to: From the largest measured size up to this one, the interval spans at most a factor of `WIDEST`; 0
            where it spans more at the largest measured size already.
        runs: Runs per measured size that would narrow the interval to that factor, were their times like those
            measured; None where `MOST_RUNS` would not, so that larger samples have to be measured.
    """

    size: int
    seconds: Interval
    known_to: float
    runs: int | None

    @property
    def useful(self) -> bool:
        """Whether the interval says how long it takes."""
        return self.seconds.high <= WIDEST * self.seconds.low


def outlook(found: Extrapolation, size: int, *, powers: Sequence[float] = (1.0,)) -> Outlook:
    """What the fit of whole runs says about a size, and how many runs would say more.

    Args:
        found: The fits.
        size: Pool samples.
        powers: As in `fit_growth`.
    """
    times, total = found.times, found.total
    largest = float(times.distinct[-1])
    grid = np.geomspace(largest, size, _GRID) if size > largest else np.array([float(size)])
    grid[-1] = size
    spans = total.predict(grid)
    wide = np.flatnonzero(spans.high > WIDEST * spans.low)
    known = float(np.append(0.0, grid)[wide[0] if len(wide) else -1])
    seconds = spans.at(-1)
    runs: int | None = math.ceil(len(times.sizes) / len(times.distinct))
    if len(wide):
        runs = _runs_needed(times, size, level=total.level, powers=powers)
    return Outlook(size, seconds, known, runs)


def _runs_needed(times: StageTimes, size: int, *, level: float, powers: Sequence[float]) -> int | None:
    """Runs per size that would do if each measured one were found again as often."""
    per_size = math.ceil(len(times.sizes) / len(times.distinct))
    for more in range(2, MOST_RUNS // per_size + 1):
        again = fit_growth(np.tile(times.sizes, more), np.tile(times.total, more), level=level, powers=powers)
        at = again.predict(size).at(0)
        if at.high <= WIDEST * at.low:
            return more * per_size
    return None
