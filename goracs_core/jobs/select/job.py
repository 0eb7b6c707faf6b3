"""The select job: one coreset, chosen and kept as a Run."""

from __future__ import annotations

from typing import Any

from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.select.export import coreset_table, summary, to_csv
from goracs_core.jobs.select.kind import SelectSpec
from goracs_core.jobs.select.making import make_run, prepare
from goracs_core.jobs.select.store import RunStore
from goracs_core.progress import Progress, silent
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
    work = prepare(inputs, spec.config, cache=workspace.cache, progress=progress)
    run = None if spec.fresh else store.find(work.key)
    reused = run is not None
    if run is None:
        selection, seconds = work.select(progress)
        progress("saving", 0, 0)
        run = make_run(inputs, work.problem, selection, seconds=seconds, key=work.key, name=spec.name, notes=spec.notes)
        store.save(run, to_csv(coreset_table(run, inputs.dataset)))
    return {"run": run.id, "reused": reused, "summary": summary(run) | {"reused": reused}}
