"""Validate / Training, the form: it makes the job that it shows, and tells its estimate and its command."""

from __future__ import annotations

import argparse
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
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.errors import JobCancelled, ModelError
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue import launch
from goracs_core.jobs.queue.database import writing
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.train import job as trainings
from goracs_core.jobs.train.estimate import Work, estimate_training
from goracs_core.jobs.train.export import train_command
from goracs_core.jobs.train.job import curve_id, curve_writer
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender, TigerOptions
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.quantities import duration
from goracs_core.workspace import Workspace
from pages._ui import cache, state
from pages._ui.routes import TRAINING
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, unfolded, work
from tests.app.training_made import keep, made
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


def test_an_earlier_training_gives_the_pace(open_page: Open, workspace: Workspace) -> None:
    keep(workspace)
    app = unfolded(open_page(TRAINING.script, dataset=SMALL), new_training=True)
    assert "as an earlier training of this model on this data took" in shown(app)


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
    app = unfolded(open_page(TRAINING.script, dataset=SMALL), new_training=True)
    app.number_input(key="train_ranked_bigrec").set_value(20).run()
    assert told in shown(app)


def test_the_demo_opens_with_its_trainings(open_page: Open, workspace: Workspace) -> None:
    """The open coreset beside a random one of its size; their times are of another machine and no pace here."""
    app = open_page(TRAINING.script, dataset="demo")
    assert_no_fault(app)
    shipped = TrainingStore(workspace).list(shipped=True)
    mine = next(one for one in shipped if one.run == app.query_params["run"])
    assert app.selectbox(key="training_picker").value == mine.id
    other = app.selectbox(key="second_training").value
    assert other in {one.id for one in shipped} - {mine.id}
    assert "Training lowered the test loss" in shown(app)
    assert "Compared with random" in shown(app)
    assert "Part of the demo" in shown(app)
    assert "a rough estimate at 9,000 tokens per second" in shown(unfolded(app, new_training=True))
    assert app.button(key="delete_training").label == "Delete"
    app.button(key="delete_training").click().run()
    assert_no_fault(app)
    assert TrainingStore(workspace).list(shipped=True) == shipped


def test_a_run_without_a_training_says_so(open_page: Open, workspace: Workspace) -> None:
    keep(workspace)
    run = select(workspace)
    assert "The open run has no training yet" in shown(open_page(TRAINING.script, dataset=SMALL, run=run))
    keep(workspace, run=run)
    assert "The open run has no training yet" not in shown(open_page(TRAINING.script, dataset=SMALL, run=run))


def test_before_any_training_the_page_tells_what_one_would_do(open_page: Open, workspace: Workspace) -> None:
    app = open_page(TRAINING.script, dataset=SMALL, run=select(workspace))
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Training samples"] == "9"
    sizes = cache.training_sizes(state.reference(SMALL))
    estimate = estimate_training(
        9, Work(Recommender.BIGREC, FineTuneOptions(), MeasureOptions(ranked_samples=20), sizes)
    )
    assert estimate.tokens is not None
    assert numbers["Tokens"] == f"{round(estimate.tokens, -3):,.0f}"
    assert estimate.seconds is not None
    assert numbers["Time"] == duration(estimate.seconds)
