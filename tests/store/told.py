"""What a workspace holds, in numbers: run on a workspace by the version that wrote it, and by this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from goracs_core.data.store import load_dataset
from goracs_core.features.store import load_features
from goracs_core.workspace import Workspace


def told(
    workspace: Path, runs: Any, sweeps: Any, trainings: Any, experiments: Any, landscapes: Any, measured: Any
) -> dict[str, Any]:
    """The main values of every record, by kind and id; each argument after the first gives all records of one kind."""
    (folder,) = Workspace(workspace).dataset_directories()
    dataset, features = load_dataset(folder), load_features(folder)
    return {
        "dataset": [dataset.fingerprint, features.fingerprint],
        "runs": {run.id: _run(run) for run in runs},
        "sweeps": {one.id: [one.started, *([p.budget, p.lambda_, p.key] for p in one.points)] for one in sweeps},
        "trainings": {one.id: _training(one) for one in trainings},
        "experiments": {one.id: _experiment(one) for one in experiments},
        "landscapes": {
            one.id: [one.run, one.landscape.smoothness, one.landscape.theory.losses[-1], list(one.landscape.overshoot)]
            for one in landscapes
        },
        "scalability": {
            one.id: [one.started, one.num_pool, *([run.size, run.poo, run.seconds] for run in one.runs), _speed(one)]
            for one in measured
        },
    }


def _run(run: Any) -> list[Any]:
    selection, certificate, bounds = run.selection, run.selection.certificate, run.selection.trace.bounds
    columns = {} if selection.scores is None else selection.scores.columns
    return [
        run.name,
        run.notes,
        run.created,
        run.key,
        selection.fingerprint,
        selection.poo,
        selection.plan.value,
        selection.plan.mass.tolist(),
        run.scores.mean_distances.tolist(),
        len(selection.trace.exchanges),
        None if certificate is None else [certificate.lower_bound, certificate.gap, certificate.prices.tolist()],
        None if bounds is None else bounds.seconds.tolist(),
        {name: values[:5].tolist() for name, values in columns.items()},
    ]


def _training(training: Any) -> list[Any]:
    tested, log = training.tested, training.log
    rankings = None if tested.rankings is None else [*tested.rankings.written, *tested.rankings.full.better.tolist()]
    losses = [repr(epoch.loss) for epoch in log.epochs]
    return [tested.losses.values.tolist(), rankings, losses, {name: repr(x) for name, x in training.metrics.items()}]


def _experiment(one: Any) -> list[Any]:
    entries = [[e.arm, e.seed, e.run, e.training, {name: repr(x) for name, x in e.values.items()}] for e in one.entries]
    return [str(one.kind), one.finished, one.command, entries, repr(one.outcomes.losses.tolist())]


def _speed(one: Any) -> Any:
    return None if one.training is None else [one.training.model, list(one.training.seconds)]
