"""The command and the lines of Python that repeat a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from goracs_core.jobs.command import command_line
from goracs_core.jobs.kinds import SELECT
from goracs_core.methods import SelectionConfig, config_to_dict
from pages._ui import state
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

GIVEN_SCORES = "scores.npy"
PRECOMPUTED = "precomputed"  # the source of scores that came with the inputs


def has_given_scores(run: Run) -> bool:
    """Whether the scores were provided by the user, so that they cannot be computed again."""
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
    spec: dict[str, Any] = {"dataset": str(ref.directory), "config": config_to_dict(config)}
    for name in config.idle_options:
        del spec["config"][name]
    if ref.task != "ctr":
        del spec["config"]["label_aware"]
    spec |= {} if half_life is None else {"half_life": half_life}
    return command_line(SELECT, spec | ({"scores": GIVEN_SCORES} if given_scores else {}))


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
