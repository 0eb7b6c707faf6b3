"""The 2-D map of a dataset: computed by a job, kept in the cache by the embeddings' fingerprint, found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from goracs_core.errors import ConfigError, StoreError
from goracs_core.evaluation.projection import (
    Projection,
    ProjectionMethod,
    embeddings_key,
    load_projection,
    pca_2d,
    projection_path,
    save_projection,
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
        projection (the file that holds it), method, note (what was done to the data before, "" for nothing), reused.

    Raises:
        GoracsError: No features there, or a method that is not known.
    """
    dataset, method, seed = Path(spec.dataset), _method(spec.method), spec.seed
    features = load_features(dataset)
    path = _find(dataset, workspace, features, method=method, seed=seed)
    projection = None if path is None else _read(path)
    reused = projection is not None
    if projection is None:
        if method is ProjectionMethod.PCA:
            projection = pca_2d(features.pool, features.validation)
        else:
            projection = umap_2d(features.pool, features.validation, seed=seed, progress=progress)
        progress("saving", 0, 0)
        path = save_projection(projection, projection_directory(workspace, seed=seed))
    return {"projection": str(path), "method": str(method), "note": projection.note, "reused": reused}


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
    path = _find(dataset, workspace, features, method=_method(method), seed=seed)
    return None if path is None else _read(path)


def _find(
    dataset: Path, workspace: Workspace, features: Features, *, method: ProjectionMethod, seed: int
) -> Path | None:
    key = embeddings_key(features.pool, features.validation)
    shipped = [dataset / _SHIPPED] if seed == 0 else []  # the demo carries its map along, beside its features
    for directory in (*shipped, dataset / _FOLDER / f"seed-{seed}", projection_directory(workspace, seed=seed)):
        path = projection_path(directory, key, method)
        if path.is_file():
            return path
    return None


def _read(path: Path) -> Projection | None:
    try:
        return load_projection(path)
    except StoreError:
        return None


def _method(name: str) -> ProjectionMethod:
    try:
        return ProjectionMethod(name)
    except ValueError as error:
        raise ConfigError(
            f"there is no map by {name!r}; choose umap or pca", code="unknown-map", fields={"method": name}
        ) from error
