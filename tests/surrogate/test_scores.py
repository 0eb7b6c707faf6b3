"""Influence scores from a dataset: made once, found again by content, nothing half-made kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Dataset
from goracs_core.errors import DataError, JobCancelled, SolverError
from goracs_core.methods import DealRecConfig
from goracs_core.progress import Progress, silent
from goracs_core.scores import SampleScores, ScoreKind
from goracs_core.surrogate import scores as module
from goracs_core.surrogate.model import TrainedSurrogate
from goracs_core.surrogate.options import SurrogateOptions
from goracs_core.surrogate.scores import influence_scores
from tests.features.datasets import make_dataset
from tests.refusals import told
from tests.surrogate.shops import SMALL, dataset_of, fresh_model, samples_of, walking_shop

CONFIG = DealRecConfig(budget=10, surrogate_epochs=2)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[SurrogateOptions]:
    """Stands in for training: an untrained surrogate by name and seed; the list of what was asked for."""
    asked: list[SurrogateOptions] = []

    def train(
        dataset: Dataset, options: SurrogateOptions, *, cache: Path, progress: Progress = silent
    ) -> TrainedSurrogate:
        asked.append(options)
        model = fresh_model(options.name, seed=options.seed)
        record = {"validation_ndcg@10": 0.25, "epochs": [{"epoch": 1, "loss": 2.5}]}
        fingerprint = f"{options.name}-{options.seed}-{options.epochs}"
        return TrainedSurrogate(model, replace(SMALL, name=options.name), record, 12.5, fingerprint)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "train_surrogate", train)
    return asked


def files(cache: Path) -> list[Path]:
    return sorted((cache / "scores").iterdir()) if (cache / "scores").exists() else []


def test_scores_are_made_once_and_found_again(
    trainings: list[SurrogateOptions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = walking_shop()
    made = influence_scores(dataset, CONFIG, cache=tmp_path)
    assert trainings[0].epochs == 2
    assert made.kind is ScoreKind.INFLUENCE
    assert len(made) == len(dataset.pool)
    assert np.unique(made.values).size > 10
    assert [name for name, _ in made.seconds] == ["surrogate training", "influence"]
    assert made.seconds[0][1] == 12.5
    assert made.source.startswith("SASRec, conjugate gradients to a residual of ")
    assert made.details["surrogate"]["validation_ndcg@10"] == 0.25
    assert made.details["influence"]["residual"] <= CONFIG.tolerance
    json.dumps(made.details, allow_nan=False)
    monkeypatch.setattr(module, "measure_influence", None)  # a second measurement would fail
    found = influence_scores(dataset, CONFIG, cache=tmp_path)
    assert (found.fingerprint, found.source, found.details) == (made.fingerprint, made.source, made.details)
    assert found.seconds == made.seconds
    later = influence_scores(dataset, replace(CONFIG, budget=20, seed=3, effort_weight=1.0, strata=7), cache=tmp_path)
    assert later.fingerprint == made.fingerprint


def test_whatever_decides_the_values_makes_other_scores(trainings: list[SurrogateOptions], tmp_path: Path) -> None:
    base = replace(CONFIG, scale=200.0)  # the untrained stand-ins' curvature may be negative
    variants = [
        base,
        replace(base, surrogate="bert4rec"),
        replace(base, surrogate="dcrec"),
        replace(base, surrogate_seed=1),
        replace(base, damping=0.02),
        replace(base, scale=250.0),
        replace(base, tolerance=0.1),
        replace(base, influence_solver="recursion", recursion_steps=9),
    ]
    values = [influence_scores(walking_shop(), config, cache=tmp_path).fingerprint for config in variants]
    values.append(influence_scores(walking_shop(39), base, cache=tmp_path).fingerprint)
    assert len(set(values)) == len(values) == len(files(tmp_path))


def test_a_damaged_file_is_made_anew(trainings: list[SurrogateOptions], tmp_path: Path) -> None:
    made = influence_scores(walking_shop(), CONFIG, cache=tmp_path)
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    again = influence_scores(walking_shop(), CONFIG, cache=tmp_path)
    assert again.fingerprint == made.fingerprint
    assert files(tmp_path) == [path]
    assert influence_scores(walking_shop(), CONFIG, cache=tmp_path).seconds == again.seconds


def test_nothing_stays_of_a_job_that_was_cancelled_or_failed(trainings: list[SurrogateOptions], tmp_path: Path) -> None:
    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        if stage == "Applying the inverse Hessian":
            raise JobCancelled

    with pytest.raises(JobCancelled):
        influence_scores(walking_shop(), CONFIG, cache=tmp_path, progress=Progress(cancel))
    with pytest.raises(SolverError, check=told("tolerance-not-reached")):
        influence_scores(walking_shop(), replace(CONFIG, max_iterations=1), cache=tmp_path)
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["sasrec", "bert4rec", "dcrec"])
def test_every_surrogate_is_trained_and_scored_from_end_to_end(name: str, tmp_path: Path) -> None:
    config = replace(CONFIG, surrogate=name, surrogate_epochs=1)  # type: ignore[arg-type]
    made = influence_scores(walking_shop(12), config, cache=tmp_path)
    assert "popularity" in made.details["surrogate"]["metrics"]["validation"]
    found = influence_scores(walking_shop(12), config, cache=tmp_path)
    assert found.values.tobytes() == made.values.tobytes()


def test_click_prediction_reads_the_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def samples(count: int, *, flipped: int = -1) -> object:
        labels = (np.arange(count) % 3 > 0).astype(int)
        if flipped >= 0:
            labels[flipped] = 1 - labels[flipped]
        histories = [rng.integers(0, 24, 3).tolist() for _ in range(count)]
        return samples_of(
            histories,
            rng.integers(0, 24, count).tolist(),
            list(range(count)),
            labels=labels.tolist(),
            history_labels=[[1, 0, 1]] * count,
        )

    found: list[SampleScores] = []
    for flipped in (-1, 5):
        rng = np.random.default_rng(0)
        pool, validation = samples(30, flipped=flipped), samples(9)
        dataset = dataset_of(pool, validation, validation)  # type: ignore[arg-type]
        found.append(influence_scores(dataset, replace(CONFIG, surrogate_epochs=1), cache=tmp_path))
    assert found[0].fingerprint != found[1].fingerprint
    assert np.isfinite(found[0].values).all()


def test_a_single_user_is_a_sentence_before_any_work(tmp_path: Path) -> None:
    dataset = make_dataset()
    alone = replace(dataset, pool=replace(dataset.pool, users=np.zeros(len(dataset.pool), np.int64)))
    with pytest.raises(DataError, check=told("single-user")):
        influence_scores(alone, CONFIG, cache=tmp_path)
    assert files(tmp_path) == []
