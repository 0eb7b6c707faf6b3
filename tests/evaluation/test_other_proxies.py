"""Proxies besides POO: each is what its definition says, and none sees the order or the scale of anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.errors import ShapeError
from goracs_core.evaluation import other_proxies as module
from goracs_core.evaluation.other_proxies import OTHER_PROXIES, other_proxies
from goracs_core.objective import Problem, make_problem, poo
from goracs_core.types import Embeddings, IndexArray
from tests.problems import make, problems
from tests.refusals import told


def by_hand(problem: Problem, rows: IndexArray) -> dict[str, float]:
    """The definitions, written out with loops."""

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.linalg.norm(np.asarray(a, np.float64) - b))

    chosen, validation, nu = problem.pool[rows], problem.validation, problem.validation_weights
    k, m = len(rows), len(validation)
    nearest = [min(distance(c, v) for c in chosen) for v in validation]
    between = sum(nu[j] * distance(c, validation[j]) for c in chosen for j in range(m)) / k
    pairs = [distance(chosen[i], chosen[j]) for i in range(k) for j in range(k) if i != j]
    inside = sum(nu[i] * nu[j] * distance(validation[i], validation[j]) for i in range(m) for j in range(m))
    found = {
        "nearest_distance": sum(nu[j] * nearest[j] for j in range(m)),
        "radius": max(nearest),
        "stray_distance": sum(min(distance(c, v) for v in validation) for c in chosen) / k,
        "mean_distance": between,
        "centroid_distance": distance(chosen.mean(axis=0), (nu[:, None] * validation).sum(axis=0)),
        "energy_distance": 2 * between - sum(pairs) / k**2 - inside,
        "diversity": -sum(pairs) / len(pairs) if pairs else 0.0,
    }
    return {name: value / problem.distance_scale for name, value in found.items()}


@given(problem=problems(), data=st.data())
@settings(max_examples=40, deadline=None)
def test_each_is_its_definition(problem: Problem, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, problem.num_pool))
    rows = np.array(data.draw(st.permutations(range(problem.num_pool)))[:k])
    found = other_proxies(problem, rows)
    assert set(found) == set(OTHER_PROXIES)
    assert found == pytest.approx(by_hand(problem, rows), abs=1e-7)
    again = other_proxies(problem, rows[::-1])
    assert found == pytest.approx(again, abs=1e-9), "the order of the rows is nothing"


@given(problem=problems(), data=st.data())
@settings(max_examples=30, deadline=None)
def test_two_of_them_hold_the_transport_term_between_them(problem: Problem, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, problem.num_pool))
    rows = np.arange(k)
    found, transport = other_proxies(problem, rows), poo(problem, rows, 0.0).transport_term
    assert found["nearest_distance"] <= transport + 1e-9
    assert transport <= found["mean_distance"] + 1e-9
    assert found["nearest_distance"] <= found["radius"] + 1e-12
    assert found["centroid_distance"] <= transport + 1e-9, "transport moves the mean at least that far"
    assert found["energy_distance"] >= 0


def test_a_coreset_that_is_the_validation_set_is_at_distance_nothing() -> None:
    points = np.random.default_rng(0).normal(size=(12, 4))
    problem = make_problem(Embeddings(np.vstack([points, points + 9]), "test"), Embeddings(points, "test"))
    found = other_proxies(problem, np.arange(12))
    for name in ("nearest_distance", "radius", "stray_distance", "centroid_distance", "energy_distance"):
        assert found[name] == pytest.approx(0, abs=1e-7)
    far = other_proxies(problem, np.arange(12, 24))
    assert all(far[name] > found[name] for name in found if name != "diversity")
    assert far["diversity"] == pytest.approx(found["diversity"])


def test_scale_is_taken_out() -> None:
    problem = make(30, 9, seed=3)
    larger = make_problem(Embeddings(problem.pool * 7, "test"), Embeddings(problem.validation * 7, "test"))
    rows = np.array([2, 11, 5, 29])
    assert other_proxies(problem, rows) == pytest.approx(other_proxies(larger, rows))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, rows = make(40, 11, seed=1, weighted=True), np.arange(0, 40, 3)
    whole = other_proxies(problem, rows)
    monkeypatch.setattr(module, "_BLOCK_CELLS", 25)
    assert other_proxies(replace(problem), rows) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("rows", [[], [-1], [30], [[1, 2]]])
def test_rows_that_do_not_exist_are_refused(rows: list) -> None:
    with pytest.raises(ShapeError, check=told("rows-out-of-range", largest=29)):
        other_proxies(make(30, 5), np.array(rows, np.int64))
