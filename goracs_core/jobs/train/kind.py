"""Training and testing a recommender as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.source import DATASET, FRESH
from goracs_core.jobs.spec import Argument, Spec, Style, asked
from goracs_core.workspace import Workspace

TRAINING_OPTIONS = Argument("--train", Style.NAMED, own={"model": "--model", "epochs": "--epochs", "seed": "--seed"})
MEASURE_OPTIONS = Argument("", Style.SPREAD, own={"seed": "--test-seed"})


@dataclass(frozen=True, kw_only=True)
class CoresetSpec(Spec):
    """The rows of a pool that are trained on: exactly one of `run` and `whole_pool`.

    Args:
        dataset: Folder of the dataset.
        run: A run's id, a folder that `select --output` wrote, or a CSV file with a column `index`.
        whole_pool: All of the pool.
    """

    dataset: str = asked(DATASET)
    run: str | None = asked(Argument("--run"), default=None)
    whole_pool: bool = asked(Argument("--whole-pool", Style.SWITCH), default=False)


@dataclass(frozen=True, kw_only=True)
class TrainSpec(CoresetSpec):
    """One training and its test.

    Args:
        recommender: bigrec, tallrec or tiger; None: the task's own.
        options: Plain values of the training's options, its seed included.
        measure: Plain values of `MeasureOptions`.
        fresh: Train again where the same training is kept.
    """

    job: ClassVar[str] = "train"

    recommender: str | None = asked(Argument("--recommender"), default=None)
    options: Mapping[str, Any] | None = asked(TRAINING_OPTIONS, default=None)
    measure: Mapping[str, Any] | None = asked(MEASURE_OPTIONS, default=None)
    fresh: bool = asked(FRESH, default=False)


def coreset_name(spec: CoresetSpec, workspace: Workspace) -> str:
    """What the coreset of a spec is called: the run's name, its id where it was deleted."""
    if spec.whole_pool or not spec.run:
        return "the whole pool"
    return next((one.name for one in RunStore(workspace).list() if one.id == spec.run), spec.run)


def _opens(spec: TrainSpec, result: Mapping[str, Any]) -> Opens:
    return Opens("training", "Open the training", spec.dataset, {"training": str(result["training"])})


TRAIN = JobKind(
    name=TrainSpec.job,
    title="Train and test",
    spec=TrainSpec,
    run=imported("goracs_core.jobs.train.job:train_job"),
    done="Trained and tested.",
    reused="It was trained before, so it was found in the cache.",
    kept_on_cancel="Training resumes after its last finished epoch when it is started again.",
    describe=coreset_name,
    estimate=imported("goracs_core.jobs.train.estimate:estimate_train"),
    opens=_opens,
)
