"""A sweep over lambdas and budgets as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from goracs_core.budget import Budget
from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.source import BUDGETS_HELP, FRESH, SourceSpec
from goracs_core.jobs.spec import Argument, Style, asked
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class SweepSpec(SourceSpec):
    """A grid of lambdas and budgets, solved by the certified solver.

    Args:
        config: Options of the certified solver, budget and lambda left out.
        lambdas, budgets: The grid; a budget may be a share of the pool, like 0.02 or "2%".
        fresh: Solve again what is solved already.
    """

    job: ClassVar[str] = "sweep"

    config: Mapping[str, Any] | None = asked(Argument("", Style.SPREAD), default=None)
    lambdas: tuple[float, ...] = asked(
        Argument("--lambdas", Style.LIST, "weights of the gradient norms, like 0,0.05", "L,L,...")
    )
    budgets: tuple[Budget, ...] = asked(Argument("--budgets", Style.BUDGETS, BUDGETS_HELP, "K,K,..."))
    fresh: bool = asked(FRESH, default=False)


def _describe(spec: SweepSpec, workspace: Workspace) -> str:
    lambdas, budgets = len(spec.lambdas), len(spec.budgets)
    return f"{lambdas} λ x {budgets} {'budget' if budgets == 1 else 'budgets'}"


def _opens(spec: SweepSpec, result: Mapping[str, Any]) -> Opens | None:
    return Opens("sweep", "Open the sweep", spec.dataset, {"sweep": str(result["sweep"])}) if spec.dataset else None


SWEEP = JobKind(
    name=SweepSpec.job,
    title="Sweep λ and budgets",
    spec=SweepSpec,
    run=imported("goracs_core.jobs.sweep.job:sweep_job"),
    done="The sweep is done.",
    kept_on_cancel="What was solved by then is kept.",
    describe=_describe,
    estimate=imported("goracs_core.jobs.sweep.estimate:estimate_job"),
    opens=_opens,
    command_extras=("--output", "sweep"),
)
