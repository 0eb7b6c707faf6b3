"""Comparing half-lives of the validation's weights as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from goracs_core.jobs.kind import JobKind, imported
from goracs_core.jobs.select.kind import changed_config
from goracs_core.jobs.source import DATASET, FRESH
from goracs_core.jobs.spec import Argument, Spec, Style, asked
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class DecaySpec(Spec):
    """One coreset per half-life and one without decay, compared.

    Args:
        dataset: Folder of a dataset with features and times.
        config: Plain values of a config class: method, budget and options.
        half_lives: Days.
        late_share: Latest share of the validation that the coresets are measured on; None: 0.25.
        later: Folder of a dataset of the same encoder, whose further validation samples are the late ones instead.
        fresh: Select again what is selected already.
    """

    job: ClassVar[str] = "decay"

    dataset: str = asked(DATASET)
    config: Mapping[str, Any] = asked(
        Argument("", Style.SPREAD, own={"lambda_": "--lambda", "method": "", "solver": ""})
    )
    half_lives: tuple[float, ...] = asked(
        Argument("--half-lives", Style.LIST, "half-lives in days, like 7,30,90", "D,D,...")
    )
    late_share: float | None = asked(
        Argument("--late-share", help="latest share of the validation to measure on (default: 0.25)", metavar="X"),
        default=None,
    )
    later: str | None = asked(
        Argument("--later", Style.DATASET, "dataset whose further validation samples are the late ones", "DIR"),
        default=None,
    )
    fresh: bool = asked(FRESH, default=False)


def _shorten(spec: DecaySpec) -> DecaySpec:
    """Its command chooses by GORACS."""
    config = changed_config({"method": "goracs", **spec.config})
    return replace(spec, config={name: value for name, value in config.items() if name != "solver"})


def _describe(spec: DecaySpec, workspace: Workspace) -> str:
    days = ", ".join(f"{value:g}" for value in spec.half_lives)
    return f"k {spec.config.get('budget')}, {days} days"


DECAY = JobKind(
    name=DecaySpec.job,
    title="Compare half-lives",
    spec=DecaySpec,
    run=imported("goracs_core.jobs.decay.job:decay_job"),
    done="The half-lives are compared.",
    kept_on_cancel="What was selected by then is kept.",
    describe=_describe,
    shorten=_shorten,
)
