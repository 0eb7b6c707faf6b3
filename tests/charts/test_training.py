"""Figures of a training carry its log and outcomes, and no foreign markup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.training import Measured, grouped_bars, loss_curve
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
