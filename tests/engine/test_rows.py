"""Wherever rows of distances live, they are priced alike; and the fill is the one that can be written down."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.dense_limit import dense_fits, dense_limit_bytes
from goracs_core.engine.dense import DenseRows
from goracs_core.engine.gpu import TorchRows, cuda_device
from goracs_core.engine.open import open_rows
from goracs_core.engine.protocol import DistanceRows, Fill
from goracs_core.engine.streamed import StreamedRows
from goracs_core.methods import CertifiedConfig
from goracs_core.selection.certified import select_certified
from goracs_core.selection.threads import bounded_threads
from goracs_core.selection.verify import lower_bound, row_values
from tests.problems import make, problems


def engines(problem) -> dict[str, DistanceRows]:
    return {
        "dense": DenseRows(problem.scaled_distances()),
        "streamed": StreamedRows(problem),
        "torch": TorchRows(problem, "cpu"),
    }


@pytest.mark.parametrize("name", ["dense", "streamed", "torch"])
@settings(max_examples=30)
@given(problem=problems(max_pool=12, max_validation=40), data=st.data())
def test_costs_are_those_of_the_plain_computation(name, problem, data):
    budget = data.draw(st.integers(1, problem.num_pool))
    prices = np.random.default_rng(data.draw(st.integers(0, 99))).normal(0.3, 0.2, problem.num_validation)
    rows = engines(problem)[name]
    priced = rows.price(prices, Fill.of(problem.validation_weights, budget))
    expected = row_values(problem, prices, budget, 0.0)
    error = (rows.error + 1e-6) / budget
    np.testing.assert_allclose(priced.costs, expected, atol=error)


@pytest.mark.parametrize("name", ["dense", "streamed", "torch"])
@pytest.mark.parametrize(("m", "budget"), [(700, 3), (700, 40), (700, 69), (30, 60), (700, 1), (2000, 7)])
@pytest.mark.parametrize("weighted", [False, True])
def test_short_and_long_fills_agree_with_it(name, m, budget, weighted):
    problem = make(70, m, seed=m, weighted=weighted, width=6)
    prices = np.random.default_rng(0).normal(0.3, 0.1, m)
    rows, fill = engines(problem)[name], Fill.of(problem.validation_weights, budget)
    expected = row_values(problem, prices, budget, 0.0)
    np.testing.assert_allclose(rows.price(prices, fill).costs, expected, atol=(rows.error + 1e-6) / budget)
    moved = prices + np.random.default_rng(1).normal(0, 0.05, m)  # a second call knows where to look
    expected = row_values(problem, moved, budget, 0.0)
    np.testing.assert_allclose(rows.price(moved, fill).costs, expected, atol=(rows.error + 1e-6) / budget)


@pytest.mark.parametrize("name", ["dense", "streamed", "torch"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("m", [30, 700])
def test_only_some_rows_cost_what_they_cost_among_all_and_the_others_infinity(name, weighted, m):
    problem = make(70, m, seed=9, weighted=weighted, width=6)
    rows, fill = engines(problem)[name], Fill.of(problem.validation_weights, 20)
    only = np.array([3, 0, 41, 69])
    others = np.setdiff1d(np.arange(70), only)
    for seed in (0, 1):  # the second call may use what the first one found
        prices = np.random.default_rng(seed).normal(0.3, 0.1, m)
        some, everything = rows.price(prices, fill, only=only), rows.price(prices, fill)
        np.testing.assert_allclose(some.costs[only], everything.costs[only], rtol=0, atol=1e-6 / 20)
        np.testing.assert_allclose(some.thresholds[only], everything.thresholds[only], rtol=0, atol=1e-6)
        assert (some.costs[others] == np.inf).all()
        assert np.isnan(some.thresholds[others]).all()
        assert np.isfinite(everything.costs).all()
        # What was priced tells where the mass goes, as after pricing everything.
        loads = [rows.load(prices, fill, priced, only) for priced in (some, everything)]
        np.testing.assert_allclose(loads[0], loads[1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["dense", "streamed", "torch"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ties", [False, True])
def test_the_load_of_rows_is_the_derivative_of_their_costs(name, weighted, ties):
    problem = make(40, 90, seed=3, weighted=weighted, ties=ties)
    budget, prices = 12, np.random.default_rng(2).normal(0.3, 0.1, 90)
    rows, fill = engines(problem)[name], Fill.of(problem.validation_weights, budget)
    priced = rows.price(prices, fill)
    chosen = np.arange(0, 40, 3)
    load = rows.load(prices, fill, priced, chosen)
    assert load.sum() == pytest.approx(len(chosen) / budget, rel=1e-6)
    assert (load >= 0).all()
    # L is concave and the load a supergradient: no step can gain more than it promises.
    for seed in range(5):
        step = np.random.default_rng(seed).normal(0, 0.05, 90)
        before = row_values(problem, prices, budget, 0.0, rows=chosen).sum()
        after = row_values(problem, prices + step, budget, 0.0, rows=chosen).sum()
        assert after <= before - load @ step + 1e-5


@pytest.mark.parametrize("name", ["streamed", "torch"])
def test_taken_rows_are_the_dense_ones_within_the_stated_error(name):
    problem = make(60, 30, seed=1, width=20)
    rows = engines(problem)[name]
    rows.price(np.zeros(30), Fill.of(problem.validation_weights, 10))  # the error is known once all rows were seen
    chosen = np.array([5, 0, 59, 17])
    taken = rows.take(chosen)
    exact = problem.distance_rows(chosen) / problem.distance_scale
    assert np.abs(taken - exact).max() <= rows.error
    subset = rows.subset(chosen)
    assert subset.num_rows == 4
    np.testing.assert_allclose(subset.take(np.arange(4)), taken, atol=1e-6)


def test_duplicates_stay_within_the_stated_error():
    problem = make(60, 30, seed=4, ties=True)
    rows = StreamedRows(problem)
    exact = problem.distance_rows(np.arange(60)) / problem.distance_scale
    assert (exact == 0).any()
    assert np.abs(rows.take(np.arange(60)) - exact).max() <= rows.error


def test_memory_decides_between_dense_and_streamed(monkeypatch: pytest.MonkeyPatch):
    problem = make(600, 500)
    assert isinstance(open_rows(problem), DenseRows)
    monkeypatch.setenv("GORACS_DENSE_MIB", "1")
    assert dense_limit_bytes() == 2**20
    assert not dense_fits(600, 500)
    assert isinstance(open_rows(problem), StreamedRows)


def test_loads_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch):
    problem = make(300, 200, seed=5, width=8)
    fill, prices = Fill.of(problem.validation_weights, 20), np.full(200, 0.2)
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("GORACS_THREADS", threads)
        with bounded_threads():
            rows = DenseRows(problem.scaled_distances())
            priced = rows.price(prices, fill)
            found.append((priced.costs, rows.load(prices, fill, priced, np.arange(0, 300, 7))))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_the_solver_on_a_torch_device_proves_and_chooses_alike():
    problem = make(700, 150, seed=4, width=8)
    config = CertifiedConfig(40, 0.1, gap=0.0)
    dense = select_certified(problem, config)
    torch = select_certified(problem, config, rows=TorchRows(problem, "cpu"))
    assert dense.bound is not None
    assert torch.bound is not None
    assert torch.bound.lower_bound == pytest.approx(lower_bound(problem, torch.bound.prices, 40, 0.1), abs=1e-12)
    assert torch.bound.lower_bound == pytest.approx(dense.bound.lower_bound, abs=2e-4)
    assert dense.value is not None
    assert torch.value is not None
    assert torch.value.value == pytest.approx(dense.value.value, abs=1e-3)


def test_no_gpu_is_looked_for_when_it_is_switched_off(monkeypatch: pytest.MonkeyPatch):
    cuda_device.cache_clear()
    monkeypatch.setenv("GORACS_GPU", "0")
    assert cuda_device() is None
    cuda_device.cache_clear()


@pytest.mark.skipif(cuda_device() is None, reason="there is no CUDA device")
def test_a_gpu_prices_like_the_processor():
    problem = make(3000, 700, seed=4, width=32)
    fill, prices = Fill.of(problem.validation_weights, 60), np.random.default_rng(0).normal(0.3, 0.1, 700)
    rows = TorchRows(problem, cuda_device() or "cuda")
    expected = row_values(problem, prices, 60, 0.0)
    np.testing.assert_allclose(rows.price(prices, fill).costs, expected, atol=(rows.error + 1e-6) / 60)
