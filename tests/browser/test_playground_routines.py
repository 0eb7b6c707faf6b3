"""The playground's routines in the browser compute what the core computes, on the same points."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

import goracs_core as goracs
from goracs_core.objective import Problem, make_problem, poo
from goracs_core.selection.greedy import greedy_start
from goracs_core.selection.verify import lower_bound
from goracs_core.types import Embeddings, FloatArray, GradientNorms
from pages._ui.frontend import BUILT

Call = Callable[..., Any]
CLOSE = 1e-9

LOADED = """async source => {
    const address = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
    window.routines = (await import(address)).routines;
}"""


@pytest.fixture(scope="module")
def call(chromium: Browser) -> Iterator[Call]:
    """Runs JavaScript in a page that has the built file's `routines`; NaN and the like do not survive."""
    page = chromium.new_page()
    page.evaluate(LOADED, (BUILT / "playground.js").read_text(encoding="utf-8"))

    def call(code: str, **given: Any) -> Any:
        return page.evaluate(f"given => {{ const r = window.routines; {code} }}", given)

    yield call
    page.close()


@dataclass(frozen=True)
class Case:
    """Points in the plane, for both sides."""

    pool: FloatArray
    validation: FloatArray
    norms: FloatArray

    @property
    def problem(self) -> Problem:
        return make_problem(
            Embeddings(self.pool, "test"),
            Embeddings(self.validation, "test"),
            gradient_norms=GradientNorms(self.norms, "test", "test"),
        )

    @property
    def given(self) -> dict[str, Any]:
        pool = [{"x": x, "y": y, "g": g} for (x, y), g in zip(self.pool.tolist(), self.norms.tolist(), strict=True)]
        return {"pool": pool, "validation": [{"x": x, "y": y} for x, y in self.validation.tolist()]}


def case(n: int, m: int, seed: int, kind: str = "plain") -> Case:
    """Points in the grid of the playground; with ties on a coarse grid, with duplicates, or all in one place."""
    rng = np.random.default_rng(seed)
    limit = {"plain": 4096, "ties": 4, "same": 1}.get(kind, 4096)
    pool, validation = rng.integers(limit, size=(n, 2)), rng.integers(limit, size=(m, 2))
    norms = rng.integers(3 if kind == "ties" else 256, size=n)
    if kind == "duplicates":
        pool[n // 2 :] = pool[: n - n // 2]
        norms[n // 2 :] = norms[: n - n // 2]
        validation[m // 2 :] = pool[: m - m // 2]
    if kind == "no norms":
        norms[:] = 0
    return Case(pool.astype(float), validation.astype(float), norms.astype(float))


KINDS = ("plain", "ties", "duplicates", "same", "no norms")
# Pool, validation, budget: budgets that divide the validation samples, do not, and exceed them.
SIZES = ((12, 12, 4), (20, 14, 5), (9, 4, 7), (15, 15, 1), (8, 5, 8), (60, 31, 12))
EACH = pytest.mark.parametrize(("kind", "size"), list(itertools.product(KINDS, SIZES)))


@EACH
def test_transport_and_poo_are_those_of_the_core(call: Call, kind: str, size: tuple[int, int, int]) -> None:
    n, m, k = size
    one = case(n, m, n + m + k, kind)
    rng = np.random.default_rng(k)
    sets = [rng.choice(n, size=k, replace=False).tolist() for _ in range(4)]
    found = call(
        """const problem = r.makeProblem(given.pool, given.validation);
        return given.sets.map(rows => [0, 0.3].map(lambda => {
            const {poo, transport, gradient, state} = r.evaluate(problem, rows, lambda);
            return {poo, transport, gradient, entries: state.entries(), u: [...state.u], v: [...state.v]};
        }));""",
        sets=sets,
        **one.given,
    )
    for rows, answers in zip(sets, found, strict=True):
        for lambda_, answer in zip((0, 0.3), answers, strict=True):
            expected = poo(one.problem, np.array(rows), lambda_)
            assert answer["poo"] == pytest.approx(expected.value, abs=CLOSE)
            assert answer["transport"] == pytest.approx(expected.transport_term, abs=CLOSE)
            assert answer["gradient"] == pytest.approx(expected.gradient_term, abs=CLOSE)
            plan = np.zeros((k, m))
            for entry in answer["entries"]:
                plan[entry["row"], entry["column"]] += entry["mass"]
            assert plan.sum(axis=1) == pytest.approx(np.full(k, 1 / k))
            assert plan.sum(axis=0) == pytest.approx(np.full(m, 1 / m))
            potentials = np.array(answer["u"])[:, None] + np.array(answer["v"])
            cost = one.problem.distance_rows(np.array(rows)) / one.problem.distance_scale
            assert (potentials <= cost + CLOSE).all()


def test_evaluate_of_the_public_door_agrees(call: Call) -> None:
    one = case(60, 25, 3)
    coreset = goracs.select(
        one.pool, one.validation, budget=7, lambda_=0.1, gradient_norms=one.norms, method="random", seed=4
    )
    found = call(
        "return r.evaluate(r.makeProblem(given.pool, given.validation), given.rows, 0.1).poo;",
        rows=coreset.indices.tolist(),
        **one.given,
    )
    assert found == pytest.approx(goracs.evaluate(coreset, random_draws=2).poo.value, abs=CLOSE)


@EACH
@pytest.mark.parametrize("lambda_", [0.0, 0.2])
def test_greedy_is_that_of_the_core(call: Call, kind: str, size: tuple[int, int, int], lambda_: float) -> None:
    """Row by row; among rows whose gains are equal but for rounding, either may come first."""
    n, m, k = size
    one = case(n, m, 7 * n + k, kind)
    problem = one.problem
    expected = greedy_start(problem.scaled_distances(), problem.gradient_reward(lambda_), problem.validation_weights, k)
    found = call(
        """const {rows, values} = r.greedyStart(r.makeProblem(given.pool, given.validation), given.k, given.lambda);
        return {rows, values};""",
        k=k,
        **{"lambda": lambda_},
        **one.given,
    )
    assert len(set(found["rows"])) == k
    if kind in ("ties", "same"):
        assert found["values"][0] == pytest.approx(expected.values[0], abs=CLOSE)
    else:
        assert found["values"] == pytest.approx(expected.values, abs=CLOSE)
        assert found["rows"] == expected.rows.tolist()


@EACH
@pytest.mark.parametrize("lambda_", [0.0, 0.2])
def test_the_bound_is_proven_and_the_value_is_true(
    call: Call, kind: str, size: tuple[int, int, int], lambda_: float
) -> None:
    n, m, k = size
    one = case(n, m, 3 * n + m, kind)
    problem = one.problem
    found = call(
        """const problem = r.makeProblem(given.pool, given.validation);
        const {rows, poo, bound, prices, steps} = r.solve(problem, given.k, given.lambda);
        return {rows, poo, bound, prices: [...prices], values: steps.map(step => step.poo),
                bounds: steps.map(step => step.bound),
                random: r.lowerBound(problem, given.prices, given.k, given.lambda)};""",
        k=k,
        prices=(prices := np.random.default_rng(1).normal(size=m)).tolist(),
        **{"lambda": lambda_},
        **one.given,
    )
    assert len(set(found["rows"])) == k
    assert found["poo"] == pytest.approx(poo(problem, np.array(found["rows"]), lambda_).value, abs=CLOSE)
    assert found["bound"] == pytest.approx(lower_bound(problem, np.array(found["prices"]), k, lambda_), abs=CLOSE)
    assert found["random"] == pytest.approx(lower_bound(problem, prices, k, lambda_), abs=CLOSE)
    for name, sign in (("values", -1), ("bounds", 1)):
        known = np.array([value for value in found[name] if value is not None])
        assert (sign * np.diff(known) >= -CLOSE).all(), f"{name} go one way"
    assert found["bound"] <= found["poo"] + CLOSE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(8, 6, 3), (7, 5, 4), (9, 9, 2), (6, 3, 5), (7, 4, 1)])
def test_bound_optimum_value(call: Call, kind: str, size: tuple[int, int, int]) -> None:
    """Tried on all subsets: bound <= optimum <= value, and the value is close to the optimum."""
    n, m, k = size
    for seed, lambda_ in itertools.product(range(3), (0.0, 0.1)):
        one = case(n, m, 100 + seed, kind)
        problem = one.problem
        subsets = itertools.combinations(range(n), k)
        optimum = min(poo(problem, np.array(rows), lambda_).value for rows in subsets)
        found = call(
            """const {poo, bound} = r.solve(r.makeProblem(given.pool, given.validation), given.k, given.lambda);
            return {poo, bound};""",
            k=k,
            **{"lambda": lambda_},
            **one.given,
        )
        assert found["bound"] <= optimum + CLOSE
        assert optimum - CLOSE <= found["poo"] <= optimum + 0.02


@pytest.mark.parametrize("preset", ["outliers", "clusters", "tail"])
def test_presets_are_solved_as_well_as_by_the_core(call: Call, preset: str) -> None:
    given = call("return r.preset(given.preset, 0);", preset=preset)
    pool = np.array([[point["x"], point["y"]] for point in given["pool"]], float)
    validation = np.array([[point["x"], point["y"]] for point in given["validation"]], float)
    norms = np.array([point["g"] for point in given["pool"]], float)
    for k, lambda_ in ((6, 0.03), (8, 0.05), (12, 0.0), (17, 0.2)):
        coreset = goracs.select(pool, validation, budget=k, lambda_=lambda_, gradient_norms=norms)
        found = call(
            """const {poo, bound, gap} = r.solve(r.makeProblem(given.pool, given.validation), given.k, given.lambda);
            return {poo, bound, gap};""",
            k=k,
            **{"lambda": lambda_},
            **given,
        )
        assert coreset.certificate is not None
        assert found["bound"] <= coreset.poo + CLOSE
        assert found["poo"] >= coreset.certificate.lower_bound - CLOSE
        assert found["gap"] <= coreset.certificate.gap + 0.03
        assert found["gap"] < 0.2


def test_an_address_keeps_everything(call: Call) -> None:
    settings = {
        "points": "tail", "seed": 3, "lambda": 0.25, "k": 9, "mode": "hand", "step": None, "hand": [0, 35, 299],
        "plan": False, "prices": True, "drawn": case_points(),
    }  # fmt: skip
    read = call("return r.read('?' + r.write('?dataset=demo', given));", **settings)
    assert read == settings
    query = call("return r.write('?dataset=demo&k=3', given);", **settings)
    assert "dataset=demo" in query
    assert query.count("k=") == 1


def case_points() -> dict[str, Any]:
    one = case(30, 9, 0).given
    return json.loads(json.dumps(one, default=int), parse_float=lambda text: int(float(text)))


@pytest.mark.parametrize(
    "query",
    [
        "lambda=-1&k=0&seed=x&points=none&mode=fly&hand=zz.-1.&xy=%00",
        "lambda=&k=1e9&xy=AAAA",
        "xy=____&step=-3",
        "points=constructor",
    ],
)
def test_an_address_of_nonsense_is_harmless(call: Call, query: str) -> None:
    read = call("return r.read(given.query);", query=query)
    assert read["points"] == "outliers"
    assert 0 <= read["lambda"] <= 10
    assert 1 <= read["k"] <= 60
    assert read["drawn"] is None
