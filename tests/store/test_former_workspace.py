"""A workspace that the version before this store wrote opens, every record with the values that were written.

The values beside it were told by that version itself, with the same function (`tests.store.told`).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.landscape.store import LandscapeStore
from goracs_core.jobs.scalability.store import ScalabilityStore
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.sweep.store import SweepStore
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.store.records import RecordStore
from goracs_core.workspace import Workspace, project_directory
from tests.store.told import told

FIXTURES = project_directory() / "tests" / "fixtures"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    shutil.copytree(FIXTURES / "workspace", tmp_path / "workspace")
    return Workspace(tmp_path / "workspace").ensure()


def stores(workspace: Workspace) -> dict[str, RecordStore[Any]]:
    kinds = (SweepStore, TrainingStore, ExperimentStore, LandscapeStore, ScalabilityStore)
    return {kind.__name__: kind(workspace) for kind in kinds}


def own(store: RecordStore[Any]) -> list[Any]:
    return [value for value in store.values() if not store.is_shipped(value.id)]


def test_every_record_has_the_values_that_were_written(workspace: Workspace) -> None:
    runs = RunStore(workspace)
    found = told(
        workspace.root,
        [runs.get(run.id) for run in runs.list()],
        *(own(store) for store in stores(workspace).values()),
    )
    expected = json.loads((FIXTURES / "workspace.json").read_text())
    assert json.loads(json.dumps(found)) == expected
    assert {name: len(values) for name, values in expected.items()} == {
        "dataset": 2,
        "runs": 7,
        "sweeps": 1,
        "trainings": 5,
        "experiments": 1,
        "landscapes": 1,
        "scalability": 1,
    }


def test_every_record_is_listed_and_none_is_damaged(workspace: Workspace) -> None:
    assert [run.damaged for run in RunStore(workspace).list()] == [""] * 7
    (sweep,) = SweepStore(workspace).list()
    assert len(sweep.runs(RunStore(workspace).list())) == 2
    assert len(TrainingStore(workspace).list()) == 5
    assert all(store.damaged() == {} for store in stores(workspace).values())


def test_former_records_are_changed_and_deleted_like_others(workspace: Workspace) -> None:
    runs = RunStore(workspace)
    run = runs.list()[0]
    before = runs.get(run.id)
    runs.rename(run.id, notes="seen again")
    after = runs.get(run.id)
    assert (after.notes, after.selection.poo, after.key) == ("seen again", before.selection.poo, before.key)
    runs.delete(run.id)
    assert len(runs.list()) == 6
    for store in stores(workspace).values():
        for value in own(store):
            store.save(value)
            store.delete(value.id)
            assert not store.has(value.id), "neither in the new form nor in the old one"


@pytest.mark.parametrize("name", ["selection.npz", "coreset.csv", "outcomes.npz"])
def test_damage_of_former_files_is_found(workspace: Workspace, name: str) -> None:
    for path in workspace.root.rglob(name):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    assert all(run.damaged for run in RunStore(workspace).list()) == (name != "outcomes.npz")
    if name == "outcomes.npz":
        assert own(TrainingStore(workspace)) == []
        assert own(ExperimentStore(workspace)) == []
