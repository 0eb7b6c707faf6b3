"""Measuring a loss landscape as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.source import FRESH
from goracs_core.jobs.spec import Argument, Style, asked
from goracs_core.jobs.train.kind import CoresetSpec, coreset_name

WHOLE_POOL_SAMPLES = 64  # of the pool, where no coreset is given


@dataclass(frozen=True, kw_only=True)
class LandscapeSpec(CoresetSpec):
    """The loss landscape of a coreset; with `whole_pool`, of the pool's first samples.

    Args:
        options: Plain values of `LandscapeOptions`.
        fresh: Measure again what is kept.
    """

    job: ClassVar[str] = "landscape"

    options: Mapping[str, Any] | None = asked(
        Argument("--option", Style.JSON, "an option of the measurement", "NAME=VALUE", own={"model": "--model"}),
        default=None,
    )
    fresh: bool = asked(FRESH, default=False)


def _opens(spec: LandscapeSpec, result: Mapping[str, Any]) -> Opens:
    return Opens("training", "Open the loss landscape", spec.dataset)


LANDSCAPE = JobKind(
    name=LandscapeSpec.job,
    title="Look at the loss landscape",
    spec=LandscapeSpec,
    run=imported("goracs_core.jobs.landscape.job:landscape_job"),
    done="The loss landscape is measured.",
    describe=coreset_name,
    estimate=imported("goracs_core.jobs.landscape.estimate:estimate_job"),
    opens=_opens,
    command=("experiment", "landscape"),
)
