"""A training to take away: its record, its outcomes sample by sample, the command that trains it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.jobs.select.export import to_csv
from goracs_core.jobs.train.export import changed_options, train_command
from goracs_core.jobs.train.store import RECORD
from pages._ui import blocks, cache, text, training_pick, training_words
from pages._ui.state import DatasetRef
from pages._ui.training import samples as training_samples

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training

_MACHINE = ("processor", "cores", "threads", "device")
_VERSIONS = ("goracs_core", "python", "torch", "transformers", "numpy")


def take_away(training: Training, ref: DatasetRef) -> None:
    """Downloads and the command."""
    record = training_pick.store().directory / training.id / RECORD
    with st.container(horizontal=True):
        st.download_button(
            "Record (JSON)", record.read_bytes, file_name=f"training-{training.id[:8]}.json", mime="application/json",
            icon=":material/download:", on_click="ignore", key="download_training_json",
            help="Options, log and metrics, as it is kept.",
        )  # fmt: skip
        st.download_button(
            "Outcomes (CSV)", lambda: to_csv(training_samples.table(training, ref)),
            file_name=f"training-{training.id[:8]}.csv", mime="text/csv", icon=":material/download:",
            on_click="ignore", key="download_training_csv",
            help="One row per test sample: loss before and after, place, what was written. Formula-like cells are made "
            "harmless.",
        )  # fmt: skip
    st.markdown("**The same on the command line**")
    st.code(train_command(training, cache.dataset(ref), ref.name), language="bash", wrap_lines=True)


def provenance(training: Training, ref: DatasetRef) -> None:
    """Where the numbers come from."""
    log, names = training.log, training_pick.run_names(ref)
    rows = f"the coreset of {text.escape(names.get(training.run, training.run))}" if training.run else "the whole pool"
    changed = changed_options(training.recommender, training.options)
    usual = "all options at their defaults" if not changed else f"changed options: {_pairs(changed.items())}"
    machine = _pairs((name, training.machine[name]) for name in _MACHINE if name in training.machine)
    versions = " · ".join(
        f"{name} {text.escape(training.machine[name])}" for name in _VERSIONS if name in training.machine
    )
    epochs = len(log.epochs) - 1
    blocks.provenance(
        f"Trained {text.moment(training.created)} on {rows}: {training_words.recommender(training.recommender)}, "
        f"{text.escape(training.model)}, seed {training.seed}, {usual}",
        f"{epochs} epoch{'s' if epochs != 1 else ''} of {training.budget:,} samples; tested on "
        f"{len(training.tested.losses.rows):,} test samples, spread evenly, that took no part in anything",
        f"{machine or 'unknown machine'}{' · ' if versions else ''}{versions} · training "
        f"{text.short_fingerprint(training.id)}",
    )


def _pairs(values: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{text.escape(name.replace('_', ' '))} {text.escape(str(value))}" for name, value in values)
