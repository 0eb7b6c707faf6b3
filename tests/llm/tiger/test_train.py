"""Training learns, is the same every time, goes on where it was stopped, and what it reports adds up."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.errors import ConfigError, DataError, GoracsError, JobCancelled, ModelError, ShapeError
from goracs_core.llm.tiger.train import TrainedTiger, train_tiger
from goracs_core.llm.tuning.options import TigerOptions
from goracs_core.llm.tuning.outcomes import TrainingLog
from goracs_core.progress import Progress
from goracs_core.ranking import ranking_metrics
from tests.llm.tiger.made import (
    ITEMS,
    ROWS,
    SMALL,
    dataset_of,
    embeddings,
    samples_of,
    shop,
    train,
    walks,
    weights_of,
)
from tests.refusals import told


def epochs_of(log: TrainingLog) -> list[str]:
    return [repr(epoch) for epoch in log.epochs]  # NaN is equal to itself this way


def cancel_in(epoch: int) -> Any:
    """A Progress that cancels in the second step of an epoch."""
    seen: list[str] = []

    def progress(stage: str, done: int, total: int, detail: str = "") -> None:
        if detail.startswith(f"epoch {epoch} "):
            seen.append(detail)
        if len(seen) == 2:
            raise JobCancelled

    return progress


def others(targets: np.ndarray, items: int) -> np.ndarray:
    """All items but the right one, per sample."""
    return np.array([[item for item in range(items) if item != target] for target in targets.tolist()])


def test_it_overfits_a_few_samples(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    samples = samples_of(rng.integers(0, ITEMS, (7, 2)).tolist(), rng.permutation(ITEMS)[:7].tolist())
    dataset, rows = dataset_of(samples, samples, samples), np.arange(7)
    options = replace(SMALL, epochs=80, learning_rate=2e-2, dropout=0.0, predicted="targets", weight_decay=0.0)
    trained = train(tmp_path, dataset, options, rows=rows)
    ranked = trained.rank(samples, rows, others(samples.targets, ITEMS))
    assert ranking_metrics(ranked.full, (1,))["hr@1"] == 1
    assert ranking_metrics(ranked.sampled, (1,))["hr@1"] == 1
    assert trained.losses(samples, rows).mean < 0.2 * trained.log.epochs[0].validation_loss
    assert not trained.writer.network.training


def test_stopped_and_resumed_is_the_same_as_never_stopped(tmp_path: Path) -> None:
    options = replace(SMALL, epochs=4, patience=3)
    whole = train(tmp_path / "whole", options=options)
    for epoch in (1, 3, 4):
        with pytest.raises(JobCancelled):
            train(tmp_path / "parts", options=options, progress=cancel_in(epoch))
        kept = [path.name for path in (tmp_path / "parts").glob("*")]
        assert kept == ([] if epoch == 1 else ["state.safetensors"])
    started: list[str] = []

    def watch(stage: str, done: int, total: int, detail: str = "") -> None:
        started.append(detail)

    resumed = train(tmp_path / "parts", options=options, progress=watch)
    assert not any(detail.startswith(("epoch 1 ", "epoch 2 ", "epoch 3 ")) for detail in started)
    assert weights_of(resumed) == weights_of(whole)
    assert (epochs_of(resumed.log), resumed.log.steps, resumed.log.tokens) == (
        epochs_of(whole.log),
        whole.log.steps,
        whole.log.tokens,
    )
    assert list((tmp_path / "parts").glob("*")) == []


def test_the_state_of_another_training_is_not_taken_up(tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        train(tmp_path / "one", progress=cancel_in(2))
    other = replace(SMALL, seed=1)
    assert weights_of(train(tmp_path / "one", options=other)) == weights_of(train(tmp_path / "two", options=other))


def test_threads_order_and_repeated_rows_change_nothing(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    made = []
    try:
        for threads, rows in ((1, ROWS), (2, ROWS[::-1]), (2, np.repeat(ROWS, 2))):
            torch.set_num_threads(threads)
            trained = train(tmp_path, rows=rows)
            losses = trained.losses(shop().test, np.arange(5)).values
            made.append((weights_of(trained), epochs_of(trained.log), losses.tobytes(), trained.samples))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert made[0] == made[1] == made[2]


def test_torchs_random_numbers_go_on_as_if_nothing_had_been_drawn(tmp_path: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    train(tmp_path)
    assert torch.equal(torch.rand(2), expected)


CHANGES: dict[str, Any] = {
    "levels": 1, "codes": 3, "width": 8, "layers": 2, "heads": 4, "feed_forward": 16, "dropout": 0.4, "history": 2,
    "predicted": "targets", "epochs": 3, "most_steps": 5, "batch": 5, "learning_rate": 1e-4, "warmup_share": 0.5,
    "weight_decay": 0.5, "seed": 7,
}  # fmt: skip


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> TrainedTiger:
    return train(tmp_path_factory.mktemp("usual"))


@pytest.mark.parametrize("name", CHANGES)
def test_every_option_changes_the_training(name: str, usual: TrainedTiger, tmp_path: Path) -> None:
    assert getattr(SMALL, name) != CHANGES[name]
    assert weights_of(train(tmp_path, options=replace(SMALL, **{name: CHANGES[name]}))) != weights_of(usual)


def test_the_other_options_change_what_is_kept_watched_and_found(usual: TrainedTiger, tmp_path: Path) -> None:
    assert set(CHANGES) | {"watched", "patience", "beams"} == {field.name for field in fields(TigerOptions)}
    watched = train(tmp_path, options=replace(SMALL, watched=3))
    assert watched.log.epochs[1].validation_loss != usual.log.epochs[1].validation_loss
    # Without dropout or rest the loss on others' histories rises soon.
    long = replace(SMALL, epochs=40, learning_rate=3e-2, dropout=0.0)
    assert train(tmp_path, options=long).log.best_epoch == 40
    stopped = train(tmp_path, options=replace(long, patience=2)).log
    assert stopped.epochs[-1].epoch == stopped.best_epoch + 2 < 40
    assert stopped.stopped == "the validation loss had not fallen for 2 epochs"
    few, many = (replace(usual, options=replace(SMALL, beams=beams)) for beams in (1, 9))
    test, rows = shop().test, np.arange(5)
    negatives = others(test.targets[rows], ITEMS)[:, :3]
    assert few.rank(test, rows, negatives).full.better.max() <= 1
    assert many.rank(test, rows, negatives).full.better.max() > 1


def test_losses_are_log_probabilities_of_items(usual: TrainedTiger) -> None:
    """Of one history with each item in turn, the probabilities add up to one."""
    asked = samples_of([[3, 8]] * ITEMS, list(range(ITEMS)))
    losses = usual.losses(asked, np.arange(ITEMS))
    assert np.exp(-losses.values * usual.ids.codes.shape[1]).sum() == pytest.approx(1, abs=1e-4)
    some = usual.losses(asked, np.array([7, 2]))
    assert some.values.tolist() == pytest.approx(losses.values[[7, 2]].tolist(), abs=1e-5)
    assert some.rows.tolist() == [7, 2]


def test_against_all_other_items_both_rankings_agree_with_enough_beams(usual: TrainedTiger) -> None:
    test, rows = shop().test, np.arange(len(shop().test))
    whole = replace(usual, options=replace(SMALL, beams=ITEMS))
    ranked = whole.rank(test, rows, others(test.targets[rows], ITEMS))
    assert ranked.full.better.tolist() == ranked.sampled.better.tolist()
    assert ranked.full.equal.tolist() == ranked.sampled.equal.tolist() == [0] * len(rows)
    assert ranked.full.better.max() > 5


def test_what_the_search_does_not_find_shares_the_places_behind(usual: TrainedTiger) -> None:
    test, rows = shop().test, np.arange(len(shop().test))
    negatives = others(test.targets[rows], ITEMS)
    exact = replace(usual, options=replace(SMALL, beams=ITEMS)).rank(test, rows, negatives).full.better
    found = usual.rank(test, rows, negatives).full
    missed = found.better == SMALL.beams
    assert 0 < missed.sum() < len(rows)
    assert (found.equal == np.where(missed, ITEMS - SMALL.beams - 1, 0)).all()
    assert (found.better[~missed] <= exact[~missed]).all()  # beams may cut better items off, never add some


def test_histories_may_be_empty_and_a_catalogue_may_hold_one_item(tmp_path: Path) -> None:
    empty = samples_of([[], [], []], [1, 4, 9])
    trained = train(tmp_path, dataset_of(empty, empty, empty), rows=np.arange(3))
    assert np.isfinite(trained.losses(empty, np.arange(3)).values).all()
    one = samples_of([[0, 0], []], [0, 0])
    trained = train(tmp_path, dataset_of(one, one, one, num_items=1), rows=np.arange(2))
    assert trained.losses(one, np.arange(2)).values.tolist() == [0, 0]
    ranked = trained.rank(one, np.arange(2), np.empty((2, 0), np.int64))
    assert (ranked.full.better.tolist(), ranked.full.equal.tolist()) == ([0, 0], [0, 0])


def test_the_log_counts_tokens_weights_and_steps(tmp_path: Path) -> None:
    pool = samples_of([[1, 2], [], [5]], [3, 4, 6], [0, 1, 2])
    seen: list[TrainingLog] = []
    options = replace(SMALL, epochs=3, batch=2)
    trained = train(tmp_path, dataset_of(pool, pool, pool), options, rows=np.arange(3), watch=seen.append)
    length = trained.ids.codes.shape[1]
    histories = [2, 0, 1] + [1, 0] + [0]  # targets, then the items of the first and of the third history
    assert trained.log.tokens == 3 * sum(length * read + 1 + length for read in histories)
    assert [epoch.step for epoch in trained.log.epochs] == [0, 3, 6, 9]
    assert [step for step, _ in trained.log.steps] == list(range(1, 10))
    assert trained.log.parameters == trained.log.trained == trained.writer.parameters
    assert trained.log.device == "processor"
    assert trained.log.stopped == "all 3 epochs were done"
    assert {len(log.epochs) for log in seen} >= {1, 2, 3, 4}
    for most, epochs in ((1, 1), (6, 2), (99, 3)):  # three steps per epoch
        log = train(tmp_path, dataset_of(pool, pool, pool), replace(options, most_steps=most), rows=np.arange(3)).log
        assert log.epochs[-1].epoch == epochs
    assert trained.description == (
        f"TIGER: 2 levels of 4 codes, {trained.writer.parameters:,} weights, trained from scratch on 3 samples"
    )


def test_measuring_reports_and_can_be_stopped(usual: TrainedTiger) -> None:
    test = shop().test
    seen: list[tuple[str, int, int]] = []

    def watch(stage: str, done: int, total: int, detail: str = "") -> None:
        seen.append((stage, done, total))

    def stop(stage: str, done: int, total: int, detail: str = "") -> None:
        raise JobCancelled

    rows = np.arange(4)
    usual.losses(test, rows, progress=Progress(watch))
    usual.rank(test, rows, np.zeros((4, 1), np.int64), progress=Progress(watch))
    assert seen == [(s, done, 4) for s in ("Measuring the test loss", "Ranking items") for done in (0, 4)]
    with pytest.raises(JobCancelled):
        usual.losses(test, rows, progress=Progress(stop))


def refused(folder: Path, kind: type[GoracsError], **changes: Any) -> tuple[str, dict[str, Any]]:
    """The code and the fields with which a training is refused."""
    given: dict[str, Any] = {"dataset": shop(), "rows": ROWS, "items": embeddings(), "options": SMALL} | changes
    with pytest.raises(kind) as error:
        train_tiger(**given, checkpoint=folder / "state.safetensors")
    return error.value.code, error.value.fields


def test_bad_input_is_a_sentence(tmp_path: Path) -> None:
    clicks = samples_of([[1], [2]], [3, 4], labels=[0, 1], history_labels=[[1], [1]])
    assert refused(tmp_path, ConfigError, dataset=dataset_of(clicks, clicks, clicks)) == ("wrong-task", {"task": "ctr"})
    few = refused(tmp_path, DataError, items=embeddings()[:-1])
    assert few == ("embeddings-unequal", {"shape": (23, 6), "items": 24})
    assert refused(tmp_path, ShapeError, items=embeddings() * np.nan)[0] == "bad-embeddings"
    assert refused(tmp_path, DataError, rows=np.array([], int))[0] == "no-samples"
    absent = refused(tmp_path, DataError, rows=np.array([60, 3]))
    assert absent == ("rows-out-of-range", {"largest": 59, "given": (3, 60)})


@pytest.mark.parametrize("rate", [1e30, 1e6])
def test_a_training_that_diverges_says_what_to_change(rate: float, tmp_path: Path) -> None:
    curve: list[TrainingLog] = []
    options = replace(SMALL, learning_rate=rate, epochs=30, warmup_share=0.0)
    with pytest.raises(ModelError, check=told("diverged")):
        train(tmp_path, options=options, watch=curve.append)
    assert curve[-1].stopped.startswith("training diverged")


@pytest.mark.parametrize(
    ("name", "value"), [("dropout", 1.0), ("dropout", float("nan")), ("predicted", "some"), ("codes", 1), ("heads", 3)]
)
def test_options_that_are_not_allowed_are_named(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, check=told("bad-option", option=name)):
        replace(SMALL, **{name: value})


def test_samples_that_are_not_there_are_refused(usual: TrainedTiger) -> None:
    test = walks(3, seed=2)
    with pytest.raises(DataError, check=told("rows-out-of-range", largest=14, given=(15, 15))):
        usual.losses(test, np.array([15]))
    with pytest.raises(DataError, check=told("no-samples")):
        usual.rank(test, np.array([], int), np.empty((0, 3), int))
