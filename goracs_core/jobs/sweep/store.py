"""Which runs make a sweep: a small record per sweep names the keys of its points; the runs stay ordinary runs.

The record is written before the first point is solved and never changed by a point that comes or goes: a point is there
when the store of runs holds a run with its key. So a sweep that was cancelled shows what it has, one that runs shows
what it has so far, and a run that is deleted is simply missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goracs_core.data.demo import demo_directory
from goracs_core.errors import StoreError
from goracs_core.evaluation.sweep import SweepPoint
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.source import counted
from goracs_core.store.kind import Kind, as_written
from goracs_core.store.records import RecordStore
from goracs_core.types import fingerprint
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run, RunSummary

MADE_BY = "sweep"  # in a run's inputs: the sweep that solved it
STARTED_FROM = "started_from"  # in a run's inputs: key of the point whose prices it started from

_NOT_ASKED = frozenset({"config", "lambdas", "budgets", "fresh"})


@dataclass(frozen=True)
class SweepKey:
    """One point of the grid, and the key of the run that holds it (see `goracs_core.jobs.sweep.keys`)."""

    budget: int
    lambda_: float
    key: str


@dataclass(frozen=True)
class SweepRecord:
    """A sweep as it is kept.

    Args:
        id: What was asked, as a short fingerprint (see `sweep_id`).
        started: Seconds since 1970, of the last start.
        dataset_name: Name of its dataset; "" for bare arrays.
        dataset_fingerprint: Fingerprint of its dataset; "" for bare arrays.
        problem_fingerprint: What all points were solved on.
        config: Method, solver and every option that the points share; their budget and lambda are the first point's.
        points: The grid in the order in which it is solved.
        half_life: Days after which a validation sample counts half as much; None when all count alike.
    """

    id: str
    started: float
    dataset_name: str
    dataset_fingerprint: str
    problem_fingerprint: str
    config: Mapping[str, Any]
    points: tuple[SweepKey, ...]
    half_life: float | None = None

    @property
    def lambdas(self) -> tuple[float, ...]:
        """The grid's values of lambda, rising."""
        return tuple(sorted({point.lambda_ for point in self.points}))

    @property
    def budgets(self) -> tuple[int, ...]:
        """The grid's budgets, rising."""
        return tuple(sorted({point.budget for point in self.points}))

    def runs(self, summaries: Iterable[RunSummary]) -> tuple[RunSummary, ...]:
        """The runs that are there, one per point at most (the newest), in the grid's order.

        Args:
            summaries: As `RunStore.list` gives them, newest first.
        """
        newest: dict[str, RunSummary] = {}
        for run in summaries:
            if not run.damaged:
                newest.setdefault(run.key, run)
        return tuple(newest[point.key] for point in self.points if point.key in newest)


SWEEP = Kind("sweep", lambda: SweepRecord, r"[0-9a-f]{16}", "sweep again", former=as_written, former_files="{id}.json")


SHIPPED = "sweeps"


class SweepStore(RecordStore[SweepRecord]):
    """The sweeps of one workspace, and those that are shipped with the demo.

    Args:
        workspace: Whose sweeps.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(SWEEP, workspace.root / "sweeps", shipped=demo_directory() / SHIPPED)
        self.workspace = workspace

    def list(self, dataset_fingerprint: str | None = None, *, shipped: bool = False) -> tuple[SweepRecord, ...]:
        """All sweeps that can be read, the last started first.

        Args:
            dataset_fingerprint: Of the dataset whose sweeps are asked for; None for all.
            shipped: Also those that came with the demo, after those of the workspace.
        """
        found = [record for record in self.values() if dataset_fingerprint in (None, record.dataset_fingerprint)]
        found = [record for record in found if shipped or not self.is_shipped(record.id)]
        return tuple(sorted(found, key=lambda record: (self.is_shipped(record.id), -record.started, record.id)))

    def delete_with_runs(self, sweep: str) -> int:
        """Forget a sweep and delete its runs; returns how many were deleted.

        Runs that another sweep shows stay, and so does one that was selected by itself and only found by the sweep.

        Raises:
            StoreError: No such sweep, or its file is damaged.
        """
        record, store = self.get(sweep), RunStore(self.workspace)
        shared = {point.key for other in self.list() if other.id != sweep for point in other.points}
        self.delete(sweep)
        keys = {point.key for point in record.points} - shared
        deleted = 0
        for run in store.list():
            if run.key in keys and not run.damaged and store.solved_by(run.id, MADE_BY):
                store.delete(run.id)
                deleted += 1
        return deleted


def sweep_id(spec: Mapping[str, Any]) -> str:
    """Id of the sweep that a job spec asks for: the same data, options and grid give the same id.

    Known before anything is computed, so that a page can wait for the sweep that it has just started. Budgets that are
    shares of the pool count as the numbers that they stand for.
    """
    sources = {
        name: str(Path(value).expanduser().resolve()) if isinstance(value, str) else value  # texts are paths
        for name, value in spec.items()
        if name not in _NOT_ASKED
    }
    shared = {name: value for name, value in spec.get("config", {}).items() if name not in ("budget", "lambda_")}
    budgets = counted(spec)["budgets"]
    grid = sorted({float(value) for value in spec["lambdas"]}), sorted({int(value) for value in budgets})
    return fingerprint(json.dumps([sources, shared, *grid], sort_keys=True))[:16]


def point_of(run: Run) -> SweepPoint:
    """What charts and tables of a sweep need of a run."""
    selection, certificate = run.selection, run.selection.certificate
    return SweepPoint(
        run=run.id,
        budget=run.config.budget,
        lambda_=run.config.lambda_,
        poo=selection.poo,
        transport_term=selection.transport_term,
        gradient_term=selection.gradient_term,
        lower_bound=None if certificate is None else certificate.lower_bound,
        gap=None if certificate is None else certificate.gap,
        rounds=None if certificate is None else certificate.rounds,
        seconds=run.seconds,
        fingerprint=run.fingerprint,
        indices=selection.indices,
    )


def read_points(summaries: Iterable[RunSummary], read: Callable[[RunSummary], SweepPoint]) -> tuple[SweepPoint, ...]:
    """The points of runs; one that was deleted or damaged in the meantime is left out.

    Args:
        summaries: From `SweepRecord.runs`.
        read: The point of a run, as `point_of` gives it; raises StoreError.
    """
    found: list[SweepPoint] = []
    for summary in summaries:
        try:
            found.append(read(summary))
        except StoreError:
            continue
    return tuple(found)
