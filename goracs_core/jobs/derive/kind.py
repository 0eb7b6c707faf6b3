"""Deriving a dataset from another one as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.source import DATASET
from goracs_core.jobs.spec import Argument, Spec, Style, asked
from goracs_core.workspace import Workspace

WAYS = ("target_categories", "early_validation", "target_dataset")


@dataclass(frozen=True, kw_only=True)
class DeriveSpec(Spec):
    """Another dataset from a kept one, by exactly one of the three ways.

    Args:
        dataset: Folder of the dataset to derive from.
        target_categories: Validation and test keep only samples that ask for an item of these.
        pool_others: With categories: the pool is of other categories only.
        early_validation: Earliest share of the validation that stays.
        target_dataset: Folder of the dataset whose validation and test replace those of this one.
        name: Of the new dataset; None: made from what is done.
        features: Whether to take features along.
        output: Folder of the new dataset; None: in the workspace, under its name.
        replace: Whether a dataset that is there may go.
    """

    job: ClassVar[str] = "derive"

    dataset: str = asked(DATASET)
    target_categories: tuple[str, ...] | None = asked(Argument("--target-category", Style.REPEATED), default=None)
    early_validation: float | None = asked(Argument("--early-validation"), default=None)
    target_dataset: str | None = asked(Argument("--target-dataset", Style.DATASET), default=None)
    pool_others: bool = asked(Argument("--pool-other-categories", Style.SWITCH), default=False)
    name: str | None = asked(Argument("--name"), default=None)
    features: bool = asked(Argument("", Style.SWITCH, off="--no-features"), default=True)
    output: str | None = asked(Argument("--output"), default=None)
    replace: bool = asked(Argument("--force", Style.SWITCH), default=False)


def _describe(spec: DeriveSpec, workspace: Workspace) -> str:
    if spec.target_categories:
        return f"for {', '.join(spec.target_categories)}{', from other categories' if spec.pool_others else ''}"
    if spec.early_validation is not None:
        return f"earliest {spec.early_validation:.0%} of the validation"
    return f"for {Path(spec.target_dataset).name}" if spec.target_dataset else ""


def _opens(spec: DeriveSpec, result: Mapping[str, Any]) -> Opens:
    return Opens("dataset", "Open the dataset", str(result["dataset"]), {"run": None}, becomes_current=True)


DERIVE = JobKind(
    name=DeriveSpec.job,
    title="Derive a dataset",
    spec=DeriveSpec,
    run=imported("goracs_core.jobs.derive.job:derive_job"),
    done="The dataset is there.",
    describe=_describe,
    opens=_opens,
)
