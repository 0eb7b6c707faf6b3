from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ConfigError
from goracs_core.methods import ItraConfig
from goracs_core.objective import poo
from goracs_core.quotas import largest_remainder
from goracs_core.selection import select
from goracs_core.selection.label_aware import label_quotas
from tests.problems import make
from tests.refusals import told


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30)), min_size=1, max_size=8), st.data())
def test_quotas_add_up_within_capacity(parts, data):
    shares = np.array([share for share, _ in parts]) + 1e-3
    capacity = np.array([room for _, room in parts])
    total = data.draw(st.integers(0, int(capacity.sum())))
    at_least_one = data.draw(st.booleans())
    quotas = largest_remainder(shares / shares.sum(), total, capacity=capacity, at_least_one=at_least_one)
    assert quotas.sum() == total
    assert (quotas <= capacity).all()
    assert (quotas >= 0).all()
    if at_least_one and total >= (capacity > 0).sum():
        assert (quotas[capacity > 0] >= 1).all()


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8), st.integers(0, 200))
def test_with_room_each_quota_is_its_share_rounded_up_or_down(shares, total):
    shares = np.array(shares) / np.sum(shares)
    quotas = largest_remainder(shares, total, capacity=np.full(len(shares), 1000))
    assert (np.abs(quotas - shares * total) < 1).all()


def test_what_a_full_part_cannot_take_goes_to_the_others_in_proportion():
    quotas = largest_remainder(np.array([0.6, 0.3, 0.1]), 20, capacity=np.array([4, 100, 100]))
    assert quotas.tolist() == [4, 12, 4]


def test_each_label_gets_its_validation_share_and_its_own_selection():
    problem = make(90, 40, seed=2)
    quotas = label_quotas(problem, 11)
    assert sum(quotas.values()) == 11
    selection = select(problem, ItraConfig(11, 0.2, label_aware=True))
    total = 0.0
    for label, quota in quotas.items():
        pool_rows = np.flatnonzero(problem.pool_labels == label)
        validation_rows = np.flatnonzero(problem.validation_labels == label)
        chosen = [row for row in selection.indices.tolist() if row in set(pool_rows.tolist())]
        part = problem.take(pool_rows, validation_rows)
        alone = select(part, ItraConfig(quota, 0.2))
        assert pool_rows[alone.indices].tolist() == chosen
        total += alone.poo * problem.validation_weights[validation_rows].sum()
    assert selection.label_aware_poo == pytest.approx(total, abs=1e-9)
    assert selection.poo == pytest.approx(poo(problem, selection.indices, 0.2).value)


def test_one_label_equals_no_labels():
    problem = make(60, 25, seed=6)
    problem = replace(problem, pool_labels=np.zeros(60, np.int64), validation_labels=np.zeros(25, np.int64))
    with_label = select(problem, ItraConfig(9, 0.2, label_aware=True))
    without = select(problem, ItraConfig(9, 0.2))
    assert with_label.indices.tolist() == without.indices.tolist()
    assert with_label.label_aware_poo == pytest.approx(without.poo)
    assert [e.value for e in with_label.trace.exchanges] == pytest.approx([e.value for e in without.trace.exchanges])


def test_a_class_without_pool_samples_is_named():
    problem = replace(make(10, 6), validation_labels=np.array([0, 1, 0, 1, 0, 7]))
    with pytest.raises(ConfigError, check=told("label-missing-in-pool", label=7)):
        select(problem, ItraConfig(4, 0.1, label_aware=True))


def test_a_budget_below_the_number_of_classes_is_refused():
    with pytest.raises(ConfigError, check=told("budget-too-small", budget=1, least=2)):
        select(make(10, 6), ItraConfig(1, 0.1, label_aware=True))
