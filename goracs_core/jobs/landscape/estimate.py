"""Estimated time of a loss landscape; pages and command line show the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from goracs_core.data.store import load_dataset
from goracs_core.jobs.landscape.kind import WHOLE_POOL_SAMPLES, LandscapeSpec
from goracs_core.jobs.train.estimate import TrainingSizes
from goracs_core.jobs.train.job import coreset_rows
from goracs_core.llm.landscape import LandscapeOptions
from goracs_core.quantities import duration
from goracs_core.workspace import Workspace

_START_SECONDS = 5.0
# Seconds of one gradient per token, and what a Hessian-vector product costs beside it.
_GRADIENT, _PRODUCT = 1 / 11_000, 3.8
_FIRST, _PRODUCTS = 7, 2.5  # products at the first checkpoint, and at a later one


@dataclass(frozen=True)
class LandscapeEstimate:
    """What a measurement will take.

    Args:
        samples: Samples that the loss is measured on.
        seconds: Expected time; None for a model about which nothing is known yet.
    """

    samples: int
    seconds: float | None

    @property
    def sentence(self) -> str:
        """Both in one sentence."""
        if self.seconds is None:
            return f"{self.samples:,} samples; how long this model takes is known after its first gradient."
        return f"{self.samples:,} samples: about {duration(self.seconds)} (a rough estimate)."


def estimate_landscape(budget: int, options: LandscapeOptions, tokens: float) -> LandscapeEstimate:
    """The estimate from the sizes.

    Args:
        budget: Samples that could be measured on.
        options: Of the measurement.
        tokens: Mean tokens of a sample.
    """
    samples = min(budget, options.samples)
    if options.model != LandscapeOptions.model:
        return LandscapeEstimate(samples, None)
    gradients = 2 * (options.steps + 1) + options.checkpoints * options.directions
    products = min(_FIRST, options.rounds) + _PRODUCTS * (options.checkpoints - 1)
    seconds = (gradients + _PRODUCT * products) * samples * tokens * _GRADIENT
    return LandscapeEstimate(samples, _START_SECONDS + seconds)


def estimate_job(spec: LandscapeSpec, workspace: Workspace) -> LandscapeEstimate:
    """The estimate of a landscape job.

    Args:
        spec: What is asked.
        workspace: Where runs are kept.

    Raises:
        GoracsError: Inputs or options that do not do.
    """
    directory = Path(spec.dataset)
    dataset = load_dataset(directory)
    rows, run = coreset_rows(spec, dataset, workspace)
    budget = len(rows) if run else min(len(rows), WHOLE_POOL_SAMPLES)
    options = LandscapeOptions.from_dict(dict(spec.options or {}))
    return estimate_landscape(budget, options, TrainingSizes.of(dataset, directory, workspace).tokens)
