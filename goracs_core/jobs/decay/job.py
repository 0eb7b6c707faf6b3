"""A sweep of half-lives: one coreset each, and what decay changes in the choice. Every coreset is an ordinary run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.store import load_dataset
from goracs_core.errors import ConfigError
from goracs_core.evaluation.decay import LATE_SHARE, DecayPoint, decay_points, late_part, on_other_validation
from goracs_core.features.store import load_features, read_features_meta
from goracs_core.jobs.decay.kind import DecaySpec
from goracs_core.jobs.inputs import SelectInputs, has_times, load_inputs
from goracs_core.jobs.select.job import select_job
from goracs_core.jobs.select.kind import SelectSpec
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.weights import half_life_of
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.types import IndexArray
from goracs_core.workspace import Workspace

_VALUES = ("half_life", "jaccard", "effective", "poo", "transport_term", "gradient_term", "late_term")


def decay_job(spec: DecaySpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Choose without decay and under each half-life, and compare.

    Args:
        spec: The half-lives, and what late samples are.
        workspace: Where the runs are kept.
        progress: Told how many coresets are chosen; may raise JobCancelled.

    Returns:
        points (see `point_values`; rising half-life, no decay last), runs (their ids in the same order), late (how many
        samples the late ones are).

    Raises:
        GoracsError: Inputs or options that do not do, a validation without times.
    """
    given = (half_life_of({"half_life": days}) for days in spec.half_lives)
    half_lives = sorted({days for days in given if days is not None})
    if not half_lives:
        raise ConfigError("a comparison of half-lives needs at least one, in days, like 7,30,90", code="no-half-lives")
    inputs = load_inputs({"dataset": spec.dataset})
    dataset = inputs.dataset
    assert dataset is not None
    times = dataset.validation.times
    if times is None or not has_times(dataset):
        raise ConfigError(
            f"the validation samples of {dataset.name} have no times, and a half-life weighs them by age; prepare the "
            "data from a source with times",
            code="no-times",
            fields={"dataset": dataset.name},
        )
    problem = inputs.problem(progress=progress)
    later = Path(spec.later) if spec.later else None
    late = late_problem(inputs, problem, later=later, share=spec.late_share or LATE_SHARE)
    chosen: dict[float | None, IndexArray] = {}
    runs: list[str] = []
    asked = [*half_lives, None]
    for number, days in enumerate(asked):
        words = "no decay" if days is None else f"half-life {days:g} days"
        report = progress.within(words, stage="half-lives", done=number, of=len(asked))
        report("", 0, 0)
        one = SelectSpec(dataset=spec.dataset, config=spec.config, half_life=days, fresh=spec.fresh)
        runs.append(select_job(one, workspace, report)["run"])
        chosen[days] = RunStore(workspace).get(runs[-1]).selection.indices
    lambda_ = float(RunStore(workspace).get(runs[-1]).config.lambda_)
    points = decay_points(problem, late, chosen, times, lambda_=lambda_)
    return {"points": [point_values(point) for point in points], "runs": runs, "late": late.num_validation}


def late_problem(
    inputs: SelectInputs, problem: Problem, *, later: Path | None = None, share: float = LATE_SHARE
) -> Problem:
    """The problem of late samples: the latest part of the validation, or what another dataset's has besides.

    Args:
        inputs: Of a dataset whose validation has times.
        problem: Theirs, with all validation samples alike.
        later: Folder of the other dataset, of the same encoder.
        share: Of the validation, where no other dataset is given.

    Raises:
        ConfigError: A share that does not do, another encoder, or nothing that this validation does not have.
    """
    dataset = inputs.dataset
    assert dataset is not None
    assert dataset.validation.times is not None
    if later is None:
        return late_part(problem, dataset.validation.times, share)
    other, features = load_dataset(later), load_features(later)
    meta = read_features_meta(Path(inputs.directory))
    taken_from = (meta.get("taken") or {}).get("fingerprint")
    mine, others = ((one.get("encoder") or {}).get("fingerprint") for one in (meta, features.meta))
    if taken_from != features.fingerprint and (not mine or mine != others):
        raise ConfigError(
            f"the embeddings of {other.name} and of {dataset.name} come from different encoders; compute the features "
            "of both with the same encoder",
            code="encoders-differ",
            fields={"dataset": dataset.name, "other": other.name},
        )
    here = set(dataset.validation.ids)
    rows = np.array([row for row, one in enumerate(other.validation.ids) if one not in here], np.int64)
    if not len(rows):
        raise ConfigError(
            f"{other.name} has no validation samples that {dataset.name} does not have; start from an earlier "
            "validation of it (`derive --early-validation`), or leave --later out",
            code="nothing-later",
            fields={"dataset": dataset.name, "other": other.name},
        )
    return on_other_validation(problem, features.validation.values[rows])


def point_values(point: DecayPoint) -> dict[str, Any]:
    """A point as plain values, for tables."""
    return {name: getattr(point, name) for name in _VALUES}
