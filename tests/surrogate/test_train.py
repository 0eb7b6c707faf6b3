"""Training learns, is the same every time, goes on where it was stopped and leaves nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from goracs_core.data.dataset import Dataset
from goracs_core.errors import DataError, JobCancelled, ModelError
from goracs_core.progress import Progress
from goracs_core.surrogate.options import SurrogateOptions
from goracs_core.surrogate.train import train_surrogate
from tests.features.datasets import make_dataset
from tests.surrogate.shops import SMALL, dataset_of, samples_of, walking_shop, walks

NAMES = ("sasrec", "bert4rec", "dcrec")


def stored(cache: Path) -> dict[str, bytes]:
    """The weights' bytes, by name."""
    (path,) = (cache / "models").glob("surrogate-*.safetensors")
    return {name: weights.tobytes() for name, weights in load_file(path).items()}


def kept(cache: Path) -> list[str]:
    return [path.name for path in (cache / "models").iterdir()] if (cache / "models").exists() else []


def cancel_in(epoch: int) -> Callable[..., None]:
    """A Progress that cancels in the second step of an epoch."""
    seen: list[str] = []

    def progress(stage: str, done: int, total: int, detail: str = "") -> None:
        if detail.startswith(f"epoch {epoch},"):
            seen.append(detail)
        if len(seen) == 2:
            raise JobCancelled

    return progress


@pytest.mark.parametrize("name", NAMES)
def test_it_learns_a_rule_that_popularity_cannot(name: str, tmp_path: Path) -> None:
    options = replace(SMALL, name=name, epochs=60 if name == "bert4rec" else 20, patience=60, width=32)
    trained = train_surrogate(walking_shop(60), options, cache=tmp_path)
    for part in ("validation", "test"):
        metrics = trained.record["metrics"][part]
        assert metrics["surrogate"]["ndcg@10"] > 0.8
        assert metrics["popularity"]["ndcg@10"] < 0.4
    assert trained.record["epochs"][-1]["loss"] < 0.5 * trained.record["epochs"][0]["loss"]
    assert not trained.model.training  # type: ignore[attr-defined]


def test_it_overfits_a_few_random_sequences(tmp_path: Path) -> None:
    pool = make_dataset(pool=12).pool
    dataset = replace(make_dataset(pool=12), validation=pool)
    options = replace(SMALL, epochs=80, patience=80, dropout=0.0, width=32, learning_rate=1e-2)
    assert train_surrogate(dataset, options, cache=tmp_path).record["metrics"]["validation"]["surrogate"]["hr@5"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_stopped_and_resumed_is_the_same_as_never_stopped(name: str, tmp_path: Path) -> None:
    dataset, options = walking_shop(), replace(SMALL, name=name)
    whole = train_surrogate(dataset, options, cache=tmp_path / "whole")
    for epoch in (1, 3, 4):
        with pytest.raises(JobCancelled):
            train_surrogate(dataset, options, cache=tmp_path / "parts", progress=Progress(cancel_in(epoch)))
        assert [name.endswith(".checkpoint") for name in kept(tmp_path / "parts")] == [True] * (epoch > 1)
    started: list[str] = []

    def watch(stage: str, done: int, total: int, detail: str = "") -> None:
        started.append(detail)

    resumed = train_surrogate(dataset, options, cache=tmp_path / "parts", progress=Progress(watch))
    assert not any(detail.startswith(("epoch 1,", "epoch 2,", "epoch 3,")) for detail in started)
    assert stored(tmp_path / "whole") == stored(tmp_path / "parts")
    assert resumed.record["epochs"] == whole.record["epochs"]
    assert len(kept(tmp_path / "parts")) == 1, "the checkpoint is gone"


def test_same_bytes_on_any_number_of_threads_and_the_caller_s_generator_is_left_alone(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            torch.manual_seed(threads)
            state = torch.get_rng_state()
            train_surrogate(walking_shop(), SMALL, cache=tmp_path / str(threads))
            assert torch.get_num_threads() == threads
            assert torch.equal(torch.get_rng_state(), state)
    finally:
        torch.set_num_threads(before)
    assert stored(tmp_path / "1") == stored(tmp_path / "2")
    other = train_surrogate(walking_shop(), replace(SMALL, seed=1), cache=tmp_path / "other")
    assert other.fingerprint != train_surrogate(walking_shop(), SMALL, cache=tmp_path / "1").fingerprint


def test_it_is_found_again_and_a_damaged_one_is_trained_again(tmp_path: Path) -> None:
    first = train_surrogate(walking_shop(), SMALL, cache=tmp_path)
    (path,) = (tmp_path / "models").glob("surrogate-*.safetensors")
    written = path.stat().st_mtime_ns

    def never(stage: str, done: int, total: int, detail: str = "") -> None:
        assert stage == "Reading sequences"

    again = train_surrogate(walking_shop(), SMALL, cache=tmp_path, progress=Progress(never))
    assert path.stat().st_mtime_ns == written
    assert (again.fingerprint, again.record, again.seconds) == (first.fingerprint, first.record, first.seconds)
    assert json.loads(json.dumps(again.record)) == again.record
    good, weights = path.read_bytes(), stored(tmp_path)
    for damaged in (good[:-10], good[:-1] + bytes([good[-1] ^ 1]), b""):
        path.write_bytes(damaged)
        assert train_surrogate(walking_shop(), SMALL, cache=tmp_path).fingerprint == first.fingerprint
        assert stored(tmp_path) == weights


@pytest.mark.parametrize(
    "change",
    [{"width": 32}, {"layers": 1}, {"heads": 1}, {"length": 2}, {"dropout": 0.3}, {"learning_rate": 1e-3},
     {"batch": 4}, {"epochs": 2}, {"patience": 1, "learning_rate": 0.1}],
)  # fmt: skip
def test_every_option_changes_something(change: dict[str, float], tmp_path: Path) -> None:
    base = replace(SMALL, epochs=3)
    first = train_surrogate(walking_shop(12), base, cache=tmp_path)
    other = train_surrogate(walking_shop(12), replace(base, **change), cache=tmp_path)  # type: ignore[arg-type]
    assert other.fingerprint != first.fingerprint


def test_patience_ends_it_and_the_best_epoch_is_kept(tmp_path: Path) -> None:
    record = train_surrogate(walking_shop(), replace(SMALL, epochs=80, patience=2), cache=tmp_path).record
    ndcg = [epoch["validation_ndcg@10"] for epoch in record["epochs"]]
    assert record["best_epoch"] == int(np.argmax(ndcg)) + 1 == len(ndcg) - 2
    assert "not risen for 2 epochs" in record["stopped"]
    assert record["metrics"]["validation"]["surrogate"]["ndcg@10"] == pytest.approx(max(ndcg))


def test_patience_is_longer_on_the_plateau_of_popularity(tmp_path: Path) -> None:
    """Every validation target is the most popular item: nothing can be better than popularity there."""
    shop = walking_shop()
    favourite = int(np.bincount(shop.pool.targets).argmax())
    validation = samples_of([[item] for item in range(6)], [favourite] * 6)
    dataset = dataset_of(shop.pool, validation, shop.test)
    record = train_surrogate(dataset, replace(SMALL, epochs=80, patience=2), cache=tmp_path).record
    assert len(record["epochs"]) - record["best_epoch"] == 8
    assert "not risen for 8 epochs" in record["stopped"]


def test_validation_and_test_are_never_learned_from(tmp_path: Path) -> None:
    """Other test samples change nothing; other validation samples nothing but the epoch that is kept."""
    dataset = walking_shop()
    first = train_surrogate(dataset, SMALL, cache=tmp_path)
    other = dataset_of(dataset.pool, walks(10, seed=8), walks(6, seed=9))
    second = train_surrogate(other, SMALL, cache=tmp_path)
    losses = [[epoch["loss"] for epoch in each.record["epochs"]] for each in (first, second)]
    assert losses[0] == losses[1]


def test_likes_and_dislikes_are_learned(tmp_path: Path) -> None:
    """Items of the same half are liked after each other, those of the other half are not."""
    rng = np.random.default_rng(0)
    halves, n = rng.integers(0, 2, 200), 200
    histories = [(12 * half + rng.integers(0, 12, 4)).tolist() for half in halves]
    targets = rng.integers(0, 24, n)
    labels = (targets // 12 == halves).astype(int)
    samples = samples_of(histories, targets.tolist(), labels=labels.tolist(), history_labels=[[1] * 4] * n)
    pool, validation = samples.take(np.arange(150)), samples.take(np.arange(150, 200))
    dataset = dataset_of(pool, validation, validation)
    trained = train_surrogate(dataset, replace(SMALL, epochs=20, patience=20), cache=tmp_path)
    from goracs_core.surrogate.sequences import sample_tokens

    model = trained.model
    with torch.no_grad():
        inputs, residual = model.layer_inputs(torch.tensor(sample_tokens(validation, 8)))
        scores = model.item_scores(model.finish(model.influence_layer(inputs), residual))
    logits = scores[torch.arange(50), torch.tensor(validation.targets)].numpy()
    assert logits[validation.labels == 1].min() > logits[validation.labels == 0].max() - 1.0
    assert logits[validation.labels == 1].mean() > logits[validation.labels == 0].mean() + 2.0


def refused(dataset: Dataset, cache: Path, **changes: float) -> tuple[str, dict[str, Any]]:
    """The code and the fields with which a training is refused."""
    with pytest.raises((DataError, ModelError)) as caught:
        train_surrogate(dataset, replace(SMALL, **changes), cache=cache)  # type: ignore[arg-type]
    assert kept(cache) == []
    return caught.value.code, caught.value.fields


def test_what_cannot_be_learned_from_is_refused_in_a_sentence(tmp_path: Path) -> None:
    shop = walking_shop()
    one = dataset_of(walks(1, seed=0), shop.validation, shop.test)
    assert refused(one, tmp_path)[0] == "single-user"
    none = dataset_of(samples_of([[], []], [1, 2]), shop.validation, shop.test)
    assert refused(none, tmp_path) == ("no-history", {"samples": 2})
    disliked = samples_of([[1], [2]], [3, 4], labels=[0, 0], history_labels=[[1], [1]])
    liked = samples_of([[1], [2]], [3, 4], labels=[1, 1], history_labels=[[1], [1]])
    assert refused(dataset_of(liked, disliked, disliked), tmp_path) == ("nothing-to-rank", {"samples": 2})
    assert "metrics" in train_surrogate(dataset_of(liked, liked, disliked), SMALL, cache=tmp_path / "ok").record


def test_a_training_that_diverges_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    assert refused(walking_shop(), tmp_path, learning_rate=1e30) == ("diverged", {"epoch": 1, "learning_rate": 1e30})


def test_defaults_are_the_paper_s() -> None:
    options = SurrogateOptions()
    assert (options.name, options.width, options.layers, options.heads, options.length) == ("sasrec", 64, 2, 2, 50)
