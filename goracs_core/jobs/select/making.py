"""From inputs to a Selection and a Run: what is checked before, the key, scores of the chosen rows, names, versions."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.jobs.inputs import SelectInputs
from goracs_core.jobs.memory import check_selection_fits
from goracs_core.jobs.reuse import run_key, versions
from goracs_core.jobs.select.run import DatasetReference, RowScores, Run
from goracs_core.jobs.select.scoring import needed_scores
from goracs_core.jobs.weights import weighting_words
from goracs_core.methods import SelectionConfig, method_of, own_options
from goracs_core.methods.method import Group
from goracs_core.methods.registry import is_default
from goracs_core.objective import Problem
from goracs_core.progress import Progress
from goracs_core.scores import Scores
from goracs_core.selection import select
from goracs_core.selection.result import Selection
from goracs_core.types import fingerprint

_SCORE_ROWS = 512  # rows of distances held at once while scoring a coreset


@dataclass(frozen=True, eq=False)
class Prepared:
    """A selection that is ready to be made: its options fit the inputs, and its scores are known.

    Args:
        inputs: What the selection starts from.
        config: Method and options.
        scores: What `config.needed_scores` asks for.
        problem: What is chosen on.
    """

    inputs: SelectInputs
    config: SelectionConfig
    scores: Scores
    problem: Problem

    @cached_property
    def key(self) -> str:
        """The same for the same work; see `goracs_core.jobs.reuse.run_key`."""
        dataset = self.inputs.dataset
        return run_key(
            self.problem.fingerprint,
            self.config,
            dataset_fingerprint="" if dataset is None else dataset.fingerprint,
            scores_fingerprint=self.scores.fingerprint,
        )

    def select(self, progress: Progress) -> tuple[Selection, float]:
        """Choose; with the seconds that it took, those of its scores included, whether they were cached or not."""
        started = time.perf_counter()
        selection = select(self.problem, self.config, scores=self.scores, progress=progress)
        return selection, time.perf_counter() - started + self.scores.seconds


def prepare(inputs: SelectInputs, values: Mapping[str, Any], *, cache: Path, progress: Progress) -> Prepared:
    """Check the options, compute the scores that the method needs, and measure the scales of the problem.

    Args:
        inputs: What the selection starts from.
        values: Plain values of a config.
        cache: Where scores and models computed before are found again.
        progress: Told the stages; may raise JobCancelled.

    Raises:
        GoracsError: Options that do not do, or a selection that does not fit into memory.
    """
    config = inputs.config(dict(values))
    num_pool, width = inputs.pool.values.shape
    config.check_pool(num_pool)  # before the pass over all distances
    check_selection_fits(config, num_pool, len(inputs.validation), width)
    scores = needed_scores(config, inputs, cache=cache, progress=progress)
    return Prepared(inputs, config, scores, inputs.problem(progress=progress))


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
        name=name or default_name(selection.config, entries),
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
    words = [name if value is True else f"{name.replace(chr(95), chr(32))} {value}" for name, value in changed]
    return [*words, "by label"] if config.label_aware else words


def default_name(config: SelectionConfig, inputs: Mapping[str, str]) -> str:
    """What a run is called until its user gives it a name: method, budget, lambda, and what is not as by default."""
    method = method_of(config)
    goracs = method.group is Group.GORACS and is_default(method)
    name = Group.GORACS if goracs else method.label
    parts = [name, f"k {config.budget:,}", f"λ {config.lambda_:g}", *([f"seed {config.seed}"] if config.seed else [])]
    parts += _unusual_options(config)
    words = weighting_words(inputs)
    if words != "uniform":
        parts.append(f"{words} weights" if words == "given" else words)
    return " · ".join(parts)
