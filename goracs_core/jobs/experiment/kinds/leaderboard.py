"""Which method wins, and is it luck? Several seeds of each, against random."""

from __future__ import annotations

from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.kind import imported

_ANSWER = "goracs_core.jobs.experiment.leaderboard_table"

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
    reading=imported(f"{_ANSWER}:reading"),
    section=imported(f"{_ANSWER}:section"),
    table=imported(f"{_ANSWER}:leaderboard_table"),
)
