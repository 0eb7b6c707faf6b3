"""Figures by popularity: on which test samples an arm is better or worse than random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.arms import ArmLook, arm_looks
from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import ZERO_LINE
from goracs_core.evaluation.bands import BandLine, Relation
from goracs_core.evaluation.leaderboard import Verdict
from goracs_core.types import FloatArray

MOST_ARMS = 9  # more are not told apart
_SPREAD = 0.62  # of a band's place that its arms share


@dataclass(frozen=True, eq=False)
class Bands:
    """What the figure shows of one metric at one budget.

    Args:
        title: The metric with its unit.
        lines: Arms in bands.
        arms: Which arms, in order; at most `MOST_ARMS`.
        names: Of the bands.
        sizes: Test samples of each band.
        reference: Name of the arm that the others are compared with.
        decimals: Of a number.
        looks: Of the arms; by their order where none are given.
    """

    title: str
    lines: tuple[BandLine, ...]
    arms: tuple[str, ...]
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    reference: str
    decimals: int = 3
    looks: Mapping[str, ArmLook] = field(default_factory=dict)


def differences(bands: Bands) -> go.Figure:
    """Difference of each arm to random within each band, with its interval; filled marks are told from chance."""
    figure = _canvas(bands, f"{bands.title}, difference from {bands.reference}")
    figure.add_hline(y=0, line={"color": ZERO_LINE, "width": 1.5})
    compared = [arm for arm in bands.arms if arm != bands.reference]
    for place, arm in enumerate(compared):
        mine = [(one.band, one.line.difference) for one in bands.lines if one.line.arm == arm and one.line.difference]
        points = [(band, one.estimate.mean, one.low, one.high, one.verdict, one.corrected) for band, one in mine if one]
        clear = np.array([verdict is not Verdict.UNKNOWN for *_, verdict, _ in points])
        told = [f"{verdict}, p {p:.3g} after Holm" for *_, verdict, p in points]
        places = _offset(np.array([point[0] for point in points], np.float64), place, len(compared))
        spans = np.array([point[1:4] for point in points], np.float64).reshape(-1, 3)
        _add_arm(figure, bands, arm, places, spans, told, filled=clear)
    return figure


def means(bands: Bands) -> go.Figure:
    """Mean of each arm within each band, with its interval."""
    figure = _canvas(bands, bands.title)
    for number, arm in enumerate(bands.arms):
        mine = [one for one in bands.lines if one.line.arm == arm]
        spans = np.array([(one.line.estimate.mean, *one.line.estimate.interval()) for one in mine]).reshape(-1, 3)
        places = _offset(np.array([one.band for one in mine], np.float64), number, len(bands.arms))
        told = [f"{one.line.estimate.seeds} seeds" for one in mine]
        _add_arm(figure, bands, arm, places, spans, told, filled=np.ones(len(mine), bool))
    return figure


def head_against_tail(
    points: Sequence[tuple[str, float, float]],
    *,
    title: str,
    found: Relation | None,
    looks: Mapping[str, ArmLook] | None = None,
) -> go.Figure:
    """Head share of each arm's coresets against what it loses on the tail; the legend names the arms.

    Args:
        points: Name, share of head items in the coreset, difference to random on tail samples.
        title: Of the vertical axis.
        found: The rank correlation, or None.
        looks: Of the arms; by their order where none are given.
    """
    across = "Share of head items in the coreset"
    if found is not None:
        across += f" (rank correlation {found.value:+.2f}, n = {found.n}, p = {found.p_value:.2g})"
    figure = new_figure(x_title=across, y_title=title, height=360)
    figure.add_hline(y=0, line={"color": ZERO_LINE, "width": 1.5})
    known = looks or arm_looks([name for name, *_ in points])
    for name, share, value in points:
        figure.add_scatter(
            x=[share],
            y=[value],
            mode="markers",
            name=escape(name, 34),
            cliponaxis=False,
            marker={"color": known[name].color, "symbol": known[name].symbol, "size": 11},
            hovertemplate="head share %{x:.1%}<br>%{y:.4f}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(tickformat=".0%", showgrid=True, zeroline=False)
    figure.update_yaxes(zeroline=False)
    return figure


def _canvas(bands: Bands, title: str) -> go.Figure:
    figure = new_figure(x_title="Popularity of the target item (test samples)", y_title=title, height=420)
    labels = [f"{escape(name)}<br>({size:,})" for name, size in zip(bands.names, bands.sizes, strict=True)]
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=labels,
        range=[-0.5, len(labels) - 0.5],
        zeroline=False,
    )
    for edge in range(1, len(labels)):
        figure.add_vline(x=edge - 0.5, line={"color": ZERO_LINE, "width": 0.5, "dash": "dot"})
    figure.update_yaxes(zeroline=False)
    return figure


def _offset(bands: FloatArray, number: int, count: int) -> FloatArray:
    """Places of an arm's marks: beside those of the other arms; shape as given."""
    return bands + _SPREAD * ((number + 0.5) / count - 0.5)


def _add_arm(
    figure: go.Figure,
    bands: Bands,
    arm: str,
    places: FloatArray,
    spans: FloatArray,
    told: Sequence[str],
    *,
    filled: np.ndarray,
) -> None:
    """Marks with whiskers, the arm's looks the same in every figure; `spans` are middle, low, high; shape [b, 3]."""
    look = (bands.looks or arm_looks(bands.arms, reference=bands.reference))[arm]
    color, symbol = look.color, look.symbol
    middle, low, high = spans.T
    digits = f".{bands.decimals}f"
    figure.add_scatter(
        x=places,
        y=middle,
        mode="markers",
        name=escape(arm, 34),
        marker={
            "color": color,
            "size": 10,
            "symbol": [symbol if full else f"{symbol}-open" for full in filled],
            "line": {"color": color, "width": 2},
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - middle,
            "arrayminus": middle - low,
            "color": color,
            "thickness": 1.5,
            "width": 4,
        },
        customdata=np.column_stack([low, high]),
        text=list(told),
        hovertemplate=f"%{{y:{digits}}} (%{{customdata[0]:{digits}}} to %{{customdata[1]:{digits}}})<br>%{{text}}"
        "<extra>%{fullData.name}</extra>",
    )
