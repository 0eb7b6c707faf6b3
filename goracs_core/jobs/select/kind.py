"""Selecting a coreset as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.source import FRESH, SourceSpec
from goracs_core.jobs.spec import Argument, Style, asked, changed
from goracs_core.methods import METHODS
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class SelectSpec(SourceSpec):
    """One selection.

    Args:
        scores: Path of scores made elsewhere, for a method that ranks by scores.
        config: Plain values of a config class: method, solver and options.
        name, notes: The user's name for the run, and notes kept with it.
        fresh: Select again where a finished run of the same work is there.
    """

    job: ClassVar[str] = "select"

    scores: str | None = asked(
        Argument(
            "--scores",
            Style.FILE,
            help="one number per pool sample, made elsewhere, that a method which ranks by scores (dealrec: by "
            "influence) takes instead of computing its own",
            metavar="S",
        ),
        default=None,
    )
    config: Mapping[str, Any] = asked(Argument("", Style.SPREAD, own={"lambda_": "--lambda"}))
    name: str | None = asked(Argument("--name", help="name of the run in lists"), default=None)
    notes: str | None = asked(Argument("--notes", help="notes kept with the run"), default=None)
    fresh: bool = asked(FRESH, default=False)


def _describe(spec: SelectSpec, workspace: Workspace) -> str:
    name, solver = spec.config.get("method"), spec.config.get("solver")
    method = next((one for one in METHODS.values() if one.name == name and solver in (one.solver, None)), None)
    return f"{name if method is None else method.label}, k {spec.config.get('budget')}"


def changed_config(values: Mapping[str, Any]) -> dict[str, Any]:
    """A selection's config without the options that are at their default; method and solver are named."""
    kinds = [one.config for one in METHODS.values() if one.name == values.get("method")]
    kind = next((kind for kind in kinds if kind.solver == values.get("solver")), kinds[0] if kinds else None)
    if kind is None:
        return dict(values)
    usual = {entry.name: entry.default for entry in fields(kind)}
    kept = changed(values, usual, keep=("budget", "label_aware"))
    return {**kept, "method": kind.method, "solver": kind.solver}


def _shorten(spec: SelectSpec) -> SelectSpec:
    return replace(spec, config=changed_config(spec.config))


def _opens(spec: SelectSpec, result: Mapping[str, Any]) -> Opens:
    return Opens("run", "Open the result", spec.dataset or "", {"run": str(result["run"])}, becomes_current=True)


SELECT = JobKind(
    name=SelectSpec.job,
    title="Select a coreset",
    spec=SelectSpec,
    run=imported("goracs_core.jobs.select.job:select_job"),
    done="The coreset is ready.",
    reused="It was computed before, so it was there at once.",
    describe=_describe,
    estimate=imported("goracs_core.jobs.select.estimate:estimate_select"),
    opens=_opens,
    shorten=_shorten,
    command_extras=("--output", "coreset"),
)
