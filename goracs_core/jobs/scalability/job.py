"""The scalability job: selections on growing samples of a dataset's own pool, timed stage by stage.

What is held fixed: the validation samples are kept whole, because they are what any coreset of this data has to cover,
and all samples are valued on the whole pool's scales, so that lambda keeps its meaning and POO compares across sizes.
One run at the smallest size goes before and is not counted: the first run compiles.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.sampling import stratified_sample
from goracs_core.errors import ConfigError
from goracs_core.features.store import read_features_meta
from goracs_core.jobs.inputs import SelectInputs, load_inputs, popularity_deciles
from goracs_core.jobs.machine import machine
from goracs_core.jobs.memory import check_selection_fits
from goracs_core.jobs.reuse import selecting_code
from goracs_core.jobs.scalability.kind import ScalabilitySpec
from goracs_core.jobs.scalability.sizes import MeasuredConfig, check_sizes, default_sizes
from goracs_core.jobs.scalability.store import MeasuredRun, Scalability, ScalabilityStore, proportional_budget
from goracs_core.jobs.scalability.training_speed import training_speed
from goracs_core.methods import CertifiedConfig, ItraConfig, config_to_dict
from goracs_core.objective import Problem, make_problem
from goracs_core.progress import Progress, silent
from goracs_core.selection import select
from goracs_core.types import Embeddings, GradientNorms, IndexArray, fingerprint
from goracs_core.workspace import Workspace

MEASURING = "pool rows measured"
MOST_REPEATS = 20


def scalability_job(spec: ScalabilitySpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Measure, and keep what was measured after every run.

    Args:
        spec: What to measure.
        workspace: Where the measurement is kept.
        progress: Told how many pool rows of the whole plan are measured, then the training steps.

    Returns:
        measurement (its id), features (their fingerprint), runs (how many were measured).

    Raises:
        GoracsError: Inputs or options that do not do, or a solver that failed; runs measured before stay kept.
    """
    progress("loading", 0, 0)
    inputs = load_inputs({"dataset": spec.dataset})
    plan = planned(spec, inputs)
    check_selection_fits(plan.config, plan.sizes[-1], len(inputs.validation), inputs.pool.values.shape[1])
    store = ScalabilityStore(workspace)
    record = _record(plan, inputs)
    whole = inputs.problem(progress=_as_stage("whole pool's scales", progress))
    progress("warming up")
    _measure(plan, inputs, whole, size=plan.sizes[0], repeat=plan.repeats, progress=_as_stage("warming up", progress))
    rows = plan.repeats * sum(plan.sizes)
    done = 0
    for repeat in range(plan.repeats):  # all sizes, then all once more: a cancelled measurement has many sizes
        for size in plan.sizes:
            where = f"sample of {size:,}, run {repeat + 1} of {plan.repeats}"
            report = progress.within(where, stage=MEASURING, done=done, of=rows)
            report("", 0, 0)
            run = _measure(plan, inputs, whole, size=size, repeat=repeat, progress=report)
            done += size
            record = replace(record, runs=(*record.runs, run))
            store.save(record)
    training, note = training_speed(inputs, seed=plan.config.seed, cache=workspace.cache, progress=progress)
    store.save(replace(record, training=training, training_note=note, finished=True))
    return {"measurement": record.id, "features": record.features_fingerprint, "runs": len(record.runs)}


@dataclass(frozen=True)
class MeasurementPlan:
    """What is measured.

    Args:
        config: What is run, its budget that of the whole pool.
        sizes: Sample sizes, rising.
        repeats: Runs per size.
        proportional: Whether the budget shrinks with the sample.
        strata: Group of each pool sample; samples hold each in proportion; shape [n].
        stratum: What the groups are, in words.
    """

    config: MeasuredConfig
    sizes: tuple[int, ...]
    repeats: int
    proportional: bool
    strata: IndexArray
    stratum: str

    def config_at(self, size: int, num_pool: int, repeat: int) -> MeasuredConfig:
        """What is run on a sample of this size."""
        budget = proportional_budget(self.config.budget, size, num_pool) if self.proportional else self.config.budget
        return replace(self.config, budget=budget, seed=self.config.seed + repeat)

    def rows(self, size: int, repeat: int) -> IndexArray:
        """The sample of a size and a repeat; shape [size]."""
        rng = np.random.default_rng([self.config.seed + repeat, size])
        return stratified_sample(self.strata, size, rng=rng)


def planned(spec: ScalabilitySpec, inputs: SelectInputs) -> MeasurementPlan:
    """Check what is asked.

    Raises:
        ConfigError: An option that does not do.
    """
    config = inputs.config(dict(spec.config))
    if not isinstance(config, (CertifiedConfig, ItraConfig)):
        raise ConfigError(
            f"the method is {config.method!r}, but only the solvers of goracs are measured; give goracs",
            code="wrong-method",
            fields={"method": config.method},
        )
    num_pool, proportional = len(inputs.pool), spec.proportional
    if config.budget >= num_pool:
        raise ConfigError(
            f"the budget is {config.budget:,} and the pool has {num_pool:,} samples, so there is nothing to select; "
            "give a smaller budget",
            code="budget-too-large",
            fields={"budget": config.budget, "pool": num_pool},
        )
    sizes = tuple(int(size) for size in spec.sizes or ())
    sizes = sizes or default_sizes(num_pool, config.budget, proportional=proportional)
    repeats = spec.repeats
    if not 1 <= repeats <= MOST_REPEATS:
        raise ConfigError(
            f"repeats is {repeats}, but each size is measured 1 to {MOST_REPEATS} times; give one of these numbers",
            code="bad-option",
            fields={"option": "repeats", "value": repeats},
        )
    assert inputs.dataset is not None  # load_inputs was asked for a dataset
    strata, stratum = popularity_deciles(inputs.dataset), "popularity decile"
    if inputs.pool_labels is not None:  # so that every sample holds each label in proportion, too
        both = np.stack([inputs.pool_labels, strata], axis=1)
        strata = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
        stratum = "label and popularity decile"
    sizes = check_sizes(sizes, num_pool, config.budget, proportional=proportional)
    return MeasurementPlan(config, sizes, repeats, proportional, strata, stratum)


def _record(plan: MeasurementPlan, inputs: SelectInputs) -> Scalability:
    assert inputs.dataset is not None
    started = time.time()
    config, num_pool = config_to_dict(plan.config), len(inputs.pool)
    spent = read_features_meta(Path(inputs.directory)).get("seconds") or {}
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(started))
    return Scalability(
        id=f"{stamp}-{fingerprint(repr((config, plan.sizes, plan.repeats, started)))[:8]}",
        started=started,
        finished=False,
        dataset_name=inputs.dataset.name,
        dataset_fingerprint=inputs.dataset.fingerprint,
        features_fingerprint=inputs.fingerprints["features"],
        num_pool=num_pool,
        num_validation=len(inputs.validation),
        width=int(inputs.pool.values.shape[1]),
        config=config,
        proportional=plan.proportional,
        sizes=plan.sizes,
        repeats=plan.repeats,
        sampling=f"{', '.join(f'{size:,}' for size in plan.sizes)} of {num_pool:,} pool samples, by {plan.stratum}, "
        f"seeds from {plan.config.seed}",
        features_seconds=float(sum(spent.values())),
        machine=machine(),
        code=selecting_code(),
    )


def _measure(
    plan: MeasurementPlan, inputs: SelectInputs, whole: Problem, *, size: int, repeat: int, progress: Progress
) -> MeasuredRun:
    """One run on a sample: put the problem together, select, evaluate."""
    rows = plan.rows(size, repeat)
    part = whole.take(rows, np.arange(whole.num_validation))
    config = plan.config_at(size, whole.num_pool, repeat)
    pool = Embeddings(part.pool, inputs.pool.encoder)
    norms = GradientNorms(part.gradient_norms, "", "") if part.has_gradient_norms else None
    memory = _PeakMemory()
    started = time.perf_counter()
    make_problem(pool, inputs.validation, gradient_norms=norms, progress=progress)  # timed; `part` has the whole scales
    scaled = time.perf_counter()
    selection = select(part, config, progress=progress)
    ended = time.perf_counter()
    known = sum(seconds for _, seconds in selection.trace.stages)
    rest = max(ended - scaled - known, 0.0)
    return MeasuredRun(
        size=size,
        repeat=repeat,
        budget=config.budget,
        seed=config.seed,
        seconds=scaled - started + known + rest,
        stages=(("scales", scaled - started), *selection.trace.stages, ("evaluation", rest)),
        peak_bytes=memory.growth(),
        poo=selection.poo,
        transport_term=selection.transport_term,
        gradient_term=selection.gradient_term,
        gap=None if selection.certificate is None else selection.certificate.gap,
        stop_reason=selection.stop_reason,
    )


class _PeakMemory:
    """Largest growth of this process's memory since it was made, where Linux tells."""

    def __init__(self) -> None:
        self._before: int | None = None
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
            self._before = self._read("VmRSS:")

    def growth(self) -> int | None:
        peak = None
        with suppress(OSError):
            peak = self._read("VmHWM:")
        return None if peak is None or self._before is None else max(peak - self._before, 0)

    @staticmethod
    def _read(name: str) -> int | None:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
        return None


def _as_stage(as_stage: str, progress: Progress) -> Progress:
    """Report whatever the work says as one stage, its own stages as detail."""

    def report(stage: str, done: int, total: int, detail: str) -> None:
        progress(as_stage, 0, 0, stage)

    return Progress(report)
