"""What can go wrong in a fine-tuning is a sentence, and what was trained before it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from goracs_core.data.dataset import Dataset, Task
from goracs_core.errors import DataError, GoracsError, JobCancelled, ModelError, StoreError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.tuning import trainer
from goracs_core.llm.tuning.fine_tune import fine_tuned
from goracs_core.llm.tuning.losses import sample_losses
from goracs_core.llm.tuning.outcomes import TrainingLog
from goracs_core.progress import Progress
from tests.features.datasets import make_dataset
from tests.llm.tuning.made import ROWS, make_base, make_options, state_of, train, with_answer
from tests.refusals import told

LONG = "Alpha Beta Gamma Delta " * 20


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return make_base(tmp_path_factory.mktemp("model"))


def refused(base: CausalModel, folder: Path, dataset: Dataset | None = None, **options: Any) -> str:
    """The sentence with which a training is refused; the base has to be as it was."""
    before, rows = state_of(base), options.pop("rows", ROWS)
    with pytest.raises(GoracsError) as refusal:
        train(base, dataset or make_dataset(), make_options(**options), folder, rows=rows)
    assert state_of(base) == before
    assert not any(weight.requires_grad for weight in base.model.parameters())
    sentence = str(refusal.value)
    assert "\n" not in sentence
    assert len(sentence) < 300
    return sentence


def test_rows_that_are_not_there(base: CausalModel, tmp_path: Path):
    assert "no samples to train on" in refused(base, tmp_path, rows=np.empty(0, np.int64))
    assert "rows run from 0 to 39, but 3 to 40 were given" in refused(base, tmp_path, rows=np.array([3, 40]))
    assert "-1 to 5" in refused(base, tmp_path, rows=np.array([5, -1]))


def test_layers_of_another_name(base: CausalModel, tmp_path: Path):
    sentence = refused(base, tmp_path, weights="lora", targets=("q_proj", "c_attn"))
    assert "no layer of the model" in sentence
    assert "'c_attn'" in sentence
    assert "there are q_proj, k_proj, v_proj, o_proj" in sentence
    # A part of a name is no name.
    assert "'proj'" in refused(base, tmp_path, weights="lora", targets=("proj",))


def test_layers_of_the_fused_kind_are_named(tmp_path: Path):
    sentence = refused(make_base(tmp_path, "gpt2"), tmp_path, weights="lora")
    assert "'q_proj'" in sentence
    assert "c_attn, c_proj, c_fc" in sentence


def test_some_answers_that_are_too_long_are_left_out_and_counted(base: CausalModel, tmp_path: Path):
    dataset = make_dataset()
    dataset = replace(
        dataset,
        pool=with_answer(with_answer(dataset.pool, 5, LONG), 21, LONG),
        validation=with_answer(dataset.validation, 4, LONG),
    )
    got, log = train(base, dataset, make_options(), tmp_path)
    assert log.notes == (
        "2 of 6 training samples were left out: with the end token, their answers do not fit into 64 tokens.",
        "1 of 9 watched validation samples was left out: with the end token, their answers do not fit into 64 tokens.",
    )
    assert train(base, dataset, make_options(), tmp_path, rows=np.array([3, 8, 11, 20]))[0] == got


def test_answers_of_which_none_fits(base: CausalModel, tmp_path: Path):
    dataset = make_dataset()
    sentence = refused(base, tmp_path, replace(dataset, pool=with_answer(dataset.pool, 3, LONG)), rows=ROWS[:1])
    assert "none of the answers of 1 training samples fits into 64 tokens" in sentence
    assert "none of the answers of 6 training samples fits into 2 tokens" in refused(base, tmp_path, max_tokens=2)
    only = make_dataset(validation=1)
    only = replace(only, validation=with_answer(only.validation, 0, LONG))
    assert "1 validation samples fits" in refused(base, tmp_path, only)
    with pytest.raises(ModelError, check=told("no-answer-fits", answers=2, context=3)):
        sample_losses(base, dataset, dataset.test, np.arange(2), max_tokens=3)


def test_empty_answers_and_missing_labels(base: CausalModel, tmp_path: Path):
    dataset = make_dataset()
    assert "empty answer" in refused(base, tmp_path, replace(dataset, pool=with_answer(dataset.pool, 3, " ")))
    with pytest.raises(DataError, check=told("no-labels")):
        sample_losses(base, make_dataset(task=Task.CTR), dataset.test, np.arange(2), max_tokens=64)


def test_a_loss_that_is_no_number_any_more_names_its_step(base: CausalModel, tmp_path: Path):
    """An infinite step, as far as numbers of that kind go: the weights are real, what they compute is not."""
    logs: list[TrainingLog] = []
    before = state_of(base)
    with (
        pytest.raises(ModelError) as failure,
        fine_tuned(
            base,
            make_dataset(),
            ROWS,
            make_options(learning_rate=1e300, warmup_share=0.0),
            checkpoint=tmp_path / "state",
            watch=logs.append,
        ),
    ):
        raise AssertionError("nothing was trained")
    assert "the loss of step 2 (epoch 1) is nan" in str(failure.value)
    assert "learning_rate below 1e+300" in str(failure.value)
    assert state_of(base) == before
    assert [step for step, _ in logs[-1].steps] == [1], "the curve up to there was told"
    assert logs[-1].stopped == str(failure.value)


def test_a_validation_loss_that_is_no_number_names_its_epoch(base: CausalModel, tmp_path: Path):
    sentence = refused(base, tmp_path, learning_rate=1e300, batch=10)
    assert "the validation loss after epoch 1 is not finite; take a learning_rate below" in sentence


def test_epochs_before_a_failure_are_kept(base: CausalModel, tmp_path: Path):
    """Weights turn to nothing in the third epoch: the state after the second stays, and goes on once that is over."""
    dataset, options = make_dataset(), make_options(epochs=4)
    wanted, _ = train(base, dataset, options, tmp_path / "whole")

    def spoil(stage: str, done: int, *_: Any, **__: Any) -> None:
        if stage == "Fine-tuning" and done == 5:
            with torch.no_grad():
                base.model.lm_head.weight.fill_(float("nan"))

    with pytest.raises(ModelError, check=told("diverged", what="the loss of step 6 (epoch 3) is nan")):
        train(base, dataset, options, tmp_path, progress=spoil)
    with safe_open(tmp_path / "state.safetensors", framework="pt") as file:
        assert '"step": 4' in file.metadata()["state"]
    assert train(base, dataset, options, tmp_path)[0] == wanted


def test_a_model_of_nonsense_is_refused_before_training(tmp_path: Path):
    base = make_base(tmp_path)
    base.model.lm_head.weight[0, 0] = float("nan")
    with pytest.raises(ModelError, check=told("not-finite", what="losses")):
        train(base, make_dataset(), make_options(), tmp_path)


def no_room(kind: str) -> None:
    """Really run out of memory, where that can be done at once."""
    match kind:
        case "torch":
            torch.empty(1 << 58, dtype=torch.float64)
        case "python":
            bytearray(1 << 60)
        case _:  # what a GPU would say
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has")


@pytest.mark.parametrize("kind", ["torch", "python", "gpu"])
@pytest.mark.parametrize("training", [True, False])
def test_memory_that_runs_out(base: CausalModel, tmp_path: Path, kind: str, training: bool):
    def hungry(layer: Any, *_: Any) -> None:
        if layer.training == training:
            no_room(kind)

    hook = base.model.model.layers[0].register_forward_pre_hook(hungry)
    try:
        sentence = refused(base, tmp_path)
    finally:
        hook.remove()
    what = "training" if training else "measuring losses"
    assert sentence.startswith(f"memory ran out while {what}; take a smaller batch, a smaller max_tokens, adapters")


@pytest.mark.parametrize("copy", [1, 2])
def test_memory_that_runs_out_for_the_copies_that_are_kept(base: CausalModel, tmp_path: Path, copy: int, monkeypatch):
    """Before the first step, and after an epoch that was better."""
    copied, copies = trainer.Trainer._copied, list[int]()

    def hungry(self: trainer.Trainer) -> Any:
        copies.append(1)
        if len(copies) == copy:
            no_room("torch")
        return copied(self)

    monkeypatch.setattr(trainer.Trainer, "_copied", hungry)
    assert refused(base, tmp_path).startswith("memory ran out while training")


def test_a_network_that_fails_otherwise(base: CausalModel, tmp_path: Path):
    def fail(layer: Any, *_: Any) -> None:
        if layer.training:
            raise RuntimeError("size mismatch\nhere and there")

    hook = base.model.model.layers[0].register_forward_pre_hook(fail)
    try:
        assert "cannot be trained on these samples (size mismatch here and there)" in refused(base, tmp_path)
    finally:
        hook.remove()


def interrupted(base: CausalModel, dataset: Dataset, folder: Path, *, rows: np.ndarray = ROWS, **options: Any) -> Path:
    """Leaves a checkpoint after the first epoch."""

    def cancel(stage: str, done: int, *_: Any, **__: Any) -> None:
        if stage == "Fine-tuning" and done == 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        train(base, dataset, make_options(**options), folder, rows=rows, progress=cancel)
    assert [path.name for path in folder.glob("*state*")] == ["state.safetensors"]
    return folder / "state.safetensors"


def test_the_checkpoint_of_another_training_is_never_used(base: CausalModel, tmp_path: Path):
    dataset = make_dataset()
    wanted, log = train(base, dataset, make_options(), tmp_path / "plain")
    other = make_base(tmp_path, seed=1)
    cases: list[tuple[CausalModel, Dataset, dict[str, Any], np.ndarray]] = [
        (base, dataset, {"seed": 1}, ROWS),
        (base, dataset, {}, ROWS + 1),
        (base, replace(dataset, validation=dataset.validation.take(np.arange(5))), {}, ROWS),
        (other, dataset, {}, ROWS),
    ]
    for number, (model, samples, options, rows) in enumerate(cases):
        folder = tmp_path / str(number)
        interrupted(model, samples, folder, rows=rows, **options)
        got, again = train(base, dataset, make_options(), folder)
        assert (got, again.steps) == (wanted, log.steps)


@pytest.mark.parametrize("damage", ["cut", "other format", "text", "empty"])
def test_a_damaged_checkpoint_is_no_checkpoint(base: CausalModel, tmp_path: Path, damage: str):
    dataset = make_dataset()
    wanted, _ = train(base, dataset, make_options(), tmp_path / "plain")
    path = interrupted(base, dataset, tmp_path)
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "other format":
            with safe_open(path, framework="pt") as file:
                key = file.metadata()["key"]
            save_file({"x": torch.zeros(1)}, path, {"key": key, "state": '{"epoch": 3}'})
        case "text":
            path.write_text("no tensors")
        case _:
            path.write_bytes(b"")
    assert train(base, dataset, make_options(), tmp_path)[0] == wanted
    assert not path.exists()


def test_a_finished_training_is_not_repeated_when_its_test_was_stopped(base: CausalModel, tmp_path: Path):
    dataset, options, stages = make_dataset(), make_options(), list[tuple[str, int]]()
    with pytest.raises(JobCancelled), fine_tuned(base, dataset, ROWS, options, checkpoint=tmp_path / "state") as tuned:
        raise JobCancelled
    assert (tmp_path / "state").is_file()

    def note(stage: str, done: int, *_: Any, **__: Any) -> None:
        stages.append((stage, done))

    with fine_tuned(base, dataset, ROWS, options, checkpoint=tmp_path / "state", progress=Progress(note)) as again:
        assert again.model.fingerprint == tuned.model.fingerprint
    assert again.log == replace(tuned.log, epochs=again.log.epochs)
    assert not any(stage == "Fine-tuning" and done for stage, done in stages)
    assert not (tmp_path / "state").exists()


def test_a_checkpoint_that_cannot_be_written(base: CausalModel, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    before = state_of(base)
    with pytest.raises(StoreError, check=told("cannot-write")):
        train(base, make_dataset(), make_options(), tmp_path / "file")
    assert state_of(base) == before


def test_a_tokenizer_without_padding_start_or_end(tmp_path: Path):
    dataset = make_dataset()
    base = make_base(tmp_path, pad=False, start=False)
    assert base.tokenizer.pad_token_id is None
    with_end = sample_losses(base, dataset, dataset.test, np.arange(2), max_tokens=64)
    ended, _ = train(base, dataset, make_options(), tmp_path)
    base.tokenizer.eos_token = None
    without = sample_losses(base, dataset, dataset.test, np.arange(2), max_tokens=64)
    assert (with_end.values != without.values).all()
    assert train(base, dataset, make_options(), tmp_path)[0] != ended
