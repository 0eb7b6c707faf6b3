"""Loss landscapes as jobs, kept one JSON file each in the workspace's folder `landscapes`."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from goracs_core.errors import ConfigError, GoracsError, StoreError
from goracs_core.jobs.select import files
from goracs_core.llm.landscape import Landscape, LandscapeOptions, verdict
from goracs_core.progress import Progress, silent
from goracs_core.score_cache import source_fingerprint
from goracs_core.types import fingerprint
from goracs_core.workspace import Workspace

FORMAT = 1
WHOLE_POOL_SAMPLES = 64

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")
_CODE = ("llm",)


@dataclass(frozen=True)
class KeptLandscape:
    """A measured landscape and where it comes from.

    Args:
        id: What decides the result, as a fingerprint: data, rows, options, model and code.
        created: Seconds since 1970.
        dataset_name, dataset_fingerprint: Whose pool the samples are from.
        run: Id of the run whose coreset it is; "" for the first samples of the pool.
        budget: Samples of that coreset; the landscape may be of fewer, see `Landscape.samples`.
        options: Plain values of `LandscapeOptions`.
        model: Name of the language model.
        landscape: What was measured.
        machine: Processor, cores, versions and so on, by name.
    """

    id: str
    created: float
    dataset_name: str
    dataset_fingerprint: str
    run: str
    budget: int
    options: Mapping[str, Any]
    model: str
    landscape: Landscape
    machine: Mapping[str, str] = field(default_factory=dict)


def landscape_job(spec: dict[str, Any], workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Measure the loss landscape of a run's coreset (or of the pool's first 64 samples) and keep it.

    Args:
        spec: dataset; run (an id) or whole_pool (True); options? (`LandscapeOptions`); fresh?
        workspace: Where runs, landscapes and models are kept.
        progress: Told the stages; may raise JobCancelled.

    Raises:
        GoracsError: Inputs or options that do not do, or a model that fails.
    """
    from goracs_core.data.store import load_dataset
    from goracs_core.jobs.reuse import versions
    from goracs_core.jobs.scalability.job import machine
    from goracs_core.jobs.train.job import coreset_rows
    from goracs_core.llm.tuning.base import base_model
    from goracs_core.llm.walk import landscape

    if not spec.get("dataset"):
        raise ConfigError("the job needs 'dataset', and its spec has none")
    options = LandscapeOptions.from_dict(spec.get("options") or {})
    dataset = load_dataset(Path(spec["dataset"]))
    rows, run = coreset_rows(spec, dataset, workspace)
    if not run:
        rows = rows[:WHOLE_POOL_SAMPLES]
    base = base_model(dataset, options.fine_tuning(), cache=workspace.cache, progress=progress)
    libraries = [versions().get(name, "") for name in ("torch", "transformers", "peft", "tokenizers")]
    key = fingerprint(
        "landscape", dataset.fingerprint, rows, json.dumps(options.to_dict(), sort_keys=True), base.fingerprint,
        source_fingerprint(*_CODE), repr(libraries),
    )  # fmt: skip
    store = LandscapeStore(workspace)
    reused = not spec.get("fresh") and store.has(key)
    if reused:
        kept = store.get(key)
    else:
        kept = KeptLandscape(
            id=key, created=time.time(), dataset_name=dataset.name, dataset_fingerprint=dataset.fingerprint, run=run,
            budget=len(rows), options=options.to_dict(), model=base.name,
            landscape=landscape(base, dataset, rows, options, progress=progress), machine=machine(),
        )  # fmt: skip
        store.save(kept)
    return {"landscape": key, "reused": reused, "summary": landscape_summary(kept)}


def landscape_summary(kept: KeptLandscape) -> dict[str, Any]:
    """What is worth telling of a landscape in one JSON object."""
    found = kept.landscape
    return {
        "landscape": kept.id,
        "model": kept.model,
        "run": kept.run,
        "samples": found.samples,
        "trained": found.trained,
        "smoothness": found.smoothness,
        "largest_sharpness": max(place.sharpness for place in found.places),
        "stable_step": 2 / found.smoothness,
        "median_overshoot": _median(found.overshoot),
        "promises_kept": found.kept,
        "steps": found.theory.steps,
        "gradient_descent_rises": found.theory.rises,
        "adamw_rises": found.practice.rises,
        "gradient_descent_loss": found.theory.losses[-1],
        "adamw_loss": found.practice.losses[-1],
        "seconds": round(found.seconds, 1),
        "verdict": list(verdict(found)),
    }


def _median(values: tuple[float, ...]) -> float:
    from statistics import median

    return float(median(values))


class LandscapeStore:
    """The landscapes of one workspace.

    Args:
        workspace: Whose landscapes.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.directory = workspace.root / "landscapes"

    def save(self, kept: KeptLandscape) -> None:
        """Keep a landscape, whole or not at all; one with the same id is replaced.

        Raises:
            StoreError: The workspace cannot be written.
        """
        values = {
            **{name: value for name, value in vars(kept).items() if name != "landscape"},
            "options": dict(kept.options), "machine": dict(kept.machine), "landscape": asdict(kept.landscape),
        }  # fmt: skip
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            files.replace_file(self._path(kept.id), files.dump({"format": FORMAT, **values}))
        except OSError as error:
            raise StoreError(f"{self.directory} cannot be written ({error.strerror or error})") from error

    def has(self, landscape: str) -> bool:
        """Whether a landscape is kept that can be read."""
        try:
            self.get(landscape)
        except StoreError:
            return False
        return True

    def get(self, landscape: str) -> KeptLandscape:
        """Read a landscape.

        Raises:
            StoreError: No such landscape, or its file is damaged.
        """
        path = self._path(landscape)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if values.pop("format") != FORMAT or values["id"] != landscape:
                raise ValueError("it is of another kind")
            found = Landscape.from_dict(values.pop("landscape"))
            if not (found.places and found.smoothness > 0):
                raise ValueError("its numbers make no sense")
            return KeptLandscape(**values, landscape=found)
        except FileNotFoundError as error:
            raise StoreError(f"there is no landscape {landscape!r}; it may have been deleted") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError, GoracsError) as error:
            raise StoreError(f"the landscape {landscape} is damaged ({error}); delete it and measure again") from error

    def list(self, dataset_fingerprint: str | None = None) -> tuple[KeptLandscape, ...]:
        """All landscapes that can be read, newest first; of one dataset when its fingerprint is given."""
        found = []
        for path in self.directory.glob("*.json") if self.directory.is_dir() else ():
            try:
                found.append(self.get(path.stem))
            except StoreError:  # damaged, or deleted since
                continue
        mine = [one for one in found if dataset_fingerprint in (None, one.dataset_fingerprint)]
        return tuple(sorted(mine, key=lambda one: (-one.created, one.id)))

    def delete(self, landscape: str) -> None:
        """Remove a landscape, damaged or not.

        Raises:
            StoreError: No such landscape.
        """
        try:
            self._path(landscape).unlink()
        except FileNotFoundError as error:
            raise StoreError(f"there is no landscape {landscape!r}; it may have been deleted") from error

    def _path(self, landscape: str) -> Path:
        if not _IDENTIFIER.fullmatch(landscape):  # so that no path can be smuggled in
            raise StoreError(f"{landscape!r} is no landscape; they are called by 32 digits and letters a to f")
        return self.directory / f"{landscape}.json"
