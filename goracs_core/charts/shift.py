"""Figures over time: test losses and differences in slices of the test, loss against half-life, drift of the data."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.arms import WHOLE_POOL, ArmLook, arm_looks
from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import CATEGORIES, STYLES, ZERO_LINE, Role
from goracs_core.errors import ShapeError
from goracs_core.evaluation.drift import EmbeddingDrift
from goracs_core.evaluation.leaderboard import REFERENCE
from goracs_core.evaluation.shift import ArmShift, Estimate, OverTime, ShiftReport, TimeSlice

NO_DECAY = "no decay"
_HEIGHT = 360
_DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "diamond")
_STANDOFF = 20  # the numbers at this axis are wide
_SPREAD = 0.3  # of the distance of two slices: how far the arms of one slice stand apart


def slice_labels(slices: Sequence[TimeSlice]) -> list[str]:
    """Date ranges of the slices."""
    return [f"{_day(part.first)} to {_day(part.last)}" for part in slices]


def loss_over_time(report: ShiftReport, looks: Mapping[str, ArmLook] | None = None) -> go.Figure:
    """Mean test loss of each arm in each slice, with intervals; `looks` as below."""
    shown = [(arm, arm.loss) for arm in report.arms]
    return _lines(report, shown, looks, y_title="Test loss (nats, smaller is better)")


def difference_over_time(report: ShiftReport, looks: Mapping[str, ArmLook] | None = None, *, to: str) -> go.Figure:
    """Test loss of each arm less that of another one in each slice, with paired intervals; below 0 is better.

    Args:
        report: From `shift_report`.
        looks: Of the arms; by their order where none are given.
        to: "random", or "no decay": the same method without decay.
    """
    pairs = [(arm, arm.to_random if to == "random" else arm.to_undecayed) for arm in report.arms]
    shown = [(arm, series) for arm, series in pairs if series is not None]
    figure = _lines(report, shown, looks, y_title=f"Loss minus that of {to} (nats)")
    figure.add_hline(y=0, line={"color": ZERO_LINE, "width": 1})
    return figure


def half_life_curve(report: ShiftReport, base: str) -> go.Figure:
    """Test loss against half-life, "no decay" last; on the whole test and on its latest slice.

    Args:
        report: From `shift_report`.
        base: An arm without decay that has some with.

    Raises:
        ShapeError: No such arm.
    """
    family = report.decays(base)
    if len(family) < 2:
        raise ShapeError(f"{base} has no arms with decay to draw a curve of")
    figure = new_figure(
        x_title="Half-life (equally spaced)", y_title="Test loss (nats, smaller is better)", height=_HEIGHT
    )
    labels = [half_life_label(arm) for arm in family]
    for number, (name, values) in enumerate(
        (("Whole test", [arm.loss.whole for arm in family]), ("Latest slice", [arm.loss.slices[-1] for arm in family]))
    ):
        figure.add_scatter(
            x=np.arange(len(family)) + 0.06 * (2 * number - 1),
            y=[one.value for one in values],
            mode="lines+markers",
            name=name,
            line={"color": CATEGORIES[number], "width": 2, "dash": "solid" if number == 0 else "dash"},
            marker={"symbol": _SYMBOLS[number], "size": 9, "color": CATEGORIES[number]},
            error_y=_error_bars(values),
            customdata=[[label, *_ends(one)] for label, one in zip(labels, values, strict=True)],
            hovertemplate=f"{name}, %{{customdata[0]}}: %{{y:.4f}}<br>%{{customdata[1]}}<extra></extra>",
        )
    figure.update_xaxes(tickvals=list(range(len(family))), ticktext=labels, zeroline=False)
    figure.update_yaxes(zeroline=False)
    return figure


def drift(measured: EmbeddingDrift) -> go.Figure:
    """Energy distance of each later slice to the earliest one, with what chance alone gives."""
    figure = new_figure(x_title="Time of the later samples", y_title="Energy distance to the earliest", height=300)
    labels = _folded(slice_labels(measured.slices)[1:])
    validation, random = STYLES[Role.VALIDATION], STYLES[Role.RANDOM]
    figure.add_bar(
        x=labels,
        y=measured.distances,
        name="Measured",
        marker={"color": validation.color},
        width=0.45,
        hovertemplate="%{x}: %{y:.4f}<extra></extra>",
    )
    figure.add_scatter(
        x=labels,
        y=measured.chance,
        mode="markers",
        name="95 % quantile without drift",
        marker={"symbol": "line-ew", "size": 44, "line": {"color": random.color, "width": 3}, "color": random.color},
        hovertemplate="95 % quantile without drift: %{y:.4f}<extra></extra>",
    )
    figure.update_yaxes(rangemode="tozero", title_standoff=_STANDOFF)
    return figure


def half_life_label(arm: ArmShift) -> str:
    """What the arm's decay is called: "30 days" or "no decay"."""
    return NO_DECAY if arm.half_life is None else f"{arm.half_life:g} days"


def _lines(
    report: ShiftReport,
    shown: Sequence[tuple[ArmShift, OverTime]],
    looks: Mapping[str, ArmLook] | None,
    *,
    y_title: str,
) -> go.Figure:
    """A line per arm over the slices: each arm's own colour and symbol, dash by decay."""
    known = looks or arm_looks(
        [arm.name for arm in report.arms], families={arm.name: arm.base or arm.name for arm in report.arms}
    )
    figure = new_figure(x_title="Time of the test samples", y_title=y_title, height=_HEIGHT)
    offsets = np.linspace(-_SPREAD / 2, _SPREAD / 2, len(shown)) if len(shown) > 1 else [0.0]
    labels = slice_labels(report.slices)
    for (arm, series), offset in zip(shown, offsets, strict=True):
        (color, symbol), dash = (known[arm.name].color, known[arm.name].symbol), _dash(report, arm)
        figure.add_scatter(
            x=np.arange(len(labels)) + offset,
            y=[one.value for one in series.slices],
            mode="lines+markers",
            name=escape(arm.name),
            line={"color": color, "width": 2, "dash": dash},
            marker={"symbol": symbol, "size": 8, "color": color},
            error_y=_error_bars(series.slices),
            customdata=[[label, *_ends(one)] for label, one in zip(labels, series.slices, strict=True)],
            hovertemplate=f"{escape(arm.name)}<br>%{{customdata[0]}}: %{{y:.4f}}<br>%{{customdata[1]}}<extra></extra>",
        )
    figure.update_xaxes(tickvals=list(range(len(labels))), ticktext=_folded(labels), zeroline=False)
    figure.update_yaxes(zeroline=False)
    return figure


def _folded(labels: Sequence[str]) -> list[str]:
    """Date ranges in two lines, so that neighbours do not touch."""
    return [label.replace(" to ", "<br>to ") for label in labels]


def _dash(report: ShiftReport, arm: ArmShift) -> str:
    if arm.name == REFERENCE:
        return "longdash"
    if arm.name == WHOLE_POOL:
        return "dot"
    if arm.half_life is None:
        return "solid"
    decays = [one.name for one in report.decays(arm.base or arm.name) if one.half_life is not None]
    return _DASHES[(decays.index(arm.name) if arm.name in decays else 0) % len(_DASHES)]


def _error_bars(values: Sequence[Estimate]) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [one.high - one.value for one in values],
        "arrayminus": [one.value - one.low for one in values],
        "width": 3,
        "thickness": 1.2,
    }


def _ends(estimate: Estimate) -> list[str]:
    return [f"95 % interval {estimate.low:.4f} to {estimate.high:.4f}"]


def _day(time: float) -> str:
    return datetime.datetime.fromtimestamp(time, tz=datetime.UTC).strftime("%Y-%m-%d")
