from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.methods import FacilityLocationConfig
from goracs_core.objective import Problem
from goracs_core.selection import select
from goracs_core.selection.facility_location import lazy_greedy, target_of
from goracs_core.selection.target_rows import TargetRows
from tests.problems import make, problems


def similarities(problem: Problem, target: str = "validation") -> tuple[np.ndarray, np.ndarray]:
    """1 - d / max d, pool x target, and the target's weights."""
    samples, weights = target_of(problem, FacilityLocationConfig(1, target=target))  # type: ignore[arg-type]
    distances = np.sqrt(((problem.pool[:, None] - samples[None]) ** 2).sum(axis=2))
    return 1 - distances / (distances.max() or 1), weights


def value(similarity: np.ndarray, weights: np.ndarray, rows) -> float:
    return float(similarity[list(rows)].max(axis=0) @ weights)


def rows_of(problem: Problem, target: str = "validation") -> tuple[TargetRows, np.ndarray]:
    samples, weights = target_of(problem, FacilityLocationConfig(1, target=target))  # type: ignore[arg-type]
    rows = TargetRows(problem.pool, samples, problem.distance_scale)
    rows.fill()
    return rows, weights


def plain_greedy(similarity: np.ndarray, weights: np.ndarray, budget: int) -> list[int]:
    """Every gain at every step, from nothing; the first of equal ones."""
    chosen: list[int] = []
    covered = np.zeros(similarity.shape[1])
    for _ in range(budget):
        gains = np.maximum(similarity - covered, 0) @ weights
        gains[chosen] = -1
        chosen.append(int(gains.argmax()))
        covered = np.maximum(covered, similarity[chosen[-1]])
    return chosen


@settings(max_examples=60)
@given(problem=problems(max_pool=8), data=st.data(), target=st.sampled_from(["validation", "pool"]))
def test_greedy_reaches_its_share_of_the_optimum_and_every_step_is_a_best_one(problem, data, target):
    budget = data.draw(st.integers(1, problem.num_pool))
    similarity, weights = similarities(problem, target)
    located = lazy_greedy(*rows_of(problem, target), budget)
    best = max(value(similarity, weights, some) for some in combinations(range(problem.num_pool), budget))
    assert value(similarity, weights, located.rows) >= (1 - 1 / np.e) * best - 1e-9
    for step in range(1, budget):
        taken = located.rows[:step].tolist()
        rises = [value(similarity, weights, [*taken, other]) for other in range(problem.num_pool) if other not in taken]
        reached = value(similarity, weights, [*taken, located.rows[step]])
        assert reached == pytest.approx(max(rises), abs=1e-6)
    helpful = {value(similarity, weights, located.rows[: located.helpful]), value(similarity, weights, located.rows)}
    assert max(helpful) - min(helpful) < 1e-6
    assert (np.diff(located.rows[located.helpful :]) > 0).all(), "the rest in the order of the pool"


@pytest.mark.parametrize("target", ["validation", "pool"])
def test_lazy_chooses_what_plain_greedy_chooses_and_looks_at_few(target):
    problem = make(400, 150, seed=1, width=8, weighted=True)
    located = lazy_greedy(*rows_of(problem, target), 40)
    assert located.rows.tolist() == plain_greedy(*similarities(problem, target), 40)
    assert located.helpful == 40
    assert located.evaluated_rows < 0.3 * 400 * 40


@pytest.mark.parametrize("target", ["validation", "pool"])
def test_rows_that_are_not_held_change_nothing(monkeypatch, target):
    problem = make(400, 150, seed=2, width=8)
    dense = lazy_greedy(*rows_of(problem, target), 60)
    monkeypatch.setenv("GORACS_DENSE_MIB", "0")
    rows, weights = rows_of(problem, target)
    assert rows.capacity == 64
    streamed = lazy_greedy(rows, weights, 60)
    assert streamed.rows.tolist() == dense.rows.tolist()
    assert [rows.holds(row) for row in range(400)].count(True) <= 64


def test_held_rows_are_the_right_ones(monkeypatch):
    monkeypatch.setenv("GORACS_DENSE_MIB", "0")
    problem = make(200, 30, seed=3)
    rows, weights = rows_of(problem)
    exact = problem.scaled_distances()
    for asked in np.random.default_rng(0).integers(200, size=300):
        assert rows.row(int(asked)) == pytest.approx(exact[asked], abs=1e-6)
    assert rows.weighted_sums(weights) == pytest.approx(exact @ weights, abs=1e-6)


def test_a_budget_that_nobody_needs_is_filled_in_the_order_of_the_pool():
    problem = make(30, 3, seed=4)
    selection = select(problem, FacilityLocationConfig(30, 0.0))
    assert sorted(selection.indices.tolist()) == list(range(30))
    assert "none of the others serves the validation better" in selection.stop_reason
    # The first row serves all; after it each validation sample's own nearest helps, and nobody else.
    assert (np.diff(selection.indices[4:]) > 0).all()


def test_weights_and_target_count():
    problem = make(80, 30, seed=5)
    weights = np.linspace(1, 9, 30)
    base = select(problem, FacilityLocationConfig(6, 0.0)).fingerprint
    assert select(problem, FacilityLocationConfig(6, 0.0, target="pool")).fingerprint != base
    weighted = lazy_greedy(rows_of(problem)[0], weights / weights.sum(), 6)
    assert weighted.rows.tolist() != select(problem, FacilityLocationConfig(6, 0.0)).indices.tolist()


@pytest.mark.parametrize("target", ["pool", "validation"])
def test_weights_of_the_target_are_shares(target):
    samples, weights = target_of(make(30, 12), FacilityLocationConfig(1, target=target))
    assert len(samples) == len(weights)
    assert weights.sum() == pytest.approx(1)
