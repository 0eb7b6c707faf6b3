"""Validate / Compare: four states, a form that makes the job it shows, verdicts that the numbers carry."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.cli import build_parser
from goracs_core.cli.experiment_command import experiment_spec
from goracs_core.data.store import load_dataset
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import load_features, save_features
from goracs_core.jobs.experiment.leaderboard_table import board
from goracs_core.jobs.experiment.plan import default_spec, experiment_id
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.replicates import metrics_of
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.llm.tuning.options import Recommender
from goracs_core.methods import KCentreConfig, RandomConfig, config_to_dict
from goracs_core.workspace import Workspace
from pages._ui.compare.data import undone_arms
from pages._ui.compare.view import VERDICTS
from pages._ui.routes import COMPARE
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, unfolded
from tests.leaderboard_made import made_experiment

pytestmark = pytest.mark.usefixtures("no_worker")


def kept(workspace: Workspace, *, name: str = SMALL, **changes: Any) -> Experiment:
    """A made-up experiment on a small dataset, kept in the workspace."""
    fingerprint = load_dataset(workspace.datasets / name).fingerprint
    experiment = made_experiment(fingerprint, samples=20, ranked=20, budgets=(6, 12), pool=120, **changes)
    ExperimentStore(workspace).save(experiment)
    return experiment


def press(app: AppTest) -> AppTest:
    return app.button(key="run_compare").click().run()


def turn_to(app: AppTest, tab: str, kind: str = "leaderboard") -> AppTest:
    app.session_state[f"compare_tab_{kind}"] = tab
    return app.run()


def table(app: AppTest, column: str) -> Any:
    return next(one.value for one in app.dataframe if column in one.value)


def test_without_features_it_says_where_they_come_from(open_page: Open, workspace: Workspace) -> None:
    for file in (workspace.datasets / SMALL / "features").iterdir():
        file.unlink()
    app = open_page(COMPARE.script, dataset=SMALL)
    assert_no_fault(app)
    assert "This dataset has no features yet" in shown(app)


def test_before_the_first_experiment_it_says_what_it_would_do_and_cost(open_page: Open, workspace: Workspace) -> None:
    app = open_page(COMPARE.script, dataset=SMALL)
    assert_no_fault(app)
    assert "No comparison yet" in shown(app)
    usual = default_spec("leaderboard", "x")
    arms = len(usual["methods"]) + 1  # GORACS with two lambdas
    assert any(f"{usual['seeds'] * arms + 1} trainings: about" in caption.value for caption in app.caption)
    assert JobQueue(workspace).list() == (), "looking starts nothing"


def test_the_form_makes_the_job_it_shows_and_the_command_makes_the_same(open_page: Open, workspace: Workspace) -> None:
    app = open_page(COMPARE.script, dataset=SMALL, compare_budgets="6, 12", compare_seeds="2")
    app.multiselect(key="compare_methods_leaderboard").set_value(["goracs", "itra", "k-centre"])
    app.text_input(key="compare_lambdas_leaderboard").set_value("0.5 0")
    app.number_input(key="compare_ranked").set_value(10)
    app.number_input(key="compare_lambda").set_value(0.2)
    app.toggle(key="compare_whole_pool_leaderboard").set_value(False).run()
    assert JobQueue(workspace).list() == (), "changing options starts nothing"
    unfolded(app, command_line=True)
    (command,) = [code.value for code in app.code]
    press(app)
    assert_no_fault(app)
    job = newest_job(workspace)
    assert job.kind == "experiment"
    assert {name: value for name, value in job.spec.items() if name != "dataset"} == {
        "kind": "leaderboard",
        "methods": ["goracs", "itra", "k-centre"],
        "lambdas": [0.5, 0.0],
        "budgets": [6, 12],
        "seeds": 2,
        "whole_pool": False,
        "lambda_": 0.2,
        "measure": {"ranked_samples": 10},
    }
    assert "Experiment: which method wins?" in shown(app)
    assert app.query_params["experiment"] == experiment_id(job.spec)
    said = build_parser().parse_args(shlex.split(command)[3:])
    assert {**experiment_spec(said, workspace).to_dict(), "dataset": job.spec["dataset"]} == job.spec


def test_the_question_over_time_asks_for_half_lives(open_page: Open, workspace: Workspace) -> None:
    app = open_page(COMPARE.script, dataset=SMALL, compare_budgets="6")
    app.segmented_control(key="compare_kind").set_value("shift").run()
    assert_no_fault(app)
    app.text_input(key="compare_half_lives").set_value("7, 30").run()
    press(app)
    spec = newest_job(workspace).spec
    assert (spec["kind"], spec["half_lives"], spec["methods"]) == (
        "shift",
        [7.0, 30.0],
        default_spec("shift", "x")["methods"],
    )
    assert spec["measure"] == {"test_samples": 0}, "all of them, for slices"
    assert "does the choice still serve later" in shown(app)
    kept(workspace, kind="shift", id=experiment_id(spec), whole=False)
    app.run()
    assert_no_fault(app)
    assert "Time slices" in [one.label for one in app.segmented_control], "its own tab is open"


def test_without_gradient_norms_every_lambda_is_nought(open_page: Open, workspace: Workspace) -> None:
    folder = workspace.datasets / SMALL
    features = load_features(folder)
    save_features(features_from_arrays(load_dataset(folder), features.pool.values, features.validation.values), folder)
    app = open_page(COMPARE.script, dataset=SMALL, compare_budgets="6")
    assert app.text_input(key="compare_lambdas_leaderboard_without_norms").disabled
    press(app)
    spec = newest_job(workspace).spec
    assert (spec["lambdas"], spec["lambda_"]) == ([0.0], 0.0)


def test_what_does_not_do_is_said_and_not_run(open_page: Open, workspace: Workspace) -> None:
    app = open_page(COMPARE.script, dataset=SMALL)
    for key, value, sentence in (
        ("compare_budgets", "6.5", "whole number"),
        ("compare_budgets", "121", "the pool has only 120 samples"),
        ("compare_lambdas_leaderboard", "much", "which is no number"),
    ):
        before = app.text_input(key=key).value
        app.text_input(key=key).set_value(value).run()
        assert app.button(key="run_compare").disabled
        assert_no_fault(app)
        assert any(sentence in error.value.replace("\\", "") for error in app.error)
        app.text_input(key=key).set_value(before).run()
        assert not app.error


def test_results_are_those_of_the_experiment(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace)
    app = open_page(COMPARE.script, dataset=SMALL)
    assert_no_fault(app)
    assert not app.error
    loss = metrics_of(experiment)[0]
    lines = board(experiment, loss)
    shown_lines = table(app, "verdict")
    assert list(zip(shown_lines["k"], shown_lines["arm"], strict=True)) == [(one.budget, one.arm) for one in lines]
    for line, verdict, value in zip(lines, shown_lines["verdict"], shown_lines["Test loss"], strict=True):
        assert value.startswith(f"{line.estimate.mean:.3f} ± ")
        assert verdict == ("–" if line.difference is None else VERDICTS[line.difference.verdict])
    text = shown(app).replace("\\", "")
    assert "worse than random: entropy" in text
    assert "Training on the whole pool (120 samples, 3 seeds)" in text
    assert "Before training: " in text
    assert "made-up processor" in text, "where the numbers come from"
    app.selectbox(key="compare_metric").select("sampled_ndcg@10").run()
    assert "Ranking by popularity" in shown(app)
    app.segmented_control(key="compare_figure").set_value("Values").run()
    assert_no_fault(app)


def test_every_tab_shows_something_true(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace, effects={"random": 0.0, "a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4})
    app = turn_to(open_page(COMPARE.script, dataset=SMALL), "Time")
    unfolded(app, compare_time_numbers=True)
    assert_no_fault(app)
    assert len(table(app, "seconds")) == 10, "the whole pool is drawn, but is no arm"
    turn_to(app, "By popularity")
    assert "Do coresets with more head items perform worse on tail items?" in shown(app)
    app.segmented_control(key="compare_bands").set_value("Deciles").run()
    assert_no_fault(app)
    turn_to(app, "Export")
    assert_no_fault(app)
    assert experiment.command in [code.value for code in app.code]
    assert len(table(app, "train_seconds")) == len(experiment.entries)


def test_two_coresets_stand_side_by_side(open_page: Open, workspace: Workspace) -> None:
    spec = {"dataset": str(workspace.datasets / SMALL)}
    made = {
        config.method: run_job("select", {**spec, "config": config_to_dict(config)}, workspace)["run"]
        for config in (RandomConfig(12, seed=1), KCentreConfig(12))
    }
    kept(workspace, effects={"random": 0.0, "k-centre": 0.1}, runs=made)
    app = turn_to(open_page(COMPARE.script, dataset=SMALL), "Side by side")
    assert_no_fault(app)
    found = {one.label: one.value for one in app.metric}
    both = int(found["In both"])
    assert int(found["Only in A"]) == int(found["Only in B"]) == 12 - both
    assert float(found["Overlap (Jaccard)"]) == pytest.approx(both / (24 - both), abs=1e-3)
    assert (app.selectbox(key="compare_a").value, app.selectbox(key="compare_b").value) == ("k-centre", "random")
    assert "p-value" in next(one.value for one in app.caption if one.value.startswith("A minus B"))
    assert len(table(app, "popularity")) == int(found["Only in A"])


def test_coresets_of_another_workspace_stand_side_by_side_without_their_rows(
    open_page: Open, workspace: Workspace
) -> None:
    experiment = kept(workspace)
    app = turn_to(open_page(COMPARE.script, dataset=SMALL), "Side by side")
    assert_no_fault(app)
    assert not app.error
    values = {one.label: one.value for one in app.metric}
    mean = experiment_mean(experiment, "goracs", 12)
    assert values["Test loss, A, mean over 3 seeds"] == f"{mean:.3f}", "the label says that it is not seed 0's own"
    assert "In both" not in values
    (said,) = [one.value for one in app.caption if "not in this workspace" in one.value]
    assert "cannot be compared" in said
    links = {one.proto.label: one.proto.query_string for one in app.get("page_link")}
    assert set(links) >= {"Select A again", "Select B again"}
    assert "budget=12" in links["Select B again"]
    assert "method=random" in links["Select B again"]


def test_arms_whose_trainings_were_undone_say_nothing_of_their_coresets(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace, effects={"random": 0.0, "a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5})
    entries = [
        replace(one, values={**one.values, "start_loss": one.values["test_loss"]})
        if one.arm == "a" or (one.arm == "b" and one.seed == 0)
        else one
        for one in experiment.entries
    ]
    entries = [replace(one, values={"start_loss": 9.0, **one.values}) for one in entries]
    changed = replace(experiment, entries=tuple(entries))
    assert undone_arms(changed, 12) == ("a",), "one training of b did change the model"
    ExperimentStore(workspace).save(changed)
    app = turn_to(open_page(COMPARE.script, dataset=SMALL), "By popularity")
    assert_no_fault(app)
    assert "a is excluded: the results of all its trainings were discarded" in shown(app).replace("\\", "")


def experiment_mean(experiment: Experiment, arm: str, budget: int) -> float:
    found = [one.values["test_loss"] for one in experiment.entries if (one.arm, one.budget) == (arm, budget)]
    return float(np.mean(found))


def test_clicks_are_compared_by_their_area(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace, name=CLICKS, recommender=Recommender.TALLREC)
    app = open_page(COMPARE.script, dataset=CLICKS)
    assert_no_fault(app)
    app.selectbox(key="compare_metric").select("auc").run()
    labels = load_dataset(workspace.datasets / CLICKS).test.labels
    lines = board(experiment, metrics_of(experiment)[1], labels=labels)
    assert table(app, "verdict")["AUC"].tolist()[0].startswith(f"{lines[0].estimate.mean:.4f}")
    turn_to(app, "By popularity")
    assert "Choose the test loss" in shown(app)
    assert_no_fault(app)


def test_partial_results_are_shown_while_it_runs(open_page: Open, workspace: Workspace) -> None:
    app = press(open_page(COMPARE.script, dataset=SMALL, compare_budgets="6"))
    job = newest_job(workspace)
    assert "No comparison yet" not in shown(app), "it is on its way"
    name = experiment_id(job.spec)
    kept(workspace, id=name, done=0)
    app.run()
    assert "No training is finished yet" in shown(app)
    kept(workspace, id=name, done=8)
    app.run()
    assert_no_fault(app)
    text = shown(app)
    assert "8 of 33 trainings are finished. It is running" in text
    assert "Summary so far" in text
    next(button for button in app.main.button if button.label == "Cancel").click().run()
    assert newest_job(workspace).state is JobState.CANCELLED
    text = shown(app)
    assert "What was trained by then is kept" in text
    assert "It was stopped" in text


def test_refusals_are_said_and_one_seed_is_not_believed(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace, seeds=1)
    places = [place for place, entry in enumerate(experiment.entries) if entry.arm == "entropy"]
    losses = np.array(experiment.outcomes.losses)
    for place in places:
        entry = experiment.entries[place]
        experiment = experiment.with_entry(place, replace(entry, training="", values={}, refusal="it has *no* scores"))
        losses[place] = np.nan
    ExperimentStore(workspace).save(replace(experiment, outcomes=replace(experiment.outcomes, losses=losses)))
    app = open_page(COMPARE.script, dataset=SMALL)
    assert_no_fault(app)
    assert any("it has \\*no\\* scores" in one.value for one in app.warning)
    assert "entropy" not in table(app, "verdict")["arm"].tolist()
    assert "only one seed" in shown(app)


def test_experiments_are_picked_told_and_deleted(open_page: Open, workspace: Workspace) -> None:
    old, new = kept(workspace, seeds=2), kept(workspace, started=1_760_000_000.0)
    app = open_page(COMPARE.script, dataset=SMALL, experiment=old.id)
    picker = app.selectbox(key="experiment_picker_compare")
    assert picker.value == old.id
    assert "Made up of random numbers" not in shown(app)
    unfolded(app, how_made=True)
    assert "Made up of random numbers" in shown(app)
    picker.select(new.id).run()
    assert app.query_params["experiment"] == new.id
    app.button(key="delete_experiment_compare").click().run()
    assert_no_fault(app)
    assert [one.id for one in ExperimentStore(workspace).list(old.dataset_fingerprint)] == [old.id]
    assert app.query_params["experiment"] == old.id


@pytest.mark.parametrize("which", ["../../etc", "of other data", "damaged"])
def test_an_experiment_that_cannot_be_shown_is_a_sentence(which: str, open_page: Open, workspace: Workspace) -> None:
    sentence = "is no experiment"
    if which == "of other data":
        which = kept(workspace, name=CLICKS, recommender=Recommender.TALLREC, kind="proxy").id
        sentence = "is a proxy check on A shop"
    elif which == "damaged":
        which, sentence = kept(workspace).id, "is damaged"
        (ExperimentStore(workspace).directory / which / "outcomes.npz").write_bytes(b"PK no more")
    app = open_page(COMPARE.script, dataset=SMALL, experiment=which)
    assert_no_fault(app)
    assert any(sentence in error.value.replace("\\", "") for error in app.error)
    assert "No comparison yet" in shown(app)
