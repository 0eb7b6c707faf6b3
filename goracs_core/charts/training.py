"""Figures of a training: how the loss fell, how well items are ranked, on whom it is good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.layout import escape, new_figure
from goracs_core.charts.palette import STYLES, ZERO_LINE, Role, RoleStyle, faded
from goracs_core.llm.tuning.outcomes import TrainingLog
from goracs_core.types import FloatArray

_MEANS = (STYLES[Role.CORESET], STYLES[Role.SECOND_CORESET])
_VALIDATION = (STYLES[Role.VALIDATION], RoleStyle(STYLES[Role.HIGHLIGHT].color, "diamond-open", "dot"))
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
    """Loss over optimiser steps: each step, epochs' means, and the validation samples; of one or two trainings.

    Steps are drawn for a single training only; with two, the curves that are compared stay readable.

    Args:
        logs: Trainings by name, finished or not.
    """
    figure = new_figure(x_title="Optimizer steps", y_title="Loss (nats)", height=360)
    several = len(logs) > 1
    for place, (name, log) in enumerate(logs.items()):
        prefix = f"{name}: " if several else ""
        if not several:
            _add_steps(figure, log)
        _add_means(figure, log, f"{prefix}training, mean of an epoch", _MEANS[place % 2])
        _add_validation(figure, log, f"{prefix}validation", _VALIDATION[place % 2], prefix)
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
        line={"color": faded(STYLES[Role.POOL].color, 0.55), "width": 1},
        hovertemplate="step %{x:,}: %{y:.3f}<extra>one batch</extra>",
    )


def _add_means(figure: go.Figure, log: TrainingLog, name: str, style: RoleStyle) -> None:
    epochs = [epoch for epoch in log.epochs if epoch.epoch > 0 and np.isfinite(epoch.loss)]
    if epochs:
        figure.add_scatter(
            x=[epoch.step for epoch in epochs],
            y=[epoch.loss for epoch in epochs],
            mode="lines+markers",
            name=escape(name),
            line={"color": style.color, "dash": style.dash, "width": 2},
            marker={"symbol": style.symbol, "size": 8},
            customdata=[epoch.epoch for epoch in epochs],
            hovertemplate="epoch %{customdata}: mean training loss %{y:.3f}<extra></extra>",
        )


def _add_validation(figure: go.Figure, log: TrainingLog, name: str, style: RoleStyle, prefix: str) -> None:
    judged = [epoch for epoch in log.epochs if np.isfinite(epoch.validation_loss)]
    if not judged:
        return
    figure.add_scatter(
        x=[epoch.step for epoch in judged],
        y=[epoch.validation_loss for epoch in judged],
        mode="lines+markers",
        name=escape(name),
        line={"color": style.color, "dash": style.dash, "width": 2},
        marker={"symbol": style.symbol, "size": 9},
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
            marker={"symbol": _BEST, "size": 17, "color": style.color, "line": {"width": 1.5, "color": "#ffffff"}},
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
    styles = (STYLES[Role.CORESET], STYLES[Role.POOL], STYLES[Role.RANDOM])
    colors = (styles[0].color, styles[1].color, faded(styles[2].color, 0.25))
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
                "line": {"color": styles[place % 3].color, "width": 1},
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
