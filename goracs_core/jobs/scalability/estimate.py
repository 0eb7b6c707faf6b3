"""Estimated time and memory of a scalability measurement; pages and command line show the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from goracs_core.errors import GoracsError
from goracs_core.estimate import Estimate
from goracs_core.evaluation.scaling import extrapolate
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.memory import available_bytes
from goracs_core.jobs.scalability.job import planned
from goracs_core.jobs.scalability.kind import ScalabilitySpec
from goracs_core.jobs.scalability.sizes import MeasuredConfig
from goracs_core.jobs.scalability.store import Scalability, ScalabilityStore, proportional_budget
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_bytes, selection_seconds
from goracs_core.workspace import Workspace

_START_SECONDS, _TRAINING_SECONDS = 4.0, 15.0


@dataclass(frozen=True, kw_only=True)
class ScalabilityEstimate(Estimate):
    """Time and memory of a measurement.

    Args:
        runs: Selections that are measured.
    """

    runs: int

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        about = super().sentence
        return f"{self.runs} runs and one warm-up run, then a few training steps: {about[0].lower()}{about[1:]}"


def estimate_scalability(
    config: MeasuredConfig,
    measured: Sequence[int],
    repeats: int,
    whole: Sizes,
    *,
    proportional: bool = False,
    earlier: Iterable[Scalability] = (),
) -> ScalabilityEstimate:
    """Estimate from an earlier measurement of the same kind, or else from the sizes alone.

    Args:
        config: What is run, its budget that of the whole pool.
        measured: Sample sizes, rising.
        repeats: Runs per size.
        whole: Sizes of the whole problem.
        proportional: Whether the budget shrinks with the sample.
        earlier: Measurements on the same data, newest first.
    """
    runs = [measured[0], *(size for size in measured for _ in range(repeats))]  # the first one warms up

    def seconds_at(size: int) -> float:
        budget = proportional_budget(config.budget, size, whole.pool) if proportional else config.budget
        return selection_seconds(replace(config, budget=budget), replace(whole, pool=size))

    seconds = _from_earlier(config, runs, earlier, proportional=proportional)
    basis = "as in the last measurement"
    if seconds is None:
        seconds, basis = sum(map(seconds_at, runs)), "a rough estimate from the sizes"
    return ScalabilityEstimate(
        _START_SECONDS + seconds + _TRAINING_SECONDS,
        selection_bytes(config, replace(whole, pool=measured[-1])),
        basis,
        available_bytes(),
        runs=len(runs) - 1,
    )


def estimate_job(spec: ScalabilitySpec, workspace: Workspace) -> ScalabilityEstimate:
    """The estimate of a scalability job.

    Args:
        spec: What is asked.
        workspace: Whose measurements tell how long such work takes.

    Raises:
        GoracsError: Inputs or options that do not do.
    """
    inputs = load_inputs({"dataset": spec.dataset})
    plan = planned(spec, inputs)
    whole = Sizes(len(inputs.pool), len(inputs.validation), inputs.pool.values.shape[1])
    earlier = ScalabilityStore(workspace).list(inputs.fingerprints["features"])
    return estimate_scalability(
        plan.config, plan.sizes, plan.repeats, whole, proportional=plan.proportional, earlier=earlier
    )


def _from_earlier(
    config: MeasuredConfig, runs: Sequence[int], earlier: Iterable[Scalability], *, proportional: bool
) -> float | None:
    """Seconds of runs on samples of these sizes, by the newest measurement of the same kind; None without one."""
    for record in earlier:
        same = record.config.get("solver") == config.solver and record.config.get("budget") == config.budget
        if not same or record.proportional != proportional:
            continue
        try:
            return float(extrapolate(record.times, powers=record.powers).total.predict(list(runs)).expected.sum())
        except GoracsError:  # it was cancelled early
            continue
    return None
