"""The command and the lines of Python that repeat a run."""

from __future__ import annotations

import shlex

from goracs_core.jobs.select.repeat import PRECOMPUTED as PRECOMPUTED
from goracs_core.jobs.select.repeat import has_given_scores as has_given_scores
from goracs_core.jobs.select.repeat import select_command
from goracs_core.methods import SelectionConfig
from pages._ui import state
from pages._ui.state import DatasetRef

GIVEN_SCORES = "scores.npy"


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
    folder, scores = str(ref.directory), GIVEN_SCORES if given_scores else None
    return select_command(config, folder, task=ref.task, half_life=half_life, scores=scores)


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
