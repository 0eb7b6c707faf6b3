"""The figures of the two bounds carry what was reported, and nothing that was not proven yet."""

from __future__ import annotations

import json
from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.charts import bounds
from goracs_core.charts.bounds import LOWER, UPPER
from tests.charts.figures import traces

SECONDS = np.array([0.5, 1.0, 2.0, 4.0])
LOWEST = np.array([-np.inf, 0.2, 0.25, 0.28])
HIGHEST = np.array([0.4, 0.4, 0.35, 0.3])


def named(figure: go.Figure | go.Frame, name: str) -> Any:
    (found,) = (one for one in list(cast("Any", figure).data) if one.name == name)
    return found


def series(option: dict[str, Any], name: str) -> list[list[float]]:
    (found,) = (one for one in option["series"] if one.get("name") == name)
    return found["data"]


def test_lines_hold_the_known_bounds_as_steps() -> None:
    figure = bounds.closing(SECONDS, LOWEST, HIGHEST)
    low, high = named(figure, LOWER), named(figure, UPPER)
    assert list(low.x) == [1.0, 2.0, 4.0]
    assert list(low.y) == [0.2, 0.25, 0.28]
    assert list(high.y) == [0.4, 0.4, 0.35, 0.3]
    assert {low.line.shape, high.line.shape} == {"hv"}
    assert low.line.dash != high.line.dash, "not told apart by colour alone"
    assert np.allclose(low.customdata, [0.2, 0.1, 0.02])


def test_the_filling_lies_between_the_bounds_where_both_are_known() -> None:
    edge, filling, *_ = traces(bounds.closing(SECONDS, LOWEST, HIGHEST))
    assert filling.fill == "tonexty"
    assert list(edge.x) == list(filling.x) == [1.0, 2.0, 4.0]
    assert list(edge.y) == [0.4, 0.35, 0.3]
    assert list(filling.y) == [0.2, 0.25, 0.28]
    assert edge.hoverinfo == filling.hoverinfo == "skip"


def test_a_bound_before_the_first_coreset_has_no_room_above_it() -> None:
    late = np.array([np.inf, np.inf, 0.35, 0.3])
    edge, filling, high, low = traces(bounds.closing(SECONDS, LOWEST, late))
    assert list(low.x) == [1.0, 2.0, 4.0]
    assert list(high.x) == list(edge.x) == list(filling.x) == [2.0, 4.0]
    assert np.allclose(low.customdata, [np.nan, 0.1, 0.02], equal_nan=True)


def test_the_live_chart_draws_the_last_bounds_on_to_now() -> None:
    option = bounds.live(SECONDS[:2], LOWEST[:2], HIGHEST[:2], until=3.5)
    assert series(option, LOWER) == [[1.0, 0.2], [3.5, 0.2]]
    assert series(option, UPPER) == [[0.5, 0.4], [1.0, 0.4], [3.5, 0.4]]
    base, room = (one["data"] for one in option["series"] if one.get("stack") == "room")
    assert base == [[1.0, 0.2], [3.5, 0.2]]
    assert room == [[1.0, 0.2], [3.5, 0.2]], "the room is stacked on the lower bound"
    assert option["animation"] is False, "nothing moves but the bounds"


def test_the_live_chart_with_nothing_known_is_empty_and_no_fault() -> None:
    nothing = np.array([np.nan])
    option = bounds.live(np.array([0.1]), nothing, nothing, until=1.0)
    assert all(one["data"] == [] for one in option["series"])


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(-2, 2) | st.none(), st.floats(-2, 2) | st.none()), min_size=1),
    st.floats(0, 10),
)
def test_the_live_chart_is_plain_json(lines: list[tuple[float, float | None, float | None]], until: float) -> None:
    columns = np.array(
        [[np.nan if value is None else value for value in line] for line in sorted(lines, key=lambda line: line[0])]
    )
    option = bounds.live(columns[:, 0], columns[:, 1], columns[:, 2], until=until)
    assert json.loads(json.dumps(option, allow_nan=False)) == option


def test_the_replay_ends_at_the_whole_and_never_shows_the_future() -> None:
    figure = bounds.replay(SECONDS, LOWEST, HIGHEST)
    frames = list(cast("Any", figure).frames)
    steps = cast("Any", figure).layout.sliders[0].steps
    assert [frame.name for frame in frames] == [step.args[0][0] for step in steps]
    ends = []
    for frame in frames:
        high = named(frame, UPPER)
        ends.append(high.x[-1])
        assert high.y[-1] == HIGHEST[high.x[-1] >= SECONDS][-1]
    assert ends == sorted(ends)
    assert ends[0] == 0.5
    assert ends[-1] == 4.0
    assert [list(one.y) for one in frames[-1].data] == [list(one.y) for one in traces(figure)]
    assert len(named(frames[0], LOWER).x) == 0, "nothing was proven at the first report"
    low, high = cast("Any", figure).layout.yaxis.range
    assert low < 0.2
    assert high > 0.4


def test_a_proof_in_one_report_can_be_replayed() -> None:
    figure = bounds.replay(np.array([0.2]), np.array([0.3]), np.array([0.3]))
    assert len(list(cast("Any", figure).frames)) == 1
    low, high = cast("Any", figure).layout.yaxis.range
    assert low < 0.3 < high


def test_the_gap_is_drawn_on_a_log_axis_with_the_request_beside_it() -> None:
    figure = bounds.gap_curve(SECONDS, np.array([np.nan, 0.5, 0.01, 0.0]), asked=0.001)
    assert cast("Any", figure).layout.yaxis.type == "log"
    assert list(named(figure, "Proven gap").x) == [1.0, 2.0], "a logarithmic axis has no 0"
    assert list(named(figure, "Requested gap").y) == [0.001, 0.001]


@pytest.mark.parametrize("asked", [None, 0.0])
def test_without_a_request_there_is_no_line_for_it(asked: float | None) -> None:
    assert len(traces(bounds.gap_curve(SECONDS, np.full(4, 0.1), asked=asked))) == 1
    closed = bounds.gap_curve(SECONDS, np.zeros(4), asked=0.001)
    assert list(named(closed, "Proven gap").x) == []
