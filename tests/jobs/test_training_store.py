"""Trainings and experiments survive the way to the disk and back, and damage is a sentence."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from goracs_core.data.demo import demo_directory
from goracs_core.errors import ShapeError, StoreError
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.store import EXPERIMENT, ExperimentStore
from goracs_core.jobs.train.job import curve_id, curve_writer, read_curve
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.store.records import RecordStore
from goracs_core.workspace import Workspace
from tests.jobs.trained import log, training
from tests.leaderboard_made import made_experiment


def same(first: object, second: object) -> bool:
    """Whether two values hold the same, arrays and NaN included."""
    if isinstance(first, np.ndarray):
        return isinstance(second, np.ndarray) and np.array_equal(first, second, equal_nan=first.dtype.kind == "f")
    if isinstance(first, float):
        return first == second or (first != first and second != second)
    if isinstance(first, tuple):
        return isinstance(second, tuple) and len(first) == len(second) and all(map(same, first, second))
    if hasattr(first, "__dataclass_fields__"):
        return all(same(getattr(first, f.name), getattr(second, f.name)) for f in fields(first))  # type: ignore[arg-type]
    if isinstance(first, dict):
        return (
            isinstance(second, dict) and first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
        )
    return first == second


def test_trainings_are_listed_newest_first_and_by_dataset() -> None:
    store = TrainingStore(Workspace.default())
    first, second, other = training(1), training(2), training(3, dataset="e" * 32)
    for one in (second, first, other):
        store.save(one)
    assert [one.id for one in store.list("d" * 32)] == [second.id, first.id]
    assert [one.id for one in store.list()] == [other.id, second.id, first.id]
    assert dict(store.list()[-1].metrics) == dict(first.metrics)
    store.delete(second.id)
    assert [one.id for one in store.list("d" * 32)] == [first.id]
    with pytest.raises(StoreError, match="may have been deleted"):
        store.get(second.id)


def test_a_growing_experiment_replaces_itself() -> None:
    store = ExperimentStore(Workspace.default())
    for done in (0, 1, None):
        store.save(replace(made_experiment("d" * 32, done=done), id="0123456789abcdef"))
    (found,) = store.list("d" * 32)
    assert found.finished
    assert store.list("d" * 32, kind="proxy") == ()
    store.delete(found.id)
    assert store.list("d" * 32) == ()


def test_outcomes_need_a_row_per_entry() -> None:
    made = made_experiment("d" * 32)
    with pytest.raises(ShapeError, match="as many rows"):
        replace(made, entries=made.entries[:-1])


def test_a_curve_is_read_as_far_as_it_has_come() -> None:
    workspace = Workspace.default()
    name = curve_id({"dataset": "d", "run": "r"})
    assert read_curve(workspace, name) is None
    growing = replace(log(), epochs=log().epochs[:2])
    curve_writer(workspace, name)(growing)
    assert same(read_curve(workspace, name), growing)
    assert curve_id({"dataset": "d", "run": "r", "fresh": True}) == name
    assert curve_id({"dataset": "d", "run": "other"}) != name
    with pytest.raises(StoreError):
        read_curve(workspace, "../x")


def shipped() -> list[Experiment]:
    return list(RecordStore(EXPERIMENT, demo_directory() / "experiments").values())


def test_what_is_shipped_stays() -> None:
    store = ExperimentStore(Workspace.default())
    for made in shipped():
        assert store.is_shipped(made.id)
        assert same(store.get(made.id), made)
        with pytest.raises(StoreError, match="came with the demo"):
            store.delete(made.id)
