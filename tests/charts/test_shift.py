"""Figures over time carry the numbers they were given; arms are told apart by more than colour."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import plotly.graph_objects as go
import pytest

from goracs_core.charts import shift as charts
from goracs_core.errors import ShapeError
from goracs_core.evaluation.drift import embedding_drift
from goracs_core.evaluation.shift import ArmLosses, ShiftReport, shift_report
from goracs_core.evaluation.shift_reading import shift_reading

DAY = 86_400.0
TIMES = 1.7e9 + DAY * np.linspace(0, 100, 80)


def report(*, late_gain: float = 0.0, seeds: int = 3) -> ShiftReport:
    """Random, GORACS 0.5 better, and two decays that are better by `late_gain` at the end."""
    rng = np.random.default_rng(0)
    base = rng.gamma(3.0, size=80)
    when = np.linspace(0, 1, 80)

    def losses(level: np.ndarray | float) -> np.ndarray:
        return base + level + 0.02 * rng.normal(size=(seeds, 80))

    return shift_report(
        [
            ArmLosses("goracs", losses(-0.5)),
            ArmLosses("goracs <b>30</b>", losses(-0.5 - late_gain * when), 30.0, "goracs"),
            ArmLosses("goracs 7", losses(-0.5 - late_gain * when), 7.0, "goracs"),
            ArmLosses("random", losses(0.0)),
            ArmLosses("whole pool", losses(-0.8)),
        ],
        TIMES,
    )


def traces(figure: go.Figure) -> list[Any]:
    return list(cast("Any", figure).data)


def test_a_line_per_arm_with_its_intervals() -> None:
    made = report()
    for trace, arm in zip(traces(charts.loss_over_time(made)), made.arms, strict=True):
        assert list(trace.y) == [one.value for one in arm.loss.slices]
        tops = np.array(trace.y) + np.array(trace.error_y.array)
        bottoms = np.array(trace.y) - np.array(trace.error_y.arrayminus)
        assert tops == pytest.approx([one.high for one in arm.loss.slices])
        assert bottoms == pytest.approx([one.low for one in arm.loss.slices])
        assert "<b>" not in trace.name
        assert np.abs(np.array(trace.x) - np.arange(4)).max() < 0.5, "each arm stays at its slice"


def test_colour_is_the_method_and_dash_the_decay() -> None:
    styles = {
        trace.name: (trace.line.color, trace.line.dash, trace.marker.symbol)
        for trace in traces(charts.loss_over_time(report()))
    }
    assert len(set(styles.values())) == len(styles)
    family = [style for name, style in styles.items() if name.startswith("goracs")]
    assert len({color for color, _, _ in family}) == 1
    assert len({dash for _, dash, _ in family}) == len({symbol for _, _, symbol in family}) == 3
    assert len({color for color, _, _ in styles.values()}) == 3


def test_differences_leave_out_what_they_are_to() -> None:
    made = report()
    to_random = traces(charts.difference_over_time(made, to="random"))
    assert [trace.name for trace in to_random][-1] == "whole pool"
    assert len(to_random) == 4
    to_undecayed = traces(charts.difference_over_time(made, to=charts.NO_DECAY))
    assert len(to_undecayed) == 2
    assert made.arms[1].to_undecayed is not None
    assert list(to_undecayed[0].y) == [one.value for one in made.arms[1].to_undecayed.slices]


def test_the_half_life_curve_ends_without_decay() -> None:
    made = report()
    figure = charts.half_life_curve(made, "goracs")
    assert list(cast("Any", figure).layout.xaxis.ticktext) == ["7 days", "30 days", "no decay"]
    whole, latest = traces(figure)
    arms = [made.arms[2], made.arms[1], made.arms[0]]
    assert list(whole.y) == [arm.loss.whole.value for arm in arms]
    assert list(latest.y) == [arm.loss.slices[-1].value for arm in arms]
    with pytest.raises(ShapeError, match="random has no arms with decay"):
        charts.half_life_curve(made, "random")


def test_drift_shows_what_was_measured_beside_chance() -> None:
    measured = embedding_drift(np.random.default_rng(1).normal(size=(80, 3)), TIMES, slices=3, draws=20)
    bars, marks = traces(charts.drift(measured))
    assert list(bars.y) == measured.distances.tolist()
    assert list(marks.y) == measured.chance.tolist()
    assert len(bars.x) == 2


def test_words_say_what_is_clear_and_what_is_chance() -> None:
    sentences = shift_reading(report())
    assert len(sentences) == 4
    assert sentences[0].startswith("goracs has a lower loss than random: -0.5")
    assert "no significant change over time" in sentences[0]
    assert sum("does not differ significantly from no decay" in sentence for sentence in sentences) == 2
    helped = shift_reading(report(late_gain=0.5))
    assert sum("weighting recent validation samples more helps: -0.4" in sentence for sentence in helped) == 2
    hurt = shift_reading(report(late_gain=-0.5))
    assert sum("weighting recent validation samples more hurts: +0.4" in sentence for sentence in hurt) == 2
    assert "only one seed" in shift_reading(report(seeds=1))[-1]
    assert "only two seeds" in shift_reading(report(seeds=2))[-1]


def test_words_follow_a_gain_that_fades() -> None:
    rng, when = np.random.default_rng(2), np.linspace(0, 1, 80)
    random = 3.0 + 0.02 * rng.normal(size=(3, 80))

    def sentence(level: np.ndarray) -> str:
        arms = [ArmLosses("x", random.mean(axis=0) + level + 0.02 * rng.normal(size=(3, 80)))]
        return shift_reading(shift_report([*arms, ArmLosses("random", random)], TIMES))[0]

    assert "the difference decreases over time by 0.1" in sentence(-1.0 + 0.5 * when)
    assert "the difference increases over time by 0.1" in sentence(-1.0 - 0.5 * when)
    assert "the difference increases over time" in sentence(1.0 + 0.5 * when)
    assert "has a higher loss than random" in sentence(1.0 - 0.5 * when)
    assert "decreases" in sentence(1.0 - 0.5 * when)
