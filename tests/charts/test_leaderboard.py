"""Figures of the leaderboard and of its bands: what is drawn is what was measured, whatever arms are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from goracs_core.charts import bands as band_charts
from goracs_core.charts import leaderboard as charts
from goracs_core.charts.arms import arm_looks
from goracs_core.charts.bands import Bands
from goracs_core.charts.leaderboard import LOOKS, Board
from goracs_core.evaluation.bands import band_lines, head_against_tail
from goracs_core.evaluation.leaderboard import Replicates, Verdict, leaderboard

ARMS = {"good": -0.3, "random": 0.0, "<b>odd</b> %{x}": 0.02, "bad": 0.4}
BANDS = np.repeat([0, 1, 2], 40)


def replicates(seeds: int = 3) -> list[Replicates]:
    rng = np.random.default_rng(0)
    hard = rng.gamma(2.0, 0.5, len(BANDS))
    return [
        Replicates(arm, budget, tuple(range(seeds)), hard + shift + rng.normal(0, 0.1, (seeds, len(BANDS))))
        for arm, shift in ARMS.items()
        for budget in (64, 128, 256, 512)
    ]


def board(seeds: int = 3, **changes: Any) -> Board:
    given = replicates(seeds)
    lines = leaderboard(given, smaller_is_better=True)
    means = {(one.arm, one.budget): one.values.mean(axis=1) for one in given}
    return Board("Test loss (nats)", lines, tuple(ARMS), "random", seeds=means, **changes)


def traces(figure: Any) -> tuple[Any, ...]:
    return tuple(figure.data)


def drawn(figure: go.Figure) -> dict[str, float]:
    """Position of each mark with whiskers, by arm and panel."""
    found = {}
    for trace in traces(figure):
        if trace.error_x.array is not None:
            found |= {f"{name} {trace.xaxis}": x for name, x in zip(trace.y, trace.x, strict=True)}
    return found


def test_every_mean_stands_in_its_panel() -> None:
    shown = board()
    found = drawn(charts.means(shown))
    assert len(found) == len(shown.lines) == 16
    panels = {64: "x", 128: "x2", 256: "x3", 512: "x4"}
    for line in shown.lines:
        name = "odd" if "odd" in line.arm else line.arm
        (value,) = [x for key, x in found.items() if name in key and key.split()[-1] == panels[line.budget]]
        assert value == pytest.approx(line.estimate.mean)


def test_differences_are_the_paired_ones_and_look_as_their_verdict() -> None:
    shown = board()
    figure = charts.differences(shown)
    found = drawn(figure)
    for line in shown.lines:
        if line.difference is not None and line.budget == 64 and "odd" not in line.arm:
            assert found[f"{line.arm} x"] == pytest.approx(line.difference.estimate.mean)
    assert found["random x"] == 0
    symbols = {
        name: trace.marker.symbol for trace in traces(figure) if trace.error_x.array is not None for name in trace.y
    }
    assert symbols["good"] == LOOKS[Verdict.BETTER].symbol
    assert symbols["bad"] == LOOKS[Verdict.WORSE].symbol
    assert len({look.symbol for look in LOOKS.values()}) == 3, "nothing rests on colour alone"


@pytest.mark.parametrize("draw", [charts.means, charts.differences])
def test_the_whole_pool_is_a_line_when_near_and_a_word_when_far(draw: Any) -> None:
    near, far = draw(board(whole=0.9)), draw(board(whole=-90.0))
    assert not [one for one in near.layout.annotations if "Whole pool" in one.text]
    assert len([one for one in far.layout.annotations if "Whole pool" in one.text]) == 4
    lines = [len([one for one in figure.layout.shapes if one.type == "line"]) for figure in (near, far)]
    assert lines[0] == lines[1] + 4


def test_names_cannot_smuggle_markup_in() -> None:
    assert "<b>odd" not in str(charts.means(board()).to_json())
    assert "<b>odd" not in str(charts.time_against(board(), {}, whole_seconds=None).to_json())


def test_time_goes_with_the_mean() -> None:
    shown = board(whole=0.5)
    seconds = {(line.arm, line.budget): float(line.budget) for line in shown.lines}
    figure = charts.time_against(shown, seconds, whole_seconds=999.0)
    (good,) = [trace for trace in traces(figure) if trace.name == "good"]
    assert list(good.x) == [64, 128, 256, 512]
    (whole,) = [trace for trace in traces(figure) if trace.name == "Whole pool"]
    assert (whole.x[0], whole.y[0]) == (999.0, 0.5)


def test_seconds_are_written_in_full_on_the_log_axis() -> None:
    shown = board()
    seconds = {(line.arm, line.budget): 20.0 for line in shown.lines}
    figure: Any = charts.time_against(shown, seconds, whole_seconds=None)
    axis = figure.layout.xaxis
    told = dict(zip(axis.tickvals, axis.ticktext, strict=True))
    assert (told[20.0], told[100.0], told[0.5]) == ("20", "100", "0.5")


def test_one_seed_and_no_line_are_drawn_too() -> None:
    assert charts.differences(board(seeds=1)).data
    empty = Board("Test loss", (), (), "random")
    for figure in (charts.means(empty), charts.differences(empty), charts.time_against(empty, {}, whole_seconds=None)):
        assert isinstance(figure, go.Figure)


def test_bands_draw_each_arm_with_its_interval() -> None:
    lines = tuple(one for one in band_lines(replicates(), BANDS, smaller_is_better=True) if one.line.budget == 64)
    shown = Bands("Test loss", lines, tuple(ARMS), ("head", "mid", "tail"), (40, 40, 40), "random")
    figure = band_charts.differences(shown)
    assert [trace.name for trace in traces(figure) if trace.name in ARMS] == ["good", "bad"]
    (bad,) = [trace for trace in traces(figure) if trace.name == "bad"]
    assert set(bad.marker.symbol) == {arm_looks(tuple(ARMS))["bad"].symbol}, "filled: told from chance"
    mine = {one.band: one.line.difference for one in lines if one.line.arm == "bad"}
    for place, value, below in zip(bad.x, bad.y, bad.error_y.arrayminus, strict=True):
        one = mine[round(place)]
        assert one is not None
        assert (value, value - below) == (pytest.approx(one.estimate.mean), pytest.approx(one.low))
    assert len(traces(band_charts.means(shown))) == len(ARMS)


def test_head_against_tail_draws_the_points() -> None:
    points = [("a", 0.1, 0.0), ("b", 0.2, 0.1)]
    assert head_against_tail((), {}, budget=64) is None
    figure = band_charts.head_against_tail(points, title="Tail", found=None)
    found = traces(figure)
    assert [(trace.name, *trace.x, *trace.y) for trace in found] == points
    assert len({(trace.marker.color, trace.marker.symbol) for trace in found}) == len(points)
