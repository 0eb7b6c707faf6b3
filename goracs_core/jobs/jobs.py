"""What the worker and the command line do: one function per kind of job, from a JSON-able spec to a JSON-able result.

| kind | spec | result |
|---|---|---|
| prepare | source, options, source_options?, output?, delete_upload? | dataset, name, task, counts, sampling, report |
| features | dataset, options?, cache? | dataset, features_fingerprint, encoder, model, sizes, seconds, reused |
| select | dataset, or paths of arrays (see `jobs.inputs`); config, name?, notes?, fresh? | run, reused, summary |
| sweep | dataset, or arrays; config, lambdas, budgets, fresh? | sweep, runs, points, solved, reused, dataset? |
| scalability | dataset, config, sizes?, repeats?, proportional? | measurement, features, runs |
| projection | dataset, method?, seed? | method, note, key, reused |
| train | dataset, run or whole_pool, recommender?, options?, measure?, fresh? | training, reused, summary |
| experiment | dataset, kind, what `jobs.experiment.job` asks for, fresh? | experiment, done, entries, reused |
| landscape | dataset, run or whole_pool, options? | landscape, summary |

`config` and `options` are the plain values of the config classes. Nothing heavy is imported before a job runs.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from goracs_core.errors import ConfigError, StoreError
from goracs_core.jobs.queue.job import JobKind
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.features.options import FeatureOptions
    from goracs_core.features.value import Features


def run_job(kind: JobKind, spec: dict[str, Any], workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Do one job.

    Raises:
        GoracsError: A sentence for the user.
        JobCancelled: The job was cancelled; nothing half-written is left.
    """
    match kind:
        case JobKind.PREPARE:
            return prepare_job(spec, workspace, progress)
        case JobKind.FEATURES:
            return features_job(spec, workspace, progress)
        case JobKind.SELECT:
            return select_job(spec, workspace, progress)
        case JobKind.SWEEP:
            from goracs_core.jobs.sweep.job import sweep_job

            return sweep_job(spec, workspace, progress)
        case JobKind.SCALABILITY:
            from goracs_core.jobs.scalability.job import scalability_job

            return scalability_job(spec, workspace, progress)
        case JobKind.PROJECTION:
            from goracs_core.jobs.projection.job import projection_job

            return projection_job(spec, workspace, progress)
        case JobKind.TRAIN:
            from goracs_core.jobs.train.job import train_job

            return train_job(spec, workspace, progress)
        case JobKind.EXPERIMENT:
            from goracs_core.jobs.experiment.job import experiment_job

            return experiment_job(spec, workspace, progress)
        case JobKind.LANDSCAPE:
            from goracs_core.jobs.landscape.job import landscape_job

            return landscape_job(spec, workspace, progress)
        case _:
            assert_never(kind)


def prepare_job(spec: dict[str, Any], workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Read a source, make the Dataset and keep it, by default in the workspace under its name.

    With `delete_upload`, a source that lies in the workspace's uploads is removed once the dataset is kept.

    Raises:
        GoracsError: A source or option that does not do.
    """
    from goracs_core.data.loaders.source import SourceOptions
    from goracs_core.data.prepare import PrepareOptions, prepare
    from goracs_core.data.store import save_dataset

    source = Path(_required(spec, "source"))
    given = dict(spec.get("options", {}))
    unknown = sorted(set(given) - {field.name for field in fields(PrepareOptions)})
    if unknown:
        raise ConfigError(f"unknown option {unknown[0]!r} for preparing a dataset")
    options = PrepareOptions(**given)
    source_options = SourceOptions.from_dict(spec.get("source_options", {}))
    dataset, report = prepare(source, options, source_options=source_options, progress=progress)
    progress("saving", 0, 0)
    output = Path(spec["output"]) if spec.get("output") else workspace.dataset_directory(dataset.name)
    save_dataset(dataset, output)
    if spec.get("delete_upload"):
        _delete_upload(source, workspace)
    return {
        "dataset": str(output.resolve()),
        "name": dataset.name,
        "task": str(dataset.task),
        "fingerprint": dataset.fingerprint,
        "counts": {
            "items": len(dataset.items),
            "users": len(dataset.interactions.user_ids),
            "interactions": len(dataset.interactions),
            **{str(split): len(samples) for split, samples in dataset.parts()},
        },
        "sampling": list(dataset.sampling_notes),
        "report": report.to_list(),
    }


def features_job(spec: dict[str, Any], workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Compute embeddings and gradient norms of a dataset and keep them in its folder.

    Features that are there already and were computed with the same options are kept as they are.

    Raises:
        GoracsError: No dataset there, or an encoder or model that cannot be used.
    """
    from goracs_core.data.store import load_dataset
    from goracs_core.features.options import FeatureOptions
    from goracs_core.features.store import compute_features, save_features

    directory = Path(_required(spec, "dataset"))
    options = FeatureOptions.from_dict(spec.get("options", {}))
    started = time.perf_counter()
    dataset = load_dataset(directory)
    features = _present_features(directory, options)
    reused = features is not None
    if features is None:
        directory = _own_folder(directory, workspace)
        cache = Path(spec.get("cache") or workspace.cache)
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


def select_job(spec: dict[str, Any], workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Choose a coreset and keep it as a Run; a finished run of the same work is returned instead, unless `fresh`.

    Raises:
        GoracsError: Inputs or options that do not do, or a solver that failed.
    """
    from goracs_core.jobs.inputs import load_inputs
    from goracs_core.jobs.memory import check_selection_fits
    from goracs_core.jobs.reuse import run_key
    from goracs_core.jobs.select.export import coreset_table, summary, to_csv
    from goracs_core.jobs.select.making import make_run
    from goracs_core.jobs.select.scoring import needed_scores
    from goracs_core.jobs.select.store import RunStore
    from goracs_core.selection import select

    store = RunStore(workspace)
    progress("loading", 0, 0)
    inputs = load_inputs(spec)
    config = inputs.config(_required(spec, "config"))
    config.check_pool(len(inputs.pool))  # before the pass over all distances
    check_selection_fits(config, len(inputs.pool), len(inputs.validation), inputs.pool.values.shape[1])
    scores = needed_scores(config, inputs, cache=workspace.cache, progress=progress)
    problem = inputs.problem(progress=progress)
    dataset_fingerprint = "" if inputs.dataset is None else inputs.dataset.fingerprint
    key = run_key(
        problem.fingerprint, config, dataset_fingerprint=dataset_fingerprint, scores_fingerprint=scores.fingerprint
    )
    run = None if spec.get("fresh") else store.find(key)
    reused = run is not None
    if run is None:
        started = time.perf_counter()
        selection = select(problem, config, scores=scores, progress=progress)
        # Scores count with the time that they took when they were made, from the cache or not: methods compare so.
        seconds = time.perf_counter() - started + scores.seconds
        progress("saving", 0, 0)
        run = make_run(
            inputs, problem, selection, seconds=seconds, key=key, name=spec.get("name"), notes=spec.get("notes")
        )
        store.save(run, to_csv(coreset_table(run, inputs.dataset)))
    return {"run": run.id, "reused": reused, "summary": summary(run) | {"reused": reused}}


def projection_directory(workspace: Workspace, *, seed: int) -> Path:
    """Where 2-D maps made with `seed` are kept; see `goracs_core.jobs.projection.job`."""
    return workspace.cache / "projections" / f"seed-{seed}"


def _required(spec: dict[str, Any], name: str) -> Any:
    if not spec.get(name):
        raise ConfigError(f"the job needs {name!r}, and its spec has none")
    return spec[name]


def _delete_upload(source: Path, workspace: Workspace) -> None:
    source, uploads = source.resolve(), workspace.uploads.resolve()
    if uploads not in source.parents:
        return
    with suppress(OSError):
        if source.is_dir():
            shutil.rmtree(source)
        else:
            source.unlink()


def _present_features(directory: Path, options: FeatureOptions) -> Features | None:
    """Features in the folder that answer the same question, or None.

    Only with the models that come along: the content behind another name or folder may have changed since, and
    computing again finds out by fingerprint what can stay.
    """
    from goracs_core.features.encoder import DEFAULT_ENCODER
    from goracs_core.features.store import MADE_HERE, NO_MODEL, has_features, load_features

    if not has_features(directory) or options.encoder != DEFAULT_ENCODER:
        return None
    if options.model not in (*MADE_HERE, NO_MODEL):
        return None
    try:
        features = load_features(directory)
    except StoreError:  # damaged, or of a dataset that was prepared anew since: compute them
        return None
    return features if features.meta.get("options") == options.to_dict() else None


def _own_folder(directory: Path, workspace: Workspace) -> Path:
    """The folder to write features into: the demo that is shipped stays as it is, a copy in the workspace gets them."""
    from goracs_core.data.demo import demo_directory
    from goracs_core.data.store import load_dataset, save_dataset

    if directory.resolve() != demo_directory().resolve():
        return directory
    dataset = load_dataset(directory)
    copy = workspace.dataset_directory(dataset.name)
    save_dataset(dataset, copy)
    return copy
