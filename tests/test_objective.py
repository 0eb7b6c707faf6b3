import numpy as np
import ot
import pytest
from hypothesis import given
from hypothesis import strategies as st

import goracs_core.objective as objective
from goracs_core.errors import ConfigError, ShapeError
from goracs_core.objective import make_problem, poo
from goracs_core.types import Embeddings, GradientNorms
from tests.problems import costs, make, problems


@given(problems(), st.data())
def test_poo_is_transport_on_the_paper_s_cost(problem, data):
    k = data.draw(st.integers(1, problem.num_pool))
    lambda_ = data.draw(st.floats(0, 3))
    rows = np.random.default_rng(k).choice(problem.num_pool, k, replace=False)
    cost = costs(problem, lambda_)[rows]
    shift = cost.min()
    expected = ot.emd2(np.full(k, 1 / k), problem.validation_weights, cost - shift) + shift
    value = poo(problem, rows, lambda_)
    assert value.value == pytest.approx(float(expected), abs=1e-9)
    assert value.value == pytest.approx(value.transport_term - lambda_ * value.gradient_term, abs=1e-12)


@given(problems(), st.integers(0, 100))
def test_relaxed_p_median_is_a_lower_bound_of_poo(problem, seed):
    k = seed % problem.num_pool + 1
    rows = np.random.default_rng(seed).choice(problem.num_pool, k, replace=False)
    relaxed = costs(problem, 0.3)[rows].min(axis=0) @ problem.validation_weights
    assert relaxed <= poo(problem, rows, 0.3).value + 1e-9


def test_scales_are_the_maxima_whatever_the_block_size(monkeypatch):
    whole = make(37, 11, seed=4)
    monkeypatch.setattr(objective, "_BLOCK_BYTES", 8 * 11 * 5)
    blocks = make(37, 11, seed=4)
    assert blocks.distance_scale == whole.distance_scale == whole.distance_rows(np.arange(37)).max()
    assert whole.gradient_scale == whole.gradient_norms.max()
    assert (blocks.scaled_distances() == whole.scaled_distances()).all()
    assert blocks.fingerprint == whole.fingerprint


def test_a_part_keeps_the_scales_of_the_whole():
    whole = make(30, 10)
    part = whole.take(np.arange(5), np.arange(3))
    assert (part.distance_scale, part.gradient_scale) == (whole.distance_scale, whole.gradient_scale)
    assert part.validation_weights.sum() == pytest.approx(1)


def test_a_changed_value_changes_the_fingerprint():
    assert make(20, 5).fingerprint == make(20, 5).fingerprint
    assert make(20, 5).fingerprint != make(20, 5, weighted=True).fingerprint
    assert make(20, 5).fingerprint != make(20, 5, norms=False).fingerprint


def test_all_points_equal_is_a_problem_of_value_zero():
    same = Embeddings(np.ones((4, 2)), "test")
    problem = make_problem(same, same, gradient_norms=GradientNorms(np.zeros(4), "test", "test"))
    assert poo(problem, np.array([1, 2]), 0.5).value == 0


def test_lambda_without_norms_is_refused():
    with pytest.raises(ConfigError, match=r"lambda is 0.1, but there are no gradient norms"):
        poo(make(5, 3, norms=False), np.array([0]), 0.1)
    assert poo(make(5, 3, norms=False), np.array([0]), 0.0).gradient_term == 0


@pytest.mark.parametrize(
    ("pool", "norms", "weights", "says"),
    [
        (np.ones((4, 3)), np.ones(4), None, "same width"),
        (np.ones((4, 2)), np.ones(3), None, "3 gradient norms for 4 pool samples"),
        (np.ones((4, 2)), np.ones(4), np.array([1.0, -1.0]), "validation weights"),
        (np.ones((4, 2)), np.ones(4), np.ones(3), "validation weights"),
    ],
)
def test_parts_that_do_not_fit_are_refused(pool, norms, weights, says):
    with pytest.raises(ShapeError, match=says):
        make_problem(
            Embeddings(pool, "test"),
            Embeddings(np.zeros((2, 2)), "test"),
            gradient_norms=GradientNorms(norms, "test", "test"),
            validation_weights=weights,
        )


@pytest.mark.parametrize("rows", [np.array([], int), np.array([0, 0]), np.array([-1]), np.array([5])])
def test_a_set_that_is_none_is_refused(rows):
    with pytest.raises(ShapeError, match="coreset must"):
        poo(make(5, 3), rows, 0.0)


@pytest.mark.real_data
def test_poo_of_a_real_coreset_agrees_with_pot_alone(real_data):
    folder = real_data / "games-15k-5k"
    pool, validation = (np.load(folder / f"{name}_embeddings.npy") for name in ("train", "valid"))
    norms = np.load(folder / "llama7b_gradient_norms_unaligned.npy").astype(float)
    problem = make_problem(
        Embeddings(pool, "test"), Embeddings(validation, "test"), gradient_norms=GradientNorms(norms, "test", "test")
    )
    rows = np.random.default_rng(0).choice(len(pool), 64, replace=False)
    pool, validation = pool.astype(float), validation.astype(float)
    blocks = (
        np.asarray(ot.dist(pool[start : start + 1000], validation, metric="euclidean"))
        for start in range(0, 15000, 1000)
    )
    largest = max(block.max() for block in blocks)
    distances = np.asarray(ot.dist(pool[rows], validation, metric="euclidean")) / largest
    transport = np.asarray(ot.emd2([], [], distances, numItermax=10**7))
    expected = float(transport) - 0.1 * (norms[rows] / norms.max()).mean()
    assert poo(problem, rows, 0.1).value == pytest.approx(expected, rel=1e-9)
