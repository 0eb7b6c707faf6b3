import numpy as np
import pytest

from goracs_core.transport import aggregate, partners_of_column, partners_of_row, solve_uniform, top_flows


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


def test_top_flows_are_the_heaviest_and_say_their_share(plan):
    flow = top_flows(plan, 5)
    assert len(flow.mass) == 5
    assert (np.diff(flow.mass) <= 0).all()
    assert flow.share == pytest.approx(np.sort(plan.mass)[-5:].sum())
    assert top_flows(plan, 1000).share == pytest.approx(1)
