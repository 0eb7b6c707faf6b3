"""The tab "Export": the leaderboard as CSV and Markdown, every training, and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from goracs_core.jobs.experiment.leaderboard_table import leaderboard_markdown, leaderboard_table
from goracs_core.jobs.experiment.replicates import Metric
from goracs_core.jobs.report.comparison import experiment_report
from goracs_core.jobs.select.export import to_csv
from pages._ui import widgets
from pages._ui.compare import data as compare_data
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.experiment.record import Experiment

_FIRST = ("arm", "budget", "seed", "test_loss", "select_seconds", "train_seconds", "epochs", "run", "refusal")


def show(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    """Downloads, the command, and all trainings one by one."""
    labels = compare_data.labels(ref)
    known = compare_data.metrics(experiment, ref)
    entries = _entries(experiment)
    board, trainings = f"leaderboard-{experiment.id}", f"trainings-{experiment.id}.csv"

    def as_csv() -> bytes:
        return to_csv(leaderboard_table(experiment, known, labels=labels))

    def as_markdown() -> bytes:
        return leaderboard_markdown(experiment, metric, labels=labels).encode()

    with st.container(horizontal=True):
        help_ = (
            "One row per arm and budget: all metrics with their spread, difference to random, interval and p-values."
        )
        widgets.download("Leaderboard (CSV)", as_csv, f"{board}.csv", key="compare_csv", help=help_)
        help_ = "The table by the metric under **Compare by**, with an explanation and how it was made."
        widgets.download("Leaderboard (Markdown)", as_markdown, f"{board}.md", key="compare_markdown", help=help_)
        help_ = "One row per training with all measured values."
        widgets.download("Trainings (CSV)", lambda: to_csv(entries), trainings, key="compare_entries_csv", help=help_)
        widgets.report(lambda: experiment_report(experiment), f"{board}.html", key="compare_report")
    widgets.command(experiment.command)
    st.markdown("**All trainings**")
    order = [name for name in _FIRST if name in entries.columns]
    widgets.table(entries, key="compare_entries", alt="All trainings of the experiment", column_order=order)


def _entries(experiment: Experiment) -> pd.DataFrame:
    rows = []
    for one in experiment.entries:
        first = {"arm": one.arm, "budget": one.budget, "seed": one.seed}
        rows.append({**first, **one.values, "run": one.run, "training": one.training, "refusal": one.refusal})
    return pd.DataFrame(rows)
