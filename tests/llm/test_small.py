"""The embedded model learns, is the same every time, and is an ordinary model folder afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from goracs_core.errors import JobCancelled
from goracs_core.llm.backend import load_causal_model
from goracs_core.llm.batches import tokenize_choices
from goracs_core.llm.small import SmallModelSettings, train_small_model
from goracs_core.progress import Progress
from tests.features.datasets import make_dataset

FEW = SmallModelSettings(
    vocabulary=400, width=16, layers=2, heads=2, feed_forward=24, context=128, steps=30, block=64, rows=4, held_out=6
)


def weights(folder: Path) -> bytes:
    (model,) = (folder / "models").glob("small-*/model.safetensors")
    return model.read_bytes()


def test_it_learns_and_says_how_much(tmp_path: Path):
    stages: list[tuple[str, int, int]] = []

    def watch(stage: str, done: int, total: int, detail: str = "") -> None:
        stages.append((stage, done, total))

    settings = replace(FEW, steps=100, learning_rate=1e-2)
    model = train_small_model(make_dataset(), seed=0, cache=tmp_path, settings=settings, progress=Progress(watch))
    assert model.meta["held_out_samples"] == 6
    assert model.meta["held_out_loss_before"] == pytest.approx(np.log(len(model.tokenizer)), abs=0.3)
    assert model.meta["held_out_loss_after"] < 0.6 * model.meta["held_out_loss_before"]
    assert model.meta["held_out_answer_loss_after"] < model.meta["held_out_answer_loss_before"]
    assert ("Training the small language model", 100, 100) in stages
    assert model.name == "small"
    assert model.context == 128


def test_default_size_is_about_1_4_million_parameters(tmp_path: Path):
    settings = SmallModelSettings(steps=1, rows=1, block=32)
    model = train_small_model(make_dataset(), seed=0, cache=tmp_path, settings=settings)
    width, vocabulary = settings.width, len(model.tokenizer)
    assert model.meta["parameters"] == sum(parameter.numel() for parameter in model.model.parameters())
    full = model.meta["parameters"] + (settings.vocabulary - vocabulary) * width
    assert 1.2e6 < full < 1.5e6


def test_same_input_same_bytes_and_another_seed_another_model(tmp_path: Path):
    first = train_small_model(make_dataset(), seed=0, cache=tmp_path / "a", settings=FEW)
    second = train_small_model(make_dataset(), seed=0, cache=tmp_path / "b", settings=FEW)
    other = train_small_model(make_dataset(), seed=1, cache=tmp_path / "c", settings=FEW)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert first.fingerprint == second.fingerprint != other.fingerprint
    assert weights(tmp_path / "a") != weights(tmp_path / "c")
    assert first.tokenizer.get_vocab() == second.tokenizer.get_vocab() == other.tokenizer.get_vocab()


def test_the_number_of_threads_changes_nothing(tmp_path: Path):
    import torch

    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            train_small_model(make_dataset(), seed=0, cache=tmp_path / str(threads), settings=FEW)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert weights(tmp_path / "1") == weights(tmp_path / "2")


def test_the_global_random_state_is_left_alone(tmp_path: Path):
    import torch

    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    train_small_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW)
    assert torch.equal(torch.rand(3), wanted)


def test_a_trained_model_is_reused_and_a_damaged_one_trained_again(tmp_path: Path):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    first = train_small_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW)
    again = train_small_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW, progress=Progress(never))
    assert again.fingerprint == first.fingerprint
    (folder,) = (tmp_path / "models").iterdir()
    sound = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(sound[:1000])
    repaired = train_small_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW)
    assert (folder / "model.safetensors").read_bytes() == sound
    assert repaired.tokenizer("Yes")["input_ids"] == first.tokenizer("Yes")["input_ids"]


def test_cancelled_training_leaves_nothing_behind(tmp_path: Path):
    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        if stage.startswith("Training the small") and done == 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        train_small_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW, progress=Progress(cancel))
    assert not list(tmp_path.rglob("*.safetensors"))


def test_the_folder_is_an_ordinary_one_and_knows_yes_from_no(tmp_path: Path):
    model = train_small_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW)
    (folder,) = (tmp_path / "models").iterdir()
    loaded = load_causal_model(str(folder))
    assert loaded.fingerprint == model.fingerprint
    text = 'Someone picked "Älpha Quest 3".\nWhich?\nBeta'
    assert loaded.tokenizer.decode(loaded.tokenizer(text)["input_ids"], skip_special_tokens=True) == text
    (sample,) = tokenize_choices(loaded.tokenizer, ["Will it be liked?\n"], [1], context=128)
    assert [loaded.tokenizer.decode([token]) for token in sample.choices] == ["No", "Yes"]
