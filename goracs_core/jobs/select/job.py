"""The select job: one coreset, chosen and kept as a Run."""

from __future__ import annotations

import time
from typing import Any

from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.memory import check_selection_fits
from goracs_core.jobs.reuse import run_key
from goracs_core.jobs.select.export import coreset_table, summary, to_csv
from goracs_core.jobs.select.kind import SelectSpec
from goracs_core.jobs.select.making import make_run
from goracs_core.jobs.select.scoring import needed_scores
from goracs_core.jobs.select.store import RunStore
from goracs_core.progress import Progress, silent
from goracs_core.selection import select
from goracs_core.workspace import Workspace


def select_job(spec: SelectSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Choose a coreset and keep it as a Run; a finished run of the same work is returned instead, unless `fresh`.

    Returns:
        run (its id), reused, summary (the run's values, see `goracs_core.jobs.select.export.summary`).

    Raises:
        GoracsError: Inputs or options that do not do, or a solver that failed.
    """
    store = RunStore(workspace)
    progress("loading", 0, 0)
    inputs = load_inputs(spec.to_dict())
    config = inputs.config(dict(spec.config))
    config.check_pool(len(inputs.pool))  # before the pass over all distances
    check_selection_fits(config, len(inputs.pool), len(inputs.validation), inputs.pool.values.shape[1])
    scores = needed_scores(config, inputs, cache=workspace.cache, progress=progress)
    problem = inputs.problem(progress=progress)
    dataset_fingerprint = "" if inputs.dataset is None else inputs.dataset.fingerprint
    key = run_key(
        problem.fingerprint, config, dataset_fingerprint=dataset_fingerprint, scores_fingerprint=scores.fingerprint
    )
    run = None if spec.fresh else store.find(key)
    reused = run is not None
    if run is None:
        started = time.perf_counter()
        selection = select(problem, config, scores=scores, progress=progress)
        # Scores count with the time that they took when they were made, from the cache or not: methods compare so.
        seconds = time.perf_counter() - started + scores.seconds
        progress("saving", 0, 0)
        run = make_run(inputs, problem, selection, seconds=seconds, key=key, name=spec.name, notes=spec.notes)
        store.save(run, to_csv(coreset_table(run, inputs.dataset)))
    return {"run": run.id, "reused": reused, "summary": summary(run) | {"reused": reused}}
