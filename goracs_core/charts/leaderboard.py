"""Figures of the leaderboard: each arm's mean or its difference to random, and what its time buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from goracs_core.charts.arms import ArmLook, arm_looks
from goracs_core.charts.layout import apply_style, escape, new_figure
from goracs_core.charts.palette import BAND_OPACITY, STYLES, ZERO_LINE, Role, faded
from goracs_core.evaluation.leaderboard import Line, Verdict
from goracs_core.types import FloatArray

_PER_ROW = 3  # panels side by side
_ROW_HEIGHT, _EDGES, _LEGEND = 30, 96, 52
_FAR = 0.7  # a reference farther off than this share of the panel is named at its edge instead of drawn
_SECONDS = [digit * 10.0**power for power in range(-3, 7) for digit in (1, 2, 5)]  # ticks of a log axis, each in full
_WHOLE, _POPULAR = "Whole pool", "Most popular items"


@dataclass(frozen=True)
class Look:
    """How a verdict is drawn, and what the legend calls it."""

    name: str
    color: str
    symbol: str


LOOKS: dict[Verdict, Look] = {
    Verdict.BETTER: Look("Better than random", "#00916a", "circle"),
    Verdict.UNKNOWN: Look("Not significant", "#7f858f", "diamond-open"),
    Verdict.WORSE: Look("Worse than random", "#c8453b", "x"),
}
_REFERENCE = Look("Random", STYLES[Role.RANDOM].color, STYLES[Role.RANDOM].symbol)


@dataclass(frozen=True, eq=False)
class Board:
    """What the figures show of one metric.

    Args:
        title: The metric with its unit.
        lines: Arms and budgets; the whole pool is not among them.
        arms: Order of the arms, best first.
        reference: Name of the arm that the others are compared with.
        decimals: Of a number.
        seeds: Mean of each seed by arm and budget; shapes [r].
        whole: Mean of training on the whole pool, or None.
        popular: What ranking by popularity gives, or None.
        looks: Of the arms; by their order where none are given.
    """

    title: str
    lines: tuple[Line, ...]
    arms: tuple[str, ...]
    reference: str
    decimals: int = 3
    seeds: Mapping[tuple[str, int], FloatArray] = field(default_factory=dict)
    whole: float | None = None
    popular: float | None = None
    looks: Mapping[str, ArmLook] = field(default_factory=dict)

    def arm_looks(self) -> Mapping[str, ArmLook]:
        """Colour and symbol of each arm."""
        return self.looks or arm_looks(self.arms, reference=self.reference)

    @property
    def budgets(self) -> list[int]:
        """The budgets, rising: one panel each."""
        return sorted({line.budget for line in self.lines})

    def reference_line(self, budget: int) -> Line | None:
        """The reference at a budget."""
        return next((line for line in self.lines if (line.arm, line.budget) == (self.reference, budget)), None)


def means(board: Board) -> go.Figure:
    """Mean of each arm with its interval, one panel per budget; ticks are single seeds, the band is random's interval.

    Intervals count test samples, which are the same for all arms: they may overlap though arms differ (`differences`).
    """
    figure, places = _panels(board, board.title)
    for budget, place in places.items():
        reference = board.reference_line(budget)
        if reference is not None:
            low, high = reference.estimate.interval()
            _add_random_band(figure, low, high, place)
        _add_seeds(figure, board, budget, place)
        marks = [(line, line.estimate.mean, line.estimate.interval()) for line in board.lines if line.budget == budget]
        _add_marks(figure, board, marks, place)
        ends = [end for _, _, interval in marks for end in interval]
        own = [value for (_, at), values in board.seeds.items() if at == budget for value in values.tolist()]
        references = {_WHOLE: board.whole, _POPULAR: board.popular}
        _add_references(figure, [*ends, *own], references, place)
    _add_legend(figure, board, band="Random, 95 % interval", seeds=True)
    return figure


def differences(board: Board) -> go.Figure:
    """Difference of each arm to random, paired by test sample and seed, with its interval; one panel per budget.

    The band is how far random's own seeds spread.
    """
    figure, places = _panels(board, f"{board.title}, difference from {board.reference}")
    for budget, place in places.items():
        reference = board.reference_line(budget)
        if reference is None:
            continue
        if reference.estimate.counts_seeds:
            _add_random_band(figure, -reference.estimate.spread, reference.estimate.spread, place)
        _add_line(figure, 0.0, {"color": ZERO_LINE, "width": 1.5}, place)
        marks = [
            (line, line.difference.estimate.mean, (line.difference.low, line.difference.high))
            for line in board.lines
            if line.budget == budget and line.difference is not None
        ]
        _add_marks(figure, board, [*marks, (reference, 0.0, (0.0, 0.0))], place)
        ends = [0.0, *(end for _, _, interval in marks for end in interval)]
        whole = None if board.whole is None else board.whole - reference.estimate.mean
        _add_references(figure, ends, {_WHOLE: whole}, place)
    _add_legend(figure, board, band="Spread over seeds of random", seeds=False)
    return figure


def time_against(board: Board, seconds: Mapping[tuple[str, int], float], *, whole_seconds: float | None) -> go.Figure:
    """What selecting and training takes against what it gives; larger marks are larger budgets, an arm's are joined.

    Args:
        board: The metric.
        seconds: Of selection and training together, by arm and budget.
        whole_seconds: Of training on the whole pool, or None.
    """
    figure = new_figure(x_title="Selection and training, seconds (log)", y_title=board.title, height=420)
    looks = board.arm_looks()
    for arm in board.arms:
        mine = [line for line in board.lines if line.arm == arm and (arm, line.budget) in seconds]
        mine.sort(key=lambda line: line.budget)
        spans = np.array([line.estimate.interval() for line in mine]).reshape(-1, 2)
        color = looks[arm].color
        figure.add_scatter(
            x=[seconds[arm, line.budget] for line in mine],
            y=[line.estimate.mean for line in mine],
            mode="lines+markers",
            name=escape(arm, 34),
            line={"color": color, "width": 1, "dash": "dot"},
            marker={
                "color": color,
                "symbol": looks[arm].symbol,
                "size": [9 + 4 * board.budgets.index(line.budget) for line in mine],
            },
            customdata=np.column_stack([spans, [line.budget for line in mine]]) if mine else None,
            hovertemplate=f"k %{{customdata[2]:,}}: %{{x:,.3g}} s<br>%{{y:.{board.decimals}f}} "
            f"(%{{customdata[0]:.{board.decimals}f}} to %{{customdata[1]:.{board.decimals}f}})"
            "<extra>%{fullData.name}</extra>",
        )
    if board.whole is not None and whole_seconds is not None:
        style = STYLES[Role.HIGHLIGHT]
        figure.add_scatter(
            x=[whole_seconds],
            y=[board.whole],
            mode="markers",
            name=_WHOLE,
            marker={"color": style.color, "symbol": style.symbol, "size": 15},
            hovertemplate=f"Whole pool<br>%{{x:,.3g}} s<br>%{{y:.{board.decimals}f}}<extra></extra>",
        )
    figure.update_xaxes(
        type="log", showgrid=True, zeroline=False, tickvals=_SECONDS, ticktext=[f"{value:,g}" for value in _SECONDS]
    )
    figure.update_yaxes(zeroline=False)
    return figure


def _panels(board: Board, title: str) -> tuple[go.Figure, dict[int, tuple[int, int]]]:
    """An empty figure with a panel per budget, and each panel's row and column."""
    budgets = board.budgets
    columns = min(len(budgets), _PER_ROW) or 1
    rows = -(-len(budgets) // columns) or 1
    figure = make_subplots(
        rows=rows,
        cols=columns,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=0.28 / rows,
        subplot_titles=[f"k = {budget:,}" for budget in budgets],
    )
    height = rows * (_ROW_HEIGHT * max(len(board.arms), 3) + _EDGES)
    apply_style(figure, height=height + _LEGEND, legend=True)
    figure.update_layout(margin={"t": _LEGEND + 20, "l": 20}, legend={"y": 1 + 24 / (height - 68)})
    names = [escape(arm, 34) for arm in board.arms]
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        autorange="reversed",
        showgrid=True,
        range=[len(names) - 0.5, -0.5],
    )
    figure.update_xaxes(showgrid=True, zeroline=False, nticks=6)
    places = {budget: (at // columns + 1, at % columns + 1) for at, budget in enumerate(budgets)}
    last = {column: row for row, column in sorted(places.values())}
    for column, row in last.items():
        figure.update_xaxes(title_text=title, row=row, col=column)
    figure.update_annotations(font_size=13)
    return figure, places


def _add_marks(
    figure: go.Figure, board: Board, marks: Sequence[tuple[Line, float, tuple[float, float]]], place: tuple[int, int]
) -> None:
    """One mark with whiskers per line, looking as its verdict does."""
    groups: dict[str, list[tuple[Line, float, tuple[float, float]]]] = {}
    looks = {look.name: look for look in (_REFERENCE, *LOOKS.values())}
    for mark in marks:
        groups.setdefault(_look(mark[0], board).name, []).append(mark)
    for name, mine in groups.items():
        look = looks[name]
        middle = np.array([value for _, value, _ in mine])
        low, high = np.array([interval for _, _, interval in mine]).T
        figure.add_scatter(
            x=middle,
            y=[escape(line.arm, 34) for line, _, _ in mine],
            mode="markers",
            name=name,
            legendgroup=name,
            marker={"color": look.color, "symbol": look.symbol, "size": 11, "line": {"width": 2, "color": look.color}},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": high - middle,
                "arrayminus": middle - low,
                "color": look.color,
                "thickness": 2,
                "width": 5,
            },
            text=[_words(line, board.decimals) for line, _, _ in mine],
            showlegend=False,
            hovertemplate="%{text}<extra></extra>",
            row=place[0],
            col=place[1],
        )


def _look(line: Line, board: Board) -> Look:
    if line.arm == board.reference:
        return _REFERENCE
    return LOOKS[Verdict.UNKNOWN if line.difference is None else line.difference.verdict]


def _words(line: Line, decimals: int) -> str:
    """What hovering says."""
    low, high = line.estimate.interval()
    parts = [
        f"{escape(line.arm)}, k {line.budget:,}",
        f"mean {line.estimate.mean:.{decimals}f} ({low:.{decimals}f} to {high:.{decimals}f})",
        f"{line.estimate.seeds} seeds, {line.estimate.samples} test samples",
    ]
    if line.estimate.counts_seeds:
        parts.append(f"spread over seeds {line.estimate.spread:.{decimals}f}")
    one = line.difference
    if one is not None:
        parts.append(
            f"minus random {one.estimate.mean:+.{decimals}f} ({one.low:+.{decimals}f} to {one.high:+.{decimals}f})"
        )
        parts.append(f"p {one.corrected:.3g} after Holm over {one.comparisons}")
    return "<br>".join(parts)


def _add_seeds(figure: go.Figure, board: Board, budget: int, place: tuple[int, int]) -> None:
    """A tick for each single seed."""
    points = [
        (value, escape(arm, 34))
        for (arm, at), values in board.seeds.items()
        if at == budget
        for value in values.tolist()
    ]
    figure.add_scatter(
        x=[x for x, _ in points],
        y=[name for _, name in points],
        mode="markers",
        name="Single seeds",
        legendgroup="Single seeds",
        showlegend=False,
        hovertemplate="%{y}, one seed: %{x:.4f}<extra></extra>",
        marker={"symbol": "line-ns-open", "size": 16, "color": STYLES[Role.POOL].color, "line": {"width": 1.5}},
        row=place[0],
        col=place[1],
    )


def _add_random_band(figure: go.Figure, low: float, high: float, place: tuple[int, int]) -> None:
    color = STYLES[Role.RANDOM].color
    figure.add_vrect(
        x0=low,
        x1=high,
        fillcolor=faded(color, BAND_OPACITY),
        line={"width": 0},
        layer="below",
        **_panel(place),
    )


def _add_line(figure: go.Figure, value: float, style: Mapping[str, Any], place: tuple[int, int]) -> None:
    figure.add_vline(x=value, line=style, **_panel(place))


def _panel(place: tuple[int, int]) -> dict[str, Any]:
    return {"row": place[0], "col": place[1], "exclude_empty_subplots": False}


def _add_references(
    figure: go.Figure, points: Sequence[float], references: Mapping[str, float | None], place: tuple[int, int]
) -> None:
    """Lines at the references that are near enough, names at the edge for those that are not; and the panel's range."""
    low, high = (min(points), max(points)) if points else (0.0, 1.0)
    span = (high - low) or abs(high) or 1.0
    known = {name: value for name, value in references.items() if value is not None}
    near = {name: value for name, value in known.items() if low - _FAR * span <= value <= high + _FAR * span}
    low, high = min([low, *near.values()]), max([high, *near.values()])
    span = (high - low) or span
    figure.update_xaxes(range=[low - 0.06 * span, high + 0.06 * span], row=place[0], col=place[1])
    for name, value in known.items():
        style = _reference_style(name)
        if name in near:
            _add_line(figure, value, style, place)
            continue
        left = value < low
        figure.add_annotation(
            x=0 if left else 1,
            xref="x domain",
            y=1,
            yref="y domain",
            yanchor="bottom",
            xanchor="left" if left else "right",
            showarrow=False,
            font={"size": 12},  # in the colour of text: that of a line has too little contrast for letters
            text=f"← {name} {value:.3f}" if left else f"{name} {value:.3f} →",
            row=place[0],
            col=place[1],
        )


def _reference_style(name: str) -> dict[str, Any]:
    role = Role.HIGHLIGHT if name == _WHOLE else Role.VALIDATION
    return {"color": STYLES[role].color, "width": 2, "dash": "dash" if name == _WHOLE else "dot"}


def _add_legend(figure: go.Figure, board: Board, *, band: str, seeds: bool) -> None:
    """One entry for each kind of mark that is there."""
    there = [look for look in LOOKS.values() if look in {_look(line, board) for line in board.lines}]
    compared = any(line.arm == board.reference for line in board.lines)
    for look in (*there, *([_REFERENCE] if compared else [])):
        marker = {"color": look.color, "symbol": look.symbol, "size": 10, "line": {"width": 2, "color": look.color}}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=look.name, legendgroup=look.name, marker=marker)
    if seeds and board.seeds:
        marker = {"symbol": "line-ns-open", "size": 12, "color": STYLES[Role.POOL].color, "line": {"width": 1.5}}
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name="Single seeds", legendgroup="Single seeds", marker=marker
        )
    if compared:
        color = faded(STYLES[Role.RANDOM].color, 0.5)
        marker = {"symbol": "square", "size": 14, "color": color}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=band, legendgroup=band, marker=marker)
    for name, value in ((_WHOLE, board.whole), (_POPULAR, board.popular if seeds else None)):
        if value is not None:
            figure.add_scatter(
                x=[None], y=[None], mode="lines", name=name, legendgroup=name, line=_reference_style(name)
            )
