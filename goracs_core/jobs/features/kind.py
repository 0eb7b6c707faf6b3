"""Computing features as a kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from goracs_core.features.options import FeatureOptions
from goracs_core.jobs.kind import JobKind, Opens, imported
from goracs_core.jobs.source import DATASET
from goracs_core.jobs.spec import Argument, Spec, Style, asked, changed
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class FeaturesSpec(Spec):
    """Embeddings and gradient norms of a dataset.

    Args:
        dataset: Its folder.
        options: Plain values of `FeatureOptions`.
        cache: Folder for intermediate results; None: the workspace's.
    """

    job: ClassVar[str] = "features"

    dataset: str = asked(DATASET)
    options: Mapping[str, Any] | None = asked(Argument("", Style.SPREAD), default=None)
    cache: str | None = asked(
        Argument("--cache", help="folder for intermediate results (default: in the workspace)", metavar="DIR"),
        default=None,
    )


def _describe(spec: FeaturesSpec, workspace: Workspace) -> str:
    options = spec.options or {}
    return ", ".join(str(options[name]) for name in ("encoder", "model") if options.get(name))


def _shorten(spec: FeaturesSpec) -> FeaturesSpec:
    return replace(spec, options=changed(spec.options, FeatureOptions().to_dict()) or None)


def _opens(spec: FeaturesSpec, result: Mapping[str, Any]) -> Opens:
    return Opens("features", "Look at the features", str(result["dataset"]), becomes_current=True)


FEATURES = JobKind(
    name=FeaturesSpec.job,
    title="Compute features",
    spec=FeaturesSpec,
    run=imported("goracs_core.jobs.features.job:features_job"),
    done="The features are ready.",
    kept_on_cancel="Chunks that are computed stay in the cache, so the same work goes on from there.",
    describe=_describe,
    estimate=imported("goracs_core.jobs.features.job:estimate"),
    opens=_opens,
    shorten=_shorten,
)
