import numpy as np
import pytest

from goracs_core.transport import aggregate, between, partners_of_column, partners_of_row, solve_uniform


@pytest.fixture
def plan():
    cost = np.random.default_rng(0).uniform(size=(6, 15))
    return solve_uniform(cost, np.full(15, 1 / 15))


def test_groups_carry_the_whole_mass(plan):
    rng = np.random.default_rng(1)
    row_groups, column_groups = rng.integers(3, size=6), rng.integers(4, size=15)
    table = aggregate(plan, row_groups, column_groups)
    assert table.sum() == pytest.approx(1)
    for group in range(int(row_groups.max()) + 1):
        assert table[group].sum() == pytest.approx((row_groups == group).sum() / 6)


def test_partners_add_up_to_the_marginals(plan):
    for row in range(6):
        assert partners_of_row(plan, row).mass.sum() == pytest.approx(1 / 6)
        assert set(partners_of_row(plan, row).rows) == {row}
    for column in range(15):
        flow = partners_of_column(plan, column)
        assert flow.mass.sum() == pytest.approx(1 / 15)
        assert flow.share == pytest.approx(1 / 15)


def test_the_blocks_between_groups_share_out_the_plan(plan):
    rng = np.random.default_rng(2)
    row_groups, column_groups = rng.integers(3, size=6), rng.integers(4, size=15)
    table, found = aggregate(plan, row_groups, column_groups), 0
    for row, column in np.ndindex(table.shape):
        flow = between(plan, row_groups == row, column_groups == column)
        assert flow.share == pytest.approx(table[row, column])
        assert (np.diff(flow.mass) <= 0).all()
        assert (row_groups[flow.rows] == row).all()
        assert (column_groups[flow.columns] == column).all()
        found += len(flow.mass)
    assert found == len(plan.mass)
