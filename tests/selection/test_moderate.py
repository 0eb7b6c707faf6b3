from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.methods import ModerateConfig
from goracs_core.selection import moderate, select
from goracs_core.selection.moderate import distances_to_class_median
from tests.problems import make, problems


def written_out(pool: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """Distance of each row to the median of its class, row by row."""
    labels = np.zeros(len(pool)) if labels is None else labels
    medians = {name: np.median(pool[labels == name], axis=0) for name in np.unique(labels)}
    return np.array([np.linalg.norm(row - medians[name]) for row, name in zip(pool, labels, strict=True)])


@settings(max_examples=60)
@given(problem=problems(), data=st.data(), labelled=st.booleans())
def test_the_chosen_are_the_band_around_the_median_distance(problem, data, labelled):
    problem = problem if labelled else replace(problem, pool_labels=None)
    budget = data.draw(st.integers(1, problem.num_pool))
    rows = select(problem, ModerateConfig(budget, 0.0)).indices
    distances = written_out(problem.pool, problem.pool_labels)
    away = np.abs(distances - np.median(distances))
    others = np.setdiff1d(np.arange(problem.num_pool), rows)
    assert away[rows].max() <= away[others].min(initial=np.inf) + 1e-9
    assert (np.diff(away[rows]) >= -1e-9).all(), "nearest to the band's middle first"


def test_medians_do_not_depend_on_the_blocks(monkeypatch):
    problem = make(50, 5, width=7)
    whole = distances_to_class_median(problem.pool, problem.pool_labels)
    monkeypatch.setattr(moderate, "_BLOCK_BYTES", 8 * 50 * 2)
    assert distances_to_class_median(problem.pool, problem.pool_labels).tobytes() == whole.tobytes()
    assert whole == pytest.approx(written_out(problem.pool, problem.pool_labels))


def test_labels_make_classes():
    problem = make(60, 5)
    bare = replace(problem, pool_labels=None)
    config = ModerateConfig(10, 0.0)
    assert select(problem, config).fingerprint != select(bare, config).fingerprint
