"""Preparing a dataset as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from goracs_core.data.loaders.source import SourceOptions
from goracs_core.data.options import PrepareOptions
from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.spec import Argument, Spec, Style, asked, changed
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class PrepareSpec(Spec):
    """From a source to a dataset.

    Args:
        source: File or folder to read.
        options: Plain values of `PrepareOptions`.
        source_options: Plain values of `SourceOptions`.
        output: Folder of the dataset; None: in the workspace, under its name.
        delete_upload: Remove a source that lies in the workspace's uploads once the dataset is kept.
    """

    job: ClassVar[str] = "prepare"

    source: str = asked(Argument("--source", help="file or folder to read", metavar="PATH"))
    options: Mapping[str, Any] | None = asked(Argument("", Style.SPREAD), default=None)
    source_options: Mapping[str, Any] | None = asked(
        Argument("", Style.SPREAD, own={"mapping": "--{}-column"}), default=None
    )
    output: str | None = asked(Argument("--output", help="dataset folder to write", metavar="DIR"), default=None)
    delete_upload: bool = asked(default=False)


def _describe_source(spec: PrepareSpec) -> str:
    return str((spec.options or {}).get("name") or Path(spec.source).stem)


def _describe(spec: PrepareSpec, workspace: Workspace) -> str:
    return _describe_source(spec)


def _shorten(spec: PrepareSpec) -> PrepareSpec:
    """Its command names the folder that is written."""
    options = changed(spec.options, PrepareOptions().to_dict(), keep=("task",))
    source_options = changed(spec.source_options, SourceOptions().to_dict())
    mapping = changed(source_options.get("mapping"), {})
    source_options |= {"mapping": mapping} if mapping else {}
    options = {"task": str(PrepareOptions().task), **options}
    output = spec.output or _describe_source(spec)
    return replace(spec, options=options, source_options=source_options or None, output=output, delete_upload=False)


def _opens(spec: PrepareSpec, result: Mapping[str, Any]) -> Opens:
    return Opens("dataset", "Open the dataset", str(result["dataset"]), {"run": None}, becomes_current=True)


PREPARE = JobKind(
    name=PrepareSpec.job,
    title="Prepare a dataset",
    spec=PrepareSpec,
    run=imported("goracs_core.jobs.prepare.job:prepare_job"),
    done="The dataset is ready.",
    describe=_describe,
    opens=_opens,
    shorten=_shorten,
)
