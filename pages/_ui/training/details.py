"""What is folded under the first screen of a training: ranking, samples, popularity, numbers, files, all trainings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pages._ui import blocks, training_pick
from pages._ui.state import DatasetRef
from pages._ui.training import files as training_files
from pages._ui.training import first as training_first
from pages._ui.training import samples as training_samples
from pages._ui.training import view as training_view

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training, TrainingSummary


def show(training: Training, kept: tuple[TrainingSummary, ...], ref: DatasetRef) -> None:
    """One tab per part; parts that were not measured have none."""
    tested, gain = training.tested, training_first.gain(training)
    tabs: dict[str, Callable[[], None]] = {}
    if tested.choices is not None:
        choices = tested.choices
        tabs["Answer quality"] = lambda: training_view.choices(training, choices)
    elif tested.rankings is not None:
        tabs["Ranking quality"] = lambda: training_view.rankings(training, ref)
    tabs["Sample answers"] = lambda: training_samples.examples(training, ref)
    if gain is not None:
        tabs["Change per sample"] = lambda: training_first.per_sample(training, gain)
    tabs["Loss by popularity"] = lambda: training_samples.bands(training, ref)
    tabs["Numbers"] = lambda: training_view.figures(training)
    tabs["Export"] = lambda: training_files.export(training, ref)
    tabs["All trainings"] = lambda: training_pick.table(ref, kept)
    blocks.tabs(tabs, key="training_tab")
