from dataclasses import replace

import numpy as np
import pytest

from goracs_core.methods import KMeansConfig
from goracs_core.selection import select
from goracs_core.selection.k_means import k_means_centres, nearest_distinct
from tests.problems import make


def clustered(clusters: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points in well separated clusters of different size, shuffled; and the cluster of each."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.concatenate([np.arange(clusters), rng.integers(clusters, size=size - clusters)]))
    return 50.0 * np.eye(clusters)[labels] + rng.normal(size=(size, clusters)), labels


@pytest.mark.parametrize("seed", range(4))
def test_one_sample_from_each_of_well_separated_clusters(seed):
    pool, labels = clustered(8, 300, seed)
    problem = replace(make(300, 10), pool=pool, validation=pool[:10])
    rows = select(problem, KMeansConfig(8, 0.0, seed=seed)).indices
    assert sorted(labels[rows].tolist()) == list(range(8))
    for row in rows:  # and that sample is a central one
        members = pool[labels == labels[row]]
        spread = np.linalg.norm(members - members.mean(axis=0), axis=1)
        assert np.linalg.norm(pool[row] - members.mean(axis=0)) <= np.median(spread) + 1e-9


def test_centres_settle_with_the_passes_and_beat_random_ones():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3000, 4)).astype(np.float32)

    def inertia(centres: np.ndarray) -> float:
        return float((np.linalg.norm(points[:, None] - centres[None], axis=2).min(axis=1) ** 2).sum())

    settled = [inertia(k_means_centres(points, 30, passes=passes, rng=np.random.default_rng(1))) for passes in (1, 10)]
    by_chance = np.mean([inertia(points[rng.choice(3000, 30, replace=False)]) for _ in range(5)])
    assert settled[1] < settled[0] < by_chance


def test_each_centre_takes_the_nearest_row_left():
    points = np.array([[0.0], [1.0], [1.0], [5.0]])
    centres = np.array([[0.9], [0.9], [0.9], [0.9]])
    assert nearest_distinct(points, centres).tolist() == [1, 2, 0, 3]


def test_more_clusters_than_distinct_points():
    problem = make(20, 5)
    same = replace(problem, pool=np.zeros((20, 3)))
    assert len(set(select(same, KMeansConfig(12, 0.0)).indices.tolist())) == 12


def test_passes_and_seed_change_the_choice():
    problem = make(400, 10, width=6)
    base = select(problem, KMeansConfig(20, 0.0)).fingerprint
    assert select(problem, KMeansConfig(20, 0.0, passes=1)).fingerprint != base
    assert select(problem, KMeansConfig(20, 0.0, seed=1)).fingerprint != base
