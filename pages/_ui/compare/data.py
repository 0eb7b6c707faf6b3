"""What the Compare page shows of an experiment: leaderboards and bands, computed once per state of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.evaluation.bands import BandLine, band_lines, band_sizes
from goracs_core.evaluation.leaderboard import Line
from goracs_core.evaluation.popularity_scale import CLASS_NAMES, popularity_scale
from goracs_core.jobs.experiment.boards import experiment_board, experiment_looks
from goracs_core.jobs.experiment.leaderboard_table import board as board_lines
from goracs_core.jobs.experiment.points import was_undone
from goracs_core.jobs.experiment.replicates import (
    Metric,
    is_whole_pool,
    means,
    metrics_of,
    replicates,
    sample_rows,
)
from pages._ui import cache
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.charts.arms import ArmLook
    from goracs_core.charts.leaderboard import Board
    from goracs_core.evaluation.leaderboard import Replicates
    from goracs_core.evaluation.popularity_scale import PopularityScale
    from goracs_core.jobs.experiment.record import Experiment
    from goracs_core.types import IndexArray

CLASSES, DECILES = "Head, mid, tail", "Deciles"


@dataclass(frozen=True, eq=False)
class Banded:
    """Outcomes by the popularity of the target of the test samples.

    Args:
        names: Of the popularity classes.
        sizes: Test samples of each class.
        lines: Arms in each class.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    lines: tuple[BandLine, ...]


def metrics(experiment: Experiment, ref: DatasetRef) -> tuple[Metric, ...]:
    """What arms can be compared by; the area under the ROC curve needs test samples of both labels."""
    found = metrics_of(experiment)
    known = labels(ref)
    asked = None if known is None else known[experiment.outcomes.rows]
    both = asked is not None and 0 < int(asked.sum()) < len(asked)
    return tuple(metric for metric in found if metric.key != "auc" or both)


def labels(ref: DatasetRef) -> IndexArray | None:
    """Labels of all the dataset's test samples, where it has some."""
    return cache.dataset(ref).test.labels


def lines(experiment: Experiment, metric: Metric, ref: DatasetRef) -> tuple[Line, ...]:
    """The leaderboard, the whole pool included."""
    return _lines(_state(experiment), metric, experiment, ref)


@st.cache_resource(max_entries=64, show_spinner=False)
def _lines(state: str, metric: Metric, _experiment: Experiment, _ref: DatasetRef) -> tuple[Line, ...]:
    return board_lines(_experiment, metric, labels=labels(_ref))


def _state(experiment: Experiment) -> str:
    """Changes whenever an entry is done."""
    return f"{experiment.id} {experiment.started} {experiment.done}"


def board(experiment: Experiment, metric: Metric, ref: DatasetRef) -> Board:
    """What the figures draw: the whole pool is a reference, not an arm."""
    return experiment_board(experiment, metric, labels=labels(ref), lines=lines(experiment, metric, ref))


def _replicates(experiment: Experiment, metric: Metric, ref: DatasetRef) -> list[Replicates]:
    """Outcomes by arm and budget, without the whole pool."""
    found = replicates(experiment, metric.key, labels=labels(ref))
    return [one for one in found if not is_whole_pool(experiment, one.arm)]


def looks(experiment: Experiment) -> dict[str, ArmLook]:
    """Colour and symbol of each arm, the same on all tabs; an arm with decay has the colour of the one without."""
    return experiment_looks(experiment)


def whole_pool(experiment: Experiment, metric: Metric, ref: DatasetRef) -> Line | None:
    """The line of the whole pool, or None."""
    found = lines(experiment, metric, ref)
    return next((line for line in found if is_whole_pool(experiment, line.arm)), None)


def seconds(experiment: Experiment) -> dict[tuple[str, int], float]:
    """Mean seconds of selection and training together, by arm and budget."""
    selecting, training = means(experiment, "select_seconds"), means(experiment, "train_seconds")
    return {place: mean + selecting.get(place, (0.0, 0.0))[0] for place, (mean, _) in training.items()}


def scale(ref: DatasetRef) -> PopularityScale:
    """Popularity classes and deciles of the dataset."""
    return _scale(ref.fingerprint, ref)


@st.cache_resource(max_entries=8, show_spinner=False)
def _scale(fingerprint: str, _ref: DatasetRef) -> PopularityScale:
    dataset = cache.dataset(_ref)
    return popularity_scale(dataset.items.popularity, dataset.pool.targets)


def banded(experiment: Experiment, metric: Metric, ref: DatasetRef, *, by: str) -> Banded:
    """The leaderboard of each popularity class.

    Args:
        experiment: As far as it came.
        metric: What arms are compared by; not AUC, which is no mean over samples.
        ref: The dataset.
        by: `CLASSES` or `DECILES`.
    """
    return _banded(_state(experiment), metric, by, experiment, ref)


@st.cache_resource(max_entries=32, show_spinner=False)
def _banded(state: str, metric: Metric, by: str, _experiment: Experiment, _ref: DatasetRef) -> Banded:
    known, dataset = scale(_ref), cache.dataset(_ref)
    targets = dataset.test.targets[sample_rows(_experiment, metric.key)]
    classes = by == CLASSES
    bands = (known.item_class if classes else known.item_decile)[targets]
    names = CLASS_NAMES if classes else known.decile_labels
    cut = band_lines(_replicates(_experiment, metric, _ref), bands, smaller_is_better=metric.smaller_is_better)
    return Banded(tuple(names), tuple(band_sizes(bands, len(names)).tolist()), cut)


def head_shares(experiment: Experiment, budget: int) -> dict[str, float]:
    """Mean share of head items in each arm's coresets of this budget."""
    return {arm: mean for (arm, at), (mean, _) in means(experiment, "head_share").items() if at == budget}


def undone_arms(experiment: Experiment, budget: int) -> tuple[str, ...]:
    """Arms whose finished trainings at this budget were all undone: their outcomes are those before training."""
    done = [entry for entry in experiment.entries if entry.done and entry.budget == budget]
    taught = {entry.arm for entry in done if not was_undone(entry)}
    return tuple(arm for arm in dict.fromkeys(entry.arm for entry in done) if arm not in taught)


def start_loss(experiment: Experiment) -> float | None:
    """Mean test loss before training; None for models that start from random weights."""
    losses = experiment.outcomes.start_losses
    return float(losses.mean()) if len(losses) and np.isfinite(losses).all() else None
