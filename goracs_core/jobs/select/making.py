"""From a Selection to a Run: scores of the chosen rows, names, versions."""

from __future__ import annotations

import time
import uuid

import numpy as np

from goracs_core.jobs.inputs import SelectInputs
from goracs_core.jobs.reuse import versions
from goracs_core.jobs.select.run import DatasetReference, RowScores, Run
from goracs_core.jobs.weights import weighting_words
from goracs_core.methods import SelectionConfig, method_of, own_options
from goracs_core.methods.registry import is_default
from goracs_core.objective import Problem
from goracs_core.selection.result import Selection
from goracs_core.types import fingerprint

_SCORE_ROWS = 512  # rows of distances held at once while scoring a coreset


def make_run(
    inputs: SelectInputs,
    problem: Problem,
    selection: Selection,
    *,
    seconds: float,
    key: str,
    name: str | None = None,
    notes: str | None = None,
) -> Run:
    """Put a Run together.

    Args:
        inputs: What the selection started from.
        problem: What it was made on.
        selection: The result.
        seconds: Wall-clock seconds of the selection.
        key: See `goracs_core.jobs.reuse.run_key`.
        name: The user's name for it; made from the options when empty.
        notes: The user's notes.
    """
    now = time.time()
    entries = inputs.fingerprints | inputs.weighting.record | {"problem": problem.fingerprint}
    if selection.scores is not None:
        entries |= {f"scores_{name}": fingerprint(values) for name, values in selection.scores.columns.items()}
    dataset = DatasetReference()
    if inputs.dataset is not None:
        source = inputs.dataset
        dataset = DatasetReference(
            source.name, str(source.task), source.fingerprint, inputs.directory, source.sampling_notes
        )
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return Run(
        id=f"{stamp}-{selection.fingerprint[:6]}-{uuid.uuid4().hex[:4]}",
        name=name or _default_name(selection.config, entries, dataset.name),
        notes=notes or "",
        created=now,
        dataset=dataset,
        inputs=entries,
        config=selection.config,
        selection=selection,
        scores=row_scores(problem, selection),
        metrics={
            "pass_at_1": selection.trace.pass_at_1,
            "num_pool": problem.num_pool,
            "num_validation": problem.num_validation,
            "distance_scale": problem.distance_scale,
            "gradient_scale": problem.gradient_scale,
            "has_gradient_norms": problem.has_gradient_norms,
        },
        seconds=seconds,
        versions=versions(),
        key=key,
    )


def row_scores(problem: Problem, selection: Selection) -> RowScores:
    """Per chosen row: gradient norm, validation samples served and mass-weighted mean distance to them."""
    rows, plan = selection.indices, selection.plan
    k = len(rows)
    spent = np.zeros(k)
    for start in range(0, k, _SCORE_ROWS):
        inside = (plan.rows >= start) & (plan.rows < start + _SCORE_ROWS)
        distances = problem.distance_rows(rows[start : start + _SCORE_ROWS])  # [rows, m]
        entries = plan.rows[inside]
        spent += np.bincount(
            entries, weights=plan.mass[inside] * distances[entries - start, plan.columns[inside]], minlength=k
        )
    mass = np.bincount(plan.rows, weights=plan.mass, minlength=k)
    served = np.bincount(plan.rows[plan.mass > 0], minlength=k)
    return RowScores(problem.gradient_norms[rows], served, spent / mass)


def _unusual_options(config: SelectionConfig) -> list[str]:
    """What was chosen otherwise than by default, so that runs that differ are called differently."""
    own = [one for one in own_options(type(config)) if one.name not in config.idle_options]
    changed = [(one.name, getattr(config, one.name)) for one in own if getattr(config, one.name) != one.default]
    words = [name if value is True else f"{name.replace('_', ' ')} {value}" for name, value in changed]
    return [*words, "by label"] if config.label_aware else words


def _default_name(config: SelectionConfig, inputs: dict[str, str], dataset: str) -> str:
    name = config.method if is_default(method_of(config)) else config.solver
    parts = [
        f"{name} {config.budget:,}",
        f"lambda {config.lambda_:g}",
        f"seed {config.seed}",
    ]
    parts += _unusual_options(config)
    words = weighting_words(inputs)
    if words != "uniform":
        parts.append(f"{words} weights" if words == "given" else words)
    return ", ".join([*parts, dataset] if dataset else parts)
