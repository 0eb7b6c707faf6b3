"""A kind of experiment that only tests know: one module, registered with one call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.experiment.kinds import register, unregister
from goracs_core.jobs.experiment.record import Experiment


def losses(experiment: Experiment) -> dict[str, float]:
    """Test loss of each finished arm."""
    return {entry.arm: entry.values["test_loss"] for entry in experiment.entries if entry.done}


MADE_UP = ExperimentKind(
    name="made-up",
    title="made-up check",
    question="Is this one best?",
    summary="Three samples of each method",
    page="compare",
    defaults={"methods": ["herding"], "budgets": [3], "seeds": 2},
    reference="random",
    every_seed=False,
    reading=lambda experiment: [f"here are {len(losses(experiment))} arms"],
    section=lambda experiment: [f"* {arm} made up {loss:.4f}\n" for arm, loss in losses(experiment).items()],
    table=lambda experiment: pd.DataFrame({"arm": list(losses(experiment)), "loss": list(losses(experiment).values())}),
)


@contextmanager
def registered() -> Iterator[ExperimentKind]:
    """The kind, known as long as this lasts."""
    register(MADE_UP)
    try:
        yield MADE_UP
    finally:
        unregister(MADE_UP.name)
