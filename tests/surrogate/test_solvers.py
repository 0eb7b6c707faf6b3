"""The solvers on matrices that are written down."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.errors import SolverError
from goracs_core.surrogate.solvers import (
    InverseProduct,
    Product,
    conjugate_gradients,
    relative_residual,
    stochastic_recursion,
)
from goracs_core.types import FloatArray
from tests.refusals import told


def symmetric(eigenvalues: FloatArray, seed: int = 0) -> FloatArray:
    basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(eigenvalues), len(eigenvalues))))
    return (basis * eigenvalues) @ basis.T


def times(matrix: FloatArray) -> Product:
    return lambda direction: (matrix @ direction.ravel()).reshape(direction.shape)


def solve(matrix: FloatArray, right: FloatArray, *, ridge: float = 0.25, tolerance: float = 1e-9) -> InverseProduct:
    return conjugate_gradients(
        times(matrix), right, ridge=ridge, tolerance=tolerance, max_iterations=100, num_samples=10
    )


def test_negative_eigenvalues_that_the_ridge_outweighs_are_solved() -> None:
    matrix = symmetric(np.linspace(-0.2, 3, 12))
    right = np.random.default_rng(1).normal(size=(3, 4))
    found = solve(matrix, right)
    exact = np.linalg.solve(matrix + 0.25 * np.eye(12), right.ravel()).reshape(3, 4)
    np.testing.assert_allclose(found.values, exact, rtol=1e-6)
    assert found.iterations <= 13
    assert found.products == 10 * found.iterations


def test_as_many_iterations_as_there_are_eigenvalues() -> None:
    matrix = symmetric(np.repeat([0.0, 1.0, 5.0], 4))
    assert solve(matrix, np.random.default_rng(1).normal(size=(3, 4))).iterations == 3


def test_curvature_that_the_ridge_does_not_outweigh_names_one_that_does() -> None:
    matrix = symmetric(np.linspace(-1, 3, 12))
    right = np.random.default_rng(1).normal(size=(3, 4))
    with pytest.raises(SolverError, check=told("curvature-not-positive", ridge=0.25)) as caught:
        solve(matrix, right)
    advice = caught.value.fields["least_ridge"]
    for _ in range(5):  # the direction met need not be the worst one, but following the advice ends
        try:
            assert solve(matrix, right, ridge=1.001 * advice).residual <= 1e-9
            return
        except SolverError as error:
            before, advice = advice, error.fields["least_ridge"]
        assert advice > before
    pytest.fail("the advice leads nowhere")


def test_a_tolerance_below_rounding_is_a_sentence() -> None:
    noisy = symmetric(np.linspace(0, 3, 12))
    rng = np.random.default_rng(0)

    def product(direction: FloatArray) -> FloatArray:
        return times(noisy)(direction) * (1 + 1e-4 * rng.normal(size=direction.shape))

    right = np.random.default_rng(1).normal(size=(3, 4))
    with pytest.raises(SolverError, check=told("tolerance-not-reached")):
        conjugate_gradients(product, right, ridge=0.25, tolerance=1e-9, max_iterations=60, num_samples=1)


def test_nothing_to_solve() -> None:
    zero = np.zeros((3, 4))
    found = solve(symmetric(np.linspace(0, 3, 12)), zero)
    assert (found.residual, found.iterations) == (0.0, 0)
    assert not found.values.any()
    assert relative_residual(times(np.eye(12)), zero, zero, ridge=0.25) == 0.0


def recursion_errors(*, scale: float, steps: int, seeds: int = 60) -> FloatArray:
    """Errors of the recursion against the exact solution at a ridge of 0.25; shape [seeds, 6]."""
    rng = np.random.default_rng(5)
    parts = rng.normal(size=(8, 6))
    parts[:, 0] *= 2
    right = rng.normal(size=(2, 3))
    exact = np.linalg.solve(parts.T @ parts / 8 + 0.25 * np.eye(6), right.ravel())

    def product(row: int, direction: FloatArray) -> FloatArray:
        return (parts[row] * (parts[row] @ direction.ravel())).reshape(direction.shape)

    found = [
        stochastic_recursion(
            product, right, num_samples=8, damping=0.25 / scale, scale=scale, steps=steps, seed=seed
        ).ravel()
        for seed in range(seeds)
    ]
    return np.array(found) - exact


def test_the_recursion_is_right_on_average_and_calmer_with_a_larger_scale() -> None:
    """Its noise does not fade with the steps, only what is left of the start does; a larger scale shrinks it."""
    errors = {
        (scale, steps): recursion_errors(scale=scale, steps=steps)
        for scale, steps in ((25.0, 800), (25.0, 1600), (100.0, 3200))
    }
    for error in errors.values():
        assert (np.abs(error.mean(axis=0)) < 4 * error.std(axis=0, ddof=1) / np.sqrt(len(error))).all()
    size = {key: float(np.sqrt((error**2).sum(axis=1).mean())) for key, error in errors.items()}
    assert 0.75 < size[25.0, 1600] / size[25.0, 800] < 1.33
    assert 0.35 < size[100.0, 3200] / size[25.0, 800] < 0.7  # half, as the variance goes with 1 / scale
    few = recursion_errors(scale=25.0, steps=20, seeds=5)
    assert np.linalg.norm(few.mean(axis=0)) > 5 * np.linalg.norm(errors[25.0, 800].mean(axis=0))
