"""The derive job: from a kept dataset to another one in its own folder, features included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from goracs_core.data.dataset import Dataset
from goracs_core.data.demo import demo_directory
from goracs_core.data.derive import Derived, category_target, dataset_target, early_validation
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.errors import ConfigError, StoreError
from goracs_core.features.store import has_features, load_features, save_features
from goracs_core.features.taken import derived_features
from goracs_core.features.value import Features
from goracs_core.jobs.derive.kind import WAYS, DeriveSpec
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace


def derive_job(spec: DeriveSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Make a dataset from another one and keep it with the features that go along.

    Args:
        spec: What from, and in which way.
        workspace: Where the dataset goes.
        progress: Told what is being done.

    Returns:
        dataset (its folder), name, task, counts, sampling, features (whether it has some), note.

    Raises:
        GoracsError: A spec that does not do, or data that does not allow it.
    """
    folder, target = Path(spec.dataset), spec.target_dataset
    way = _way(spec)
    progress("reading the data", 0, 3)
    parent = load_dataset(folder)
    other = None if target is None else load_dataset(Path(target))
    derived = _derived(spec, way, parent, other)
    output = Path(spec.output) if spec.output else workspace.dataset_directory(derived.dataset.name)
    sources = [folder, *([] if target is None else [Path(target)])]
    _check_output(output, sources, workspace, replace=spec.replace)
    progress("taking features along", 1, 3)
    features, note = _features(derived, folder, target) if spec.features else (None, "")
    progress("saving", 2, 3)
    save_dataset(derived.dataset, output)
    if features is not None:
        save_features(features, output)
    made = derived.dataset
    return {
        "dataset": str(output.resolve()),
        "name": made.name,
        "task": str(made.task),
        "fingerprint": made.fingerprint,
        "counts": {"items": len(made.items), **{str(split): len(samples) for split, samples in made.parts()}},
        "sampling": list(made.sampling_notes),
        "features": features is not None,
        "note": note,
    }


def _way(spec: DeriveSpec) -> str:
    given = [name for name in WAYS if getattr(spec, name) is not None]
    if len(given) != 1:
        message = (
            f"{'nothing' if not given else ' and '.join(given)} is given to derive by; give one of {', '.join(WAYS)}, "
            "and derive from the derived dataset for a second one"
        )
        raise ConfigError(message, code="one-way", fields={"given": given})
    if spec.pool_others and given[0] != "target_categories":
        raise ConfigError(
            "the pool can be of other categories only where the target is a category", code="others-need-category"
        )
    return given[0]


def _derived(spec: DeriveSpec, way: str, parent: Dataset, other: Dataset | None) -> Derived:
    name = (spec.name or "").strip() or None
    if way == "target_categories":
        return category_target(parent, list(spec.target_categories or ()), pool_others=spec.pool_others, name=name)
    if other is not None:
        return dataset_target(parent, other, name=name)
    assert spec.early_validation is not None
    return early_validation(parent, spec.early_validation, name=name)


def _check_output(output: Path, sources: list[Path], workspace: Workspace, *, replace: bool) -> None:
    """Nothing that is there is lost: not a source of this very derivation, and no other dataset unless `replace`.

    Raises:
        StoreError: It would be.
    """
    kept = [demo_directory(), *sources]
    if any(output.resolve() == source.resolve() for source in kept):
        message = f"{output} holds a dataset that must not be replaced by this one; give another folder"
        raise StoreError(message, code="would-replace-source", fields={"folder": str(output)})
    if not replace and output.exists() and (not output.is_dir() or any(output.iterdir())):
        if output.parent == workspace.datasets:
            message = f"there is a dataset called {output.name!r} already; give another name"
            raise StoreError(message, code="name-taken", fields={"name": output.name})
        message = f"there is something at {output} already; give another folder, or --force to replace it"
        raise StoreError(message, code="folder-taken", fields={"folder": str(output)})


def _features(derived: Derived, folder: Path, target: str | None) -> tuple[Features | None, str]:
    """The features that go along, or None and a sentence about what is missing."""
    missing = [
        dataset.name
        for dataset, path in ((derived.parent, folder), (derived.validation_from, Path(target or folder)))
        if not has_features(path)
    ]
    if missing:
        return None, f"{missing[0]} has no features, so the new dataset has none yet; compute them for it"
    others = None if target is None else load_features(Path(target))
    return derived_features(load_features(folder), derived, others), ""
