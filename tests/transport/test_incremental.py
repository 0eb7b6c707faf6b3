"""Transport that is updated in place equals transport solved anew, whatever was exchanged before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.errors import ShapeError
from goracs_core.transport import solve_uniform
from goracs_core.transport.incremental import TransportState
from goracs_core.transport.units import whole_units


def points(size: int, columns: int, *, seed: int, ties: bool) -> np.ndarray:
    """Distances between random points; on a coarse grid with `ties`."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(size, 2)), rng.normal(size=(columns, 2))
    if ties:
        x, y = np.round(x), np.round(y)
    return np.sqrt(((x[:, None] - y[None]) ** 2).sum(-1))


def masses(columns: int, *, seed: int, weighted: bool) -> np.ndarray:
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.01, 3.0, columns) if weighted else np.ones(columns)
    return weights / weights.sum()


@pytest.mark.parametrize(
    ("k", "m", "weighted", "ties"),
    [(5, 9, False, False), (9, 5, False, True), (7, 13, True, False), (20, 20, False, True), (1, 5, True, False),
     (30, 4, True, True), (12, 200, False, False)],
)  # fmt: skip
def test_after_hundreds_of_exchanges_value_plan_and_potentials_are_those_of_a_fresh_solve(k, m, weighted, ties):
    distance = points(120, m, seed=k, ties=ties)
    mass = masses(m, seed=k, weighted=weighted)
    rows = list(range(k))
    state = TransportState(distance[rows], mass)
    rng = np.random.default_rng(0)
    accepted = refused = 0
    for number in range(300):
        position, enters = int(rng.integers(k)), int(rng.integers(k, 120))
        below = np.inf if number % 3 else state.value
        trial = [*rows[:position], enters, *rows[position + 1 :]]
        true = solve_uniform(distance[trial], mass).value
        before = state.value
        value = state.try_exchange(position, distance[enters], below=below)
        if value is None:
            refused += 1
            assert true >= below - 1e-9
            assert state.value == before
            assert (state.cost == distance[rows]).all()
        else:
            accepted += 1
            rows = trial
            assert value == pytest.approx(true, abs=1e-10)
    assert accepted > 100
    assert refused > (0 if ties else 10)
    solution = state.solution()
    assert solution.value == pytest.approx(solve_uniform(distance[rows], mass).value, abs=1e-10)
    slack = distance[rows] - solution.row_potentials[:, None] - solution.column_potentials
    assert slack.min() > -1e-9  # potentials feasible
    dual = solution.row_potentials.mean() + solution.column_potentials @ mass
    assert dual == pytest.approx(solution.value, abs=1e-9)  # duality gap zero
    np.testing.assert_allclose(np.bincount(solution.rows, solution.mass, k), 1 / k, rtol=1e-9)
    np.testing.assert_allclose(np.bincount(solution.columns, solution.mass, m), mass, rtol=1e-8, atol=1e-12)


@settings(max_examples=40)
@given(
    k=st.integers(1, 8),
    m=st.integers(1, 12),
    seed=st.integers(0, 999),
    ties=st.booleans(),
    weighted=st.booleans(),
    data=st.data(),
)
def test_one_exchange_on_any_small_problem(k, m, seed, ties, weighted, data):
    distance, mass = points(k + 3, m, seed=seed, ties=ties), masses(m, seed=seed, weighted=weighted)
    state = TransportState(distance[:k], mass)
    assert state.value == pytest.approx(solve_uniform(distance[:k], mass).value, abs=1e-10)
    position = data.draw(st.integers(0, k - 1))
    trial = distance[:k].copy()
    trial[position] = distance[k]
    assert state.try_exchange(position, distance[k]) == pytest.approx(solve_uniform(trial, mass).value, abs=1e-10)


def test_a_refused_exchange_leaves_everything_as_it_was():
    distance, mass = points(40, 25, seed=1, ties=False), masses(25, seed=1, weighted=False)
    state = TransportState(distance[:10], mass)
    before = state.solution()
    assert state.try_exchange(3, distance[20] + 5.0, below=state.value) is None
    after = state.solution()
    for name in ("value", "rows", "columns", "mass", "row_potentials", "column_potentials"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_a_start_from_known_prices_changes_nothing_but_the_way():
    distance, mass = points(30, 40, seed=2, ties=False), masses(40, seed=2, weighted=True)
    cold = TransportState(distance, mass)
    warm = TransportState(distance, mass, prices=cold.column_potentials.copy())
    assert warm.value == pytest.approx(cold.value, abs=1e-11)
    astray = TransportState(distance, mass, prices=np.random.default_rng(0).normal(size=40))
    assert astray.value == pytest.approx(cold.value, abs=1e-11)
    assert astray.solution().value == pytest.approx(cold.value, abs=1e-11)


def test_costs_of_another_length_are_refused():
    state = TransportState(points(5, 4, seed=0, ties=False), np.full(4, 0.25))
    with pytest.raises(ShapeError, match="needs 4 costs"):
        state.try_exchange(0, np.zeros(5))


@settings(max_examples=60)
@given(rows=st.integers(1, 50), columns=st.integers(1, 50), seed=st.integers(0, 99), spread=st.floats(0, 12))
def test_whole_units_add_up_on_both_sides(rows, columns, seed, spread):
    weights = np.random.default_rng(seed).uniform(-spread, 0, columns)
    mass = 10.0**weights / (10.0**weights).sum()
    row_units, column_units = whole_units(mass, rows)
    assert column_units.sum() == rows * row_units
    assert column_units.min() >= 1
    np.testing.assert_allclose(column_units / column_units.sum(), mass, atol=1e-10)
