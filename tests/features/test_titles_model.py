"""Features from the model that is fine-tuned by default: its gradients, its scores, its name in every place."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from goracs_core.data.store import save_dataset
from goracs_core.features import model as features_model
from goracs_core.features.compute import compute_features
from goracs_core.features.difficulty import difficulty_scores
from goracs_core.features.estimate import estimate_features
from goracs_core.features.norms import gradient_norms
from goracs_core.features.options import MADE_HERE, FeatureOptions
from goracs_core.features.store import save_features
from goracs_core.jobs.features import job as features_job
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.scalability import training_speed
from goracs_core.llm import small
from goracs_core.llm.small import SmallModelSettings
from goracs_core.llm.tuning import base
from goracs_core.llm.tuning.base import base_model
from goracs_core.llm.tuning.options import FineTuneOptions
from goracs_core.scores import ScoreKind
from goracs_core.workspace import Workspace
from tests.features.datasets import make_dataset
from tests.llm.tiny import save_encoder

FEW = SmallModelSettings(width=16, layers=1, heads=2, feed_forward=16, vocabulary=300, steps=2, rows=1, block=64)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_encoder(tmp_path_factory.mktemp("models") / "encoder", max_tokens=64))


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("train_small_model", "train_titles_model"):
        few = partial(getattr(small, name), settings=FEW)
        monkeypatch.setattr(small, name, few)
        for user in (base, features_model):
            monkeypatch.setattr(user, name, few)


def test_norms_are_those_of_the_very_model_that_is_fine_tuned(encoder: str, tmp_path: Path):
    dataset, cache = make_dataset(), tmp_path / "cache"
    options = FeatureOptions(encoder=encoder, model=" small-titles ")
    features = compute_features(dataset, options, cache=cache)
    model = base_model(dataset, FineTuneOptions(), cache=cache)
    measured = gradient_norms(dataset.pool, task=dataset.task, model=model, cache=tmp_path / "other")
    assert features.gradient_norms is not None
    assert features.gradient_norms.values.tobytes() == measured.values.tobytes()
    assert features.gradient_norms.model == "small-titles"
    assert features.meta["model"]["fingerprint"] == model.fingerprint
    others = compute_features(dataset, replace(options, model="small"), cache=cache).gradient_norms
    assert others is not None
    assert (others.values != measured.values).any()


def test_scores_are_the_models_own_and_count_its_training(encoder: str, tmp_path: Path):
    dataset, cache, found = make_dataset(), tmp_path / "cache", {}
    for name in MADE_HERE:
        directory = tmp_path / name
        save_dataset(dataset, directory)
        features = compute_features(dataset, FeatureOptions(encoder=encoder, model=name), cache=cache)
        save_features(features, directory)
        for kind in (ScoreKind.EL2N, ScoreKind.GRAND):
            found[name, kind] = difficulty_scores(kind, dataset, directory, draws=1, cache=cache)
    for kind in (ScoreKind.EL2N, ScoreKind.GRAND):
        assert (found["small", kind].values != found["small-titles", kind].values).any(), "one is not taken for another"
    scores = found["small-titles", ScoreKind.EL2N]
    assert scores.source == "the model small-titles, mean over answer tokens"
    assert scores.details["model_of"] == "the features' language model"
    record = json.loads((next((cache / "models").glob("titles-*")) / "goracs.json").read_text())
    assert dict(scores.seconds)["language model"] >= record["seconds"] > 0


def test_the_estimate_knows_both_models():
    dataset = make_dataset()
    one, other = (estimate_features(dataset, FeatureOptions(model=name)) for name in MADE_HERE)
    assert (one.seconds, one.memory_bytes) == (other.seconds, other.memory_bytes)
    assert "training the small-titles model 70 s" in other.basis
    assert "not on this machine" not in other.basis


def test_features_that_are_there_already_are_not_computed_again(own_workspace: Path, tmp_path: Path, monkeypatch):
    workspace, dataset, directory = Workspace(own_workspace).ensure(), make_dataset(), tmp_path / "data"
    save_dataset(dataset, directory)
    spec = {"dataset": str(directory), "options": FeatureOptions(model="small-titles").to_dict()}
    first = run_job("features", spec, workspace)
    assert not first["reused"]

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(features_job, "compute_features", never)
    again = run_job("features", spec, workspace)
    assert again["reused"]
    assert again["features_fingerprint"] == first["features_fingerprint"]


def test_training_speed_is_measured_without_looking_for_a_folder(encoder: str, tmp_path: Path, monkeypatch):
    dataset, directory = make_dataset(), tmp_path / "data"
    save_dataset(dataset, directory)
    options = FeatureOptions(encoder=encoder, model="small-titles")
    save_features(compute_features(dataset, options, cache=tmp_path / "cache"), directory)
    model = small.train_titles_model(dataset, seed=0, cache=tmp_path / "cache")
    monkeypatch.setattr(training_speed, "_small_model", lambda *_, **__: model)
    monkeypatch.setattr(training_speed, "_local_model", lambda name: pytest.fail(f"{name} was looked for"))
    inputs = load_inputs({"dataset": str(directory)})
    speed, note = training_speed.training_speed(inputs, seed=0, cache=tmp_path / "cache")
    assert speed is not None
    assert note == ""
