"""What an experiment asks for: its arms and entries, checked before any work is done, and sensible defaults."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goracs_core.data.dataset import Task
from goracs_core.data.demo import demo_directory
from goracs_core.errors import ConfigError
from goracs_core.jobs.compare.plan import Comparison, plan
from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.experiment.kinds import experiment_kind
from goracs_core.jobs.experiment.record import Arm, Entry
from goracs_core.jobs.sweep.grid import check_grid
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.llm.tuning.options import (
    MeasureOptions,
    Recommender,
    TrainingOptions,
    recommender_of,
    training_options,
)
from goracs_core.methods import METHODS, SelectionConfig, config_to_dict, find_method, method_names
from goracs_core.types import fingerprint

MOST_ENTRIES = 1000
GORACS = "goracs"

_KEYS = frozenset({
    "dataset", "kind", "methods", "lambdas", "half_lives", "lambda_", "budgets", "seeds", "whole_pool",
    "method_options", "recommender", "options", "measure", "fresh",
})  # fmt: skip


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

    Known before anything is computed, so that a page can wait for the experiment that it has just started.
    """
    asked = {name: value for name, value in spec.items() if name not in ("fresh", "dataset") and value is not None}
    folder = Path(str(spec["dataset"])).expanduser().resolve()
    place = "demo" if folder == demo_directory().resolve() else str(folder)  # the demo's are the same on every machine
    return fingerprint(json.dumps([place, asked], sort_keys=True, default=str))[:16]


def planned(spec: Mapping[str, Any], task: Task, *, num_pool: int | None = None) -> ExperimentPlan:
    """Check a spec and tell what it asks for.

    Args:
        spec: See `goracs_core.jobs.experiment.job`.
        task: The dataset's.
        num_pool: Size of the pool, where it is known: the whole pool's budget, and the most of any other.

    Raises:
        ConfigError: Something is missing, unknown or not allowed.
    """
    unknown = sorted(set(spec) - _KEYS)
    if unknown:
        raise ConfigError(f"unknown entry {unknown[0]!r} of an experiment; there are {', '.join(sorted(_KEYS))}")
    kind = experiment_kind(str(spec.get("kind", "")))
    seeds = _seeds(spec.get("seeds", 1))
    lambdas, budgets = check_grid(
        spec.get("lambdas") or [_lambda(spec)], spec.get("budgets") or (), whose="an experiment"
    )
    _check_budgets(budgets, num_pool)
    recommender = recommender_of(spec.get("recommender"), task)
    options = training_options(recommender, _without_seed(spec.get("options") or {}))
    measure = MeasureOptions.from_dict(spec.get("measure") or {})
    arms = _arms(spec, lambdas, task, kind)
    entries = _entries(arms, budgets, seeds, kind)
    if spec.get("whole_pool"):
        arms.append(Arm(WHOLE_POOL, {"method": WHOLE_POOL}))
        entries.append(Entry(WHOLE_POOL, num_pool or 0, 0))
    if len(entries) > MOST_ENTRIES:
        raise ConfigError(
            f"the experiment has {len(entries):,} trainings, but at most {MOST_ENTRIES:,} are made; take fewer "
            "methods, budgets or seeds"
        )
    return ExperimentPlan(kind, tuple(arms), tuple(entries), _lambda(spec), recommender, options, measure)


def entry_config(arm: Arm, entry: Entry) -> SelectionConfig:
    """The selection that an entry asks for."""
    from goracs_core.methods import config_from_dict

    return config_from_dict({**arm.config, "budget": entry.budget, "seed": entry.seed if _seeded(arm) else 0})


def _arms(spec: Mapping[str, Any], lambdas: Sequence[float], task: Task, kind: ExperimentKind) -> list[Arm]:
    methods: list[str] = list(dict.fromkeys(spec.get("methods") or []))
    if not methods:
        raise ConfigError("an experiment needs at least one method; give --methods, like goracs,random")
    if kind.reference and kind.reference not in methods:
        methods.append(kind.reference)
    half_lives = _half_lives(spec.get("half_lives") or ())
    own = dict(spec.get("method_options") or {})
    _check_own(own, methods)
    arms: list[Arm] = []
    for method in methods:
        mine = {name: value for name, value in own.items() if "." not in name or name.partition(".")[0] == method}
        goracs = method in (GORACS, "itra")
        values = list(lambdas) if goracs else [_lambda(spec)]
        for lambda_ in values:
            config = _config(method, lambda_, mine, label_aware=goracs and task is Task.CTR)
            name = f"{method} λ={lambda_:g}" if goracs and len(values) > 1 else method
            arms.append(Arm(name, config))
            arms += [Arm(f"{name}, half-life {days:g} d", config, days) for days in half_lives if goracs]
    if half_lives and not any(arm.half_life for arm in arms):
        raise ConfigError("half-lives weigh the validation for goracs, which is not among the methods; add it")
    return arms


def _config(method: str, lambda_: float, own: Mapping[str, str], *, label_aware: bool) -> dict[str, Any]:
    """The arm's method and options, budget and seed left out."""
    known = _option_names(method)
    mine = {name: str(value) for name, value in own.items() if name.rpartition(".")[2].replace("-", "_") in known}
    attempt = plan(
        Comparison((method,), (1,), seeds=1, lambda_=lambda_, label_aware=label_aware, options=mine)
    )[0]  # fmt: skip
    config = config_to_dict(attempt.config)
    return {name: value for name, value in config.items() if name not in ("budget", "seed")}


def _check_own(own: Mapping[str, str], methods: Sequence[str]) -> None:
    """Refuse an option that no method has, or that is of a method that is not tried."""
    for name in own:
        method, _, option = name.rpartition(".")
        takers = [one for one in methods if method in ("", one)]
        if not any(option.replace("-", "_") in _option_names(one) for one in takers):
            raise ConfigError(f"no method of the experiment has an option {name!r}; `methods NAME` shows what there is")


def _option_names(method: str) -> set[str]:
    from dataclasses import fields

    return {entry.name for one in METHODS.values() for entry in fields(one.config) if method in (one.name, one.solver)}


def _seeded(arm: Arm) -> bool:
    return arm.method in method_names() and find_method(arm.method, arm.config.get("solver")).seeded


def _entries(arms: Iterable[Arm], budgets: Sequence[int], seeds: int, kind: ExperimentKind) -> list[Entry]:
    return [
        Entry(arm.name, budget, seed)
        for seed in range(seeds)
        for budget in budgets
        for arm in arms
        if seed == 0 or kind.every_seed or _seeded(arm)
    ]  # fmt: skip


def _lambda(spec: Mapping[str, Any]) -> float:
    value = spec.get("lambda_")
    return 0.05 if value is None else float(value)


def _seeds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"seeds is {value!r}, but each method is tried at least once; give 1 or more")
    return value


def _half_lives(values: Iterable[Any]) -> list[float]:
    from goracs_core.jobs.weights import half_life_of

    return sorted({days for value in values if (days := half_life_of({"half_life": value})) is not None})


def _check_budgets(budgets: Sequence[int], num_pool: int | None) -> None:
    if num_pool is not None and budgets[-1] > num_pool:
        raise ConfigError(
            f"one budget of the experiment is {budgets[-1]:,}, but the pool has only {num_pool:,} samples; give "
            f"budgets of at most {num_pool:,}"
        )


def _without_seed(options: Mapping[str, Any]) -> dict[str, Any]:
    if "seed" in options:
        raise ConfigError("an experiment has seeds of its own for each training; leave seed out of its options")
    return dict(options)
