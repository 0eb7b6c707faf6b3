"""What an experiment asks for: its arms and entries, checked before any work is done, and sensible defaults."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from goracs_core.data.dataset import Task
from goracs_core.data.demo import demo_directory
from goracs_core.errors import ConfigError
from goracs_core.jobs.compare.plan import Arm, Comparison, Entry, arm_config, read_options
from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.experiment.kind import ExperimentSpec
from goracs_core.jobs.experiment.kinds import experiment_kind
from goracs_core.jobs.source import counted
from goracs_core.jobs.sweep.grid import check_budgets, rising_lambdas
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.jobs.weights import half_life_of
from goracs_core.llm.tuning.options import (
    MeasureOptions,
    Recommender,
    TrainingOptions,
    recommender_of,
    training_options,
)
from goracs_core.types import fingerprint

_GORACS = frozenset({"goracs", "itra"})  # what lambdas and half-lives are for
_KEYS = frozenset(entry.name for entry in fields(ExperimentSpec))


@dataclass(frozen=True)
class ExperimentPlan:
    """An experiment before it is made.

    Args:
        kind: What it asks.
        arms: What is tried.
        entries: One per arm, budget and seed, in the order in which they are made: all arms at all budgets with one
            seed before the next seed, so that what is there early compares; the whole pool last.
        lambda_: Weight of the gradient term in the POO that is compared with test loss.
        recommender: What is trained.
        options: Of the training; the seed is each entry's.
        measure: Of the test.
    """

    kind: ExperimentKind
    arms: tuple[Arm, ...]
    entries: tuple[Entry, ...]
    lambda_: float
    recommender: Recommender
    options: TrainingOptions
    measure: MeasureOptions

    @property
    def samples(self) -> int:
        """Samples of all trainings together, each counted once per training; what the time goes with."""
        return sum(entry.budget for entry in self.entries)


def default_spec(kind: str, dataset: str | Path) -> dict[str, Any]:
    """The spec of a kind's defaults on a dataset.

    Raises:
        ConfigError: There is no such kind.
    """
    return {"dataset": str(dataset), "kind": kind, **copy.deepcopy(dict(experiment_kind(kind).defaults))}


def experiment_id(spec: Mapping[str, Any]) -> str:
    """Id of the experiment that a spec asks for: the same data, arms and options give the same id.

    Known before anything is computed, so that a page can wait for the experiment that it has just started. Budgets that
    are shares of the pool count as the numbers that they stand for.
    """
    values = counted(spec)
    asked = {name: value for name, value in values.items() if name not in ("fresh", "dataset") and value is not None}
    folder = Path(str(spec["dataset"])).expanduser().resolve()
    place = "demo" if folder == demo_directory().resolve() else str(folder)  # the demo's are the same on every machine
    return fingerprint(json.dumps([place, asked], sort_keys=True, default=str))[:16]


def planned(spec: Mapping[str, Any], task: Task, *, num_pool: int | None = None) -> ExperimentPlan:
    """Check a spec and tell what it asks for.

    Args:
        spec: Plain values of an `ExperimentSpec`, budgets as numbers of samples.
        task: The dataset's.
        num_pool: Size of the pool, where it is known: the whole pool's budget, and the most of any other.

    Raises:
        ConfigError: Something is missing, unknown or not allowed.
    """
    unknown = sorted(set(spec) - _KEYS)
    if unknown:
        raise ConfigError(
            f"unknown entry {unknown[0]!r} of an experiment; there are {', '.join(sorted(_KEYS))}",
            code="unknown-entry",
            fields={"entry": unknown[0]},
        )
    kind = experiment_kind(str(spec.get("kind", "")))
    recommender = recommender_of(spec.get("recommender"), task)
    options = training_options(recommender, _without_seed(spec.get("options") or {}))
    measure = MeasureOptions.from_dict(spec.get("measure") or {})
    arms = tuple(_arms(spec, task, kind))
    comparison = Comparison(arms, tuple(spec.get("budgets") or ()), spec.get("seeds", 1), kind.every_seed)
    if num_pool is not None:
        check_budgets(comparison.budgets, num_pool)
    entries = comparison.entries
    if spec.get("whole_pool"):
        arms = (*arms, Arm(WHOLE_POOL, {"method": WHOLE_POOL}))
        entries = (*entries, Entry(WHOLE_POOL, num_pool or 0, 0))
    return ExperimentPlan(kind, arms, entries, _lambda(spec), recommender, options, measure)


def _arms(spec: Mapping[str, Any], task: Task, kind: ExperimentKind) -> Iterator[Arm]:
    """One arm per method, for GORACS one per lambda and half-life."""
    methods = list(dict.fromkeys(spec.get("methods") or []))
    if methods and kind.reference and kind.reference not in methods:
        methods.append(kind.reference)
    half_lives = _half_lives(spec.get("half_lives") or ())
    if half_lives and not set(methods) & _GORACS:
        raise ConfigError(
            "half-lives weigh the validation for goracs, which is not among the methods; add it",
            code="half-lives-without-goracs",
            fields={"methods": methods},
        )
    lambdas = rising_lambdas(spec.get("lambdas") or [_lambda(spec)], whose="an experiment")
    own = read_options(methods, spec.get("method_options") or {})
    for method in methods:
        goracs = method in _GORACS
        label_aware = goracs and task is Task.CTR
        for lambda_ in lambdas if goracs else [_lambda(spec)]:
            config = arm_config(method, own[method], lambda_=lambda_, label_aware=label_aware)
            name = f"{method} λ={lambda_:g}" if goracs and len(lambdas) > 1 else method
            yield Arm(name, config)
            if goracs:
                yield from (Arm(f"{name}, half-life {days:g} d", config, days) for days in half_lives)


def _lambda(spec: Mapping[str, Any]) -> float:
    value = spec.get("lambda_")
    return 0.05 if value is None else float(value)


def _half_lives(values: Iterable[Any]) -> list[float]:
    return sorted({days for value in values if (days := half_life_of({"half_life": value})) is not None})


def _without_seed(options: Mapping[str, Any]) -> dict[str, Any]:
    if "seed" in options:
        raise ConfigError(
            "an experiment has seeds of its own for each training; leave seed out of its options", code="seed-given"
        )
    return dict(options)
