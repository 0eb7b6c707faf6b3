"""Fine-tuning learns, keeps the best epoch, is the same every time, and leaves the base as it was."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.data.dataset import Dataset, Task
from goracs_core.errors import JobCancelled
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.tuning.fine_tune import fine_tuned
from goracs_core.llm.tuning.losses import sample_losses
from goracs_core.llm.tuning.outcomes import TrainingLog
from goracs_core.llm.tuning.trainer import schedule
from goracs_core.progress import Progress
from tests.features.datasets import make_dataset
from tests.llm.tuning.made import ROWS, loss_by_hand, make_base, make_options, state_of, train


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return make_base(tmp_path_factory.mktemp("model"), request.param, pad=False)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return make_base(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return make_base(tmp_path_factory.mktemp("model"), "gpt2")


def kind_of(model: CausalModel) -> str:
    return model.model.config.model_type


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("weights", ["full", "lora"])
def test_a_handful_of_samples_is_learned_by_heart(base: CausalModel, tmp_path: Path, task: Task, weights: str):
    dataset = make_dataset(task=task)
    options = make_options(kind_of(base), weights=weights, epochs=60, learning_rate=0.02, watched=1)
    before = sample_losses(base, dataset, dataset.pool, ROWS[:4], max_tokens=64)
    with fine_tuned(base, dataset, ROWS[:4], options, checkpoint=tmp_path / "state") as tuned:
        after = sample_losses(tuned.model, dataset, dataset.pool, ROWS[:4], max_tokens=64)
    losses = [epoch.loss for epoch in tuned.log.epochs[1:]]
    assert after.mean < 0.3 * before.mean
    assert losses[-1] < 0.3 * losses[0]
    if task is Task.SEQREC and weights == "full":
        assert after.mean < 0.1


def test_generation_writes_the_learned_title_and_stops(llama: CausalModel, tmp_path: Path):
    dataset = make_dataset()
    words: Any = llama.tokenizer
    prompt = torch.tensor([words(dataset.pool.prompts[3])["input_ids"]])
    with fine_tuned(
        llama, dataset, ROWS[:3], make_options(epochs=40, learning_rate=0.02, watched=1), checkpoint=tmp_path / "state"
    ) as tuned:
        written = tuned.model.model.generate(
            input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=9, do_sample=False, pad_token_id=0
        )[0, prompt.shape[1] :].tolist()
    assert written == [*words(dataset.pool.answers[3], add_special_tokens=False)["input_ids"], words.eos_token_id]


@pytest.mark.parametrize("weights", ["full", "lora"])
@pytest.mark.parametrize("leaving", ["", "error inside", "cancelled in training"])
def test_the_base_is_afterwards_as_it_was(base: CausalModel, tmp_path: Path, weights: str, leaving: str):
    dataset, before = make_dataset(), state_of(base)
    names = [name for name, _ in base.model.named_modules()]

    def cancel(stage: str, done: int, *_: Any, **__: Any) -> None:
        if leaving == "cancelled in training" and stage == "Fine-tuning" and done == 3:
            raise JobCancelled

    def work() -> None:
        options = make_options(kind_of(base), weights=weights)
        with fine_tuned(
            base, dataset, ROWS, options, checkpoint=tmp_path / "state", progress=Progress(cancel)
        ) as tuned:
            assert not base.model.training
            assert not any(weight.requires_grad for weight in base.model.parameters())
            changed = [name for name, values in state_of(tuned.model).items() if before.get(name) != values]
            if weights == "lora":
                assert all(".lora_" in name or ".base_layer." in name for name in changed)
            assert changed
            assert tuned.model.fingerprint != base.fingerprint
            if leaving == "error inside":
                raise LookupError

    if leaving:
        with pytest.raises((LookupError, JobCancelled)):
            work()
    else:
        work()
    assert state_of(base) == before
    assert [name for name, _ in base.model.named_modules()] == names
    assert not base.model.training
    assert not any(weight.requires_grad or weight.grad is not None for weight in base.model.parameters())
    assert not hasattr(base.model, "peft_config")


def test_adapters_leave_the_base_weights_alone_while_they_are_on(base: CausalModel, tmp_path: Path):
    before = state_of(base)
    options = make_options(kind_of(base), weights="lora")
    with fine_tuned(base, make_dataset(), ROWS, options, checkpoint=tmp_path / "state") as tuned:
        inside = {name.replace(".base_layer", ""): values for name, values in state_of(tuned.model).items()}
    assert {name: inside[name] for name in before} == before
    assert tuned.log.trained == sum(len(values) // 8 for name, values in inside.items() if "lora_" in name)
    assert tuned.log.parameters == sum(weight.numel() for weight in base.model.parameters())


def test_adapters_can_sit_on_the_output_layer(llama: CausalModel, tmp_path: Path):
    dataset = make_dataset()
    options = make_options(weights="lora", targets=("lm_head", "layers.1.self_attn.q_proj"), epochs=20)
    with fine_tuned(llama, dataset, ROWS, options, checkpoint=tmp_path / "state") as tuned:
        measured = sample_losses(tuned.model, dataset, dataset.pool, ROWS, max_tokens=64)
        by_hand = [loss_by_hand(tuned.model, dataset.pool, int(row), Task.SEQREC) for row in ROWS]
    assert tuned.log.trained == 8 * ((16 + len(llama.tokenizer)) + (16 + 16))
    assert tuned.log.epochs[-1].loss < 0.8 * tuned.log.epochs[1].loss
    assert measured.values == pytest.approx([total / count for total, count in by_hand], rel=1e-6)


def test_one_epoch_is_a_plain_loop_of_adamw(llama: CausalModel, tmp_path: Path):
    """The definition, with nothing of ours: loss over all answer tokens, clipping, warm-up and cosine, AdamW."""
    dataset = make_dataset()
    options = make_options(epochs=1, batch=2, warmup_share=0.4, weight_decay=0.1, seed=5)
    other = make_base(tmp_path)
    other.model.requires_grad_(True)
    optimizer = torch.optim.AdamW(other.model.parameters(), lr=1.0, weight_decay=0.1)
    order = np.random.default_rng([5, 1]).permutation(len(ROWS))
    losses = []
    for step, rate in enumerate((0.5e-2, 1e-2, 1e-2)):  # a warm-up of two steps, then the cosine begins
        optimizer.param_groups[0]["lr"] = rate
        total, count = torch.zeros((), dtype=torch.float64), 0
        for row in ROWS[order[2 * step : 2 * step + 2]]:
            words: Any = other.tokenizer
            prompt = words(dataset.pool.prompts[row])["input_ids"]
            whole = [*prompt, *words(dataset.pool.answers[row], add_special_tokens=False)["input_ids"], 2]
            logits = other.model(input_ids=torch.tensor([whole])).logits[0]
            places = range(len(prompt), len(whole))
            total = total - sum(logits[place - 1].log_softmax(-1)[whole[place]] for place in places)
            count += len(places)
        losses.append(float(total.detach()) / count)
        optimizer.zero_grad()
        (total / count).backward()
        torch.nn.utils.clip_grad_norm_(other.model.parameters(), 1.0)
        optimizer.step()
    with fine_tuned(llama, dataset, ROWS, options, checkpoint=tmp_path / "state") as tuned:
        ours = {name: weight.detach().clone() for name, weight in tuned.model.model.named_parameters()}
    assert tuned.log.steps == tuple((step + 1, pytest.approx(loss, rel=1e-9)) for step, loss in enumerate(losses))
    assert tuned.log.epochs[1].loss == pytest.approx(np.mean(losses), rel=1e-9)
    for name, weight in other.model.named_parameters():
        assert torch.allclose(ours[name], weight, atol=1e-8), name


@pytest.mark.parametrize("task", list(Task))
def test_the_epoch_of_least_validation_loss_is_kept(base: CausalModel, tmp_path: Path, task: Task):
    dataset = make_dataset(task=task)
    options = make_options(kind_of(base), epochs=6, patience=6, watched=5, learning_rate=5e-3)
    watched = np.array([0, 2, 4, 6, 8])
    with fine_tuned(base, dataset, ROWS, options, checkpoint=tmp_path / "state") as tuned:
        measured = sample_losses(tuned.model, dataset, dataset.validation, watched, max_tokens=64)
    losses = [epoch.validation_loss for epoch in tuned.log.epochs]
    assert tuned.log.best_epoch == int(np.argmin(losses))
    assert measured.mean == pytest.approx(min(losses), rel=1e-12)
    by_hand = [loss_by_hand(base, dataset.validation, int(row), task) for row in watched]
    assert losses[0] == pytest.approx(np.mean([total / count for total, count in by_hand]), rel=1e-9)
    assert np.isnan(tuned.log.epochs[0].loss)
    assert [epoch.epoch for epoch in tuned.log.epochs] == list(range(7))
    assert [epoch.step for epoch in tuned.log.epochs] == [2 * epoch for epoch in range(7)]
    assert tuned.log.stopped == "all 6 epochs were done"


def test_patience_ends_training_and_without_it_the_last_epoch_is_kept(llama: CausalModel, tmp_path: Path):
    dataset = make_dataset()
    plain = make_options(epochs=8, learning_rate=0.02)
    _, patient = train(llama, dataset, replace(plain, patience=2), tmp_path)
    _, through = train(llama, dataset, plain, tmp_path)
    assert through.best_epoch == 8
    shorter = [epoch.validation_loss for epoch in patient.epochs]
    assert shorter == [epoch.validation_loss for epoch in through.epochs][: len(shorter)]
    assert patient.stopped == "the validation loss had not fallen for 2 epochs"
    assert len(shorter) - 1 == patient.best_epoch + 2 < 8
    assert shorter[patient.best_epoch] == min(shorter)


def test_training_that_only_harms_is_undone_and_said(llama: CausalModel, tmp_path: Path):
    dataset, before = make_dataset(), state_of(llama)
    options = make_options(epochs=5, patience=1, learning_rate=1.0)
    with fine_tuned(llama, dataset, ROWS, options, checkpoint=tmp_path / "state") as tuned:
        assert state_of(tuned.model) == before
    assert tuned.log.best_epoch == 0
    assert len(tuned.log.epochs) == 2
    assert "only made the validation loss worse" in tuned.log.notes[-1]


@pytest.mark.parametrize("weights", ["full", "lora"])
@pytest.mark.parametrize("step", [1, 2, 3, 6, 7])
def test_a_cancelled_training_goes_on_to_the_same_bytes(gpt2: CausalModel, tmp_path: Path, weights: str, step: int):
    dataset = make_dataset()
    options = make_options("gpt2", weights=weights, epochs=4, patience=2)
    wanted, whole = train(gpt2, dataset, options, tmp_path / "whole")
    steps: list[int] = []

    def cancel(stage: str, done: int, *_: Any, **__: Any) -> None:
        if stage == "Fine-tuning" and done == step:
            raise JobCancelled

    def count(stage: str, done: int, *_: Any, **__: Any) -> None:
        if stage == "Fine-tuning" and done:
            steps.append(done)

    with pytest.raises(JobCancelled):
        train(gpt2, dataset, options, tmp_path, progress=cancel)
    got, log = train(gpt2, dataset, options, tmp_path, progress=count)
    assert got == wanted
    assert log.steps == whole.steps
    assert (log.best_epoch, log.tokens, log.stopped) == (whole.best_epoch, whole.tokens, whole.stopped)
    assert [epoch.validation_loss for epoch in log.epochs] == [epoch.validation_loss for epoch in whole.epochs]
    assert min(steps) == (step - 1) // 2 * 2 + 1, "it goes on after the last finished epoch of two steps"
    assert not (tmp_path / "state.safetensors").exists()


def test_dropout_is_on_in_training_and_off_in_validation(gpt2: CausalModel, tmp_path: Path):
    modes: list[tuple[bool, bool]] = []
    hook = gpt2.model.transformer.h[0].register_forward_hook(
        lambda layer, *_: modes.append((layer.training, torch.is_inference_mode_enabled()))
    )
    train(gpt2, make_dataset(), make_options("gpt2"), tmp_path)
    hook.remove()
    assert set(modes) == {(True, False), (False, True)}


@pytest.mark.parametrize("weights", ["full", "lora"])
def test_same_bytes_twice_and_on_any_number_of_threads(gpt2: CausalModel, tmp_path: Path, weights: str):
    dataset, options = make_dataset(), make_options("gpt2", weights=weights)
    before, made = torch.get_num_threads(), set()
    try:
        for threads in (1, 2, 2):
            torch.set_num_threads(threads)
            made.add(train(gpt2, dataset, options, tmp_path)[0])
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert len(made) == 1


def test_the_order_of_the_rows_does_not_matter_but_the_set_does(llama: CausalModel, tmp_path: Path):
    dataset, options = make_dataset(), make_options()
    first, _ = train(llama, dataset, options, tmp_path)
    assert train(llama, dataset, options, tmp_path, rows=ROWS[::-1])[0] == first
    assert train(llama, dataset, options, tmp_path, rows=ROWS[:-1])[0] != first


def test_torchs_random_numbers_go_on_as_if_nothing_had_happened(gpt2: CausalModel, tmp_path: Path):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    train(gpt2, make_dataset(), make_options("gpt2"), tmp_path)
    assert torch.equal(torch.rand(3), wanted)


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 3}, {"batch": 2}, {"learning_rate": 2e-2}, {"learning_rate": None}, {"warmup_share": 0.9},
        {"weight_decay": 0.5}, {"patience": 1}, {"watched": 2}, {"max_tokens": 12}, {"seed": 1}, {"weights": "full"},
        {"rank": 4}, {"alpha": 8.0}, {"targets": ("o_proj",)},
    ],
)  # fmt: skip
def test_every_option_changes_something(llama: CausalModel, tmp_path: Path, change: dict[str, Any]):
    dataset = make_dataset()
    # Steps so large that the last epoch is not the best one.
    plain = make_options(weights="lora", learning_rate=30.0, epochs=2)
    fingerprint, log = train(llama, dataset, plain, tmp_path)
    other, changed = train(llama, dataset, replace(plain, **change), tmp_path)
    judged = [epoch.validation_loss for epoch in log.epochs]
    assert (other, judged) != (fingerprint, [epoch.validation_loss for epoch in changed.epochs])
    if "watched" not in change:
        assert other != fingerprint


def test_the_log_counts_tokens_and_is_told_while_training(llama: CausalModel, tmp_path: Path, monkeypatch):
    from goracs_core.llm.tuning import trainer

    monkeypatch.setattr(trainer, "_WATCH_SECONDS", 0.0)
    dataset, logs = make_dataset(), list[TrainingLog]()
    options = make_options(epochs=3)
    with fine_tuned(llama, dataset, ROWS, options, checkpoint=tmp_path / "s", watch=logs.append) as tuned:
        pass
    words: Any = llama.tokenizer
    lengths = [len(words(f"{dataset.pool.prompts[row]}{dataset.pool.answers[row]}")["input_ids"]) + 1 for row in ROWS]
    assert tuned.log.tokens == 3 * sum(lengths)
    assert tuned.log.device == "processor"
    assert tuned.log.seconds > 0
    assert all(len(b.steps) >= len(a.steps) and len(b.epochs) >= len(a.epochs) for a, b in pairwise(logs))
    assert {len(log.steps) for log in logs} == set(range(7)), "told after every step"
    assert {len(log.epochs) for log in logs} == {1, 2, 3, 4}, "and after every epoch"
    assert all(not log.stopped for log in logs[:-1])
    assert replace(logs[-1], epochs=(), seconds=0) == replace(tuned.log, epochs=(), seconds=0)


def test_long_curves_are_thinned_evenly(llama: CausalModel, tmp_path: Path, monkeypatch):
    from goracs_core.llm.tuning import trainer

    dataset = make_dataset()
    _, whole = train(llama, dataset, make_options(epochs=5, batch=1), tmp_path)
    monkeypatch.setattr(trainer, "_MOST_POINTS", 10)
    _, thin = train(llama, dataset, make_options(epochs=5, batch=1), tmp_path)
    assert [step for step, _ in whole.steps] == list(range(1, 31))
    assert thin.steps == tuple(point for point in whole.steps if point[0] % 4 == 0)


@pytest.mark.parametrize(("total", "share"), [(20, 0.1), (20, 0.0), (7, 0.5), (1, 0.9), (1, 0.0)])
def test_the_schedule_rises_to_one_and_falls_without_reaching_zero(total: int, share: float):
    rates = np.array([schedule(step, total, share) for step in range(total)])
    top = int(rates.argmax())
    assert rates[top] == 1.0
    assert (rates > 0).all()
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) <= 0).all()
    assert top + 1 == max(1, np.ceil(share * total))


def test_small_models_take_larger_steps_by_default(llama: CausalModel, tmp_path: Path, monkeypatch):
    from goracs_core.llm.tuning import trainer
    from goracs_core.llm.tuning.options import default_learning_rate

    dataset, options = make_dataset(), make_options(learning_rate=None)
    by_default, _ = train(llama, dataset, options, tmp_path)
    assert by_default == train(llama, dataset, replace(options, learning_rate=3e-4), tmp_path)[0]
    adapters, _ = train(llama, dataset, replace(options, weights="lora"), tmp_path)
    assert adapters == train(llama, dataset, replace(options, weights="lora", learning_rate=3e-3), tmp_path)[0]
    monkeypatch.setattr(trainer, "default_learning_rate", lambda _, adapters: default_learning_rate(10**9))
    large, _ = train(llama, dataset, options, tmp_path)
    assert large == train(llama, dataset, replace(options, learning_rate=2e-4), tmp_path)[0]


def test_watched_samples_are_spread_over_the_validation(llama: CausalModel, tmp_path: Path):
    dataset: Dataset = make_dataset(validation=9)
    _, log = train(llama, dataset, make_options(watched=3), tmp_path)
    measured = sample_losses(llama, dataset, dataset.validation, np.array([0, 4, 8]), max_tokens=64)
    assert log.epochs[0].validation_loss == pytest.approx(measured.mean, rel=1e-12)
    _, everything = train(llama, dataset, make_options(watched=100), tmp_path)
    measured = sample_losses(llama, dataset, dataset.validation, np.arange(9), max_tokens=64)
    assert everything.epochs[0].validation_loss == pytest.approx(measured.mean, rel=1e-12)
