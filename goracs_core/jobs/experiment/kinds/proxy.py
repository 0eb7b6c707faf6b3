"""Does POO predict test loss? Coresets of many methods and sizes, trained once each."""

from __future__ import annotations

from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.kind import imported

_ANSWER = "goracs_core.jobs.experiment.proxy_answer"

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
    reading=imported(f"{_ANSWER}:reading"),
    section=imported(f"{_ANSWER}:section"),
    table=imported(f"{_ANSWER}:table"),
)
