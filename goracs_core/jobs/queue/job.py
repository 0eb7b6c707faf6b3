"""A job as the queue knows it: what was asked, how far it is, how it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands. `interrupted` means that its worker died under it; it can be submitted again."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Job:
    """One row of the queue at the moment it was read.

    Args:
        id: Number in order of submission.
        kind: Name of its kind (`goracs_core.jobs.kinds`); a later version may have put in one unknown here.
        spec: What it was asked, JSON-able.
        state: Where it stands.
        created: Seconds since 1970.
        started: Seconds since 1970, or None while queued.
        finished: Seconds since 1970, or None while queued or running.
        stage: What it is doing now, or did last; "" before the start.
        stage_started: Seconds since 1970, or None before the start.
        done: Units of the stage done.
        total: Units of the stage, 0 when unknown.
        detail: One short sentence about the stage.
        bounds: Bounds reported so far, each (seconds since the start, lower, upper); None where there is none yet.
        result: What the job function returned; of a failed job, code and fields of its error; else empty.
        error: The sentence to show when failed, cancelled or interrupted; else "".
        cancel_requested: The user asked to stop it.
    """

    id: int
    kind: str
    spec: dict[str, Any]
    state: JobState
    created: float
    started: float | None = None
    finished: float | None = None
    stage: str = ""
    stage_started: float | None = None
    done: int = 0
    total: int = 0
    detail: str = ""
    bounds: tuple[tuple[float, float | None, float | None], ...] = ()
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    cancel_requested: bool = False

    @property
    def active(self) -> bool:
        """Whether it waits or runs: the page has to look again."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def fraction(self) -> float | None:
        """Share of the current stage that is done, 0 to 1; None when the stage does not know its length."""
        if self.state is JobState.DONE:
            return 1.0
        return min(self.done / self.total, 1.0) if self.total > 0 else None

    @property
    def elapsed(self) -> float:
        """Seconds of work so far, or in all; 0 while queued."""
        if self.started is None:
            return 0.0
        return max((time.time() if self.finished is None else self.finished) - self.started, 0.0)

    @property
    def eta(self) -> float | None:
        """Seconds until the current stage ends at its pace so far; None when that cannot be told."""
        if self.state is not JobState.RUNNING or self.stage_started is None or not 0 < self.done <= self.total:
            return None
        spent = max(time.time() - self.stage_started, 0.0)
        return spent * (self.total - self.done) / self.done
