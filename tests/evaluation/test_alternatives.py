"""What a coreset is without one of its samples: removal and the best replacement against brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import goracs_core.evaluation.alternatives as module
from goracs_core.errors import ShapeError
from goracs_core.evaluation.alternatives import alternatives
from goracs_core.methods import ItraConfig, RandomConfig
from goracs_core.objective import Problem, poo
from goracs_core.selection import select
from goracs_core.selection.label_aware import class_parts
from goracs_core.selection.polish import Coreset
from tests.problems import costs, make, problems
from tests.refusals import told

LAMBDAS = st.sampled_from([0.0, 0.2, 1.5])


def transport(cost: np.ndarray, weights: np.ndarray) -> float:
    """POO of the rows of `cost`, by POT from nothing."""
    solved: Any = ot.emd2(np.full(len(cost), 1 / len(cost)), weights, cost - cost.min())
    return float(solved) + float(cost.min())


def drawn(problem: Problem, budget: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(problem.num_pool, budget, replace=False)


@settings(max_examples=60)
@given(problems(), LAMBDAS, st.data())
def test_removal_and_replacement_equal_brute_force(problem: Problem, lambda_: float, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, problem.num_pool))
    rows, position = drawn(problem, budget, budget), data.draw(st.integers(0, budget - 1))
    cost, weights = costs(problem, lambda_), problem.validation_weights
    value = transport(cost[rows], weights)
    found = alternatives(problem, rows, position, RandomConfig(budget, lambda_=lambda_))
    others = np.delete(rows, position)
    if budget == 1:
        assert found.removal is None
    else:
        assert found.removal is not None
        assert found.removal.poo == pytest.approx(transport(cost[others], weights) - value, abs=1e-8)
    outside = np.setdiff1d(np.arange(problem.num_pool), rows)
    if not len(outside):
        assert found.replacement is None
        return
    assert found.replacement is not None
    values = {int(row): transport(cost[np.append(others, row)], weights) - value for row in outside}
    assert found.replacement.proven
    assert found.replacement.others == len(outside)
    assert found.replacement.change.poo == pytest.approx(min(values.values()), abs=1e-8)
    assert values[found.replacement.row] == pytest.approx(min(values.values()), abs=1e-8)


@given(problems(max_pool=8, max_validation=8), LAMBDAS, st.data())
def test_a_bound_never_exceeds_the_value_and_is_exact_for_the_row_itself(
    problem: Problem, lambda_: float, data: st.DataObject
) -> None:
    budget = data.draw(st.integers(1, problem.num_pool))
    rows, position = drawn(problem, budget, 3), data.draw(st.integers(0, budget - 1))
    coreset = Coreset(problem, rows, lambda_)
    outside = np.setdiff1d(np.arange(problem.num_pool), rows)
    every = np.append(outside, rows[position])
    distance = problem.distance_rows(every) / problem.distance_scale
    bounds = coreset.exchange_bounds(position, every, distance)
    assert bounds[-1] == pytest.approx(coreset.value, abs=1e-9)
    for place, row in enumerate(outside):
        trial = np.append(np.delete(rows, position), row)
        value = poo(problem, trial, lambda_).value
        assert bounds[place] <= value + 1e-9
        coreset.exchange(position, int(row), distance[place])
        assert coreset.value == pytest.approx(value, abs=1e-9)
        again = coreset.exchange_bounds(position, every, distance)
        assert again[place] == pytest.approx(value, abs=1e-9)


def test_terms_are_the_differences_of_objectives_computed_anew() -> None:
    problem = make(90, 40, seed=6, width=5, weighted=True)
    rows = drawn(problem, 12)
    before = poo(problem, rows, 0.4)
    found = alternatives(problem, rows, 5, RandomConfig(12, lambda_=0.4), prices=before.solution.column_potentials)
    assert found.removal is not None
    assert found.replacement is not None
    trials = {"removal": np.delete(rows, 5), "replacement": np.append(np.delete(rows, 5), found.replacement.row)}
    for change, trial in ((found.removal, trials["removal"]), (found.replacement.change, trials["replacement"])):
        after = poo(problem, trial, 0.4)
        assert change.transport == pytest.approx(after.transport_term - before.transport_term, abs=1e-9)
        assert change.gradient == pytest.approx(-0.4 * (after.gradient_term - before.gradient_term), abs=1e-9)
        assert change.poo == pytest.approx(after.value - before.value, abs=1e-9)


def test_no_sample_of_a_swap_optimal_coreset_has_a_better_replacement() -> None:
    problem = make(60, 30, seed=2, width=5)
    config = ItraConfig(10, 0.2, max_exchanges=1000, prune_candidates=60)
    chosen = select(problem, config)
    for position in range(10):
        found = alternatives(problem, chosen.indices, position, config)
        assert found.replacement is not None
        assert found.replacement.proven
        assert found.replacement.change.poo >= -1e-9


def test_a_search_that_ends_early_says_so_and_gives_a_real_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = make(400, 60, seed=4, width=6)
    rows, config = drawn(problem, 20), RandomConfig(20, lambda_=0.1)
    whole = [alternatives(problem, rows, position, config).replacement for position in range(20)]
    early = [alternatives(problem, rows, position, config, most=1).replacement for position in range(20)]
    monkeypatch.setattr(module, "_HELD_BYTES", 8 * 60)
    narrow = [alternatives(problem, rows, position, config).replacement for position in range(20)]
    value = poo(problem, rows, 0.1).value
    for position, (full, *short) in enumerate(zip(whole, early, narrow, strict=True)):
        assert full is not None
        assert full.proven
        for one in short:
            assert one is not None
            assert one.change.poo >= full.change.poo - 1e-9
            assert not one.proven or one.change.poo == pytest.approx(full.change.poo, abs=1e-9)
            trial = np.append(np.delete(rows, position), one.row)
            assert one.change.poo == pytest.approx(poo(problem, trial, 0.1).value - value, abs=1e-9)
    assert sum(one.solved for one in whole if one is not None) < 2 * 20, (
        "bounds that leave the row itself out are tight"
    )
    assert any(one is not None and not one.proven for one in early)
    assert any(one is not None and not one.proven for one in narrow)
    assert all(one is not None and one.solved == 1 for one in early)


def test_prices_and_the_size_of_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = make(80, 30, seed=8, width=4)
    rows, config = drawn(problem, 9), RandomConfig(9)
    first = alternatives(problem, rows, 2, config)
    monkeypatch.setattr("goracs_core.objective._BLOCK_BYTES", 8 * 30 * 7)
    second = alternatives(problem, rows, 2, config, prices=np.random.default_rng(0).normal(size=30))
    assert first.removal is not None
    assert second.removal is not None
    assert first.replacement is not None
    assert second.replacement is not None
    assert second.removal.poo == pytest.approx(first.removal.poo, abs=1e-9)
    assert second.replacement.row == first.replacement.row
    assert second.replacement.change.poo == pytest.approx(first.replacement.change.poo, abs=1e-9)


def test_of_a_label_aware_coreset_the_label_stays() -> None:
    problem = make(50, 24, seed=1, width=4)
    config = ItraConfig(8, 0.3, label_aware=True, max_exchanges=1000, prune_candidates=50)
    chosen = select(problem, config)
    parts = class_parts(problem, 8)

    def united(rows: np.ndarray) -> float:
        inside = [np.searchsorted(part.pool_rows, rows[np.isin(rows, part.pool_rows)]) for part in parts]
        values = [poo(part.problem, mine, 0.3).value for part, mine in zip(parts, inside, strict=True)]
        return float(np.dot([part.weight for part in parts], values))

    assert problem.pool_labels is not None
    for position in range(8):
        row = chosen.indices[position]
        found = alternatives(problem, chosen.indices, position, config)
        assert found.replacement is not None
        assert found.removal is not None
        assert problem.pool_labels[found.replacement.row] == problem.pool_labels[row]
        assert found.replacement.change.poo >= -1e-9, "a swap-optimal coreset within each label"
        others = np.delete(chosen.indices, position)
        before = united(chosen.indices)
        assert found.removal.poo == pytest.approx(united(others) - before, abs=1e-9)
        assert found.replacement.change.poo == pytest.approx(
            united(np.append(others, found.replacement.row)) - before, abs=1e-9
        )


def test_a_position_outside_is_refused() -> None:
    problem = make(20, 5)
    with pytest.raises(ShapeError, check=told("position-out-of-range", position=3)):
        alternatives(problem, np.arange(3), 3, RandomConfig(3))
