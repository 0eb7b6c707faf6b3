"""What decay changes in the choice: measured against the same coresets by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.decay import decay_points, late_part, on_other_validation
from goracs_core.objective import make_problem, poo
from goracs_core.types import Embeddings, GradientNorms
from tests.refusals import told

DAY = 86_400.0


def problem(n: int = 30, m: int = 12):
    rng = np.random.default_rng(0)
    return make_problem(
        Embeddings(rng.normal(size=(n, 3)), "x"),
        Embeddings(rng.normal(size=(m, 3)), "x"),
        gradient_norms=GradientNorms(rng.gamma(2.0, size=n), "x", "x"),
    )


def test_points_hold_overlap_terms_and_effective_samples() -> None:
    whole, times = problem(), 1.7e9 + DAY * np.random.default_rng(1).permutation(12).astype(np.float64)
    chosen = {None: np.arange(6), 5.0: np.arange(3, 9), 1.0: np.arange(20, 26)}
    late = late_part(whole, times, 0.25)
    points = decay_points(whole, late, chosen, times, lambda_=0.1)
    assert [point.half_life for point in points] == [1.0, 5.0, None]
    assert [point.jaccard for point in points] == pytest.approx([0.0, 3 / 9, 1.0])
    weights = 0.5 ** (np.arange(12) / 5.0)
    assert [point.effective for point in points][1:] == pytest.approx([weights.sum() ** 2 / (weights**2).sum(), 12.0])
    for point, rows in zip(points, (chosen[1.0], chosen[5.0], chosen[None]), strict=True):
        value = poo(whole, rows, 0.1)
        assert (point.poo, point.transport_term) == pytest.approx((value.value, value.transport_term))
        assert point.late_term == pytest.approx(poo(late, rows, 0.0).transport_term)


def test_the_late_part_is_the_latest_share_on_the_same_scales() -> None:
    whole, times = problem(), np.array([5.0, 1, 2, 12, 3, 4, 11, 6, 7, 8, 9, 10])
    late = late_part(whole, times, 0.25)
    assert late.validation.tobytes() == whole.validation[[3, 6, 11]].tobytes()
    assert (late.distance_scale, late.gradient_scale) == (whole.distance_scale, whole.gradient_scale)
    assert late_part(whole, times, 0.01).num_validation == 1
    for share in (0.0, 1.0, float("nan")):
        with pytest.raises(ConfigError, check=told("bad-share")):
            late_part(whole, times, share)


def test_another_validation_keeps_pool_and_scales() -> None:
    whole = replace(problem(), pool_labels=np.zeros(30, np.int64), validation_labels=np.zeros(12, np.int64))
    other = on_other_validation(whole, np.random.default_rng(2).normal(size=(5, 3)))
    assert other.num_validation == 5
    assert other.validation_weights.tolist() == [0.2] * 5
    assert other.pool.tobytes() == whole.pool.tobytes()
    assert other.distance_scale == whole.distance_scale


def test_decay_is_compared_with_no_decay() -> None:
    with pytest.raises(ShapeError, check=told("no-reference")):
        decay_points(problem(), problem(), {3.0: np.arange(4)}, np.arange(12.0), lambda_=0.0)
