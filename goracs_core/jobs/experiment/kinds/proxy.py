"""Does POO predict test loss? Coresets of many methods and sizes, trained once each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goracs_core.jobs.experiment.experiment_kind import ExperimentKind

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.jobs.experiment.record import Experiment


def _reading(experiment: Experiment) -> list[str]:
    from goracs_core.jobs.experiment import proxy_answer  # loads SciPy

    return proxy_answer.reading(experiment)


def _section(experiment: Experiment) -> list[str]:
    from goracs_core.jobs.experiment import proxy_answer

    return proxy_answer.section(experiment)


def _table(experiment: Experiment) -> pd.DataFrame:
    from goracs_core.jobs.experiment import proxy_answer

    return proxy_answer.table(experiment)


# None of the methods needs scores or a surrogate: all of the time goes into the trainings. Near coresets and far ones,
# easy ones and hard ones: where all do alike, nothing can be learned about what predicts the difference.
PROXY = ExperimentKind(
    name="proxy",
    title="proxy check",
    question="Does POO predict test loss?",
    summary="Coresets of several methods and sizes",
    page="proxy",
    defaults={
        "methods": ["goracs", "herding", "random"],
        "lambdas": [0.05, 0.5, 2.0],
        "budgets": [64, 128, 256, 384, 512],
        "seeds": 2,
    },
    reference="",
    every_seed=False,
    reading=_reading,
    section=_section,
    table=_table,
)
