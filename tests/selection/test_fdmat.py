from dataclasses import replace

import numpy as np
import pytest

from goracs_core.errors import SolverError
from goracs_core.methods import FdmatConfig
from goracs_core.selection import select
from goracs_core.selection.fdmat import discrepancies, normalised
from goracs_core.transport import sinkhorn
from goracs_core.transport.sinkhorn import solve_entropic
from tests.problems import make
from tests.refusals import told


@pytest.mark.parametrize("regularisation", [1.0, 0.05, 0.003])
@pytest.mark.parametrize("shape", [(7, 3), (40, 5), (12, 1)])
def test_the_plan_has_its_masses_and_the_form_of_an_entropic_optimum(regularisation, shape):
    rng = np.random.default_rng(shape[0])
    cost = rng.random(shape)
    row_mass, column_mass = (rng.dirichlet(np.full(size, 3.0)) for size in shape)
    plan = solve_entropic(cost, row_mass, column_mass, regularisation=regularisation)
    assert (plan >= 0).all()
    assert plan.sum(axis=1) == pytest.approx(row_mass, abs=1e-12)
    assert plan.sum(axis=0) == pytest.approx(column_mass, abs=1e-9)
    if regularisation > 0.01:  # log P + M / reg is a sum of a row's and a column's number, and of nothing else
        form = np.log(plan) + cost / regularisation
        left = form - form[:1] - form[:, :1] + form[0, 0]
        assert np.abs(left).max() < 1e-8


def test_a_transport_that_does_not_settle_is_an_error(monkeypatch):
    monkeypatch.setattr(sinkhorn, "_MAX_ITERATIONS", 5)
    cost = np.random.default_rng(0).random((30, 4))
    with pytest.raises(SolverError, check=told("not-converged", rounds=5)):
        solve_entropic(cost, np.full(30, 1 / 30), np.full(4, 0.25), regularisation=1e-3)


def written_out(pool: np.ndarray, labels: np.ndarray, regularisation: float) -> np.ndarray:
    """The method on its own: plain scaling of exp(-M / reg), nothing shared with the code under test."""
    features = (pool - pool.mean(axis=0)) / np.linalg.norm(pool, axis=1)[:, None]
    names = sorted(set(labels.tolist()))
    means = np.array([features[labels == name].mean(axis=0) for name in names])
    cost = ((features[:, None] - means[None]) ** 2).sum(axis=2)
    kernel = np.exp(-cost / (regularisation * cost.mean()))
    column_mass = np.array([(labels == name).mean() for name in names])
    rows, columns = np.ones(len(pool)), np.ones(len(names))
    for _ in range(5000):
        rows = (1 / len(pool)) / (kernel @ columns)
        columns = column_mass / (kernel.T @ rows)
    return np.linalg.norm(rows[:, None] * kernel * columns[None] * cost, axis=1)


@pytest.mark.parametrize("seed", range(3))
def test_the_chosen_have_the_smallest_discrepancy(seed):
    problem = make(40, 5, seed=seed, width=4)
    labels = np.random.default_rng(seed).integers(3, size=40)
    problem = replace(problem, pool_labels=labels)
    expected = written_out(problem.pool, labels, 0.2)
    features = normalised(problem.pool)
    assert discrepancies(features, labels, regularisation=0.2) == pytest.approx(expected, rel=1e-5, abs=1e-12)
    rows = select(problem, FdmatConfig(12, 0.0, regularisation=0.2)).indices
    assert rows.tolist() == np.argsort(expected, kind="stable")[:12].tolist()


def test_features_are_centred_and_divided_by_their_length():
    points = np.array([[3.0, 4.0], [0.0, 0.0], [0.0, 2.0]])
    assert normalised(points) == pytest.approx(np.array([[2 / 5, 2 / 5], [-1, -2], [-1 / 2, 0]]))


def test_without_labels_clusters_stand_in_and_each_option_counts():
    problem = replace(make(150, 5, width=6), pool_labels=None)
    base = select(problem, FdmatConfig(30, 0.0))
    assert "means of 10 clusters" in base.stop_reason
    changes = ({"clusters": 3}, {"regularisation": 1.0}, {"seed": 9})
    for change in changes:
        assert select(problem, replace(FdmatConfig(30, 0.0), **change)).fingerprint != base.fingerprint
    assert "means of 2 labels" in select(make(150, 5, width=6), FdmatConfig(30, 0.0)).stop_reason


def test_a_pool_that_is_one_point():
    problem = replace(make(12, 4), pool=np.ones((12, 3)), pool_labels=None)
    assert select(problem, FdmatConfig(5, 0.0)).indices.tolist() == [0, 1, 2, 3, 4]
