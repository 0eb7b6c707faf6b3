"""The selections of a comparison, one after the other, each kept as an ordinary run as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from goracs_core.errors import GoracsError
from goracs_core.jobs.compare.plan import Comparison, Entry
from goracs_core.jobs.select.job import select_job
from goracs_core.jobs.select.kind import SelectSpec
from goracs_core.methods import config_to_dict
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace


def compare(
    comparison: Comparison, spec: Mapping[str, Any], workspace: Workspace, progress: Progress = silent
) -> Iterator[tuple[Entry, bool]]:
    """Make the selections and yield each entry with its run, and whether the run was there already.

    A method that refuses yields its sentence and the others go on. What was selected before a stop is kept.

    Args:
        comparison: What is compared.
        spec: What to select from, as for a select job; `fresh` selects again.
        workspace: Where the runs are kept.
        progress: Told which selection it is; may raise JobCancelled.
    """
    entries = comparison.entries
    for place, entry in enumerate(entries):
        config = comparison.config(entry)
        seed = f" seed {entry.seed}" if comparison.arm(entry.arm).seeded else ""
        where = f"{entry.arm} {entry.budget:,}{seed}"
        part = progress.within(where, stage="comparing", done=place, of=len(entries))
        # Given scores are for the methods that rank by some; any other refuses them.
        inputs = {name: value for name, value in spec.items() if name != "scores" or config.needed_scores}
        try:
            asked = SelectSpec.from_dict({**inputs, "config": config_to_dict(config)})
            result = select_job(asked, workspace, part)
        except GoracsError as error:
            yield replace(entry, refusal=str(error)), False
        else:
            yield replace(entry, run=result["run"]), result["reused"]
