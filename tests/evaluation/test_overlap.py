"""Jaccard and Pareto against their definitions, written out; and what a sweep's points say in words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ShapeError
from goracs_core.evaluation.overlap import jaccard, jaccard_matrix, pareto_front
from goracs_core.evaluation.sweep import SweepPoint, sweep_reading
from tests.refusals import told

rows = st.lists(st.integers(0, 15), max_size=12)
terms = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14)  # few values: many ties


@given(st.lists(rows, max_size=5))
def test_jaccard_is_intersection_over_union(sets: list[list[int]]) -> None:
    matrix = jaccard_matrix([np.array(one, np.int64) for one in sets])
    assert matrix.shape == (len(sets), len(sets))
    for i, first in enumerate(sets):
        for j, second in enumerate(sets):
            union = set(first) | set(second)
            expected = len(set(first) & set(second)) / len(union) if union else 1.0
            assert matrix[i, j] == pytest.approx(expected, abs=1e-12)


@given(rows, rows)
def test_jaccard_of_a_pair(first: list[int], second: list[int]) -> None:
    a, b = np.array(first, np.int64), np.array(second, np.int64)
    assert jaccard(a, b) == jaccard(b, a) == jaccard(a[::-1], b)
    assert (jaccard(a, b) == 1) == (set(first) == set(second))
    if first and second:
        sizes = sorted([len(set(first)), len(set(second))])
        assert jaccard(a, b) <= sizes[0] / sizes[1] + 1e-12


def test_jaccard_refuses_what_is_no_set_of_rows() -> None:
    with pytest.raises(ShapeError, check=told("rows-not-flat")):
        jaccard_matrix([np.zeros((2, 2), np.int64)])


def beats(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Transport smaller is better, gradient larger is better."""
    return first != second and first[0] <= second[0] and first[1] >= second[1]


@given(terms)
def test_the_front_is_what_nobody_beats(points: list[tuple[int, int]]) -> None:
    transport, gradient = np.array(points, float).T
    front = pareto_front(transport, gradient)
    assert front.tolist() == [not any(beats(other, point) for other in points) for point in points]
    assert front.any()
    for point, on in zip(points, front, strict=True):
        if not on:
            assert any(beats(points[i], point) for i in np.flatnonzero(front)), "beaten by somebody on the front"
    best = min(range(len(points)), key=lambda i: transport[i] - 0.7 * gradient[i])
    assert front[best], "the best POO at any lambda > 0 lies on the front"


@given(terms, st.randoms(use_true_random=False))
def test_the_front_does_not_depend_on_order_or_units(points: list[tuple[int, int]], random) -> None:
    transport, gradient = np.array(points, float).T
    order = list(range(len(points)))
    random.shuffle(order)
    expected = pareto_front(transport, gradient)
    assert pareto_front(transport[order], gradient[order]).tolist() == expected[order].tolist()
    assert pareto_front(np.exp(transport), 3 * gradient - 1).tolist() == expected.tolist()


def test_rounding_beats_nobody() -> None:
    same = pareto_front(np.array([0.4, 0.4 + 1e-16, 0.4 - 1e-12]), np.array([0.2, 0.2 - 1e-15, 0.2]))
    assert same.all()
    assert pareto_front(np.array([0.4, 0.4001]), np.array([0.2, 0.2])).tolist() == [True, False]


def test_a_front_needs_as_many_of_both() -> None:
    with pytest.raises(ShapeError, check=told("terms-unequal")):
        pareto_front(np.zeros(3), np.zeros(2))


def point(budget: int, lambda_: float, *, rows: list[int], terms: tuple[float, float], gap: float | None) -> SweepPoint:
    return SweepPoint(
        run=f"run-{budget}-{lambda_}",
        budget=budget,
        lambda_=lambda_,
        poo=terms[0] - lambda_ * terms[1],
        transport_term=terms[0],
        gradient_term=terms[1],
        lower_bound=None,
        gap=gap,
        rounds=None,
        seconds=1.0,
        fingerprint="f",
        indices=np.array(rows),
    )


SMALLEST = point(3, 0.0, rows=[1, 2, 3], terms=(0.4, 0.2), gap=0.001)
ACROSS_LAMBDA = [
    SMALLEST,
    point(3, 0.1, rows=[1, 2, 4], terms=(0.41, 0.1), gap=0.0),
    point(3, 0.5, rows=[4, 5, 6], terms=(0.5, 0.6), gap=0.004005),
]
ACROSS_BUDGETS = [SMALLEST, point(5, 0.0, rows=[1, 2, 3, 4, 5], terms=(0.3, 0.2), gap=0.002)]


def test_the_reading_tells_what_the_numbers_say() -> None:
    terms_, overlap, dominated, proof = sweep_reading(ACROSS_LAMBDA)
    assert "From λ 0 to λ 0.5" in terms_
    assert "0.4000 to 0.5000 (+25.0%)" in terms_
    assert "0.200 to 0.600" in terms_
    assert "between λ 0.1 and λ 0.5, with an overlap of 20%" in overlap
    assert "the overlap of the two ends is 0%" in overlap
    assert dominated.startswith("λ 0.1 is dominated")
    assert "0.41 %" in proof, "rounded up"
    assert "λ 0.5" in proof
    across_budgets = sweep_reading(ACROSS_BUDGETS)
    assert "From k 3 to k 5" in across_budgets[0]
    assert not any("dominated" in sentence for sentence in across_budgets), "more samples are no better choice of λ"


def test_one_point_says_nothing_and_no_proof_claims_nothing() -> None:
    assert sweep_reading([SMALLEST]) == ()
    unproven = [point(3, lambda_, rows=[1], terms=(0.4, 0.0), gap=None) for lambda_ in (0.0, 0.1)]
    sentences = sweep_reading(unproven)
    assert not any("proven" in sentence for sentence in sentences)
    assert not any("gradient" in sentence for sentence in sentences)
