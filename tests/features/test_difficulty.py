"""Scores of a pool from the features' language model: which model, which numbers, what is found again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.data.dataset import Dataset, Task
from goracs_core.data.store import save_dataset
from goracs_core.errors import JobCancelled, ModelError, StoreError
from goracs_core.features import chunks
from goracs_core.features import model as loading
from goracs_core.features.compute import compute_features, features_from_arrays
from goracs_core.features.difficulty import difficulty_scores
from goracs_core.features.norms import gradient_norms
from goracs_core.features.options import FeatureOptions
from goracs_core.features.store import load_features, save_features
from goracs_core.llm import difficulty as passes
from goracs_core.llm import small
from goracs_core.llm.backend import load_causal_model
from goracs_core.llm.batches import tokenize, tokenize_choices
from goracs_core.llm.difficulty import difficulty_in_batches
from goracs_core.llm.small import SmallModelSettings
from goracs_core.progress import Progress
from goracs_core.scores import ScoreKind
from goracs_core.workspace import project_directory
from tests.features.datasets import make_dataset
from tests.llm.tiny import same, save_encoder, save_model
from tests.refusals import told

LANGUAGE_MODEL_KINDS = (ScoreKind.EL2N, ScoreKind.ENTROPY, ScoreKind.GRAND)
FEW = SmallModelSettings(width=16, layers=1, heads=2, feed_forward=16, vocabulary=300, steps=2, rows=1, block=64)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return str(save_encoder(folder / "encoder", max_tokens=64)), str(save_model(folder / "model", "llama"))


@pytest.fixture
def made(models: tuple[str, str], tmp_path: Path) -> Callable[..., tuple[Dataset, Path]]:
    """Makes a dataset with features in a folder; the cache is `tmp_path / "cache"`."""

    def make(*, task: Task = Task.SEQREC, **options: Any) -> tuple[Dataset, Path]:
        dataset, directory = make_dataset(task=task), tmp_path / f"dataset-{task}-{len(list(tmp_path.iterdir()))}"
        save_dataset(dataset, directory)
        given = FeatureOptions.from_dict({"encoder": models[0], "model": models[1]} | options)
        save_features(compute_features(dataset, given, cache=tmp_path / "cache"), directory)
        return dataset, directory

    return make


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def forbid_models(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(loading, "load_causal_model", fail)
    monkeypatch.setattr(loading, "train_small_model", fail)


@pytest.mark.parametrize("loss", ["answer", "sequence"])
@pytest.mark.parametrize("task", list(Task))
def test_predictions_are_scored_in_the_pools_order(made, models, cache: Path, task: Task, loss: str):
    dataset, directory = made(task=task, loss=loss)
    model, pool = load_causal_model(models[1]), dataset.pool
    if task is Task.CTR and loss == "answer":
        assert pool.labels is not None
        tokens = tokenize_choices(model.tokenizer, pool.prompts, pool.labels.tolist(), context=model.context)
        words = "Yes against No"
    else:
        tokens = tokenize(model.tokenizer, pool.prompts, pool.answers, context=model.context)
        words = "mean over answer tokens" if loss == "answer" else "mean over the tokens of prompt and answer"
    expected = difficulty_in_batches(model, tokens, whole_sequence=loss == "sequence", batch_tokens=1)
    for column, kind in enumerate((ScoreKind.EL2N, ScoreKind.ENTROPY)):
        scores = difficulty_scores(kind, dataset, directory, draws=1, cache=cache)
        assert scores.kind is kind
        assert same(scores.values, expected[:, column])
        assert scores.source == f"the model {models[1]}, {words}"
        assert scores.details["model"]["fingerprint"] == model.fingerprint
        assert [name for name, _ in scores.seconds] == ["language model", "el2n and entropy"]
        json.dumps(scores.details, allow_nan=False)


@pytest.mark.parametrize(("task", "adapters"), [(Task.SEQREC, "last-v"), (Task.CTR, "all")])
def test_grand_is_the_mean_over_draws_of_which_the_features_are_the_first(made, models, cache, task, adapters):
    dataset, directory = made(task=task, adapters=adapters, seed=5)
    norms = load_features(directory).gradient_norms
    assert norms is not None
    before = set((cache / "chunks").rglob("*.npz"))
    one = difficulty_scores(ScoreKind.GRAND, dataset, directory, draws=1, cache=cache)
    assert one.values.tobytes() == norms.values.tobytes()
    assert set((cache / "chunks").rglob("*.npz")) == before, "the features' norms are measured once"
    options = FeatureOptions(encoder=models[0], model=models[1], adapters=adapters, seed=5)
    others = [
        gradient_norms(
            dataset.pool, task=task, model=load_causal_model(models[1]), options=options.norms(draw), cache=cache
        ).values
        for draw in (1, 2)
    ]
    three = difficulty_scores(ScoreKind.GRAND, dataset, directory, draws=3, cache=cache)
    assert three.values == pytest.approx((norms.values + others[0] + others[1]) / 3, rel=1e-14)
    assert not np.allclose(three.values, one.values, rtol=1e-3)
    assert three.source.endswith("mean over 3 draws of the adapters")
    assert (three.details["draws"], three.details["adapters"]) == (3, adapters)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [(ScoreKind.EL2N, {"loss": "sequence"}), (ScoreKind.ENTROPY, {"loss": "sequence"})]
    + [(ScoreKind.GRAND, change) for change in ({"loss": "sequence"}, {"adapters": "all"}, {"seed": 9})],
)
def test_the_features_options_decide_whatever_is_cached(made, cache: Path, kind: ScoreKind, changed: dict[str, Any]):
    plain, other = (difficulty_scores(kind, *made(**options), draws=1, cache=cache).values for options in ({}, changed))
    assert not np.allclose(plain, other, rtol=1e-3)


@pytest.mark.parametrize("kind", LANGUAGE_MODEL_KINDS)
def test_a_second_call_loads_no_model(made, cache: Path, kind: ScoreKind, monkeypatch):
    dataset, directory = made()
    first = difficulty_scores(kind, dataset, directory, draws=2, cache=cache)
    forbid_models(monkeypatch)
    again = difficulty_scores(kind, dataset, directory, draws=2, cache=cache)
    assert again.values.tobytes() == first.values.tobytes()
    assert (again.source, again.details, again.seconds) == (first.source, first.details, first.seconds)
    with pytest.raises(AssertionError, match="a model was loaded"):
        difficulty_scores(kind, dataset, directory, draws=2, cache=cache / "another")


def test_a_second_call_does_not_even_load_torch(made, cache: Path):
    dataset, directory = made()
    first = difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=cache)
    code = (
        "import sys; from pathlib import Path; from goracs_core.data.store import load_dataset;"
        "from goracs_core.features.difficulty import difficulty_scores; from goracs_core.scores import ScoreKind;"
        "folder, cache = map(Path, sys.argv[1:]);"
        "scores = difficulty_scores(ScoreKind.EL2N, load_dataset(folder), folder, draws=1, cache=cache);"
        "print(scores.fingerprint, {'torch', 'transformers', 'peft'} & set(sys.modules))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code, str(directory), str(cache)],
        cwd=project_directory(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.strip() == f"{first.fingerprint} set()"


def test_el2n_and_entropy_share_one_pass_and_its_time(made, cache: Path, monkeypatch):
    dataset, directory = made()
    first = difficulty_scores(ScoreKind.ENTROPY, dataset, directory, draws=1, cache=cache)
    forbid_models(monkeypatch)
    second = difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=cache)
    assert second.seconds == first.seconds
    assert not np.allclose(first.values, second.values)


@pytest.mark.parametrize("kind", LANGUAGE_MODEL_KINDS)
def test_a_damaged_file_is_computed_anew(made, cache: Path, kind: ScoreKind):
    dataset, directory = made()
    first = difficulty_scores(kind, dataset, directory, draws=1, cache=cache)
    files = sorted((cache / "scores").iterdir())
    for path in [*files, *(cache / "chunks").rglob("*.npz")]:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    again = difficulty_scores(kind, dataset, directory, draws=1, cache=cache)
    assert again.values.tobytes() == first.values.tobytes()
    assert sorted((cache / "scores").iterdir()) == files


@pytest.mark.parametrize("precomputed", [False, True])
def test_features_without_a_model_are_scored_by_the_small_one_and_say_so(
    models, cache: Path, tmp_path: Path, precomputed: bool, monkeypatch
):
    trained = partial(small.train_small_model, settings=FEW)
    monkeypatch.setattr(loading, "train_small_model", trained)
    dataset, directory = make_dataset(), tmp_path / "dataset"
    save_dataset(dataset, directory)
    if precomputed:
        rng = np.random.default_rng(0)
        features = features_from_arrays(dataset, rng.normal(size=(40, 5)), rng.normal(size=(9, 5)), rng.random(40))
        words = "the features came from elsewhere, without a language model to load"
    else:
        features = compute_features(dataset, FeatureOptions(encoder=models[0], model="none", seed=3), cache=cache)
        words = "the features were computed without a language model"
    save_features(features, directory)
    scores = difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=cache)
    assert scores.source == f"the small language model ({words}), mean over answer tokens"
    assert scores.details["model_of"] == words
    model = trained(dataset, seed=0 if precomputed else 3, cache=cache)
    tokens = tokenize(model.tokenizer, dataset.pool.prompts, dataset.pool.answers, context=model.context)
    # In single precision, where padding rounds.
    assert scores.values == pytest.approx(difficulty_in_batches(model, tokens, batch_tokens=1)[:, 0], rel=1e-4)
    assert dict(scores.seconds)["language model"] >= model.meta["seconds"] > 0, "its training counts"
    shutil.rmtree(cache / "scores")
    assert (
        dict(difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=cache).seconds)["language model"]
        >= model.meta["seconds"]
    ), "also when it was trained before"


def test_small_networks_are_read_on_one_thread(made, cache: Path, monkeypatch):
    dataset, directory = made()
    threads: list[int] = []

    def watched(*arguments: Any, **options: Any) -> np.ndarray:
        threads.append(torch.get_num_threads())
        return difficulty_in_batches(*arguments, **options)

    monkeypatch.setattr(passes, "difficulty_in_batches", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=cache)
        assert (threads, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_a_model_that_changed_since_is_used_and_named(made, cache: Path, tmp_path: Path):
    folder = save_model(tmp_path / "changing", "llama")
    dataset, directory = made(model=str(folder))
    old = difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=cache)
    shutil.rmtree(folder)
    with pytest.raises(ModelError, check=told("no-such-folder")):
        difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=cache)
    save_model(folder, "gpt_neox")
    new = difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=cache)
    assert not np.allclose(new.values, old.values)
    assert "changed since the features were computed" in new.source
    assert "changed since" not in old.source


def test_the_features_norms_count_with_the_time_they_took(made, cache: Path):
    dataset, directory = made()
    path = directory / "features" / "features.json"
    record = json.loads(path.read_text())
    record["meta"]["seconds"]["gradient_norms"] = 1000.0
    path.write_text(json.dumps(record))
    one = difficulty_scores(ScoreKind.GRAND, dataset, directory, draws=1, cache=cache)
    two = difficulty_scores(ScoreKind.GRAND, dataset, directory, draws=2, cache=cache)
    assert dict(one.seconds)["gradient norms"] == 1000.0
    assert 1000.0 < dict(two.seconds)["gradient norms"] < 1900.0


def test_a_cancelled_pass_goes_on_where_it_was(made, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 8)
    dataset, directory = made()
    whole = difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=tmp_path / "whole")

    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        if done >= 20:
            raise JobCancelled

    part = tmp_path / "part"
    with pytest.raises(JobCancelled):
        difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=part, progress=Progress(cancel))
    kept = {path: path.stat().st_mtime_ns for path in part.rglob("*.npz")}
    assert len(kept) == 2
    assert not (part / "scores").exists()
    again = difficulty_scores(ScoreKind.EL2N, dataset, directory, draws=1, cache=part)
    assert again.values.tobytes() == whole.values.tobytes()
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())


def test_bad_input_is_one_sentence(made, cache: Path, tmp_path: Path):
    dataset, directory = made()
    with pytest.raises(StoreError, check=told("no-features")):
        difficulty_scores(ScoreKind.EL2N, dataset, tmp_path, draws=1, cache=cache)
    with pytest.raises(StoreError, check=told("other-dataset")):
        difficulty_scores(ScoreKind.EL2N, make_dataset(seed=4), directory, draws=1, cache=cache)
