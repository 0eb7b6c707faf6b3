import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from goracs_core.errors import ShapeError, SolverError
from goracs_core.transport import solve, solve_uniform
from tests.refusals import told


@st.composite
def transports(draw):
    k, m, seed = draw(st.integers(1, 7)), draw(st.integers(1, 7)), draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    cost = rng.uniform(-2, 3, size=(k, m))
    if draw(st.booleans()):
        cost = np.round(cost)
    row_mass, column_mass = rng.uniform(0.1, 1, size=k), rng.uniform(0.1, 1, size=m)
    return cost, row_mass / row_mass.sum(), column_mass / column_mass.sum()


def by_linear_programming(cost, row_mass, column_mass):
    k, m = cost.shape
    rows = np.kron(np.eye(k), np.ones(m))
    columns = np.kron(np.ones(k), np.eye(m))
    result = linprog(cost.ravel(), A_eq=np.vstack([rows, columns])[:-1], b_eq=np.r_[row_mass, column_mass][:-1])
    assert result.status == 0
    return result.fun


@given(transports())
def test_value_is_the_linear_programme_s_optimum(problem):
    assert solve(*problem).value == pytest.approx(by_linear_programming(*problem), abs=1e-9)


@given(transports())
def test_plan_has_the_masses_and_is_basic(problem):
    cost, row_mass, column_mass = problem
    solution = solve(*problem)
    plan = np.zeros(cost.shape)
    plan[solution.rows, solution.columns] = solution.mass
    assert plan.sum(axis=1) == pytest.approx(row_mass, abs=1e-12)
    assert plan.sum(axis=0) == pytest.approx(column_mass, abs=1e-12)
    assert len(solution.mass) <= sum(cost.shape) - 1
    assert (plan * cost).sum() == pytest.approx(solution.value, abs=1e-12)


@given(transports())
def test_potentials_are_feasible_and_prove_the_value(problem):
    cost, row_mass, column_mass = problem
    solution = solve(*problem)
    slack = cost - solution.row_potentials[:, None] - solution.column_potentials[None, :]
    assert slack.min() >= -1e-9
    assert np.abs(slack[solution.rows, solution.columns]).max() <= 1e-9
    assert solution.row_potentials @ row_mass + solution.column_potentials @ column_mass == pytest.approx(
        solution.value, abs=1e-9
    )


@given(transports(), st.floats(0.1, 10), st.floats(-5, 5))
def test_value_is_affine_in_the_cost(problem, scale, shift):
    cost, row_mass, column_mass = problem
    moved = solve(scale * cost + shift, row_mass, column_mass).value
    assert moved == pytest.approx(scale * solve(*problem).value + shift, abs=1e-8)


def test_strongly_negative_costs_are_solved_not_answered_with_zero():
    rng = np.random.default_rng(0)
    cost = rng.uniform(-5, -4, size=(40, 60))
    value = solve_uniform(cost, np.full(60, 1 / 60)).value
    assert value == pytest.approx(solve_uniform(cost + 10, np.full(60, 1 / 60)).value - 10, abs=1e-9)
    assert -5 <= value <= -4


@settings(max_examples=50)
@given(transports(), st.integers(0, 1000))
def test_any_start_leads_to_the_same_value(problem, seed):
    cost = problem[0]
    rng = np.random.default_rng(seed)
    start = rng.normal(size=cost.shape[0]), rng.normal(size=cost.shape[1])
    assert solve(*problem, start=start).value == pytest.approx(solve(*problem).value, abs=1e-9)


def test_too_few_pivots_is_an_error_not_a_number():
    rng = np.random.default_rng(0)
    with pytest.raises(SolverError, match=r"20 x 30 block was not optimal after 3 pivots"):
        solve(rng.uniform(size=(20, 30)), np.full(20, 1 / 20), np.full(30, 1 / 30), max_pivots=3)


@pytest.mark.parametrize(
    ("cost", "row_mass", "column_mass", "says"),
    [
        (np.ones((2, 3)), np.full(3, 1 / 3), np.full(3, 1 / 3), r"must be \[3, 3\]"),
        (np.array([[np.nan, 1.0]]), np.ones(1), np.full(2, 0.5), "finite"),
        (np.ones((1, 2)), np.ones(1), np.array([1.0, 0.0]), "positive"),
        (np.ones((1, 2)), np.ones(1), np.array([0.5, 0.6]), "same total"),
    ],
)
def test_bad_input_is_refused(cost, row_mass, column_mass, says):
    with pytest.raises(ShapeError, match=says):
        solve(cost, row_mass, column_mass)


def test_potentials_that_do_not_prove_the_value_are_refused(monkeypatch):
    honest = ot.emd

    def careless(*arguments, **options):
        plan, log = honest(*arguments, **options)
        return plan, log | {"u": log["u"] - 0.1}

    monkeypatch.setattr(ot, "emd", careless)
    cost, masses = np.random.default_rng(0).uniform(size=(3, 5)), (np.full(3, 1 / 3), np.full(5, 0.2))
    with pytest.raises(SolverError, check=told("duality-gap", rows=3, columns=5)):
        solve(cost, *masses)
