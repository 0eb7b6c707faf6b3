"""Laying out the 2-D map of a dataset as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.source import DATASET
from goracs_core.jobs.spec import Argument, Spec, asked
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ProjectionSpec(Spec):
    """A map of a dataset's pool and validation.

    Args:
        dataset: Folder of a dataset with features.
        method: "umap" or "pca".
        seed: Of the map.
        label: The dataset's title; only names the job.
    """

    job: ClassVar[str] = "projection"

    dataset: str = asked(DATASET)
    method: str = asked(Argument("--method", help="umap (default) or pca", metavar="METHOD"), default="umap")
    seed: int = asked(Argument("--seed", help="seed of the map (default: 0)", metavar="S"), default=0)
    label: str | None = asked(default=None)


def _describe(spec: ProjectionSpec, workspace: Workspace) -> str:
    return spec.method.upper()


def _opens(spec: ProjectionSpec, result: Mapping[str, Any]) -> Opens:
    return Opens("embedding-map", "Open the map", spec.dataset, becomes_current=True)


PROJECTION = JobKind(
    name=ProjectionSpec.job,
    title="Lay out the map",
    spec=ProjectionSpec,
    run=imported("goracs_core.jobs.projection.job:projection_job"),
    done="The map is ready.",
    describe=_describe,
    opens=_opens,
)
