"""Estimated time and memory of a sweep; pages and command line show the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goracs_core.data.store import read_manifest
from goracs_core.estimate import Estimate
from goracs_core.jobs.select.estimate import estimate_selection, source_sizes
from goracs_core.jobs.select.run import RunSummary
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.source import counted
from goracs_core.jobs.sweep.grid import check_grid
from goracs_core.jobs.sweep.keys import is_current
from goracs_core.jobs.sweep.kind import SweepSpec
from goracs_core.jobs.sweep.store import SweepStore, sweep_id
from goracs_core.methods import CertifiedConfig
from goracs_core.methods.cost import Sizes
from goracs_core.workspace import Workspace

_WARM_SHARE = 0.4  # of a cold solve, for a point that starts from its neighbour
_LEAST_RATIO = 0.25


@dataclass(frozen=True, kw_only=True)
class SweepEstimate(Estimate):
    """Time and memory of a sweep.

    Args:
        points: Of the grid.
        there: Those of them that are solved already; the time is that of the others.
    """

    points: int
    there: int

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        words = f"{self.points} point{'s' if self.points > 1 else ''}"
        if self.there == self.points:
            return f"{words}, all completed already."
        completed = f", {self.there} of them completed already" if self.there else ""
        return f"{words}{completed}. {super().sentence}"


def estimate_sweep(
    lambdas: Sequence[float],
    budgets: Sequence[int],
    sizes: Sizes,
    *,
    label_aware: bool = False,
    runs: Sequence[RunSummary] = (),
    there: int = 0,
) -> SweepEstimate:
    """Estimate from earlier runs of the certified solver on this data, or else from the sizes alone.

    Args:
        lambdas: Of the grid, rising.
        budgets: Of the grid, rising.
        sizes: Of the problem.
        label_aware: Whether each point is selected within each label: then none starts from its neighbour.
        runs: Finished runs on the same data.
        there: Points that are solved already.
    """
    points = len(lambdas) * len(budgets)
    one = estimate_selection(CertifiedConfig(budgets[-1], lambda_=lambdas[0], label_aware=label_aware), sizes)
    alike = [run for run in runs if not run.damaged and (run.config or {}).get("solver") == CertifiedConfig.solver]
    if alike:
        seconds = sum(_like(alike, budget) for budget in budgets) * len(lambdas)
        basis = "based on earlier runs on this dataset"
    else:
        seconds = one.seconds * (1 + (1.0 if label_aware else _WARM_SHARE) * (points - 1))
        basis = "a rough estimate from the sizes"
    seconds *= (points - there) / points
    return SweepEstimate(seconds, one.memory_bytes, basis, one.available_bytes, points=points, there=there)


def solved_points(workspace: Workspace, spec: Mapping[str, Any], runs: Sequence[RunSummary]) -> int:
    """How many points of the sweep that a spec asks for are solved already.

    Args:
        workspace: Where sweeps are kept.
        spec: The sweep's, as plain values.
        runs: Finished runs.
    """
    sweep, store = sweep_id(spec), SweepStore(workspace)
    if not store.has(sweep):
        return 0
    record = store.get(sweep)
    return len(record.runs(runs)) if is_current(record) else 0


def estimate_job(spec: SweepSpec, workspace: Workspace) -> SweepEstimate:
    """The estimate of a sweep job; reads sizes only.

    Args:
        spec: What is asked.
        workspace: Whose finished runs tell how long such work takes.

    Raises:
        GoracsError: There is nothing to select from, or a grid that does not do.
    """
    lambdas, budgets = check_grid(spec.lambdas, counted(spec.to_dict())["budgets"])
    label_aware, runs = (spec.config or {}).get("label_aware"), RunStore(workspace).list()
    has_labels, alike = spec.pool_labels is not None, []
    if spec.dataset is not None:
        manifest = read_manifest(Path(spec.dataset))
        has_labels = manifest["task"] == "ctr"
        alike = [run for run in runs if run.dataset_fingerprint == manifest["fingerprint"]]
    return estimate_sweep(
        lambdas,
        budgets,
        source_sizes(spec),
        label_aware=has_labels if label_aware is None else bool(label_aware),
        runs=alike,
        there=0 if spec.fresh else solved_points(workspace, spec.to_dict(), runs),
    )


def _like(runs: Sequence[RunSummary], budget: int) -> float:
    """Seconds of one point of this budget, from the median run of the nearest budget."""
    nearest = min((run.budget for run in runs), key=lambda other: abs(other - budget))
    seconds = sorted(run.seconds for run in runs if run.budget == nearest)
    return seconds[len(seconds) // 2] * max(budget / nearest, _LEAST_RATIO)
