"""Loss landscapes as jobs."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

from goracs_core.data.store import load_dataset
from goracs_core.jobs.landscape.kind import WHOLE_POOL_SAMPLES, LandscapeSpec
from goracs_core.jobs.landscape.store import KeptLandscape, LandscapeStore
from goracs_core.jobs.machine import machine
from goracs_core.jobs.train.job import coreset_rows
from goracs_core.llm.landscape import LandscapeOptions, verdict
from goracs_core.llm.tuning.base import base_model
from goracs_core.llm.walk import landscape
from goracs_core.progress import Progress, silent
from goracs_core.store.keys import code_fingerprint
from goracs_core.types import fingerprint
from goracs_core.workspace import Workspace


def landscape_job(spec: LandscapeSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Measure the loss landscape of a run's coreset (or of the pool's first 64 samples) and keep it.

    Args:
        spec: Of which coreset, and how.
        workspace: Where runs, landscapes and models are kept.
        progress: Told the stages; may raise JobCancelled.

    Returns:
        landscape (its id), reused, summary (see `landscape_summary`).

    Raises:
        GoracsError: Inputs or options that do not do, or a model that fails.
    """
    options = LandscapeOptions.from_dict(dict(spec.options or {}))
    dataset = load_dataset(Path(spec.dataset))
    rows, run = coreset_rows(spec, dataset, workspace)
    if not run:
        rows = rows[:WHOLE_POOL_SAMPLES]
    base = base_model(dataset, options.fine_tuning(), cache=workspace.cache, progress=progress)
    asked, code = json.dumps(options.to_dict(), sort_keys=True), code_fingerprint("goracs_core.llm.walk")
    key = fingerprint("landscape", dataset.fingerprint, rows, asked, base.fingerprint, code)
    store = LandscapeStore(workspace)
    reused = not spec.fresh and store.has(key)
    if reused:
        kept = store.get(key)
    else:
        kept = KeptLandscape(
            id=key,
            created=time.time(),
            dataset_name=dataset.name,
            dataset_fingerprint=dataset.fingerprint,
            run=run,
            budget=len(rows),
            options=options.to_dict(),
            model=base.name,
            landscape=landscape(base, dataset, rows, options, progress=progress),
            machine=machine(),
        )
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
        "median_overshoot": float(statistics.median(found.overshoot)),
        "promises_kept": found.kept,
        "steps": found.theory.steps,
        "gradient_descent_rises": found.theory.rises,
        "adamw_rises": found.practice.rises,
        "gradient_descent_loss": found.theory.losses[-1],
        "adamw_loss": found.practice.losses[-1],
        "seconds": round(found.seconds, 1),
        "verdict": list(verdict(found)),
    }
