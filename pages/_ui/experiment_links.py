"""Ways back from an experiment's coresets to the runs they were, or to runs that make the same ones again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goracs_core.methods.registry import key_of
from pages._ui import blocks, cache, routes
from pages._ui.proxy.form import experiment_methods
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.compare.plan import Entry
    from goracs_core.jobs.experiment.record import Experiment


def is_here(ref: DatasetRef, run: str) -> bool:
    """Whether this workspace has the run; it lacks those of an experiment from elsewhere, and deleted ones."""
    return any(one.id == run and not one.damaged for one in cache.runs(ref.fingerprint))


def again(experiment: Experiment, entry: Entry, *, label: str = "Select it again") -> None:
    """A link to the Run page, filled in so that it makes the entry's coreset.

    Args:
        experiment: Whose entry it is.
        entry: The coreset.
        label: Of the link.
    """
    arm = experiment.arm(entry.arm)
    config = arm.config
    known = {name: key_of(method) for name, method in experiment_methods().items()}
    asked = {
        "method": known.get(str(config.get("solver")), known.get(str(config["method"]))), "budget": str(entry.budget),
        "seed": str(entry.seed), "run": None, "lambda": str(config["lambda_"]) if "lambda_" in config else None,
        "half_life": None if arm.half_life is None else f"{arm.half_life:g}",
    }  # fmt: skip
    blocks.link(routes.RUN, label, **asked)
