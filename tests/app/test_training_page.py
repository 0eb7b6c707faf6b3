"""Validate / Training: the form makes the job that it shows, a training becomes sentences, figures and files."""

from __future__ import annotations

import argparse
import json
import shlex
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.cli import main
from goracs_core.cli.train_command import add_commands
from goracs_core.cli.training_options import training_spec
from goracs_core.data.dataset import Items
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.errors import JobCancelled, ModelError
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue import launch
from goracs_core.jobs.queue.database import writing
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.train import job as trainings
from goracs_core.jobs.train.export import outcomes_table, places, train_command
from goracs_core.jobs.train.job import curve_id, curve_writer
from goracs_core.jobs.train.store import ARRAYS, TrainingStore
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender, TigerOptions
from goracs_core.llm.tuning.outcomes import Epoch
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.ranking import RankPositions
from goracs_core.workspace import Workspace
from pages._ui import state
from pages._ui.routes import TRAINING
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, work
from tests.app.training_made import MARKUP, TEST, keep, made, outcomes_of
from tests.jobs.trained import log

pytestmark = pytest.mark.usefixtures("no_worker")


def select(workspace: Workspace, name: str = SMALL, budget: int = 9) -> str:
    spec = {"dataset": str(workspace.datasets / name), "config": config_to_dict(RandomConfig(budget)), "name": "mine"}
    return run_job("select", spec, workspace)["run"]


def press(app: AppTest) -> AppTest:
    return app.button(key="train").click().run()


def test_nothing_is_trained_yet(open_page: Open, workspace: Workspace) -> None:
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    assert "No training yet" in shown(app)
    assert "No run is open" in shown(app)
    assert "120 samples × 4 epochs" in shown(app), "the cost is told before anything starts"
    assert "a rough estimate at 9,000 tokens per second" in shown(app)
    assert JobQueue(workspace).list() == ()


def test_the_default_job_trains_on_the_open_run(open_page: Open, workspace: Workspace) -> None:
    run = select(workspace)
    app = press(open_page(TRAINING.script, dataset=SMALL, run=run))
    assert_no_fault(app)
    job = newest_job(workspace)
    assert job.kind == "train"
    assert job.spec == {"dataset": str(workspace.datasets / SMALL), "run": run, "measure": {"ranked_samples": 20}}
    assert any(button.label == "Cancel" for button in app.main.button)


def test_the_form_makes_the_job_it_shows(open_page: Open, workspace: Workspace) -> None:
    app = open_page(TRAINING.script, dataset=SMALL, run=select(workspace))
    app.segmented_control(key="train_rows_True").set_value("whole")
    app.text_input(key="train_model").set_value(" ./my-llama ")
    app.number_input(key="train_ranked_bigrec").set_value(0)
    app.number_input(key="train_epochs_tuned").set_value(2)
    app.number_input(key="train_rate_tuned").set_value(0.002)
    app.segmented_control(key="train_weights").set_value("lora").run()
    app.number_input(key="train_seed").set_value(7)
    app.number_input(key="train_tuned_rank").set_value(4)
    app.number_input(key="train_tuned_batch").set_value(16)
    app.text_input(key="train_targets").set_value("q_proj, k_proj")
    app.number_input(key="train_measure_test_samples").set_value(0).run()
    assert JobQueue(workspace).list() == (), "changing options starts nothing"
    assert "after its first training" in shown(app), "of an unknown model no time is promised"
    press(app)
    assert_no_fault(app)
    assert newest_job(workspace).spec == {
        "dataset": str(workspace.datasets / SMALL),
        "whole_pool": True,
        "options": {
            "model": "./my-llama",
            "epochs": 2,
            "learning_rate": 0.002,
            "weights": "lora",
            "seed": 7,
            "rank": 4,
            "batch": 16,
            "targets": ["q_proj", "k_proj"],
        },
        "measure": {"test_samples": 0},
    }


def test_tiger_has_options_of_its_own(open_page: Open, workspace: Workspace) -> None:
    app = open_page(TRAINING.script, dataset=SMALL)
    app.selectbox(key="train_recommender_seqrec").set_value(Recommender.TIGER).run()
    app.number_input(key="train_tiger_codes").set_value(32)
    app.number_input(key="train_epochs_tiger").set_value(5).run()
    assert_no_fault(app)
    press(app)
    spec = newest_job(workspace).spec
    assert spec["recommender"] == "tiger"
    assert spec["options"] == {"codes": 32, "epochs": 5}


def test_options_that_do_not_fit_are_a_sentence(open_page: Open, workspace: Workspace) -> None:
    app = open_page(TRAINING.script, dataset=SMALL)
    app.selectbox(key="train_recommender_seqrec").set_value(Recommender.TIGER).run()
    app.number_input(key="train_tiger_heads").set_value(5).run()
    assert_no_fault(app)
    assert any("5 heads cannot share" in error.value for error in app.error)
    assert app.button(key="train").disabled


def test_click_prediction_ranks_nothing(open_page: Open, workspace: Workspace) -> None:
    app = press(open_page(TRAINING.script, dataset=CLICKS))
    assert_no_fault(app)
    assert newest_job(workspace).spec == {"dataset": str(workspace.datasets / CLICKS), "whole_pool": True}


def test_a_dataset_without_test_samples_says_what_to_do(open_page: Open, workspace: Workspace) -> None:
    folder = workspace.datasets / SMALL
    dataset = load_dataset(folder)
    save_dataset(replace(dataset, test=dataset.test.take(np.empty(0, np.int64))), folder)
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    assert "no test samples" in shown(app)


def test_the_curve_of_a_running_training_is_shown(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "worker_alive", lambda workspace: True)
    press(open_page(TRAINING.script, dataset=SMALL))
    job = newest_job(workspace)
    with writing(workspace) as connection:
        connection.execute(
            "UPDATE jobs SET state = 'running', started = ?, stage = 'Fine-tuning', stage_started = ?, "
            "worker = 1 WHERE id = ?",
            (time.time(), time.time(), job.id),
        )
    begun = replace(log(), epochs=log().epochs[:2], steps=log().steps[:9], stopped="", tokens=1_234)
    curve_writer(workspace, curve_id(job.spec))(begun)
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    assert "1 epoch done · 1,234 tokens" in shown(app)
    assert len(app.get("plotly_chart")) == 1
    assert "No training yet" not in shown(app)


def test_a_failed_training_is_a_sentence(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(*args: object) -> None:
        raise ModelError("training diverged: take a smaller learning_rate")

    monkeypatch.setattr(trainings, "train_job", diverge)
    app = press(open_page(TRAINING.script, dataset=SMALL))
    work(workspace)
    app.run()
    assert_no_fault(app)
    assert any("Training diverged" in error.value for error in app.error)


def test_a_training_in_words_and_numbers(open_page: Open, workspace: Workspace) -> None:
    training = keep(workspace)
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    assert not app.error
    said = shown(app)
    numbers = {metric.label: metric.value for metric in app.metric}
    losses = training.tested.losses
    assert numbers["Test loss ↓"] == f"{losses.mean:.4f} ± {losses.standard_error:.4f}"
    assert numbers["Samples it helped"] == "100%"
    assert numbers["Tokens / s / core"] == "8,000", "a small model runs on one core"
    assert "Training lowered the test loss" in said
    assert "18 test samples with one seed" in said
    assert "HR@10 is **better than popularity**" in said
    assert "1 of 64 answers was \\*too\\* long" in said
    assert "seed 3" in said
    assert "Test \\*CPU\\*" in said
    assert "<b>" not in said.replace("\\<b\\>", ""), "what others wrote is escaped"
    assert "[link](" not in said
    assert len(app.get("plotly_chart")) == 3
    table = next(frame.value for frame in app.dataframe if "Guessing" in frame.value).set_index("Metric")
    assert table.loc["HR@10", "This training"] == pytest.approx(training.metrics["hr@10"])
    assert table.loc["HR@10", "Popularity"] == pytest.approx(training.metrics["popularity_hr@10"])
    assert table.loc["HR@20", "Guessing"] == pytest.approx(20 / state.reference(SMALL).counts["items"])
    assert table.loc["NDCG@5", "Above popularity"] == pytest.approx(
        training.metrics["ndcg@5"] - training.metrics["popularity_ndcg@5"]
    )
    app.segmented_control(key="ranked_among").set_value("99 negatives").run()
    table = next(frame.value for frame in app.dataframe if "Guessing" in frame.value).set_index("Metric")
    assert table.loc["HR@10", "This training"] == pytest.approx(training.metrics["sampled_hr@10"])
    assert table.loc["HR@10", "Guessing"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("shift", "said"), [(-1.0, "lowered the test loss"), (1.0, "raised"), (0.0, "not significant")]
)
def test_the_reading_follows_the_interval(shift: float, said: str, open_page: Open, workspace: Workspace) -> None:
    keep(workspace, outcomes=outcomes_of(shift=shift))
    assert said in shown(open_page(TRAINING.script, dataset=SMALL))


def test_click_prediction_has_auc_and_calibration(open_page: Open, workspace: Workspace) -> None:
    training = keep(workspace, CLICKS)
    app = open_page(TRAINING.script, dataset=CLICKS)
    assert_no_fault(app)
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["AUC ↑"] == f"{training.metrics['auc']:.4f}"
    assert numbers["Log loss ↓"] == f"{training.metrics['log_loss']:.4f}"
    assert "AUC of popularity alone" in shown(app)
    assert "the right answer is" in shown(app)
    assert len(app.get("plotly_chart")) == 3


def test_a_model_from_random_weights_has_no_before(open_page: Open, workspace: Workspace) -> None:
    outcomes = replace(outcomes_of(), start_losses=None, rankings=None, popularity=None)
    keep(workspace, outcomes=outcomes, recommender=Recommender.TIGER, options=TigerOptions().to_dict())
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    assert "Before training" not in {metric.label for metric in app.metric}
    assert "Nothing was ranked" in shown(app)
    assert "TIGER" in shown(app)


def test_every_order_of_the_examples(open_page: Open, workspace: Workspace) -> None:
    training = keep(workspace)
    app = open_page(TRAINING.script, dataset=SMALL)
    ranked = outcomes_table(training, load_dataset(workspace.datasets / SMALL)).dropna(subset=["place", "loss"])
    for order in ("Best", "Worst", "Most helped", "Spread"):
        app.segmented_control(key="training_examples").set_value(order).run()
        assert_no_fault(app)
        assert f"6 of the {len(ranked)} test samples that were both measured and ranked" in shown(app)
        if order in ("Best", "Worst"):
            end = ranked["loss"].min() if order == "Best" else ranked["loss"].max()
            assert f"loss {end:.3f} (before" in shown(app)


def test_two_trainings_side_by_side(open_page: Open, workspace: Workspace) -> None:
    better = keep(workspace, outcomes=outcomes_of(shift=-2.0), created=1.8e9)
    other = keep(workspace)
    app = open_page(TRAINING.script, dataset=SMALL)
    assert app.selectbox(key="training_picker").value == better.id, "the newest is open"
    assert app.query_params["training"] == better.id
    app.selectbox(key="second_training").set_value(other.id).run()
    assert_no_fault(app)
    assert "this one is better" in shown(app)
    app.selectbox(key="training_picker").set_value(other.id).run()
    app.selectbox(key="second_training").set_value(better.id).run()
    assert_no_fault(app)
    assert "the other one is better" in shown(app)
    assert app.query_params["training"] == other.id


def test_the_address_opens_a_training(open_page: Open, workspace: Workspace) -> None:
    keep(workspace, created=1.8e9)
    old = keep(workspace)
    app = open_page(TRAINING.script, dataset=SMALL, training=old.id)
    assert app.selectbox(key="training_picker").value == old.id
    app = open_page(TRAINING.script, dataset=SMALL, training="0" * 32)
    assert_no_fault(app)
    assert any("does not exist" in error.value for error in app.error)


def test_of_another_open_run_its_own_training_is_shown(open_page: Open, workspace: Workspace) -> None:
    first, second = select(workspace), select(workspace, budget=12)
    newest = keep(workspace, created=1.8e9)
    mine = {run: keep(workspace, run=run) for run in (first, second)}
    app = open_page(TRAINING.script, dataset=SMALL, run=first)
    assert app.selectbox(key="training_picker").value == mine[first].id
    app.sidebar.selectbox(key="run_picker").select(second).run()
    assert app.selectbox(key="training_picker").value == mine[second].id
    app.selectbox(key="training_picker").set_value(newest.id).run()
    assert app.selectbox(key="training_picker").value == newest.id
    assert_no_fault(app)


def test_what_was_just_trained_is_opened(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(workspace, created=1.8e9)
    old = keep(workspace)
    monkeypatch.setattr(trainings, "train_job", lambda *args: {"training": old.id, "reused": True, "summary": {}})
    app = press(open_page(TRAINING.script, dataset=SMALL))
    work(workspace)
    app.run()
    assert_no_fault(app)
    assert newest_job(workspace).state is JobState.DONE
    assert app.selectbox(key="training_picker").value == old.id


def test_deleting_and_damage(open_page: Open, workspace: Workspace) -> None:
    first, second = keep(workspace, created=1.8e9), keep(workspace)
    app = open_page(TRAINING.script, dataset=SMALL)
    app.button(key="delete_training").click().run()
    assert_no_fault(app)
    assert not TrainingStore(workspace).has(first.id)
    assert app.selectbox(key="training_picker").value == second.id
    (TrainingStore(workspace).directory / second.id / ARRAYS).write_bytes(b"no more")
    damaged = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(damaged)
    assert any("damaged" in error.value for error in damaged.error)
    damaged.button(key="delete_training").click().run()
    assert_no_fault(damaged)
    assert "No training yet" in shown(damaged)


def test_an_earlier_training_gives_the_pace(open_page: Open, workspace: Workspace) -> None:
    keep(workspace)
    assert "as an earlier training of this model on this data took" in shown(open_page(TRAINING.script, dataset=SMALL))


@pytest.mark.parametrize(
    ("recommender", "options", "measure", "run"),
    [
        (Recommender.BIGREC, FineTuneOptions(), MeasureOptions(), ""),
        (
            Recommender.BIGREC,
            FineTuneOptions(
                model="./a model",
                weights="lora",
                targets=("q_proj", "k_proj"),
                seed=5,
                epochs=2,
                learning_rate=3e-4,
                alpha=4.0,
                precision="bfloat16",
            ),
            MeasureOptions(test_samples=0, ranked_samples=50, beams=2, negatives=9),
            "20260101-120000-abcdef-0123",
        ),
        (Recommender.TIGER, TigerOptions(codes=32, seed=2), MeasureOptions(), ""),
    ],
)
def test_the_command_asks_for_the_same_training(
    recommender: Recommender, options: Any, measure: MeasureOptions, run: str, workspace: Workspace
) -> None:
    training = made(recommender=recommender, options=options.to_dict(), measure=measure.to_dict(), run=run)
    command = train_command(training, load_dataset(workspace.datasets / SMALL), SMALL)
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    words = shlex.split(command)
    assert words[:4] == ["python", "-m", "goracs_core", "train"]
    parsed = parser.parse_args(words[3:])
    assert (parsed.run or "") == run
    assert parsed.whole_pool == (not run)
    spec = training_spec(parsed)
    given = {**spec.get("options", {})} | ({} if parsed.seed is None else {"seed": parsed.seed})
    kind = TigerOptions if recommender is Recommender.TIGER else FineTuneOptions
    assert kind(**given) == options
    assert MeasureOptions.from_dict(spec.get("measure", {})) == measure
    assert Recommender(spec.get("recommender", Recommender.BIGREC)) is recommender


def test_outcomes_sample_by_sample(workspace: Workspace) -> None:
    dataset = load_dataset(workspace.datasets / SMALL)
    training = made()
    table = outcomes_table(training, dataset).set_index("test_row")
    assert list(table.index) == list(range(20)), "measured and ranked samples, each once"
    assert table.loc[range(TEST), "loss"].to_numpy() == pytest.approx(training.tested.losses.values)
    assert table.loc[18:, "loss"].isna().all()
    rankings = training.tested.rankings
    assert rankings is not None
    assert table.loc[rankings.rows, "place"].to_numpy() == pytest.approx(places(rankings.full))
    assert table.loc[:7, "place"].isna().all()
    assert (table.loc[rankings.rows, "written"] == MARKUP).all()
    assert list(table["title"]) == [dataset.items.titles[target] for target in dataset.test.targets]
    assert list(places(RankPositions(np.array([0, 3]), np.array([0, 2])))) == [1.0, 5.0]


def test_titles_are_escaped(open_page: Open, workspace: Workspace) -> None:
    folder = workspace.datasets / SMALL
    dataset = load_dataset(folder)
    items = dataset.items
    titles = tuple(f"{MARKUP} {number}" for number in range(len(items)))
    save_dataset(replace(dataset, items=Items(items.ids, titles, items.categories, items.popularity)), folder)
    keep(workspace)
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    assert "[link](" not in shown(app)
    assert "\\[link\\]" in shown(app)


def test_a_log_with_one_epoch_and_no_validation_is_drawn(open_page: Open, workspace: Workspace) -> None:
    short = replace(log(), epochs=(Epoch(0, 0, float("nan"), float("nan")), Epoch(1, 3, 2.0, float("nan"))))
    keep(workspace, log=replace(short, best_epoch=1, steps=()))
    assert_no_fault(open_page(TRAINING.script, dataset=SMALL))


def test_the_record_is_json(workspace: Workspace) -> None:
    training = keep(workspace)
    record = json.loads((TrainingStore(workspace).directory / training.id / "training.json").read_text())
    assert record["record"]["id"] == training.id


@pytest.mark.parametrize("kept_before", [False, True])
def test_page_and_command_line_tell_the_same_estimate(
    open_page: Open,
    workspace: Workspace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kept_before: bool,
) -> None:
    if kept_before:
        keep(workspace)

    def stopped(*arguments: Any) -> None:
        raise JobCancelled

    monkeypatch.setattr(trainings, "train_job", stopped)
    assert main(("train", "--dataset", SMALL, "--whole-pool", "--ranked-samples", "20")) == 130
    first, _ = capsys.readouterr().err.splitlines()
    told = first.removeprefix("estimate: ")
    assert told != first
    assert " about " in told
    app = open_page(TRAINING.script, dataset=SMALL)
    app.number_input(key="train_ranked_bigrec").set_value(20).run()
    assert told in shown(app)
