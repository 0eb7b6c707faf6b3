"""The features job: embeddings and gradient norms of a dataset, kept in its folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from goracs_core.data.demo import demo_directory
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.errors import StoreError
from goracs_core.estimate import Estimate
from goracs_core.features.compute import compute_features
from goracs_core.features.encoder import DEFAULT_ENCODER
from goracs_core.features.estimate import estimate_features
from goracs_core.features.options import MADE_HERE, NO_MODEL, FeatureOptions
from goracs_core.features.store import has_features, load_features, save_features
from goracs_core.features.value import Features
from goracs_core.jobs.features.kind import FeaturesSpec
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace


def features_job(spec: FeaturesSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Compute embeddings and gradient norms of a dataset and keep them in its folder.

    Features that are there already and were computed with the same options are kept as they are.

    Returns:
        dataset (the folder that has them), name, features_fingerprint, encoder, model ("" without gradient norms),
        num_pool, num_validation, width, seconds, reused.

    Raises:
        GoracsError: No dataset there, or an encoder or model that cannot be used.
    """
    directory, options = Path(spec.dataset), FeatureOptions.from_dict(dict(spec.options or {}))
    started = time.perf_counter()
    dataset = load_dataset(directory)
    features = _present_features(directory, options)
    reused = features is not None
    if features is None:
        directory = _own_folder(directory, workspace)
        cache = Path(spec.cache) if spec.cache else workspace.cache
        features = compute_features(dataset, options, cache=cache, progress=progress)
        progress("saving", 0, 0)
        save_features(features, directory)
    return {
        "dataset": str(directory.resolve()),
        "name": dataset.name,
        "features_fingerprint": features.fingerprint,
        "encoder": features.pool.encoder,
        "model": "" if features.gradient_norms is None else features.gradient_norms.model,
        "num_pool": len(features.pool),
        "num_validation": len(features.validation),
        "width": int(features.pool.values.shape[1]),
        "seconds": time.perf_counter() - started,
        "reused": reused,
    }


def estimate(spec: FeaturesSpec, workspace: Workspace) -> Estimate:
    """Time and memory, nothing cached counted."""
    return estimate_features(load_dataset(Path(spec.dataset)), FeatureOptions.from_dict(dict(spec.options or {})))


def _present_features(directory: Path, options: FeatureOptions) -> Features | None:
    """Features in the folder that answer the same question, or None.

    Only with the models that come along: the content behind another name or folder may have changed since, and
    computing again finds out by fingerprint what can stay.
    """
    if not has_features(directory) or options.encoder != DEFAULT_ENCODER:
        return None
    if options.model not in (*MADE_HERE, NO_MODEL):
        return None
    try:
        features = load_features(directory)
    except StoreError:  # damaged, or of a dataset that was prepared again since: compute them
        return None
    return features if features.meta.get("options") == options.to_dict() else None


def _own_folder(directory: Path, workspace: Workspace) -> Path:
    """The folder to write features into: the demo that is shipped stays as it is, a copy in the workspace gets them."""
    if directory.resolve() != demo_directory().resolve():
        return directory
    dataset = load_dataset(directory)
    copy = workspace.dataset_directory(dataset.name)
    save_dataset(dataset, copy)
    return copy
