import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.methods import HerdingConfig
from goracs_core.selection import select
from goracs_core.selection.herding import herd, target_mean
from tests.problems import make, problems


def away(points: np.ndarray, rows, mean: np.ndarray) -> float:
    """Distance of the mean of some rows from a mean."""
    return float(np.linalg.norm(points[list(rows)].mean(axis=0) - mean))


@settings(max_examples=60)
@given(problem=problems(), target=st.sampled_from(["validation", "pool"]))
def test_no_other_row_would_have_brought_the_means_nearer(problem, target):
    mean = target_mean(problem, HerdingConfig(1, target=target))
    rows = herd(problem.pool, mean, problem.num_pool).tolist()
    assert sorted(rows) == list(range(problem.num_pool))
    for step in range(len(rows)):
        best = min(away(problem.pool, [*rows[:step], other], mean) for other in rows[step:])
        assert away(problem.pool, rows[: step + 1], mean) == pytest.approx(best, abs=1e-9)


def test_the_mean_is_met_far_faster_than_by_chance():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(2000, 6))
    mean = points.mean(axis=0)
    rows = herd(points, mean, 200)
    herded = [away(points, rows[:k], mean) for k in (10, 50, 200)]
    by_chance = [
        np.mean([away(points, rng.choice(2000, k, replace=False), mean) for _ in range(50)]) for k in (10, 50, 200)
    ]
    assert (np.array(herded) < np.array(by_chance) / 5).all()
    # Chance falls like 1 / sqrt(k), from 10 to 200 by a factor of 4.5; herding like 1 / k, by a factor of 20.
    assert herded[0] / herded[2] > 10


def test_the_target_is_the_weighted_validation_or_the_pool():
    problem = make(60, 9, seed=2, weighted=True)
    weighted = (problem.validation_weights[:, None] * problem.validation).sum(axis=0)
    assert target_mean(problem, HerdingConfig(1)) == pytest.approx(weighted)
    assert target_mean(problem, HerdingConfig(1, target="pool")) == pytest.approx(problem.pool.mean(axis=0))
    chosen = {target: select(problem, HerdingConfig(8, 0.0, target=target)) for target in ("validation", "pool")}
    assert chosen["validation"].fingerprint != chosen["pool"].fingerprint
    assert "mean of the pool" in chosen["pool"].stop_reason
