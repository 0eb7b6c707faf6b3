"""Measuring how time grows with the pool as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.source import DATASET
from goracs_core.jobs.spec import Argument, Spec, Style, asked
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ScalabilitySpec(Spec):
    """Selections on growing samples of a pool, timed.

    Args:
        dataset: Folder of a dataset with features.
        config: Plain values of the config of a GORACS solver, its budget that of the whole pool.
        sizes: Sample sizes; None: a geometric series up to the whole pool.
        repeats: Runs per size.
        proportional: Whether the budget shrinks with the sample.
    """

    job: ClassVar[str] = "scalability"

    dataset: str = asked(DATASET)
    config: Mapping[str, Any] = asked(
        Argument("--config", Style.JSON, "method, solver, budget and options of the selections", "NAME=VALUE")
    )
    sizes: tuple[int, ...] | None = asked(
        Argument("--sizes", Style.LIST, "sample sizes (default: five in equal ratios up to the pool)", "N,N,..."),
        default=None,
    )
    repeats: int = asked(Argument("--repeats", help="runs per size (default: 2)", metavar="R"), default=2)
    proportional: bool = asked(
        Argument("--proportional", Style.SWITCH, "let the budget shrink with the sample"), default=False
    )


def _describe(spec: ScalabilitySpec, workspace: Workspace) -> str:
    config = spec.config
    return f"{config.get('solver') or config.get('method')}, k {config.get('budget')}"


def _opens(spec: ScalabilitySpec, result: Mapping[str, Any]) -> Opens:
    return Opens("scalability", "Open the measured times", spec.dataset)


SCALABILITY = JobKind(
    name=ScalabilitySpec.job,
    title="Measure the times",
    spec=ScalabilitySpec,
    run=imported("goracs_core.jobs.scalability.job:scalability_job"),
    done="The times are measured.",
    kept_on_cancel="What was measured by then is kept.",
    describe=_describe,
    estimate=imported("goracs_core.jobs.scalability.estimate:estimate_job"),
    opens=_opens,
)
