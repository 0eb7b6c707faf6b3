"""What each selected sample contributes to POO."""

from __future__ import annotations

import numpy as np

from goracs_core.charts.contributions import contributions
from tests.charts.figures import traces


def test_points_stand_at_cost_and_reward_and_lines_join_equal_contributions() -> None:
    transport, reward = np.array([0.3, 0.5, 0.4]), np.array([0.01, 0.02, 0.0])
    found = traces(contributions(transport, reward, ["a", "<b>b</b>", "c"]))
    (points,) = [one for one in found if one.mode == "markers"]
    assert list(points.x) == [0.3, 0.5, 0.4]
    assert list(points.y) == [0.01, 0.02, 0.0]
    assert not any("<" in text for text in points.customdata)
    for line in (one for one in found if one.mode == "lines"):
        assert np.ptp(np.asarray(line.x) - np.asarray(line.y)) < 1e-12
