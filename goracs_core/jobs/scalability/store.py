"""Measured times as they are kept.

A record is written after every measured run, so that a measurement that was cancelled keeps what it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from goracs_core.data.demo import demo_directory
from goracs_core.evaluation.scaling import StageTimes
from goracs_core.llm.speed import TrainingSpeed
from goracs_core.store.kind import Kind, as_written
from goracs_core.store.records import RecordStore
from goracs_core.workspace import Workspace

SHIPPED = "scalability"  # folder of measurements inside the demo's


@dataclass(frozen=True)
class MeasuredRun:
    """One selection on a sample of the pool.

    Args:
        size: Samples it could choose from.
        repeat: 0 for the first run of this size.
        budget: Samples it chose.
        seed: Of the sample and of the selection.
        seconds: All of it, from the scales to the value of the result.
        stages: Seconds by stage; they add up to `seconds`.
        peak_bytes: Largest growth of memory meanwhile, or None where the system does not tell.
        poo, transport_term, gradient_term: Value of the result on the whole pool's scales.
        gap: Proven gap, or None.
        stop_reason: Why it ended.
    """

    size: int
    repeat: int
    budget: int
    seed: int
    seconds: float
    stages: tuple[tuple[str, float], ...]
    peak_bytes: int | None
    poo: float
    transport_term: float
    gradient_term: float
    gap: float | None
    stop_reason: str


@dataclass(frozen=True)
class Scalability:
    """A measurement: selections on growing samples of one pool, and training steps beside them.

    Args:
        id: Moment of the start and a short fingerprint; also the record's name.
        started: Seconds since 1970.
        finished: False while it runs, and for good when it was cancelled or failed.
        dataset_name, dataset_fingerprint, features_fingerprint: What was measured on.
        num_pool, num_validation, width: Sizes of the whole problem (n, m, d).
        config: Method, solver and options as plain values; the budget is that of the whole pool.
        proportional: Whether smaller samples had a budget in proportion, instead of the same one.
        sizes: Planned sample sizes.
        repeats: Planned runs per size.
        sampling: How the samples were drawn, in words.
        features_seconds: Recorded seconds of the features; 0 where unknown.
        machine: Processor, cores, versions and so on, by name.
        code: Fingerprint of the selecting code.
        runs: What was measured, in order.
        training: Measured training steps, or None.
        training_note: What to say about them: a model that stands in, or why there are none.
    """

    id: str
    started: float
    finished: bool
    dataset_name: str
    dataset_fingerprint: str
    features_fingerprint: str
    num_pool: int
    num_validation: int
    width: int
    config: Mapping[str, Any]
    proportional: bool
    sizes: tuple[int, ...]
    repeats: int
    sampling: str
    features_seconds: float
    machine: Mapping[str, str]
    code: str
    runs: tuple[MeasuredRun, ...] = ()
    training: TrainingSpeed | None = None
    training_note: str = ""

    @property
    def times(self) -> StageTimes:
        """Seconds by stage of all runs.

        Raises:
            ShapeError: Nothing was measured yet.
        """
        names = list(dict.fromkeys(name for run in self.runs for name, _ in run.stages))
        spent = [dict(run.stages) for run in self.runs]
        stages = {name: np.array([stages.get(name, 0.0) for stages in spent]) for name in names}
        return StageTimes(np.array([run.size for run in self.runs], np.float64), stages)

    @property
    def powers(self) -> tuple[float, ...]:
        """Exponents to try beside a constant: with a budget that grows along, some work grows with its square."""
        return (1.0, 2.0) if self.proportional else (1.0,)

    def budget_at(self, size: int) -> int:
        """The budget for a pool of this size."""
        budget = int(self.config["budget"])
        return proportional_budget(budget, size, self.num_pool) if self.proportional else budget


def proportional_budget(budget: int, size: int, num_pool: int) -> int:
    """The budget that is to `size` what `budget` is to the whole pool, at least 1."""
    return max(1, round(budget * size / num_pool))


SCALABILITY = Kind(
    "measurement",
    lambda: Scalability,
    r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}",
    "measure again",
    former=as_written,
    former_files="?" * 32 + "/{id}.json",
)


class ScalabilityStore(RecordStore[Scalability]):
    """The measurements of one workspace, and those that are shipped with the demo.

    Args:
        workspace: Whose measurements.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(SCALABILITY, workspace.root / "scalability", shipped=demo_directory() / SHIPPED)

    def list(
        self, features_fingerprint: str, dataset_fingerprint: str | None = None, *, shipped: bool = False
    ) -> tuple[Scalability, ...]:
        """The measurements on these features that can be read and hold at least one run, newest first.

        Args:
            features_fingerprint: Of the features.
            dataset_fingerprint: Of the dataset, should features be shared; None for any.
            shipped: Also those that came with the demo, after those of the workspace; times of another machine.
        """
        mine = [
            one
            for one in self.values()
            if one.runs
            and one.features_fingerprint == features_fingerprint
            and dataset_fingerprint in (None, one.dataset_fingerprint)
        ]
        came = {one.id for one in mine if self.is_shipped(one.id)}
        newest = sorted(mine, key=lambda record: record.id, reverse=True)
        return tuple(sorted((one for one in newest if shipped or one.id not in came), key=lambda one: one.id in came))
