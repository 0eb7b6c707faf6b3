"""Figures of a training carry its log and outcomes, and no foreign markup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from goracs_core.charts.palette import STYLES, Role
from goracs_core.charts.training import (
    OTHER,
    SECOND,
    THIS,
    Change,
    Measured,
    changes,
    grouped_bars,
    loss_curve,
    sample_changes,
    sample_edges,
)
from tests.jobs.trained import log

LOG = log()


def traces(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in cast("Any", figure).data}


def test_a_curve_has_steps_passes_validation_and_the_kept_pass() -> None:
    drawn = traces(loss_curve({"one": LOG}))
    assert list(drawn) == ["training, single steps", "training, mean of an epoch", "validation", "kept: epoch 2"]
    assert list(drawn["training, single steps"].x) == list(range(1, 25))
    assert list(drawn["training, mean of an epoch"].x) == [8, 16, 24], "before training there is no training loss"
    assert list(drawn["validation"].y) == [2.5, 1.8, 1.6, 1.7]
    assert (list(drawn["kept: epoch 2"].x), list(drawn["kept: epoch 2"].y)) == ([16], [1.6])


def test_before_training_can_be_what_is_kept() -> None:
    assert traces(loss_curve({"one": replace(LOG, best_epoch=0)}))["kept: before training"].y[0] == 2.5


def test_a_curve_that_grows_has_no_best_pass_yet() -> None:
    begun = replace(LOG, epochs=LOG.epochs[:1], steps=LOG.steps[:3], best_epoch=0, stopped="")
    assert list(traces(loss_curve({"one": begun}))) == ["training, single steps", "validation"]
    nothing = replace(begun, epochs=(), steps=())
    assert list(traces(loss_curve({"one": nothing}))) == []


def test_two_trainings_differ_in_looks_and_leave_single_steps_out() -> None:
    drawn = traces(loss_curve({"this <b>": LOG, "other": replace(LOG, best_epoch=1)}))
    assert not any("single steps" in name for name in drawn)
    assert "this &lt;b&gt;: validation" in drawn
    lines = [trace for trace in drawn.values() if trace.mode == "lines+markers"]
    assert len({(trace.line.color, trace.line.dash, trace.marker.symbol) for trace in lines}) == 4


def test_bars_carry_values_and_intervals_that_stay_above_zero() -> None:
    groups = [
        Measured("mine", np.array([0.01, 0.2]), np.array([0.02, 0.05])),
        Measured("theirs", np.array([0.3, np.nan])),
    ]
    figure = grouped_bars(["HR@5", "HR <i>"], groups, title="Share", percent=True)
    mine, theirs = cast("Any", figure).data
    assert list(mine.x) == ["HR@5", "HR &lt;i&gt;"]
    assert list(mine.y) == [0.01, 0.2]
    assert list(mine.error_y.array) == [0.02, 0.05]
    assert list(mine.error_y.arrayminus) == [0.01, 0.05]
    assert theirs.error_y.array is None
    assert mine.marker.color != theirs.marker.color
    assert mine.marker.pattern.shape != theirs.marker.pattern.shape


def test_no_line_of_a_training_has_the_color_of_a_role() -> None:
    roles = {STYLES[role].color for role in (Role.CORESET, Role.SECOND_CORESET, Role.VALIDATION, Role.RANDOM)}
    bars = grouped_bars(["a"], [Measured(name, np.ones(1)) for name in "xyz"], title="Share")
    for figure in (loss_curve({"one": LOG}), loss_curve({"one": LOG, "two": LOG}), bars):
        for trace in cast("Any", figure).data:
            assert trace.line.color not in roles if "line" in trace else trace.marker.color not in roles


def test_a_training_has_one_color_its_samples_one_dash() -> None:
    drawn = traces(loss_curve({"one": LOG, "two": LOG}))
    looks = {name: (line.line.color, line.line.dash) for name, line in drawn.items() if "kept" not in name}
    assert looks["one: validation"][0] == looks["one: training, mean of an epoch"][0] == THIS
    assert looks["two: validation"][0] == SECOND
    assert looks["one: validation"][1] == looks["two: validation"][1] != looks["one: training, mean of an epoch"][1]


def test_changes_carry_their_intervals_and_the_second_its_color() -> None:
    lines = [Change("mine <b>", -0.2, -0.3, -0.1), Change("other", 0.1, 0.0, 0.2), Change("second", -0.1, -0.3, 0.1)]
    drawn = cast("Any", changes(lines, second=2)).data
    assert [trace.y[0] for trace in drawn] == ["mine &lt;b&gt;", "other", "second"]
    for trace, line in zip(drawn, lines, strict=True):
        assert trace.x[0] - trace.error_x.arrayminus[0] == pytest.approx(line.low)
        assert trace.x[0] + trace.error_x.array[0] == pytest.approx(line.high)
    assert [trace.marker.color for trace in drawn] == [THIS, OTHER, SECOND]


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-5, 5)), st.integers(2, 60))
def test_every_sample_is_counted_once_on_its_side_of_zero(values: np.ndarray, bins: int) -> None:
    edges = sample_edges(values, bins)
    assert 2 <= len(edges) <= bins + 1
    assert np.histogram(values, edges)[0].sum() == len(values)
    drawn = {trace.name: trace for trace in cast("Any", sample_changes(values, bins=bins)).data}
    assert sum(sum(trace.y) for trace in drawn.values()) == len(values)
    assert (np.asarray(drawn["Improved"].x, float) < 0).all()
    below = -1e-9 * max(np.abs(values).max(), 1)
    assert sum(drawn["Improved"].y) <= (values <= 0).sum()
    assert sum(drawn["Improved"].y) >= (values < below).sum() - 1
