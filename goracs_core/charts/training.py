"""Figures of a training: how the loss fell, how well items are ranked, on whom it is good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import CATEGORIES, ZERO_LINE, faded
from goracs_core.llm.tuning.outcomes import TrainingLog
from goracs_core.types import FloatArray

# A color is a training, a dash and a symbol are the samples: none of them has the color of a role.
THIS, SECOND, OTHER = CATEGORIES[0], CATEGORIES[1], CATEGORIES[-1]
_COLORS = (THIS, SECOND)
_TRAINING, _VALIDATION = ("dot", "circle-open"), ("solid", "diamond")
_BEST = "star"


@dataclass(frozen=True, eq=False)
class Measured:
    """A group of bars: one number per category with its uncertainty.

    Args:
        name: For the legend.
        values: Shape [c]; NaN leaves a bar out.
        errors: Half a 95 % interval, shape [c]; None where there is none.
    """

    name: str
    values: FloatArray
    errors: FloatArray | None = None


def loss_curve(logs: Mapping[str, TrainingLog]) -> go.Figure:
    """Loss over optimizer steps: each step, epochs' means, and the validation samples; of one or two trainings.

    Steps are drawn for a single training only; with two, the curves that are compared stay readable.

    Args:
        logs: Trainings by name, finished or not.
    """
    figure = new_figure(x_title="Optimizer steps", y_title="Loss (nats)", height=300)
    several = len(logs) > 1
    for place, (name, log) in enumerate(logs.items()):
        prefix, color = f"{name}: " if several else "", _COLORS[place % 2]
        if not several:
            _add_steps(figure, log)
        _add_means(figure, log, f"{prefix}training, mean of an epoch", color)
        _add_validation(figure, log, f"{prefix}validation", color, prefix)
    figure.update_xaxes(rangemode="tozero")
    figure.update_traces(cliponaxis=False)  # what stands at step 0 is drawn whole
    return figure


def _add_steps(figure: go.Figure, log: TrainingLog) -> None:
    if not log.steps:
        return
    steps = np.array(log.steps, np.float64)  # [s, 2]
    figure.add_scatter(
        x=steps[:, 0],
        y=steps[:, 1],
        mode="lines",
        name="training, single steps",
        line={"color": ZERO_LINE, "width": 1},
        hovertemplate="step %{x:,}: %{y:.3f}<extra>one batch</extra>",
    )


def _add_means(figure: go.Figure, log: TrainingLog, name: str, color: str) -> None:
    dash, symbol = _TRAINING
    epochs = [epoch for epoch in log.epochs if epoch.epoch > 0 and np.isfinite(epoch.loss)]
    if epochs:
        figure.add_scatter(
            x=[epoch.step for epoch in epochs],
            y=[epoch.loss for epoch in epochs],
            mode="lines+markers",
            name=escape(name),
            line={"color": color, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 8},
            customdata=[epoch.epoch for epoch in epochs],
            hovertemplate="epoch %{customdata}: mean training loss %{y:.3f}<extra></extra>",
        )


def _add_validation(figure: go.Figure, log: TrainingLog, name: str, color: str, prefix: str) -> None:
    dash, symbol = _VALIDATION
    judged = [epoch for epoch in log.epochs if np.isfinite(epoch.validation_loss)]
    if not judged:
        return
    figure.add_scatter(
        x=[epoch.step for epoch in judged],
        y=[epoch.validation_loss for epoch in judged],
        mode="lines+markers",
        name=escape(name),
        line={"color": color, "dash": dash, "width": 2},
        marker={"symbol": symbol, "size": 9},
        customdata=["before training" if epoch.epoch == 0 else f"after epoch {epoch.epoch}" for epoch in judged],
        hovertemplate="%{customdata}: validation loss %{y:.3f}<extra></extra>",
    )
    best = [epoch for epoch in judged if epoch.epoch == log.best_epoch]
    if best and log.stopped:  # while it runs, the best one may still come
        figure.add_scatter(
            x=[best[0].step],
            y=[best[0].validation_loss],
            mode="markers",
            name=escape(
                f"{prefix}kept: epoch {log.best_epoch}" if log.best_epoch else f"{prefix}kept: before training"
            ),
            marker={"symbol": _BEST, "size": 17, "color": color, "line": {"width": 1.5, "color": "#ffffff"}},
            hovertemplate="weights of this epoch were kept: validation loss %{y:.3f}<extra></extra>",
        )


def grouped_bars(
    categories: Sequence[str], groups: Sequence[Measured], *, title: str, percent: bool = False, height: int = 300
) -> go.Figure:
    """Numbers of several groups side by side, with 95 % intervals where they are known.

    Args:
        categories: c names along the axis.
        groups: The first one is what the page is about; then what it is compared with.
        title: Of the axis, with its unit.
        percent: Shares of 1.
        height: Of the figure.
    """
    figure = new_figure(x_title="", y_title=title, height=height)
    edges = (THIS, OTHER, OTHER)
    colors = (THIS, OTHER, faded(OTHER, 0.25))
    patterns = ("", "/", ".")
    form = ".2%" if percent else ".3f"
    for place, group in enumerate(groups):
        errors = None
        if group.errors is not None:
            errors = {
                "type": "data",
                "symmetric": False,
                "array": group.errors,
                "thickness": 1.5,
                "width": 4,
                "color": ZERO_LINE,
                "arrayminus": np.minimum(group.errors, group.values),  # none of these numbers can be negative
            }
        reach = np.full(len(group.values), np.nan) if group.errors is None else group.errors
        figure.add_bar(
            x=[escape(name) for name in categories],
            y=group.values,
            name=escape(group.name),
            marker={
                "color": colors[place % 3],
                "line": {"color": edges[place % 3], "width": 1},
                "pattern": {
                    "shape": patterns[place % 3],
                    "fillmode": "overlay",
                    "fgcolor": "#ffffff",
                    "fgopacity": 0.55,
                    "solidity": 0.15,
                    "size": 7,
                },
            },
            error_y=errors,
            customdata=reach,
            hovertemplate=f"%{{x}}: %{{y:{form}}}"
            + (f" ± %{{customdata:{form}}}" if errors else "")
            + "<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="group", bargap=0.3)
    figure.update_yaxes(rangemode="tozero", tickformat=".1%" if percent else None)
    return figure


@dataclass(frozen=True)
class Change:
    """The change of the test loss by one training, with the ends of its 95 % interval.

    Args:
        name: The training.
        mean, low, high: In nats.
    """

    name: str
    mean: float
    low: float
    high: float


def changes(lines: Sequence[Change], *, second: int | None = None) -> go.Figure:
    """The change of the test loss by several trainings, one line each; left of zero the loss fell.

    Args:
        lines: The training that the page is about first.
        second: Place of the one it is compared with.
    """
    figure = new_figure(x_title="Change of the test loss by training (nats)", y_title="", height=300, legend=False)
    for place, line in enumerate(lines):
        color = THIS if place == 0 else SECOND if place == second else OTHER
        figure.add_scatter(
            x=[line.mean],
            y=[escape(line.name, 44)],
            mode="markers",
            marker={"color": color, "symbol": "circle" if place == 0 else "diamond", "size": 11 if place == 0 else 9},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [line.high - line.mean],
                "arrayminus": [line.mean - line.low],
                "color": color,
                "thickness": 3 if place == 0 else 2,
                "width": 5,
            },
            customdata=[[line.low, line.high]],
            hovertemplate="%{y}<br>%{x:+.4f} nats (%{customdata[0]:+.4f} to %{customdata[1]:+.4f})<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": ZERO_LINE, "width": 1.5})
    figure.add_annotation(x=0, y=1, yref="paper", yanchor="bottom", showarrow=False, text="before training")
    figure.update_yaxes(autorange="reversed", showgrid=True)
    figure.update_xaxes(showgrid=True, zeroline=False, tickformat=".3~f")
    figure.update_layout(margin={"l": 8, "r": 24, "t": 26, "b": 44})
    return figure


def sample_changes(values: FloatArray, *, bins: int = 40) -> go.Figure:
    """How the change of the loss is spread over the test samples, with its mean.

    Args:
        values: After less before; shape [q].
        bins: As many at most; an edge of them lies at zero.
    """
    figure = new_figure(x_title="Change of the loss of a test sample (nats)", y_title="Test samples", height=300)
    counts, edges = np.histogram(values, sample_edges(values, bins))
    middles = (edges[1:] + edges[:-1]) / 2
    for name, part, color in (("Improved", middles < 0, THIS), ("Not improved", middles >= 0, OTHER)):
        figure.add_bar(
            x=middles[part],
            y=counts[part],
            width=np.diff(edges)[part],
            name=name,
            marker={"color": color, "line": {"width": 0}},
            hovertemplate="about %{x:+.3f} nats: %{y:,} samples<extra>%{fullData.name}</extra>",
        )
    figure.add_vline(x=float(values.mean()), line={"color": THIS, "dash": "dash", "width": 2})
    figure.add_annotation(
        x=float(values.mean()), y=1, yref="paper", xanchor="right", showarrow=False, text=f"mean {values.mean():+.3f} "
    )
    figure.update_layout(bargap=0, barmode="overlay")
    return figure


def sample_edges(values: FloatArray, bins: int = 40) -> FloatArray:
    """Edges of equal bins over all values, one of them at zero; shape [bins + 1]."""
    reach = max(float(np.abs(values).max()), 1e-6)
    edges = np.linspace(-reach, reach, 2 * (bins // 2) + 1)
    used = (edges[1:] >= values.min()) & (edges[:-1] <= values.max())
    first, last = np.flatnonzero(used)[[0, -1]]
    return edges[first : last + 2]
