"""Semantic ids are distinct whatever the embeddings, say more with every level, and are the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from goracs_core.errors import JobCancelled, ShapeError
from goracs_core.llm.tiger.ids import SemanticIds, semantic_ids
from goracs_core.progress import Progress
from tests.llm.tiger.made import embeddings
from tests.refusals import told


@settings(max_examples=15)
@given(
    items=st.integers(1, 40),
    distinct=st.integers(1, 40),
    levels=st.integers(1, 4),
    codes=st.integers(2, 9),
    seed=st.integers(0, 99),
    scale=st.sampled_from([1e-12, 1.0, 1e9]),
)
def test_ids_are_distinct_and_say_more_with_every_level(
    items: int, distinct: int, levels: int, codes: int, seed: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = scale * rng.normal(size=(distinct, 3))[rng.integers(0, distinct, items)]
    ids = semantic_ids(vectors, levels=levels, codes=codes, seed=seed)
    assert ids.codes.shape == (items, levels + 1)
    assert len(np.unique(ids.codes, axis=0)) == items
    assert (ids.codes.max(axis=0) + 1 == ids.sizes).all()
    assert (ids.sizes[:-1] <= min(codes, len(np.unique(vectors, axis=0)))).all()
    assert (np.diff(ids.errors) <= 0).all()
    left = vectors.copy()
    for column in ids.codes[:, :-1].T:
        left -= np.stack([left[column == code].mean(axis=0) for code in range(column.max() + 1)])[column]
    assert np.square(left).sum(axis=1).mean() == pytest.approx(ids.errors[-1], abs=1e-9 * ids.errors[0])


def test_a_thousand_equal_items_are_told_apart_by_the_last_code() -> None:
    ids = semantic_ids(np.ones((1000, 4)), levels=3, codes=16, seed=0)
    assert (ids.codes[:, :-1] == 0).all()
    assert ids.codes[:, -1].tolist() == list(range(1000))
    assert ids.sizes.tolist() == [1, 1, 1, 1000]
    assert ids.errors.tolist() == [4, 0, 0, 0]
    assert ids.collided == 1


def test_items_that_lie_together_begin_alike() -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 5, 80)
    vectors = 100 * rng.normal(size=(5, 8))[group] + 0.1 * rng.normal(size=(80, 8))
    first = semantic_ids(vectors, levels=2, codes=5, seed=3).codes[:, 0]
    assert len({(a, b) for a, b in zip(group.tolist(), first.tolist(), strict=True)}) == 5


def test_fewer_items_than_codes_need_one_level_only() -> None:
    vectors = embeddings(7)
    ids = semantic_ids(vectors, levels=3, codes=64, seed=0)
    assert ids.sizes.tolist() == [7, 1, 1, 1]
    assert ids.errors[1:].tolist() == [0, 0, 0]
    assert ids.collided == 0


def test_collided_counts_the_items_that_need_the_last_code() -> None:
    vectors = embeddings(10)
    vectors[3] = vectors[5] = vectors[8]
    assert semantic_ids(vectors, levels=2, codes=64, seed=0).collided == pytest.approx(0.3)


def content(ids: SemanticIds) -> tuple[bytes, ...]:
    return ids.codes.tobytes(), ids.errors.tobytes()


def test_the_same_on_any_number_of_threads_and_another_for_another_seed() -> None:
    vectors = embeddings(3000, width=32)
    made = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            made.append(content(semantic_ids(vectors, levels=2, codes=32, seed=0)))
    assert made[0] == made[1]
    assert made[0] != content(semantic_ids(vectors, levels=2, codes=32, seed=1))


def test_it_reports_and_can_be_stopped() -> None:
    seen: list[tuple[int, int]] = []

    def watch(stage: str, done: int, total: int, detail: str = "") -> None:
        seen.append((done, total))

    semantic_ids(embeddings(200), levels=2, codes=8, seed=0, progress=Progress(watch))
    assert len(seen) >= 5
    assert sorted(seen) == seen
    assert seen[-1][0] == seen[-1][1]

    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        semantic_ids(embeddings(200), levels=2, codes=8, seed=0, progress=Progress(cancel))


@pytest.mark.parametrize("vectors", [np.ones(4), np.ones((0, 4)), np.array([[1.0, np.nan]]), np.ones((2, 0))])
def test_embeddings_that_are_no_finite_matrix_are_refused(vectors: np.ndarray) -> None:
    with pytest.raises(ShapeError, check=told("bad-embeddings")):
        semantic_ids(vectors, levels=2, codes=4, seed=0)


def test_ids_that_cannot_be_are_refused() -> None:
    ids = semantic_ids(embeddings(9), levels=1, codes=3, seed=0)
    with pytest.raises(ShapeError, check=told("id-twice")):
        replace(ids, codes=np.zeros_like(ids.codes))
    with pytest.raises(ShapeError, check=told("code-out-of-range")):
        replace(ids, codes=ids.codes + 9)
    with pytest.raises(ShapeError, check=told("bad-codes")):
        replace(ids, errors=ids.errors[1:])
