"""Random references are computed once and kept; what ships with the demo is what is computed today."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.data.demo import demo_directory
from goracs_core.evaluation.at_random import random_terms
from goracs_core.jobs.demo import SWEPT, SWEPT_BUDGET
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.reference import ReferenceStore
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.sweep.store import SweepStore
from goracs_core.objective import Problem, poo
from goracs_core.workspace import Workspace
from tests.problems import make


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path).ensure()


@pytest.fixture(scope="module")
def demo() -> Problem:
    return load_inputs({"dataset": str(demo_directory())}).problem()


def test_a_reference_is_kept_and_belongs_to_its_problem_and_size(workspace: Workspace) -> None:
    problem, store = make(40, 15), ReferenceStore(workspace)
    assert store.there(problem.fingerprint, 5) is None
    made = store.make(problem, 5)
    np.testing.assert_array_equal([made.transport, made.gradient], random_terms(problem, 5))
    kept = store.there(problem.fingerprint, 5)
    assert kept is not None
    np.testing.assert_array_equal(kept.transport, made.transport)
    assert store.there(problem.fingerprint, 6) is None
    assert store.there(make(40, 15, seed=1).fingerprint, 5) is None
    assert store.there(problem.fingerprint, 5, draws=7) is None


def test_the_demo_ships_the_reference_of_its_sweep(workspace: Workspace, demo: Problem) -> None:
    shipped = ReferenceStore(workspace).there(demo.fingerprint, SWEPT_BUDGET)
    assert shipped is not None
    transport, gradient = random_terms(demo, SWEPT_BUDGET, draws=2)
    np.testing.assert_allclose(shipped.transport[:2], transport, rtol=1e-12)
    np.testing.assert_allclose(shipped.gradient[:2], gradient, rtol=1e-12)


def test_the_demo_ships_a_sweep_whose_numbers_hold(workspace: Workspace, demo: Problem) -> None:
    (record,) = SweepStore(workspace).list(shipped=True)
    store = RunStore(workspace)
    runs = record.runs(store.list(shipped=True))
    assert [run.lambda_ for run in runs] == list(SWEPT)
    assert store.list() == ()
    for run in runs:
        rows = store.indices(run.id)
        assert len(set(rows.tolist())) == SWEPT_BUDGET
        value = poo(demo, rows, run.lambda_)
        assert run.poo == pytest.approx(value.value, abs=1e-12)
        assert run.lower_bound is not None
        assert run.lower_bound <= run.poo
        assert store.is_shipped(run.id)
        assert store.get(run.id).dataset.directory == ""
