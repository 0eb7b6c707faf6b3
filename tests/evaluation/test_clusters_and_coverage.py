"""Clusters that follow the data, and coverage that agrees with the plan it is read from."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.errors import ConfigError
from goracs_core.evaluation.clusters import cluster_samples, name_clusters
from goracs_core.evaluation.coverage import coverage, entry_costs
from goracs_core.transport import euclidean, solve_uniform
from goracs_core.types import Embeddings
from tests.refusals import told


def blobs(num: int = 5, each: int = 30) -> tuple[Embeddings, Embeddings, np.ndarray]:
    rng = np.random.default_rng(2)
    # centres on a line, in mixed order: optimal leaf order has to find the line again
    centres = np.zeros((num, 4))
    centres[:, 0] = rng.permutation(num) * 50.0
    labels = np.repeat(np.arange(num), each)
    values = centres[labels] + rng.normal(size=(num * each, 4))
    even = np.arange(len(values)) % 2 == 0
    return Embeddings(values[even], "test"), Embeddings(values[~even], "test"), centres[:, 0]


def test_clusters_find_blobs_put_neighbours_side_by_side_and_repeat() -> None:
    pool, validation, _ = blobs()
    found = cluster_samples(pool, validation, num_clusters=5, seed=1)
    assert len(found) == 5
    means = np.array([pool.values[found.pool == one, 0].mean() for one in range(5)])
    assert (np.diff(means) > 0).all() or (np.diff(means) < 0).all()
    for one in range(5):
        assert np.ptp(validation.values[found.validation == one, 0]) < 15
    again = cluster_samples(pool, validation, num_clusters=5, seed=1)
    assert (again.pool == found.pool).all()
    assert "5 clusters" in found.note


def test_there_are_never_more_clusters_than_different_samples() -> None:
    same = Embeddings(np.ones((6, 3)), "test")
    assert len(cluster_samples(same, same, num_clusters=4)) == 1
    with pytest.raises(ConfigError, check=told("too-few-clusters")):
        cluster_samples(same, same, num_clusters=0)


def test_names_are_words_of_the_cluster_and_unique() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    texts = ["Red apple pie", "Red apple jam", "Red apple", "Blue train set", "Blue train", "Blue train station"]
    names = name_clusters(labels, texts, 2)
    assert {*names[0].split()} >= {"apple", "red"}
    assert {*names[1].split()} >= {"blue", "train"}
    assert name_clusters(labels, [], 2) == ("1", "2")


def solved() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(7, 3)), rng.normal(size=(23, 3)), np.full(23, 1 / 23)


def test_costs_read_from_the_potentials_are_the_distances() -> None:
    rows, columns, weights = solved()
    cost = euclidean(rows, columns)
    plan = solve_uniform(cost, weights)
    assert np.allclose(entry_costs(plan, plan.rows, plan.columns), cost[plan.rows, plan.columns], atol=1e-9)


def test_coverage_adds_up_to_the_plans_value_from_both_sides() -> None:
    rows, columns, weights = solved()
    plan = solve_uniform(euclidean(rows, columns), weights)
    found = coverage(plan)
    assert found.column_costs @ weights == pytest.approx(plan.value)
    assert found.row_costs.mean() == pytest.approx(plan.value)
    assert found.column_partners.sum() == found.row_partners.sum() == len(plan.mass)
    worst = found.worst_columns(3)
    assert found.column_costs[worst[0]] == found.column_costs.max()
    assert (np.diff(found.column_costs[worst]) <= 0).all()
