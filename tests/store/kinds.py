"""Every kind of record there is, with made-up values, for the one contract that all of them keep."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goracs_core.jobs.experiment.store import EXPERIMENT
from goracs_core.jobs.landscape.store import LandscapeStore
from goracs_core.jobs.scalability.store import SCALABILITY, MeasuredRun, Scalability
from goracs_core.jobs.select.files import RUN_KIND
from goracs_core.jobs.sweep.store import SWEEP, SweepKey, SweepRecord
from goracs_core.jobs.train.store import TRAINING
from goracs_core.llm.speed import TrainingSpeed
from goracs_core.llm.tuning.outcomes import Tested
from goracs_core.methods import CertifiedConfig, DealRecConfig, ItraConfig, config_to_dict
from goracs_core.store.kind import Kind
from goracs_core.store.records import RecordStore
from goracs_core.workspace import Workspace
from tests import landscapes
from tests.jobs.made import inputs, run_of
from tests.jobs.trained import training
from tests.leaderboard_made import made_experiment


@dataclass(frozen=True)
class Note:
    """A record without arrays."""

    id: str
    text: str
    value: float


@dataclass(frozen=True, eq=False)
class Table:
    """A record with arrays."""

    id: str
    rows: NDArray[np.int64]
    columns: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Case:
    """A kind under test.

    Args:
        store: The store in a workspace's folder.
        make: A value by seed; other seeds have other ids.
        change: Fields of another content under the same id.
        attached: Further files of each record.
    """

    store: Callable[[Path], RecordStore[Any]]
    make: Callable[[int], Any]
    change: dict[str, Any]
    attached: dict[str, bytes] | None = None

    def changed(self, value: Any) -> Any:
        """The same record with another content."""
        return replace(value, **self.change)


NOTE = Kind("note", lambda: Note, r"[a-z0-9]{1,20}", "write it again")
TABLE = Kind("table", lambda: Table, r"[0-9]{4}", "count again", record="table.json", arrays="rows.npz")


def _note(seed: int) -> Note:
    return Note(f"note{seed}", "a \N{GREEK SMALL LETTER LAMDA}\n", [float("nan"), float("-inf"), 0.1][seed % 3])


def _table(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    return Table(
        f"{seed:04d}", rng.integers(0, 9, 5), {"a/b": np.array([np.nan, np.inf, -0.0]), "": rng.normal(size=2)}
    )


@functools.cache
def _run(seed: int) -> Any:
    configs = (CertifiedConfig(4), DealRecConfig(5, strata=6), ItraConfig(5, max_exchanges=3))
    return replace(run_of(configs[seed % len(configs)], source=inputs(seed=seed)), id=f"run-{seed}")


def _sweep(seed: int) -> SweepRecord:
    points = tuple(SweepKey(budget, 0.1 * seed, "k" * 32) for budget in (8, 16))
    return SweepRecord(f"{seed:016x}", 1.5e9, "Shop", "d" * 32, "p" * 32, config_to_dict(CertifiedConfig(8)), points)


def _bare_training(seed: int) -> Any:
    made = training(seed)
    return replace(made, tested=Tested(made.tested.losses), metrics={"test_loss": float("nan")})


def scalability_record(seed: int) -> Scalability:
    runs = tuple(
        MeasuredRun(size, 0, 8, seed, 0.25, (("scales", 0.05), ("exchanges", 0.2)), None, 0.3, 0.31, 0.2, None, "done")
        for size in (40, 80, 160)
    )
    speed = TrainingSpeed("small", 1_000, 1_000, 16, 37.5, (0.1, 0.2), "processor", 1)
    return Scalability(
        f"20260101-000000-{seed:08x}", 1.5e9, True, "Shop", "d" * 32, "f" * 32, 160, 24, 8,
        config_to_dict(CertifiedConfig(8)), False, (40, 80, 160), 1, "evenly", 0.0, {"cores": "2"}, "c" * 32, runs,
        None if seed % 2 else speed,
    )  # fmt: skip


OTHER = {"dataset_name": "another shop"}
CASES = {
    "note": Case(lambda root: RecordStore(NOTE, root / "notes"), _note, {"text": "other"}),
    "table": Case(
        lambda root: RecordStore(TABLE, root / "tables"), _table, {"rows": np.arange(7)}, {"table.csv": b"index\n1\n"}
    ),
    "run": Case(
        lambda root: RecordStore(RUN_KIND, root / "runs"), _run, {"notes": "other"}, {"coreset.csv": b"index\n1\n"}
    ),
    "sweep": Case(lambda root: RecordStore(SWEEP, root / "sweeps"), _sweep, OTHER),
    "training": Case(lambda root: RecordStore(TRAINING, root / "trainings"), training, OTHER),
    "training, click prediction": Case(
        lambda root: RecordStore(TRAINING, root / "trainings"), lambda seed: training(seed, ctr=True), OTHER
    ),
    "training, losses only": Case(lambda root: RecordStore(TRAINING, root / "trainings"), _bare_training, OTHER),
    "experiment": Case(
        lambda root: RecordStore(EXPERIMENT, root / "experiments"),
        lambda seed: replace(made_experiment("d" * 32, done=seed or None), id=f"{seed:016x}"),
        OTHER,
    ),
    "landscape": Case(
        lambda root: LandscapeStore(Workspace(root)), lambda seed: landscapes.kept(id=f"{seed:032x}"), OTHER
    ),
    "scalability": Case(lambda root: RecordStore(SCALABILITY, root / "scalability"), scalability_record, OTHER),
}


def same(one: Any, other: Any, kind: Kind[Any]) -> bool:
    """Whether two values are the same to the last bit, NaN included."""
    (plain, arrays), (others, other_arrays) = (kind.codec.encode(value, kind.value()) for value in (one, other))
    return plain == others and {
        name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()
    } == {name: (array.dtype, array.shape, array.tobytes()) for name, array in other_arrays.items()}
