import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.errors import JobCancelled
from goracs_core.progress import Progress
from goracs_core.selection import neighbours
from goracs_core.selection.neighbours import nearest_rows
from tests.problems import problems


@settings(max_examples=60)
@given(problem=problems(max_pool=12), data=st.data())
def test_neighbours_are_the_nearest_others_in_order(problem, data):
    n = problem.num_pool
    count = data.draw(st.integers(1, n - 1))
    rows, distances = nearest_rows(problem.pool, count)
    exact = np.sqrt(((problem.pool[:, None] - problem.pool[None]) ** 2).sum(axis=2))
    np.fill_diagonal(exact, np.inf)
    assert distances == pytest.approx(np.sort(exact, axis=1)[:, :count], abs=1e-12)
    for i in range(n):
        expected = [(exact[i, j], j) for j in rows[i]]
        assert expected == sorted(expected), "of equally near rows the first comes first"
        assert len(set(rows[i].tolist()) - {i}) == count


def test_blocks_and_tiles_leave_no_trace(monkeypatch):
    points = np.random.default_rng(0).normal(size=(700, 9)).astype(np.float32)
    rows, distances = nearest_rows(points, 6)
    monkeypatch.setattr(neighbours, "_ROWS", 50)
    monkeypatch.setattr(neighbours, "_TILE", 130)
    again, measured = nearest_rows(points, 6)
    assert again.tolist() == rows.tolist()
    assert measured.tobytes() == distances.tobytes()


def test_nothing_goes_on_once_it_is_cancelled(monkeypatch):
    monkeypatch.setattr(neighbours, "_ROWS", 10)
    done = []
    screen = neighbours._screen
    monkeypatch.setattr(neighbours, "_screen", lambda *given: done.append(0) or screen(*given))

    def stop(stage, done, total, detail=""):
        raise JobCancelled

    with pytest.raises(JobCancelled):
        nearest_rows(np.random.default_rng(0).normal(size=(2000, 3)), 3, progress=Progress(stop))
    assert len(done) < 50
