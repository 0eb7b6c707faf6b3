"""The sweep job: a grid of lambdas and budgets as one job, each solved point kept at once as an ordinary Run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from goracs_core.errors import ConfigError, StoreError
from goracs_core.jobs.inputs import SelectInputs, load_inputs
from goracs_core.jobs.memory import check_selection_fits
from goracs_core.jobs.select.export import coreset_table, to_csv
from goracs_core.jobs.select.making import make_run
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.source import counted
from goracs_core.jobs.sweep.grid import check_budgets, check_grid
from goracs_core.jobs.sweep.keys import point_keys
from goracs_core.jobs.sweep.kind import SweepSpec
from goracs_core.jobs.sweep.store import MADE_BY, STARTED_FROM, SweepKey, SweepRecord, SweepStore, sweep_id
from goracs_core.methods import CertifiedConfig, config_to_dict
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection import Selection
from goracs_core.selection.sweep import sweep, sweep_order
from goracs_core.workspace import Workspace


def sweep_job(spec: SweepSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Solve a grid of lambdas and budgets; every point is a Run as soon as it is solved.

    A cancelled or failed sweep keeps its solved points and resumes when it is started again. Solved points are reused,
    unless `fresh`.

    Args:
        spec: What to solve, and where from.
        workspace: Where the runs and the sweep are kept.
        progress: Told one stage: how many points of the grid are done.

    Returns:
        sweep (its id), runs (of all points, in the grid's order), points, reused and solved (how many), dataset (its
        folder, where there is one).

    Raises:
        GoracsError: Inputs, a grid or options that do not do, or a solver that failed.
    """
    values = counted(spec.to_dict())
    lambdas, budgets = check_grid(spec.lambdas, values["budgets"])
    grid = sweep_order(lambdas, budgets)
    watch = _GridProgress(progress, len(grid))
    watch("reading the data", 0, 0)
    inputs = load_inputs(values)
    check_budgets(budgets, len(inputs.pool))
    base = _base(inputs, spec.config or {}, lambdas, budgets)
    check_selection_fits(
        replace(base, budget=budgets[-1]), len(inputs.pool), len(inputs.validation), inputs.pool.values.shape[1]
    )
    problem = inputs.problem(progress=watch)
    configs = [replace(base, budget=budget, lambda_=lambda_) for budget, lambda_ in grid]
    record = _record(spec, inputs, problem, configs)
    SweepStore(workspace).save(record)
    work = _Work(RunStore(workspace), inputs, problem, configs, record, fresh=spec.fresh)
    runs = work.do(watch)
    solved = len(grid) - work.reused
    result = {"sweep": record.id, "runs": runs, "points": len(grid), "reused": work.reused, "solved": solved}
    return result | ({} if inputs.dataset is None else {"dataset": inputs.directory})


def _base(
    inputs: SelectInputs, values: Mapping[str, Any], lambdas: Sequence[float], budgets: Sequence[int]
) -> CertifiedConfig:
    """The config that all points share; checked with the largest lambda, which may need gradient norms."""
    kind = {"method": CertifiedConfig.method, "solver": CertifiedConfig.solver}
    config = inputs.config({**kind, **values, "budget": budgets[0], "lambda_": lambdas[-1]})
    if not isinstance(config, CertifiedConfig):
        raise ConfigError(
            f"a sweep is solved by {CertifiedConfig.method} ({CertifiedConfig.solver}), and {config.method} "
            f"({config.solver}) was asked for; leave method and solver out",
            code="wrong-method",
            fields={"method": config.method, "solver": config.solver},
        )
    return replace(config, lambda_=lambdas[0])


def _record(spec: SweepSpec, inputs: SelectInputs, problem: Problem, configs: Sequence[CertifiedConfig]) -> SweepRecord:
    name, dataset_fingerprint = "", ""
    if inputs.dataset is not None:
        name, dataset_fingerprint = inputs.dataset.name, inputs.dataset.fingerprint
    keys = point_keys(problem.fingerprint, configs, dataset_fingerprint=dataset_fingerprint)
    points = (SweepKey(one.budget, one.lambda_, key) for one, key in zip(configs, keys, strict=True))
    return SweepRecord(
        id=sweep_id(spec.to_dict()),
        started=time.time(),
        dataset_name=name,
        dataset_fingerprint=dataset_fingerprint,
        problem_fingerprint=problem.fingerprint,
        config=config_to_dict(configs[0]),
        points=tuple(points),
        half_life=spec.half_life,
    )


class _GridProgress(Progress):
    """One bar over the whole grid: what the solver says about a point becomes the detail.

    The bounds of single points are not passed on: on one chart they would jump from point to point.
    """

    def __init__(self, outer: Progress, total: int) -> None:
        super().__init__(self._tell)
        self._outer, self._total, self._done, self._label = outer, total, 0, ""

    def _tell(self, stage: str, done: int, total: int, detail: str) -> None:
        text = detail or (f"{stage}, {done / total:.0%}" if total > 0 else stage)
        self._outer("sweep", self._done, self._total, f"{self._label}: {text}" if self._label else text)

    def begin(self, config: CertifiedConfig) -> None:
        """This point is next."""
        self._label = f"λ {config.lambda_:g}, k {config.budget:,}"

    def end(self, selection: Selection) -> None:
        """The point is kept."""
        self._done += 1
        proven = selection.certificate
        self(f"POO {selection.poo:.6f}" if proven is None else f"gap {proven.gap:.2%}", 0, 0)


class _Work:
    """Solving what is not there yet, keeping it, point by point."""

    def __init__(
        self,
        store: RunStore,
        inputs: SelectInputs,
        problem: Problem,
        configs: Sequence[CertifiedConfig],
        record: SweepRecord,
        *,
        fresh: bool,
    ) -> None:
        self.store, self.inputs, self.problem, self.configs, self.record = store, inputs, problem, configs, record
        self.reused = 0
        there = [] if fresh else record.runs(store.list())
        self._there = {run.key: run.id for run in there}

    def do(self, watch: _GridProgress) -> list[str]:
        """Ids of the runs of all points, in the grid's order."""
        runs: list[str] = []
        record = self.record
        selections = sweep(
            self.problem,
            self.configs[0],
            lambdas=record.lambdas,
            budgets=record.budgets,
            solved=self._solved,
            progress=watch,
        )
        started = time.perf_counter()
        watch.begin(self.configs[0])
        for number, selection in enumerate(selections):
            run = self._there.get(self.record.points[number].key)
            if run is None:
                run = self._keep(number, selection, seconds=time.perf_counter() - started)
            else:
                self.reused += 1
            runs.append(run)
            watch.end(selection)
            started = time.perf_counter()
            if number + 1 < len(self.configs):
                watch.begin(self.configs[number + 1])
        return runs

    def _solved(self, number: int) -> Selection | None:
        key = self.record.points[number].key
        if key not in self._there:
            return None
        try:
            return self.store.get(self._there[key]).selection
        except StoreError:  # deleted or damaged since the list was made: solve it again
            del self._there[key]
            return None

    def _keep(self, number: int, selection: Selection, *, seconds: float) -> str:
        point, config, dataset = self.record.points[number], self.configs[number], self.inputs.dataset
        run = make_run(self.inputs, self.problem, selection, seconds=seconds, key=point.key)
        origin = {MADE_BY: self.record.id}
        if number > 0 and not config.label_aware:
            origin[STARTED_FROM] = self.record.points[number - 1].key
        run = replace(run, inputs=run.inputs | origin)
        self.store.save(run, to_csv(coreset_table(run, dataset)))
        return run.id
