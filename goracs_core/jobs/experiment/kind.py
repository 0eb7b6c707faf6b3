"""An experiment (coresets selected, trained on and tested) as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from goracs_core.budget import Budget
from goracs_core.jobs.experiment.kinds import KINDS
from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.source import BUDGETS_HELP, DATASET, FRESH
from goracs_core.jobs.spec import Argument, Spec, Style, asked
from goracs_core.jobs.train.kind import MEASURE_OPTIONS
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ExperimentSpec(Spec):
    """Arms at budgets with seeds, trained and tested.

    Args:
        kind: Name of a kind of experiment, see `goracs_core.jobs.experiment.kinds`.
        dataset: Folder of a dataset with features.
        methods: Names of methods, an arm each.
        lambdas: One GORACS arm each.
        budgets: Numbers of samples to select, or shares of the pool, like 0.02 or "2%".
        half_lives: Days; further GORACS arms, with decayed validation weights.
        lambda_: Of the POO that is compared.
        seeds: Seeds 0 to `seeds` - 1.
        whole_pool: Whether all of the pool is trained on once, as a reference.
        method_options: Options of methods as text, by NAME or METHOD.NAME.
        recommender: bigrec, tallrec or tiger; None: the task's own.
        options: Plain values of the training's options, seed left out.
        measure: Plain values of `MeasureOptions`.
        fresh: Select and train again what is kept.
    """

    job: ClassVar[str] = "experiment"

    kind: str = asked(Argument("", Style.POSITION))
    dataset: str = asked(DATASET)
    methods: tuple[str, ...] | None = asked(
        Argument("--methods", Style.NAMES, "names of methods, as `methods` lists them, or itra", "M,M,..."),
        default=None,
    )
    lambdas: tuple[float, ...] | None = asked(
        Argument("--lambdas", Style.LIST, "lambdas of goracs, each an arm of its own", "L,L,..."), default=None
    )
    budgets: tuple[Budget, ...] | None = asked(
        Argument("--budgets", Style.BUDGETS, BUDGETS_HELP, "K,K,..."), default=None
    )
    half_lives: tuple[float, ...] | None = asked(
        Argument("--half-lives", Style.LIST, "half-lives in days of goracs with decayed weights", "D,D,..."),
        default=None,
    )
    lambda_: float | None = asked(
        Argument("--lambda", help="lambda of the POO that is compared", metavar="L"), default=None
    )
    seeds: int | None = asked(Argument("--seeds", help="number of seeds: 0 to N - 1", metavar="N"), default=None)
    whole_pool: bool | None = asked(
        Argument("--whole-pool", Style.SWITCH, "also train on the whole pool, as a reference", off="--no-whole-pool"),
        default=None,
    )
    method_options: Mapping[str, Any] | None = asked(
        Argument(
            "--option",
            Style.NAMED,
            "an option of a method, or METHOD.NAME=VALUE for one of them; may be repeated",
            "NAME=VALUE",
        ),
        default=None,
    )
    recommender: str | None = asked(Argument("--recommender"), default=None)
    measure: Mapping[str, Any] | None = asked(MEASURE_OPTIONS, default=None)
    options: Mapping[str, Any] | None = asked(
        Argument("--train", Style.NAMED, own={"model": "--model", "epochs": "--epochs"}), default=None
    )
    fresh: bool = asked(FRESH, default=False)


def _describe(spec: ExperimentSpec, workspace: Workspace) -> str:
    asked = KINDS.get(spec.kind)
    return spec.kind if asked is None else f"{asked.question[0].lower()}{asked.question[1:]}"


def _opens(spec: ExperimentSpec, result: Mapping[str, Any]) -> Opens | None:
    found = KINDS.get(spec.kind)
    if found is None:
        return None
    return Opens(found.page, "Open the experiment", spec.dataset, {"experiment": str(result["experiment"])})


EXPERIMENT = JobKind(
    name=ExperimentSpec.job,
    title="Experiment",
    spec=ExperimentSpec,
    run=imported("goracs_core.jobs.experiment.job:experiment_job"),
    done="The experiment is done.",
    reused="It was made before, so it was there at once.",
    kept_on_cancel="What was trained by then is kept.",
    describe=_describe,
    estimate=imported("goracs_core.jobs.experiment.estimate:estimate_job"),
    opens=_opens,
)
