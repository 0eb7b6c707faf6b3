"""The 2-D map of a dataset: computed by a job, kept in the cache by the embeddings' fingerprint, found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from goracs_core.errors import ConfigError
from goracs_core.evaluation.projection import (
    Projection,
    ProjectionMethod,
    embeddings_key,
    pca_2d,
    projection_key,
    projections_in,
    umap_2d,
)
from goracs_core.features.store import load_features
from goracs_core.features.value import Features
from goracs_core.jobs.projection.kind import ProjectionSpec
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace

_FOLDER = "projections"  # in a dataset folder
_SHIPPED = "features"


def projection_job(spec: ProjectionSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Compute the map of a dataset's pool and validation, unless it is there already.

    Returns:
        method, note (what was done to the data before, "" for nothing), reused.

    Raises:
        GoracsError: No features there, or a method that is not known.
    """
    dataset, method, seed = Path(spec.dataset), _method(spec.method), spec.seed
    features = load_features(dataset)
    kept = projections_in(projection_directory(workspace, seed=seed))
    key = projection_key(embeddings_key(features.pool, features.validation), method)
    found = _find(dataset, workspace, key, seed=seed)
    projection = found
    if projection is None:
        if method is ProjectionMethod.PCA:
            projection = pca_2d(features.pool, features.validation)
        else:
            projection = umap_2d(features.pool, features.validation, seed=seed, progress=progress)
        progress("saving", 0, 0)
        kept.put(key, projection)
    return {"method": str(method), "note": projection.note, "reused": found is not None}


def projection_directory(workspace: Workspace, *, seed: int) -> Path:
    """Where 2-D maps made with `seed` are kept."""
    return workspace.cache / "projections" / f"seed-{seed}"


def find_projection(
    dataset: Path, workspace: Workspace, *, method: str = "umap", seed: int = 0, features: Features | None = None
) -> Projection | None:
    """The stored map of a dataset folder, or None when it was not computed yet or is damaged.

    Args:
        dataset: A dataset folder with features.
        workspace: Whose cache to look in, besides the dataset folder itself.
        method: "umap" or "pca".
        seed: Seed of the map.
        features: The dataset's features when they are at hand already; else they are read.

    Raises:
        StoreError: The dataset has no features.
        ConfigError: A method that is not known.
    """
    features = load_features(dataset) if features is None else features
    key = projection_key(embeddings_key(features.pool, features.validation), _method(method))
    return _find(dataset, workspace, key, seed=seed)


def _find(dataset: Path, workspace: Workspace, key: str, *, seed: int) -> Projection | None:
    shipped = [dataset / _SHIPPED] if seed == 0 else []  # the demo carries its map along, beside its features
    folders = (*shipped, dataset / _FOLDER / f"seed-{seed}", projection_directory(workspace, seed=seed))
    return next((found for folder in folders if (found := projections_in(folder).get(key)) is not None), None)


def _method(name: str) -> ProjectionMethod:
    try:
        return ProjectionMethod(name)
    except ValueError as error:
        raise ConfigError(
            f"there is no map by {name!r}; choose umap or pca", code="unknown-map", fields={"method": name}
        ) from error
