"""The model that a fine-tuning starts from: by name, by folder, and in a precision that this machine can use."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.errors import ConfigError, ModelError
from goracs_core.llm.small import SmallModelSettings, train_small_model, train_titles_model
from goracs_core.llm.tuning import base as module
from goracs_core.llm.tuning.base import base_model
from goracs_core.llm.tuning.losses import sample_losses
from goracs_core.llm.tuning.options import FineTuneOptions
from goracs_core.llm.tuning.weights import trainable
from tests.features.datasets import make_dataset
from tests.llm.tiny import save_model
from tests.llm.tuning.made import ROWS, make_options, train
from tests.refusals import told

FEW = SmallModelSettings(width=16, layers=1, heads=2, feed_forward=16, vocabulary=300, steps=2, rows=1, block=64)

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "train_small_model", partial(train_small_model, settings=FEW))
    monkeypatch.setattr(module, "train_titles_model", partial(train_titles_model, settings=FEW))


def test_the_models_made_here_are_the_same_for_every_seed_of_the_training(tmp_path: Path):
    dataset = make_dataset()
    made = {
        (name, seed): base_model(dataset, FineTuneOptions(model=name, seed=seed), cache=tmp_path).fingerprint
        for name in ("small-titles", "small")
        for seed in (0, 1)
    }
    assert made["small", 0] == made["small", 1]
    assert made["small-titles", 0] == made["small-titles", 1] != made["small", 0]
    assert made["small", 0] == train_small_model(dataset, seed=0, cache=tmp_path, settings=FEW).fingerprint


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_a_folder_is_loaded_and_trained_with_adapters(tmp_path: Path, kind: str):
    dataset = make_dataset()
    options = make_options(
        kind, model=str(save_model(tmp_path / kind, kind)), weights="lora", epochs=10, learning_rate=0.03, watched=1
    )
    base = base_model(dataset, options, cache=tmp_path)
    assert base.name == str(tmp_path / kind)
    _, log = train(base, dataset, options, tmp_path)
    assert log.epochs[-1].loss < 0.8 * log.epochs[1].loss
    assert 0 < log.trained < log.parameters


def test_folders_and_names_that_are_no_models(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    for name, code in (("empty", "no-weights"), ("none", "no-such-folder")):
        with pytest.raises(ModelError, check=told(code)):
            base_model(make_dataset(), FineTuneOptions(model=str(tmp_path / name)), cache=tmp_path)


@without_gpu
@pytest.mark.parametrize("precision", ["bfloat16", "8bit"])
def test_fewer_bits_need_a_gpu(tmp_path: Path, precision: Any):
    folder = str(save_model(tmp_path / "model"))
    options = FineTuneOptions(model=folder, weights="lora", precision=precision)
    with pytest.raises(ModelError, check=told("no-gpu", precision=precision)):
        base_model(make_dataset(), options, cache=tmp_path)


@pytest.mark.parametrize("precision", ["bfloat16", "8bit"])
def test_fewer_bits_are_for_large_models_and_adapters(tmp_path: Path, precision: Any):
    with pytest.raises(ConfigError, check=told("full-needs-float32", precision=precision)):
        base_model(make_dataset(), FineTuneOptions(precision=precision), cache=tmp_path)
    with pytest.raises(ModelError, check=told("too-small-for-precision", model="small-titles", precision=precision)):
        base_model(make_dataset(), FineTuneOptions(precision=precision, weights="lora"), cache=tmp_path)


def test_eight_bits_need_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = str(save_model(tmp_path / "model"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ModelError, check=told("package-missing", package="bitsandbytes")):
        base_model(make_dataset(), FineTuneOptions(model=folder, weights="lora", precision="8bit"), cache=tmp_path)


def test_sixteen_bits_are_loaded_and_their_adapters_keep_thirty_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """On a processor, which can compute so, slowly; the check of the machine is left out."""
    monkeypatch.setattr(module, "_check_precision", lambda options: None)
    dataset = make_dataset()
    options = make_options(
        model=str(save_model(tmp_path / "model")),
        weights="lora",
        precision="bfloat16",
        epochs=10,
        learning_rate=0.03,
        watched=1,
    )
    base = base_model(dataset, options, cache=tmp_path)
    assert {weight.dtype for weight in base.model.parameters()} == {torch.bfloat16}
    with trainable(base, options) as weights:
        assert {weight.dtype for weight in weights.values()} == {torch.float32}
    _, log = train(base, dataset, options, tmp_path)
    assert log.epochs[-1].loss < 0.8 * log.epochs[1].loss
    assert np.isfinite(sample_losses(base, dataset, dataset.pool, ROWS, max_tokens=64).values).all()
