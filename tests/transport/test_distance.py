import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from goracs_core.transport import euclidean


@given(
    a=st.integers(1, 12),
    b=st.integers(1, 12),
    d=st.integers(1, 6),
    seed=st.integers(0, 1000),
    shift=st.floats(-100, 100),
)
def test_equals_the_definition(a, b, d, seed, shift):
    rng = np.random.default_rng(seed)
    rows, columns = rng.normal(size=(a, d)) + shift, rng.normal(size=(b, d)) + shift
    assert euclidean(rows, columns) == pytest.approx(cdist(rows, columns), rel=1e-9, abs=1e-12)


def test_duplicates_have_distance_exactly_zero_and_near_duplicates_keep_their_digits():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 384))
    distances = euclidean(points, np.vstack([points, points + 1e-7]))
    assert (np.diag(distances[:, :50]) == 0).all()
    assert np.diag(distances[:, 50:]) == pytest.approx(np.full(50, 1e-7 * np.sqrt(384)), rel=1e-6)
