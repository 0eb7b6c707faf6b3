"""Which method wins, and is it luck? Several seeds of each, against random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goracs_core.jobs.experiment.experiment_kind import ExperimentKind

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.jobs.experiment.record import Experiment


def reading(experiment: Experiment) -> list[str]:
    """Which arms differ from random, metric by metric."""
    from goracs_core.jobs.experiment import leaderboard_answer  # loads SciPy and pandas

    return leaderboard_answer.reading(experiment)


def section(experiment: Experiment) -> list[str]:
    """A leaderboard for each metric."""
    from goracs_core.jobs.experiment import leaderboard_answer

    return leaderboard_answer.section(experiment)


def table(experiment: Experiment) -> pd.DataFrame:
    """One line per arm and budget with every metric, its spread and its test against random."""
    from goracs_core.jobs.experiment.leaderboard_table import leaderboard_table

    return leaderboard_table(experiment)


LEADERBOARD = ExperimentKind(
    name="leaderboard",
    title="leaderboard",
    question="Which method wins?",
    summary="And is it luck? Several seeds of each, against random",
    page="compare",
    defaults={
        "methods": ["goracs", "dealrec", "facility-location", "k-means", "moderate", "el2n", "random"],
        "lambdas": [0.0, 0.05],
        "budgets": [256],
        "seeds": 5,
        "whole_pool": True,
        "measure": {"ranked_samples": 100},
    },
    reference="random",
    every_seed=True,
    reading=reading,
    section=section,
    table=table,
)
