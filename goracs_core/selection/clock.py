"""Seconds per stage, and the two bounds over time."""

from __future__ import annotations

import math
import time

import numpy as np

from goracs_core.types import BoundHistory


class Clock:
    """Seconds since the start, and per stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._stages: dict[str, float] = {}

    def stage(self, name: str) -> None:
        """What passed since the last call was this stage."""
        now = time.perf_counter()
        self._stages[name] = self._stages.get(name, 0.0) + now - self._last
        self._last = now

    def stages(self) -> tuple[tuple[str, float], ...]:
        """Seconds per stage, in the order in which stages first ended."""
        return tuple(self._stages.items())

    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start


class BoundRecorder:
    """Collects a BoundHistory.

    Args:
        clock: Where the seconds come from.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: list[tuple[float, int, float, float]] = []
        self.lower, self.upper = -math.inf, math.inf

    def record(self, rounds: int, *, lower: float = -math.inf, upper: float = math.inf) -> None:
        """Note bounds; the best of each kind count."""
        self.lower, self.upper = max(self.lower, lower), min(self.upper, upper)
        self._lines.append((self._clock.seconds(), rounds, self.lower, self.upper))

    def history(self) -> BoundHistory:
        """What was noted, in order."""
        columns = np.array(self._lines, np.float64).reshape(-1, 4).T
        return BoundHistory(columns[0], columns[1].astype(np.int64), columns[2], columns[3])
