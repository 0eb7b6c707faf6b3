"""From a kept dataset to another one in its own folder, features included: a second's work, so no job of the queue."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goracs_core.errors import ConfigError, StoreError
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.data.derive import Derived
    from goracs_core.features.value import Features

WAYS = ("target_categories", "early_validation", "target_dataset")


def derive_job(spec: dict[str, Any], workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Make a dataset from another one and keep it with the features that go along.

    Args:
        spec: `dataset` (a folder), and one of `target_categories` (a list; with `pool_others`, the pool is of other
            categories only), `early_validation` (a share) and `target_dataset` (a folder). `output` (a folder; by
            default in the workspace, under its name), `name`, `replace` (whether a dataset that is there may go; False)
            and `features` (whether to take features along; True) may be given.
        workspace: Where the dataset goes.
        progress: Told what is being done.

    Returns:
        dataset (its folder), name, task, counts, sampling, features (whether it has some), note.

    Raises:
        GoracsError: A spec that does not do, or data that does not allow it.
    """
    from goracs_core.data.store import load_dataset, save_dataset
    from goracs_core.features.store import save_features

    folder, target = Path(spec["dataset"]), spec.get("target_dataset")
    way = _way(spec)
    progress("reading the data", 0, 3)
    parent = load_dataset(folder)
    other = None if target is None else load_dataset(Path(target))
    derived = _derived(spec, way, parent, other)
    output = Path(spec["output"]) if spec.get("output") else workspace.dataset_directory(derived.dataset.name)
    sources = [folder, *([] if target is None else [Path(target)])]
    _check_output(output, sources, workspace, replace=bool(spec.get("replace")))
    progress("taking features along", 1, 3)
    features, note = (None, "") if spec.get("features") is False else _features(derived, folder, target)
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


def _way(spec: dict[str, Any]) -> str:
    given = [name for name in WAYS if spec.get(name) is not None]
    if len(given) != 1:
        raise ConfigError(
            f"{'nothing' if not given else ' and '.join(given)} is given to derive by; give one of {', '.join(WAYS)}, "
            "and derive from the derived dataset for a second one"
        )
    if spec.get("pool_others") and given[0] != "target_categories":
        raise ConfigError("the pool can be of other categories only where the target is a category")
    return given[0]


def _derived(spec: dict[str, Any], way: str, parent: Dataset, other: Dataset | None) -> Derived:
    from goracs_core.data.derive import category_target, dataset_target, early_validation

    name = (spec.get("name") or "").strip() or None
    if way == "target_categories":
        return category_target(
            parent, list(spec[way]), pool_others=bool(spec.get("pool_others")), name=name
        )  # fmt: skip
    if other is not None:
        return dataset_target(parent, other, name=name)
    try:
        share = float(spec[way])
    except (TypeError, ValueError):
        share = math.nan
    return early_validation(parent, share, name=name)


def _check_output(output: Path, sources: list[Path], workspace: Workspace, *, replace: bool) -> None:
    """Nothing that is there is lost: not a source of this very derivation, and no other dataset unless `replace`.

    Raises:
        StoreError: It would be.
    """
    from goracs_core.data.demo import demo_directory

    kept = [demo_directory(), *sources]
    if any(output.resolve() == source.resolve() for source in kept):
        raise StoreError(f"{output} holds a dataset that must not be replaced by this one; give another folder")
    if not replace and output.exists() and (not output.is_dir() or any(output.iterdir())):
        if output.parent == workspace.datasets:
            raise StoreError(f"there is a dataset called {output.name!r} already; give another name")
        raise StoreError(f"there is something at {output} already; give another folder, or --force to replace it")


def _features(derived: Derived, folder: Path, target: str | None) -> tuple[Features | None, str]:
    """The features that go along, or None and a sentence about what is missing."""
    from goracs_core.features.store import has_features, load_features
    from goracs_core.features.taken import derived_features

    missing = [
        dataset.name
        for dataset, path in ((derived.parent, folder), (derived.validation_from, Path(target or folder)))
        if not has_features(path)
    ]
    if missing:
        return None, f"{missing[0]} has no features, so the new dataset has none yet; compute them for it"
    return derived_features(
        load_features(folder), derived, None if target is None else load_features(Path(target))
    ), ""  # fmt: skip
