"""The tab "take away": the leaderboard as CSV and Markdown, every training, and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.jobs.experiment.replicates import Metric
from pages._ui.compare import data as compare_data
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.jobs.experiment.record import Experiment


def show(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    """Downloads, the command, and all trainings one by one."""
    from goracs_core.jobs.experiment.leaderboard_table import leaderboard_markdown, leaderboard_table
    from goracs_core.jobs.select.export import to_csv

    labels = compare_data.labels(ref)
    known = compare_data.metrics(experiment, ref)
    entries = _entries(experiment)
    with st.container(horizontal=True):
        st.download_button(
            "Leaderboard as CSV", lambda: to_csv(leaderboard_table(experiment, known, labels=labels)),
            file_name=f"leaderboard-{experiment.id}.csv", mime="text/csv", icon=":material/download:",
            on_click="ignore", key="compare_csv",
            help="One line per arm and budget: every metric with spread, standard error, difference to random, "
            "interval, p-values and verdict.",
        )  # fmt: skip
        st.download_button(
            "Leaderboard as Markdown", lambda: leaderboard_markdown(experiment, metric, labels=labels).encode(),
            file_name=f"leaderboard-{experiment.id}.md", mime="text/markdown", icon=":material/download:",
            on_click="ignore", key="compare_markdown",
            help="The table by what is chosen under Compare by, how to read it, and how it was made.",
        )  # fmt: skip
        st.download_button(
            "All trainings as CSV", lambda: to_csv(entries), file_name=f"trainings-{experiment.id}.csv",
            mime="text/csv", icon=":material/download:", on_click="ignore", key="compare_entries_csv",
            help="One line per training with every number that was measured.",
        )  # fmt: skip
    st.markdown("**The same on the command line**")
    st.code(experiment.command, language="bash", wrap_lines=True)
    st.markdown("**All trainings**")
    first = ["arm", "budget", "seed", "test_loss", "select_seconds", "train_seconds", "epochs", "run", "refusal"]
    st.dataframe(
        entries, hide_index=True, key="compare_entries", alt="Every training of the experiment",
        column_order=[name for name in first if name in entries.columns],
    )  # fmt: skip


def _entries(experiment: Experiment) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([
        {"arm": one.arm, "budget": one.budget, "seed": one.seed, **one.values, "run": one.run,
         "training": one.training, "refusal": one.refusal}
        for one in experiment.entries
    ])  # fmt: skip
