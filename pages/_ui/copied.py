"""A run as others can repeat it: the command and the lines of Python that make the same coreset."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import TYPE_CHECKING

from goracs_core.methods import COMMON_OPTIONS, SelectionConfig, config_to_dict
from pages._ui import state
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

GIVEN_SCORES = "scores.npy"
PRECOMPUTED = "precomputed"  # the source of scores that came with the inputs


def has_given_scores(run: Run) -> bool:
    """Whether somebody brought the scores along, so that they cannot be computed again."""
    scores = run.selection.scores
    return scores is not None and PRECOMPUTED in scores.sources.values()


def as_command(
    config: SelectionConfig, ref: DatasetRef, *, half_life: float | None = None, given_scores: bool = False
) -> str:
    """The command that makes the same coreset.

    Args:
        config: Of the run.
        ref: The dataset.
        half_life: Days in which a validation sample loses half its weight; None for equal weights.
        given_scores: The scores were given, and are expected as `GIVEN_SCORES`.
    """
    values = config_to_dict(config)
    own = [field.name for field in fields(config) if field.name not in COMMON_OPTIONS]
    listed = []
    for name in ("method", "solver", "budget", "lambda_", "seed", *own):
        option, value = f"--{name.rstrip('_').replace('_', '-')}", values[name]
        if (name == "max_seconds" and not value) or name in config.idle_options:
            continue
        if isinstance(value, bool):
            listed += [option] if value else []
        else:
            listed.append(f"{option} {shlex.quote(str(value))}")
    if given_scores:
        listed.append(f"--scores {GIVEN_SCORES}")
    if half_life is not None:
        listed.append(f"--half-life {half_life!r}")
    if ref.task == "ctr":
        listed.append("--label-aware" if config.label_aware else "--no-label-aware")
    chosen = " ".join(listed)
    return f"python -m goracs_core select --dataset {shlex.quote(ref.name)} {chosen} --output coreset"


def as_verification(ref: DatasetRef) -> str:
    """The command that checks what `as_command` has written."""
    return f"python -m goracs_core verify coreset --dataset {shlex.quote(ref.name)}"


def as_python(
    config: SelectionConfig, ref: DatasetRef, *, half_life: float | None = None, given_scores: bool = False
) -> str:
    """The lines of Python that make the same coreset; see `as_command`."""
    demo, scored = ref.name == state.DEMO, bool(config.needed_scores)
    folder = "demo_directory()" if demo else f"Workspace.default().datasets / {ref.name!r}"
    spec = f"'dataset': {folder}"
    spec += "" if half_life is None else f", 'half_life': {half_life!r}"
    spec += f", 'scores': {GIVEN_SCORES!r}" if given_scores else ""
    lines = [
        f"from {type(config).__module__} import {type(config).__name__}",
        *(["from goracs_core.data.demo import demo_directory"] if demo else []),
        "from goracs_core.jobs.inputs import load_inputs",
        *(["from goracs_core.jobs.select.scoring import needed_scores"] if scored else []),
        "from goracs_core.selection import select",
        *(["from goracs_core.workspace import Workspace"] if scored or not demo else []),
        "",
        f"config = {config!r}",
        f"inputs = load_inputs({{{spec}}})",
        *(["scores = needed_scores(config, inputs, cache=Workspace.default().cache)"] if scored else []),
        "problem = inputs.problem()",
        f"selection = select(problem, config{', scores=scores' if scored else ''})",
        "print(selection.poo, selection.indices)",
    ]
    return "\n".join(lines)
