"""Samples have the exact size asked for, no row twice, and every stratum its share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.data.sampling import popularity_strata, quotas, sampling_sentence, stratified_sample
from goracs_core.errors import ConfigError
from tests.refusals import told

strata_lists = st.lists(st.integers(0, 6), min_size=1, max_size=200)


@given(strata=strata_lists, fraction=st.floats(0, 1), seed=st.integers(0, 9))
def test_sample_is_exact_unique_and_proportional(strata: list[int], fraction: float, seed: int):
    groups = np.array(strata)
    size = int(len(groups) * fraction)
    chosen = stratified_sample(groups, size, rng=np.random.default_rng(seed))
    assert len(chosen) == size
    assert (np.diff(chosen) > 0).all()
    counts = np.bincount(groups)
    drawn = np.bincount(groups[chosen], minlength=len(counts))
    assert (np.abs(drawn - counts * size / len(groups)) < 1).all()


@given(sizes=st.lists(st.integers(0, 1000), min_size=1, max_size=30), fraction=st.floats(0, 1))
def test_quotas_add_up_and_fit(sizes: list[int], fraction: float):
    available = np.array(sizes)
    total = int(available.sum() * fraction)
    shares = quotas(available, total)
    assert shares.sum() == total
    assert (shares <= available).all()
    assert (shares >= 0).all()


def test_every_row_can_be_drawn_and_the_seed_decides():
    strata = np.repeat([0, 1], [10, 30])
    drawn = [stratified_sample(strata, 8, rng=np.random.default_rng(seed)) for seed in range(60)]
    assert np.unique(np.concatenate(drawn)).tolist() == list(range(40))
    assert drawn[0].tolist() == stratified_sample(strata, 8, rng=np.random.default_rng(0)).tolist()
    assert drawn[0].tolist() != drawn[1].tolist()


def test_more_than_there_is():
    with pytest.raises(ConfigError, check=told("sample-too-large", asked=5, available=2)):
        stratified_sample(np.zeros(2, int), 5, rng=np.random.default_rng(0))


@given(popularity=st.lists(st.integers(0, 50), min_size=1, max_size=300))
def test_strata_partition_by_popularity(popularity: list[int]):
    values = np.array(popularity)
    strata = popularity_strata(values)
    assert len(strata) == len(values)
    assert np.unique(strata).tolist() == list(range(strata.max() + 1)), "no empty stratum"
    assert strata.max() < 10
    order = np.argsort(values)
    assert (np.diff(strata[order]) >= 0).all(), "a more popular target is never in a lower stratum"


def test_strata_are_deciles_when_popularities_differ():
    assert np.bincount(popularity_strata(np.random.default_rng(0).permutation(1000))).tolist() == [100] * 10


def test_sentence():
    assert (
        sampling_sentence(30_000, 210_432, what="pool", stratum="popularity decile", seed=0)
        == "30,000 of 210,432 pool samples, by popularity decile, seed 0"
    )
