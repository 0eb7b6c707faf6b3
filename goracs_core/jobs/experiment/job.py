"""The experiment job: coresets chosen, trained on and tested one after the other, every result kept at once.

Each coreset is an ordinary run and each training an ordinary training: finished ones are reused, and an experiment that
was cancelled resumes when it is started again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from goracs_core.data.store import load_dataset
from goracs_core.errors import ConfigError, GoracsError
from goracs_core.evaluation.other_proxies import other_proxies
from goracs_core.evaluation.popularity import MEASURES
from goracs_core.jobs.command import command_line
from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.kind import EXPERIMENT, ExperimentSpec
from goracs_core.jobs.experiment.plan import ExperimentPlan, experiment_id, planned
from goracs_core.jobs.experiment.record import Experiment, TestOutcomes
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.inputs import SelectInputs, load_inputs
from goracs_core.jobs.machine import machine
from goracs_core.jobs.popularity import popularity_of
from goracs_core.jobs.select.job import select_job
from goracs_core.jobs.select.kind import SelectSpec
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.source import counted
from goracs_core.jobs.train.job import encoder_of, test_seconds
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.jobs.train.workbench import Workbench
from goracs_core.methods import config_to_dict
from goracs_core.objective import Problem, poo
from goracs_core.progress import Progress, silent
from goracs_core.types import IndexArray
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training

STAGE = "samples trained on"

# What an entry of an experiment may hold, by name.
VALUES = {
    "poo": "POO at the experiment's lambda: transport_term - lambda * gradient_term",
    "transport_term": "OT(d_S) / max(d), with all validation samples alike",
    "gradient_term": "mean over S of g / max(g)",
    "gap": "proven gap of the selection, where it has one",
    "select_seconds": "selection, scores and models it needs included",
    "train_seconds": "training, validation included",
    "test_seconds": "measuring on the test",
    "tokens": "tokens trained on, padding not counted",
    "epochs": "passes over the coreset",
    "test_loss": "mean loss on the test samples in nats",
    "test_loss_se": "standard error of test_loss over the test samples",
    "start_loss": "test loss before training",
    "hr@5": "and hr@10, hr@20, ndcg@5, ndcg@10, ndcg@20: among the whole catalogue",
    "sampled_hr@5": "and the other five: among sampled negatives",
    "popularity_hr@5": "and the others: of ranking the same samples by popularity",
    "auc": "click prediction: area under the ROC curve of P(Yes); and log_loss, accuracy, ece, popularity_auc",
    "arp": "mean popularity of the coreset's target items; and head_share, tail_share, coverage, gini",
    "proxy:NAME": "another proxy of test loss measured on the coreset (goracs_core.evaluation.other_proxies)",
}

_LEARNING = ("train", "fine-tun")  # stages that count as training


def experiment_job(spec: ExperimentSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Choose, train and test; every entry is kept as soon as it is there.

    A finished experiment that came with the demo is taken as it is. An entry that cannot be made (a method that
    refuses, a training that diverges) keeps the sentence that says why, and the others go on.

    Args:
        spec: What is tried.
        workspace: Where runs, trainings and the experiment are kept.
        progress: Told how many samples of all trainings have been trained on; may raise JobCancelled.

    Returns:
        experiment (its id), dataset (its folder), entries, done, refused and reused (how many).

    Raises:
        GoracsError: Inputs or options that do not do.
    """
    directory, values = Path(spec.dataset), counted(spec.to_dict())
    progress("loading", 0, 0)
    dataset = load_dataset(directory)
    plan = planned(values, dataset.task, num_pool=len(dataset.pool))
    inputs = load_inputs({"dataset": spec.dataset})
    inputs.config({"method": "random", "budget": 1, "lambda_": plan.lambda_})  # norms are missed now, not an hour later
    problem = inputs.problem(progress=progress)
    fresh, shipped = spec.fresh, _shipped(values, problem, ExperimentStore(workspace))
    if shipped is not None and not fresh:
        return _result(shipped, inputs.directory, reused=len(shipped.entries))
    bench = Workbench(
        dataset,
        plan.recommender,
        plan.options,
        measure=plan.measure,
        workspace=workspace,
        encoder=encoder_of(directory),
        progress=progress,
    )
    record = _record(values, plan, problem, bench)
    return _Work(inputs, problem, plan, bench, workspace, record, fresh).do(progress)


def _shipped(spec: Mapping[str, Any], problem: Problem, store: ExperimentStore) -> Experiment | None:
    """The experiment as it came with the demo, if the spec and the data are the same."""
    asked = experiment_id(spec)
    if not store.is_shipped(asked):
        return None
    found = store.get(asked)
    return found if found.finished and found.problem_fingerprint == problem.fingerprint else None


def _result(experiment: Experiment, directory: str, *, reused: int) -> dict[str, Any]:
    return {
        "experiment": experiment.id,
        "dataset": directory,
        "entries": len(experiment.entries),
        "done": sum(entry.done for entry in experiment.entries),
        "refused": sum(bool(entry.refusal) for entry in experiment.entries),
        "reused": reused,
    }


def _record(spec: Mapping[str, Any], plan: ExperimentPlan, problem: Problem, bench: Workbench) -> Experiment:
    dataset = bench.dataset
    return Experiment(
        id=experiment_id(spec),
        kind=plan.kind.name,
        started=time.time(),
        finished=False,
        dataset_name=dataset.name,
        dataset_fingerprint=dataset.fingerprint,
        problem_fingerprint=problem.fingerprint,
        recommender=plan.recommender,
        options={name: value for name, value in plan.options.to_dict().items() if name != "seed"},
        measure=plan.measure.to_dict(),
        model=bench.model_name,
        lambda_=plan.lambda_,
        arms=plan.arms,
        entries=plan.entries,
        outcomes=_empty_outcomes(len(plan.entries), bench),
        machine=machine(),
        notes=dataset.sampling_notes,
        command=command_line(EXPERIMENT, spec),
    )


def _empty_outcomes(entries: int, bench: Workbench) -> TestOutcomes:
    rows, ranked = bench.test_rows, bench.ranked_rows
    start, popular = bench.start_losses, bench.popularity
    choices = (entries, len(rows)) if bench.asks_choices else (0, 0)
    return TestOutcomes(
        rows=rows,
        losses=np.full((entries, len(rows)), np.nan),
        ranked_rows=ranked,
        full=np.full((entries, 2, len(ranked)), np.nan),
        sampled=np.full((entries, 2, len(ranked)), np.nan),
        chances=np.full(choices, np.nan),
        start_losses=np.full(len(rows), np.nan) if start is None else start.values,
        popular_full=np.stack([popular.full.better, popular.full.equal]).astype(float),
        popular_sampled=np.stack([popular.sampled.better, popular.sampled.equal]).astype(float),
    )


@dataclass
class _Work:
    """The entries of one experiment, made one after the other."""

    inputs: SelectInputs
    problem: Problem
    plan: ExperimentPlan
    bench: Workbench
    workspace: Workspace
    record: Experiment
    fresh: bool
    reused: int = 0

    def do(self, progress: Progress) -> dict[str, Any]:
        """Make all entries; the record is kept before the first and after each."""
        self._save()
        done, total = 0, self.plan.samples
        for place, entry in enumerate(self.plan.entries):
            where = f"{place + 1} of {len(self.plan.entries)}, {entry.arm}, {entry.budget:,} samples, seed {entry.seed}"
            report = _within(progress, where, done, total, entry.budget)
            report("", 0, 0)
            try:
                self._make(place, entry, report)
            except GoracsError as error:
                self._keep(place, replace(entry, refusal=str(error)))
            except MemoryError:
                self._keep(place, replace(entry, refusal="there was not enough memory for it; take a smaller budget"))
            done += entry.budget
        self.record = replace(self.record, finished=True)
        self._save()
        if all(entry.refusal for entry in self.record.entries):
            refusals = len(self.record.entries)
            raise ConfigError(self.record.entries[0].refusal, code="all-refused", fields={"refusals": refusals})
        return _result(self.record, self.inputs.directory, reused=self.reused)

    def _make(self, place: int, entry: Entry, report: Progress) -> None:
        """Choose, train, test; kept after the choice and after the test."""
        rows, entry = self._choose(entry, report)
        training, reused = self.bench.train(rows, seed=entry.seed, run=entry.run, fresh=self.fresh, progress=report)
        self.reused += reused
        values = {**entry.values, **_training_values(training)}
        self._note(place, training)
        self._keep(place, replace(entry, training=training.id, values=values))

    def _choose(self, entry: Entry, report: Progress) -> tuple[IndexArray, Entry]:
        if entry.arm == WHOLE_POOL:
            rows = np.arange(len(self.inputs.pool), dtype=np.int64)
            return rows, replace(entry, values=self._coreset_values(rows))
        arm = self.record.arm(entry.arm)
        config = config_to_dict(arm.config_at(entry.budget, entry.seed))
        spec = SelectSpec(dataset=self.inputs.directory, config=config, half_life=arm.half_life, fresh=self.fresh)
        run = RunStore(self.workspace).get(select_job(spec, self.workspace, report)["run"])
        rows = run.selection.indices
        values = self._coreset_values(rows) | {"select_seconds": run.seconds}
        if run.selection.certificate is not None and arm.half_life is None:
            values["gap"] = run.selection.certificate.gap
        return rows, replace(entry, run=run.id, values=values)

    def _coreset_values(self, rows: IndexArray) -> dict[str, float]:
        """Values of a coreset before any training."""
        values: dict[str, float] = {}
        if len(rows) < len(self.inputs.pool):  # the transport of the whole pool is large, and it is no selection
            value = poo(self.problem, rows, self.plan.lambda_)
            values |= {"poo": value.value, "transport_term": value.transport_term}
            values["gradient_term"] = value.gradient_term
            values |= {f"proxy:{name}": number for name, number in other_proxies(self.problem, rows).items()}
        return values | popularity_of(self.bench.dataset, {"coreset": rows}, MEASURES)["coreset"]

    def _note(self, place: int, training: Training) -> None:
        """Put the outcomes of a training in their place."""
        tested, outcomes = training.tested, self.record.outcomes
        values = {name: np.array(getattr(outcomes, name)) for name in ("losses", "full", "sampled", "chances")}
        values["losses"][place] = tested.losses.values
        if tested.rankings is not None:
            for name, positions in (("full", tested.rankings.full), ("sampled", tested.rankings.sampled)):
                values[name][place] = np.stack([positions.better, positions.equal])
        if tested.choices is not None:
            values["chances"][place] = tested.choices.chances
        self.record = replace(self.record, outcomes=replace(outcomes, **values))

    def _keep(self, place: int, entry: Entry) -> None:
        self.record = self.record.with_entry(place, entry)
        self._save()

    def _save(self) -> None:
        ExperimentStore(self.workspace).save(self.record)


def _training_values(training: Training) -> dict[str, float]:
    log = training.log
    values = {name: value for name, value in training.metrics.items() if math.isfinite(value)}
    return values | {
        "train_seconds": log.seconds,
        "test_seconds": test_seconds(training),
        "tokens": float(log.tokens),
        "epochs": float(len(log.epochs) - 1),
    }


def _within(progress: Progress, where: str, before: int, everything: int, samples: int) -> Progress:
    """Report samples of the whole plan, never fewer than before; the work's own stage goes into the detail."""
    trained = 0

    def report(stage: str, done: int, total: int, detail: str) -> None:
        nonlocal trained
        share = done / total if total else 0.0
        if stage.lower().startswith(_LEARNING):
            trained = max(trained, int(share * samples))
        progress.within(where, stage=STAGE, done=before + trained, of=everything)(stage, done, total, detail)

    return Progress(report)
