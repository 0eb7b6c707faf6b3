"""Validate / Training, the result: a training becomes sentences, figures and files."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.data.dataset import Items
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.train import job as trainings
from goracs_core.jobs.train.export import outcomes_table, places
from goracs_core.jobs.train.store import ARRAYS, TrainingStore
from goracs_core.llm.tuning.options import Recommender, TigerOptions
from goracs_core.llm.tuning.outcomes import Epoch
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.ranking import RankPositions
from goracs_core.workspace import Workspace
from pages._ui import state
from pages._ui.routes import TRAINING
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, unfolded, work
from tests.app.training_made import MARKUP, TEST, keep, made, outcomes_of
from tests.jobs.trained import log

pytestmark = pytest.mark.usefixtures("no_worker")


def select(workspace: Workspace, name: str = SMALL, budget: int = 9) -> str:
    spec = {"dataset": str(workspace.datasets / name), "config": config_to_dict(RandomConfig(budget)), "name": "mine"}
    return run_job("select", spec, workspace)["run"]


RANKING: dict[str, str | bool] = {
    "training_tab": "Ranking quality",
    "rankings_full_numbers": True,
    "rankings_sampled_numbers": True,
}


def press(app: AppTest) -> AppTest:
    return app.button(key="train").click().run()


def test_a_training_in_words_and_numbers(open_page: Open, workspace: Workspace) -> None:
    training = keep(workspace)
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    assert not app.error
    charts = len(app.get("plotly_chart"))
    said = shown(app)
    assert "HR@10 is **higher than that of popularity**" in said
    table = next(frame.value for frame in unfolded(app, **RANKING).dataframe if "Random" in frame.value)
    table = table.set_index("Metric")
    assert table.loc["HR@10", "This training"] == pytest.approx(training.metrics["hr@10"])
    assert table.loc["HR@10", "Popularity"] == pytest.approx(training.metrics["popularity_hr@10"])
    assert table.loc["HR@20", "Random"] == pytest.approx(20 / state.reference(SMALL).counts["items"])
    assert table.loc["NDCG@5", "Minus popularity"] == pytest.approx(
        training.metrics["ndcg@5"] - training.metrics["popularity_ndcg@5"]
    )
    app.segmented_control(key="ranked_among").set_value("99 negatives").run()
    table = next(frame.value for frame in app.dataframe if "Random" in frame.value).set_index("Metric")
    assert table.loc["HR@10", "This training"] == pytest.approx(training.metrics["sampled_hr@10"])
    assert table.loc["HR@10", "Random"] == pytest.approx(0.1)
    for tab in ("Sample answers", "Change per sample", "Loss by popularity", "Export", "All trainings", "Numbers"):
        assert_no_fault(unfolded(app, training_tab=tab))
        assert not app.error
        said += shown(app)
    numbers = {metric.label: metric.value for metric in app.metric}
    losses = training.tested.losses
    assert numbers["Test loss ↓"] == f"{losses.mean:.4f} ± {losses.standard_error:.4f}"
    assert numbers["Improved samples"] == "100%"
    assert numbers["Tokens / s / core"] == "8,000", "a small model runs on one core"
    assert "Training lowered the test loss" in said
    assert "18 test samples, one seed" in said
    assert "1 of 64 answers was \\*too\\* long" in said
    assert "seed 3" in said
    assert "Test \\*CPU\\*" in said
    assert "<b>" not in said.replace("\\<b\\>", ""), "what others wrote is escaped"
    assert "[link](" not in said
    assert charts == 3
    unfolded(app, training_changes_numbers=True)
    (change,) = next(frame.value for frame in app.dataframe if "Improved samples" in frame.value).to_dict("records")
    start = training.tested.start_losses
    assert start is not None
    assert change["Change"] == pytest.approx((losses.values - start.values).mean())
    assert change["from"] < change["Change"] < change["to"]
    assert (change["Improved samples"], change["Test samples"]) == (1.0, TEST)


@pytest.mark.parametrize(
    ("shift", "said"),
    [(-1.0, "lowered the test loss"), (1.0, "raised the test loss"), (0.0, "did not change the test loss")],
)
def test_the_reading_follows_the_interval(shift: float, said: str, open_page: Open, workspace: Workspace) -> None:
    keep(workspace, outcomes=outcomes_of(shift=shift))
    assert said in shown(open_page(TRAINING.script, dataset=SMALL))


def test_click_prediction_has_auc_and_calibration(open_page: Open, workspace: Workspace) -> None:
    training = keep(workspace, CLICKS)
    app = open_page(TRAINING.script, dataset=CLICKS)
    assert_no_fault(app)
    numbers = {metric.label: metric.value for metric in app.metric}
    assert "AUC of popularity" in shown(app)
    numbers = {metric.label: metric.value for metric in app.metric}
    assert len(app.get("plotly_chart")) == 3
    assert "correct answer: " in shown(unfolded(app, training_tab="Sample answers"))
    assert numbers["AUC ↑"] == f"{training.metrics['auc']:.4f}"
    assert numbers["Log loss ↓"] == f"{training.metrics['log_loss']:.4f}"


def test_a_model_from_random_weights_has_no_before(open_page: Open, workspace: Workspace) -> None:
    outcomes = replace(outcomes_of(), start_losses=None, rankings=None, popularity=None)
    keep(workspace, outcomes=outcomes, recommender=Recommender.TIGER, options=TigerOptions().to_dict())
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    assert "Before training" not in {metric.label for metric in app.metric}
    assert "Ranking quality" not in {tab.label for tab in app.tabs}, "nothing was ranked"
    assert "Change per sample" not in {tab.label for tab in app.tabs}
    assert "TIGER" in shown(app)


def test_every_order_of_the_examples(open_page: Open, workspace: Workspace) -> None:
    training = keep(workspace)
    app = open_page(TRAINING.script, dataset=SMALL)
    unfolded(app, training_tab="Sample answers")
    ranked = outcomes_table(training, load_dataset(workspace.datasets / SMALL)).dropna(subset=["place", "loss"])
    for order in ("Best", "Worst", "Most improved", "Spread"):
        app.segmented_control(key="training_examples").set_value(order).run()
        assert_no_fault(app)
        assert f"6 of the {len(ranked)} test samples with loss and ranking" in shown(app)
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
    assert "this training is better" in shown(app)
    app.selectbox(key="training_picker").set_value(other.id).run()
    app.selectbox(key="second_training").set_value(better.id).run()
    assert_no_fault(app)
    assert "the second training is better" in shown(app)
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
    app.selectbox(key="run_picker").select(second).run()
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
    app = press(unfolded(open_page(TRAINING.script, dataset=SMALL), new_training=True))
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
    unfolded(app, training_tab="Sample answers")
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
