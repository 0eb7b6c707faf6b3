"""The certified solver against the truth: brute force, an exact integer program, and subsets of every kind."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array, kron

from goracs_core.engine.dense import DenseRows
from goracs_core.errors import JobCancelled, ShapeError
from goracs_core.methods import CertifiedConfig, ItraConfig
from goracs_core.objective import make_problem, poo
from goracs_core.progress import Progress
from goracs_core.selection import select
from goracs_core.selection.dual import DualAscent
from goracs_core.selection.label_aware import class_parts
from goracs_core.selection.verify import lower_bound, row_values
from goracs_core.types import Embeddings, GradientNorms
from tests.problems import costs, make, optimum, problems
from tests.refusals import told


def exact_optimum(problem, budget: int, lambda_: float) -> float:
    """The least POO by mixed-integer programming (HiGHS): y_i chosen, P_ij mass, rows of mass y_i / k."""
    cost = costs(problem, lambda_)
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones((1, m)))
    columns = np.asarray(kron(csr_array(np.ones((1, n))), csr_array(np.eye(m))).todense())
    link = np.hstack([rows, -np.eye(n) / budget])
    cover = np.hstack([columns, np.zeros((m, n))])
    count = np.hstack([np.zeros((1, n * m)), np.ones((1, n))])
    weights = problem.validation_weights
    found = milp(
        np.concatenate([cost.ravel(), np.zeros(n)]),
        constraints=[
            LinearConstraint(link, 0, 0),
            LinearConstraint(cover, weights, weights),
            LinearConstraint(count, budget, budget),
        ],
        integrality=np.concatenate([np.zeros(n * m), np.ones(n)]),
        bounds=(0, np.concatenate([np.full(n * m, np.inf), np.ones(n)])),
        options={"mip_rel_gap": 1e-9},
    )
    assert found.success
    return float(found.fun)


@settings(max_examples=60)
@given(problem=problems(max_pool=8, max_validation=8), data=st.data())
def test_bound_and_value_enclose_the_optimum(problem, data):
    budget = data.draw(st.integers(1, problem.num_pool))
    lambda_ = data.draw(st.sampled_from([0.0, 0.1, 1.0, 5.0]))
    selection = select(problem, CertifiedConfig(budget, lambda_, gap=0.0))
    best = optimum(problem, budget, lambda_)
    certificate = selection.certificate
    assert certificate is not None
    assert certificate.lower_bound <= best + 1e-12
    assert best <= selection.poo + 1e-9
    assert certificate.value == selection.poo
    expected = max(selection.poo - certificate.lower_bound, 0.0) / max(selection.transport_term, 1e-15)
    assert certificate.gap == pytest.approx(expected, abs=1e-9)
    if budget in (1, problem.num_pool):
        assert certificate.lower_bound == pytest.approx(selection.poo, abs=1e-9)  # both sides are exact there


@settings(max_examples=40)
@given(problem=problems(max_pool=7, max_validation=7), seed=st.integers(0, 999), data=st.data())
def test_any_prices_prove_a_bound(problem, seed, data):
    budget = data.draw(st.integers(1, problem.num_pool))
    prices = np.random.default_rng(seed).normal(0, 10.0 ** (seed % 4 - 2), problem.num_validation)
    bound = lower_bound(problem, prices, budget, 0.3)
    assert bound <= optimum(problem, budget, 0.3) + 1e-9
    assert lower_bound(problem, prices + 7.0, budget, 0.3) == pytest.approx(bound, abs=1e-9)  # only differences count


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "m", "budget", "lambda_"), [(14, 11, 4, 0.0), (12, 18, 5, 0.4), (16, 6, 9, 0.1)])
def test_an_exact_integer_program_lies_between_bound_and_value(n, m, budget, lambda_, weighted):
    problem = make(n, m, seed=n, weighted=weighted)
    best = exact_optimum(problem, budget, lambda_)
    selection = select(problem, CertifiedConfig(budget, lambda_, gap=0.0))
    assert selection.certificate is not None
    assert selection.certificate.lower_bound <= best + 1e-8
    assert selection.poo >= best - 1e-8
    assert selection.poo <= best + 0.03 * selection.transport_term


def test_the_integer_program_used_as_judge_agrees_with_brute_force():
    problem = make(7, 6, seed=2, weighted=True)
    assert exact_optimum(problem, 3, 0.2) == pytest.approx(optimum(problem, 3, 0.2), abs=1e-8)


@pytest.mark.parametrize("lambda_", [0.0, 0.1, 1.0])
def test_the_bound_never_exceeds_any_random_subset(lambda_):
    problem = make(300, 120, seed=6, width=8)
    selection = select(problem, CertifiedConfig(30, lambda_))
    assert selection.certificate is not None
    rng = np.random.default_rng(0)
    random_values = [poo(problem, rng.choice(300, 30, replace=False), lambda_).value for _ in range(200)]
    assert selection.certificate.lower_bound <= selection.poo < min(random_values)


def test_the_gap_is_small_and_better_than_the_published_solver():
    problem = make(800, 400, seed=1, width=16)
    certified = select(problem, CertifiedConfig(80, 0.1, gap=0.0))
    published = select(problem, ItraConfig(80, 0.1, max_exchanges=0))
    assert certified.certificate is not None
    assert certified.certificate.gap < 0.01
    assert certified.poo < published.poo


def test_the_certificate_is_what_the_independent_check_finds():
    problem = make(400, 150, seed=3, width=8, weighted=True)
    selection = select(problem, CertifiedConfig(37, 0.2))
    certificate = selection.certificate
    assert certificate is not None
    assert lower_bound(problem, certificate.prices, 37, 0.2) == pytest.approx(certificate.lower_bound, abs=1e-12)


@pytest.mark.parametrize("limit", ["1", "0"])
def test_streamed_rows_give_a_bound_as_true_and_a_coreset_as_good(monkeypatch, limit):
    problem = make(3000, 160, seed=4, width=8)
    dense = select(problem, CertifiedConfig(40, 0.1))
    monkeypatch.setenv("GORACS_DENSE_MIB", limit)
    streamed = select(problem, CertifiedConfig(40, 0.1))
    assert dense.certificate is not None
    assert streamed.certificate is not None
    assert lower_bound(problem, streamed.certificate.prices, 40, 0.1) == pytest.approx(
        streamed.certificate.lower_bound, abs=1e-12
    )
    assert streamed.certificate.lower_bound <= dense.poo
    assert dense.certificate.lower_bound <= streamed.poo
    assert streamed.certificate.gap < 0.02
    assert streamed.certificate.full_passes <= 10


def test_a_gap_asked_for_stops_the_solver_early_and_says_so():
    problem = make(500, 200, seed=2, width=8)
    loose = select(problem, CertifiedConfig(60, 0.1, gap=0.2))
    tight = select(problem, CertifiedConfig(60, 0.1, gap=0.0))
    assert loose.certificate is not None
    assert tight.certificate is not None
    assert "gap is at most 20" in loose.stop_reason
    assert loose.certificate.gap <= 0.2
    assert loose.certificate.rounds < tight.certificate.rounds
    assert tight.certificate.gap <= loose.certificate.gap


def test_a_time_limit_stops_it_with_what_is_proven_by_then():
    problem = make(500, 200, seed=2, width=8)
    selection = select(problem, CertifiedConfig(60, 0.1, gap=0.0, max_seconds=1e-6))
    assert "time limit" in selection.stop_reason
    assert selection.certificate is not None
    assert selection.certificate.lower_bound <= selection.poo


def test_the_history_of_bounds_closes_in_and_ends_at_the_certificate():
    selection = select(make(500, 200, seed=2, width=8), CertifiedConfig(60, 0.1, gap=0.0))
    history, certificate = selection.trace.bounds, selection.certificate
    assert history is not None
    assert certificate is not None
    assert (np.diff(history.lower) >= 0).all()
    assert (np.diff(history.upper[np.isfinite(history.upper)]) <= 0).all()
    assert (np.diff(history.seconds) >= 0).all()
    assert history.upper[-1] == pytest.approx(selection.poo, abs=1e-9)
    assert history.lower[-1] == pytest.approx(certificate.lower_bound, abs=1e-5)
    assert (history.lower <= history.upper).all()


def test_exchanges_of_the_polish_fall_from_the_start_value_to_the_end():
    problem = make(300, 120, seed=6, width=8)
    selection = select(problem, CertifiedConfig(30, 0.1, gap=0.0, max_rounds=2))
    trace = selection.trace
    assert trace.exchanges
    values = [trace.start_value, *(exchange.value for exchange in trace.exchanges)]
    assert (np.diff(values) < 0).all()
    assert values[-1] == pytest.approx(selection.poo, abs=1e-9)
    assert trace.tried_pairs >= len(trace.exchanges)


def test_the_published_solver_gets_a_bound_on_request_and_the_same_coreset():
    problem = make(300, 120, seed=6, width=8)
    plain = select(problem, ItraConfig(30, 0.1))
    bounded = select(problem, ItraConfig(30, 0.1, bound=True))
    assert plain.certificate is None
    assert bounded.certificate is not None
    assert bounded.indices.tolist() == plain.indices.tolist()
    certified = select(problem, CertifiedConfig(30, 0.1, gap=0.0))
    assert bounded.certificate.lower_bound <= certified.poo
    assert bounded.certificate.gap >= 0
    assert bounded.trace.bounds is not None


@pytest.mark.parametrize("method", [CertifiedConfig, lambda *a, **b: ItraConfig(*a, **b, bound=True)])
def test_label_aware_selections_have_one_certificate_for_all_classes(method):
    problem = make(80, 41, seed=7)
    selection = select(problem, method(13, 0.2, label_aware=True))
    certificate = selection.certificate
    assert certificate is not None
    assert selection.label_aware_poo is not None
    assert certificate.value == pytest.approx(selection.label_aware_poo)
    by_hand = sum(
        part.weight * lower_bound(part.problem, certificate.prices[part.validation_rows], part.quota, 0.2)
        for part in class_parts(problem, 13)
    )
    assert certificate.lower_bound == pytest.approx(by_hand, abs=1e-10)
    # No choice with these quotas has a smaller label-aware POO: try some.
    rng = np.random.default_rng(0)
    for _ in range(100):
        value = sum(
            part.weight * poo(part.problem, rng.choice(part.problem.num_pool, part.quota, replace=False), 0.2).value
            for part in class_parts(problem, 13)
        )
        assert certificate.lower_bound <= value


def test_three_classes_in_any_order_of_names():
    problem = make(90, 45, seed=8)
    labels = np.array([7, -2, 100])
    kept = "pool validation validation_weights gradient_norms has_gradient_norms distance_scale gradient_scale strata"
    relabelled = type(problem)(
        **{name: getattr(problem, name) for name in kept.split()},
        pool_labels=labels[np.arange(90) % 3],
        validation_labels=labels[np.arange(45) % 3],
    )
    selection = select(relabelled, CertifiedConfig(20, 0.1, label_aware=True))
    assert selection.certificate is not None
    assert relabelled.pool_labels is not None
    assert sorted(np.unique(relabelled.pool_labels[selection.indices], return_counts=True)[1].tolist()) == [6, 7, 7]


def test_cancelling_works_at_every_stage():
    problem = make(400, 150, seed=3, width=8)
    stages: list[str] = []
    select(problem, CertifiedConfig(40, 0.1, gap=0.0), progress=Progress(lambda stage, *_: stages.append(stage)))
    assert {"distances", "greedy", "closing the gap", "evaluation"} <= set(stages)
    for stage in dict.fromkeys(stages):

        def cancel(stage, done, total, detail="", at=stage):
            if stage == at:
                raise JobCancelled

        with pytest.raises(JobCancelled):
            select(problem, CertifiedConfig(40, 0.1, gap=0.0), progress=Progress(cancel))


def test_progress_tells_both_bounds():
    seen: list[tuple[float, float]] = []

    listen = Progress(bounds=lambda lower, upper: seen.append((lower, upper)))
    selection = select(make(400, 150, seed=3, width=8), CertifiedConfig(40, 0.1, gap=0.0), progress=listen)
    assert len(seen) > 5
    assert all(lower <= upper for lower, upper in seen)
    assert math.isfinite(seen[-1][0])
    assert seen[-1][1] == pytest.approx(selection.poo, abs=1e-9)


def test_duplicated_points_and_equal_distances_do_no_harm():
    problem = make(60, 40, seed=5, ties=True)
    selection = select(problem, CertifiedConfig(13, 0.3, gap=0.0))
    assert selection.certificate is not None
    assert selection.certificate.lower_bound <= selection.poo
    lonely = make(6, 3, seed=1, ties=True).take(np.zeros(5, np.int64), np.array([0, 0]))  # one point, five times
    assert select(lonely, CertifiedConfig(2, 0.0)).certificate is not None


def test_row_values_are_the_cheapest_fill():
    problem = make(9, 7, seed=1, weighted=True)
    prices = np.random.default_rng(0).normal(0.2, 0.3, 7)
    reduced = costs(problem, 0.3) - prices
    for i, value in enumerate(row_values(problem, prices, 3, 0.3)):
        least = min(
            _fill(reduced[i], problem.validation_weights, order, 1 / 3) for order in itertools.permutations(range(7))
        )
        assert value == pytest.approx(least, abs=1e-12)


def _fill(values, weights, order, mass):
    cost = 0.0
    for j in order:
        amount = min(weights[j], mass)
        cost, mass = cost + amount * values[j], mass - amount
    return cost


def test_prices_that_do_not_fit_are_refused():
    problem = make(9, 7)
    with pytest.raises(ShapeError, check=told("bad-prices", needed=7)):
        lower_bound(problem, np.zeros(6), 3, 0.0)
    with pytest.raises(ShapeError, check=told("bad-prices", needed=7)):
        lower_bound(problem, np.full(7, np.nan), 3, 0.0)


@settings(max_examples=40)
@given(problem=problems(max_pool=9, max_validation=8), data=st.data())
def test_eliminated_rows_are_in_no_better_set(problem, data):
    budget = data.draw(st.integers(1, problem.num_pool - 1))
    lambda_ = data.draw(st.sampled_from([0.0, 0.3]))
    reward = problem.gradient_reward(lambda_)
    rows = DenseRows(problem.scaled_distances())
    ascent = DualAscent(
        rows, reward, problem.validation_weights, budget, prices=np.full(problem.num_validation, 0.3), step=0.05
    )
    ascent.price_all()
    ascent.ascend(np.arange(problem.num_pool), 60, progress_share=(0.0, 1.0))
    ascent.price_all()
    everything = {
        subset: poo(problem, np.array(subset), lambda_).value
        for subset in itertools.combinations(range(problem.num_pool), budget)
    }
    upper = float(np.median(list(everything.values())))
    left = ascent.eliminate(upper)
    alive = set(range(problem.num_pool)) if ascent.alive is None else set(ascent.alive.tolist())
    assert len(alive) >= left
    for subset, value in everything.items():
        if value < upper - 1e-9:
            assert set(subset) <= alive
    complete = ascent.complete_best()
    assert complete.complete
    assert complete.bound <= min(everything.values()) + 1e-5


@pytest.mark.parametrize("lambda_", [0.1, 0.5])
def test_on_real_prompts_the_gap_asked_for_is_reached_and_independently_confirmed(real_data: Path, lambda_: float):
    folder = real_data / "games-15k-5k"
    problem = make_problem(
        Embeddings(np.load(folder / "train_embeddings.npy"), "test"),
        Embeddings(np.load(folder / "valid_embeddings.npy"), "test"),
        gradient_norms=GradientNorms(np.load(folder / "llama7b_gradient_norms_unaligned.npy"), "test", "test"),
    )
    selection = select(problem, CertifiedConfig(1000, lambda_, gap=0.001))
    certificate = selection.certificate
    assert certificate is not None
    assert certificate.gap <= 0.001
    assert selection.poo == pytest.approx(poo(problem, selection.indices, lambda_).value, abs=1e-12)
    confirmed = lower_bound(problem, certificate.prices, 1000, lambda_)
    assert confirmed == pytest.approx(certificate.lower_bound, abs=1e-12)
    assert confirmed <= poo(problem, np.random.default_rng(0).choice(15_000, 1000, replace=False), lambda_).value
