"""The prepare job: from a source to a dataset that is kept."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from goracs_core.data.loaders.source import SourceOptions
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.store import save_dataset
from goracs_core.jobs.prepare.kind import PrepareSpec
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace


def prepare_job(spec: PrepareSpec, workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Read a source, make the Dataset and keep it, by default in the workspace under its name.

    Returns:
        dataset (its folder), name, task, fingerprint, counts (of items, users, interactions and the samples of each
        part), sampling (sentences), report (of what was dropped and why).

    Raises:
        GoracsError: A source or option that does not do.
    """
    source, options = Path(spec.source), PrepareOptions.from_dict(spec.options or {})
    source_options = SourceOptions.from_dict(spec.source_options or {})
    dataset, report = prepare(source, options, source_options=source_options, progress=progress)
    progress("saving", 0, 0)
    output = Path(spec.output) if spec.output else workspace.dataset_directory(dataset.name)
    save_dataset(dataset, output)
    if spec.delete_upload:
        _delete_upload(source, workspace)
    return {
        "dataset": str(output.resolve()),
        "name": dataset.name,
        "task": str(dataset.task),
        "fingerprint": dataset.fingerprint,
        "counts": dataset.counts(),
        "sampling": list(dataset.sampling_notes),
        "report": report.to_list(),
    }


def _delete_upload(source: Path, workspace: Workspace) -> None:
    source, uploads = source.resolve(), workspace.uploads.resolve()
    if uploads not in source.parents:
        return
    with suppress(OSError):
        if source.is_dir():
            shutil.rmtree(source)
        else:
            source.unlink()
