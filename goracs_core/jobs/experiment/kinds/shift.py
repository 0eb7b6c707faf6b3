"""Does a coreset chosen for early validation serve later? GORACS with and without decayed weights, against random."""

from __future__ import annotations

from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.experiment.kinds.leaderboard import LEADERBOARD

SHIFT = ExperimentKind(
    name="shift",
    title="leaderboard over time",
    question="Does the choice still serve later?",
    summary="Coresets for early validation, with and without time-decayed weights",
    page="compare",
    defaults={
        "methods": ["goracs", "random"],
        "half_lives": [14.0, 60.0],
        "budgets": [256],
        "seeds": 3,
        "measure": {"test_samples": 0},
    },
    reference="random",
    every_seed=True,
    reading=LEADERBOARD.reading,
    section=LEADERBOARD.section,
    table=LEADERBOARD.table,
)
