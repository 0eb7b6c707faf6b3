"""The command that makes a coreset again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from goracs_core.jobs.command import command_line
from goracs_core.jobs.select.kind import SELECT
from goracs_core.methods import SelectionConfig, config_to_dict

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

PRECOMPUTED = "precomputed"  # the source of scores that came with the inputs


def has_given_scores(run: Run) -> bool:
    """Whether the scores were provided by the user, so that they cannot be computed again."""
    scores = run.selection.scores
    return scores is not None and PRECOMPUTED in scores.sources.values()


def select_command(
    config: SelectionConfig, dataset: str, *, task: str, half_life: float | None = None, scores: str | None = None
) -> str:
    """The command that selects the same coreset.

    Args:
        config: Of the run.
        dataset: Folder of the dataset; the command calls it by its name.
        task: Of the dataset.
        half_life: Days in which a validation sample loses half its weight; None for equal weights.
        scores: Where scores that were given are expected; None where the method computes its own.
    """
    spec: dict[str, Any] = {"dataset": dataset, "config": config_to_dict(config)}
    for name in config.idle_options:
        del spec["config"][name]
    if task != "ctr":
        del spec["config"]["label_aware"]
    spec |= {} if half_life is None else {"half_life": half_life}
    return command_line(SELECT, spec | ({} if scores is None else {"scores": scores}))
