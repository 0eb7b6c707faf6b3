"""The files of a training: its record, its outcomes sample by sample, the command that trains it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.jobs.select.export import to_csv
from goracs_core.jobs.train.export import changed_options, train_command
from goracs_core.jobs.train.store import RECORD
from pages._ui import blocks, cache, text, training_pick, training_words, widgets
from pages._ui.state import DatasetRef
from pages._ui.training import samples as training_samples

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training

_MACHINE = ("processor", "cores", "threads", "device")
_VERSIONS = ("goracs_core", "python", "torch", "transformers", "numpy")


def export(training: Training, ref: DatasetRef) -> None:
    """Downloads and the command."""
    record = training_pick.store().find(training.id) / RECORD
    name = f"training-{training.id[:8]}"

    def outcomes() -> bytes:
        return to_csv(training_samples.table(training, ref))

    with st.container(horizontal=True):
        help_ = "Options, log and metrics, as they are stored."
        widgets.download("Record (JSON)", record.read_bytes, f"{name}.json", key="download_training_json", help=help_)
        help_ = "One row per test sample: loss before and after training, rank, generated text. Formulas are escaped."
        widgets.download("Outcomes (CSV)", outcomes, f"{name}.csv", key="download_training_csv", help=help_)
    widgets.command(train_command(training, cache.dataset(ref), ref.name))


def provenance(training: Training, ref: DatasetRef) -> None:
    """Where the numbers come from."""
    log, names = training.log, training_pick.run_names(ref)
    rows = (
        f"the coreset {text.escape(training_words.rows_name(training.run, names))}"
        if training.run
        else "the whole pool"
    )
    changed = changed_options(training.recommender, training.options)
    usual = f"changed options: {_pairs(changed.items())}" if changed else "default options"
    machine = _pairs((name, training.machine[name]) for name in _MACHINE if name in training.machine)
    known = [name for name in _VERSIONS if name in training.machine]
    versions = " · ".join(f"{name} {text.escape(training.machine[name])}" for name in known)
    epochs = len(log.epochs) - 1
    shipped = training_pick.store().is_shipped(training.id)
    came = (
        ["Part of the demo, trained on another machine: `python -m goracs_core.jobs.demo trainings`"] if shipped else []
    )
    blocks.provenance(
        *came,
        f"Trained {text.moment(training.created)} on {rows}: {training_words.recommender(training.recommender)}, "
        f"{text.escape(training.model)}, seed {training.seed}, {usual}",
        f"{epochs} epoch{'s' if epochs != 1 else ''} of {training.budget:,} samples; tested on "
        f"{len(training.tested.losses.rows):,} evenly spaced held-out test samples",
        f"{machine or 'unknown machine'}{' · ' if versions else ''}{versions} · training "
        f"{text.short_fingerprint(training.id)}",
    )


def _pairs(values: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{text.escape(name.replace('_', ' '))} {text.escape(str(value))}" for name, value in values)
