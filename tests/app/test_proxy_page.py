"""Validate / Proxy check: four states, a form that makes the job it shows, no number that the points do not carry."""

from __future__ import annotations

import shlex
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.cli import build_parser
from goracs_core.cli.experiment_command import experiment_spec
from goracs_core.data.store import load_dataset
from goracs_core.evaluation.proxy import proxy_report
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import load_features, save_features
from goracs_core.jobs.experiment import proxy_answer
from goracs_core.jobs.experiment.plan import default_spec, experiment_id
from goracs_core.jobs.experiment.points import proxy_points
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.workspace import Workspace
from pages._ui import experiment_form
from pages._ui.proxy import view as proxy_view
from pages._ui.routes import PROXY
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, unfolded
from tests.proxy_made import made_experiment

pytestmark = pytest.mark.usefixtures("no_worker")


def kept(workspace: Workspace, *, name: str = SMALL, **changes: Any) -> Experiment:
    """A made-up experiment on the small shop, kept in the workspace."""
    dataset = load_dataset(workspace.datasets / name)
    experiment = made_experiment(dataset=(dataset.name, dataset.fingerprint), **changes)
    ExperimentStore(workspace).save(experiment)
    return experiment


def press(app: AppTest) -> AppTest:
    return app.button(key="run_proxy").click().run()


def metric(app: AppTest, label: str) -> str:
    return next(one.value for one in app.metric if one.label == label)


def test_without_features_it_says_where_they_come_from(open_page: Open, workspace: Workspace) -> None:
    for file in (workspace.datasets / SMALL / "features").iterdir():
        file.unlink()
    app = open_page(PROXY.script, dataset=SMALL)
    assert_no_fault(app)
    assert "This dataset has no features yet" in shown(app)
    assert not app.main.button


def test_before_the_first_experiment_it_says_what_it_would_do_and_what_it_costs(
    open_page: Open, workspace: Workspace
) -> None:
    app = open_page(PROXY.script, dataset=SMALL)
    assert_no_fault(app)
    assert "No proxy check yet" in shown(app)
    usual = default_spec("proxy", "x")
    arms = len(usual["lambdas"]) + 1 + usual["seeds"]  # GORACS, GraNd, and random with every seed
    assert any(f"{3 * arms} trainings: about" in caption.value for caption in app.caption)
    assert JobQueue(workspace).list() == (), "looking starts nothing"
    assert not app.metric


def test_the_form_makes_the_job_it_shows_and_the_command_makes_the_same_experiment(
    open_page: Open, workspace: Workspace
) -> None:
    app = open_page(PROXY.script, dataset=SMALL)
    app.multiselect(key="proxy_methods").set_value(["goracs", "itra", "random"])
    app.text_input(key="proxy_lambdas").set_value("0.5 0")
    app.text_input(key="proxy_budgets").set_value("10%, 6")
    app.number_input(key="proxy_seeds").set_value(3)
    app.number_input(key="proxy_lambda").set_value(0.2)
    app.toggle(key="proxy_whole_pool").set_value(True)
    app.number_input(key="proxy_tests").set_value(7)
    app.number_input(key="proxy_epochs_tuned").set_value(2)
    app.segmented_control(key="proxy_weights").set_value("lora").run()
    app.number_input(key="proxy_tuned_rank").set_value(4).run()
    assert any("15 trainings" in caption.value for caption in app.caption), "2 x (2 + 2 + 3) and the whole pool"
    unfolded(app, command_line=True)
    command = next(code.value for code in app.code if "experiment proxy" in code.value)
    press(app)
    assert_no_fault(app)
    job = newest_job(workspace)
    assert job.kind == "experiment"
    assert job.spec == {
        "dataset": str(workspace.datasets / SMALL),
        "kind": "proxy",
        "methods": ["goracs", "itra", "random"],
        "lambdas": [0.0, 0.5],
        "budgets": [6, 12],
        "seeds": 3,
        "lambda_": 0.2,
        "whole_pool": True,
        "options": {"epochs": 2, "weights": "lora", "rank": 4},
        "measure": {"test_samples": 7},
    }
    assert any(button.label == "Cancel" for button in app.main.button)
    assert app.query_params["experiment"] == experiment_id(job.spec)
    again = experiment_spec(build_parser().parse_args(shlex.split(command)[3:]), workspace)
    assert experiment_id(again.to_dict()) == experiment_id(job.spec)


def test_what_is_left_alone_asks_for_the_default_experiment(open_page: Open, workspace: Workspace) -> None:
    app = open_page(PROXY.script, dataset=SMALL, proxy_budgets="15, 30")
    press(app)
    usual = default_spec("proxy", workspace.datasets / SMALL)
    assert newest_job(workspace).spec == {**usual, "budgets": [15, 30]}


def test_click_prediction_trains_tallrec_and_tiger_is_offered_for_titles(open_page: Open, workspace: Workspace) -> None:
    clicks = open_page(PROXY.script, dataset=CLICKS)
    assert clicks.selectbox(key="proxy_recommender_ctr").options == ["TALLRec"]
    press(clicks)
    assert "recommender" not in newest_job(workspace).spec, "the task's own"
    titles = open_page(PROXY.script, dataset=SMALL)
    titles.selectbox(key="proxy_recommender_seqrec").set_value("tiger").run()
    assert any("a rough estimate" in caption.value for caption in titles.caption)
    press(titles)
    assert newest_job(workspace).spec["recommender"] == "tiger"
    assert_no_fault(titles)


@pytest.mark.parametrize(
    ("field", "given", "sentence"),
    [
        ("proxy_budgets", "6, 121", "the pool has only 120 samples"),
        ("proxy_budgets", "six", "share of the pool"),
        ("proxy_lambdas", "0, -1", "finite number"),
        ("proxy_model", " ", "is empty; give small-titles"),
    ],
)
def test_what_does_not_do_is_said_and_not_run(
    field: str, given: str, sentence: str, open_page: Open, workspace: Workspace
) -> None:
    app = open_page(PROXY.script, dataset=SMALL)
    app.text_input(key=field).set_value(given).run()
    assert app.button(key="run_proxy").disabled
    assert not app.exception
    assert [error.value for error in app.error if sentence in error.value.replace("\\", "")]


def test_no_method_is_a_sentence(open_page: Open, workspace: Workspace) -> None:
    app = open_page(PROXY.script, dataset=SMALL)
    app.multiselect(key="proxy_methods").set_value([]).run()
    assert app.button(key="run_proxy").disabled
    assert "no method is selected" in app.error[0].value.lower()


def test_without_gradient_norms_lambda_is_zero_everywhere(open_page: Open, workspace: Workspace) -> None:
    folder = workspace.datasets / SMALL
    dataset, features = load_dataset(folder), load_features(folder)
    save_features(features_from_arrays(dataset, features.pool.values, features.validation.values), folder)
    press(open_page(PROXY.script, dataset=SMALL))
    spec = newest_job(workspace).spec
    assert (spec["lambdas"], spec["lambda_"]) == ([0.0], 0.0)


def test_a_result_shows_the_numbers_that_its_points_carry(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace)
    app = open_page(PROXY.script, dataset=SMALL)
    assert_no_fault(app)
    assert not app.error
    report = proxy_report(proxy_points(experiment), experiment.lambda_)
    line = report.line("poo")
    assert line.overall is not None
    assert line.within_size is not None
    assert metric(app, "Coresets") == str(report.n) == "27"
    assert metric(app, "ρ over all") == f"{line.overall.value:.2f}"
    assert metric(app, "ρ within sizes") == f"{line.within_size.value:.2f}"
    words = shown(app).replace("\\", "")
    assert "At equal size (mean of 3 sizes)" in words
    assert "no evidence for POO" in words
    assert "other models, datasets or methods may give other results" in words
    assert "40 test samples" in words
    assert "a processor, 2 cores" in words
    unfolded(app, proxy_tab="Other values of λ")
    assert "chosen on the test losses" in shown(app)
    unfolded(app, proxy_tab="All proxies")
    assert_no_fault(app)
    table = next(one.value for one in app.dataframe if "POO minus this" in one.value)
    assert table["proxy"].tolist()[:4] == ["POO", "Transport term alone", "Gradient term alone (negated)", "Size alone"]
    unfolded(app, proxy_tab="Test loss against the proxy", proxy_all_points=True)
    assert_no_fault(app)
    assert next(one.value for one in app.dataframe if "transport_term" in one.value)["run"].tolist() == [
        entry.run for entry in experiment.entries if entry.run
    ]


@pytest.mark.parametrize("kind", ["pearson", "kendall"])
def test_the_other_coefficients(kind: str, open_page: Open, workspace: Workspace) -> None:
    kept(workspace)
    app = open_page(PROXY.script, dataset=SMALL)
    app.segmented_control(key="proxy_kind").set_value(kind).run()
    assert_no_fault(app)
    assert any(one.label.startswith({"pearson": "r ", "kendall": "τ "}[kind]) for one in app.metric)


def test_moving_lambda_moves_the_figure_and_leaves_the_verdict(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace)
    app = open_page(PROXY.script, dataset=SMALL)
    before = [one.value for one in app.metric]
    app.slider(key=f"proxy_moved_lambda_{experiment.id}").set_value(0.6).run()
    assert_no_fault(app)
    points = proxy_points(experiment)
    moved = replace(points, transport=points.poo(0.6), others={})
    found = proxy_report(moved, 0.0).line("poo").overall
    assert found is not None
    assert any(f"Over all points ρ = {found.value:.2f}" in one.value.replace("\\", "") for one in app.caption)
    assert [one.value for one in app.metric] == before
    app.selectbox(key="proxy_across").set_value("radius").run()
    assert_no_fault(app)
    assert not app.slider, "only POO has a λ"


def test_partial_results_grow_and_give_no_coefficient_under_five(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace, done=4)
    app = open_page(PROXY.script, dataset=SMALL)
    assert_no_fault(app)
    text = shown(app).replace("\\", "")
    assert "4 of 28 trainings are finished" in text
    assert "coefficients need at least 5" in text
    assert metric(app, "Coresets") == "4"
    assert metric(app, "ρ over all") == "–"
    assert not [one for one in app.dataframe if "POO minus this" in one.value]
    ExperimentStore(workspace).save(
        replace(
            made_experiment(dataset=(experiment.dataset_name, experiment.dataset_fingerprint), done=9), id=experiment.id
        )
    )
    app.run()
    assert metric(app, "Coresets") == "9"
    assert metric(app, "ρ over all") != "–"


def test_an_experiment_that_has_only_begun_is_no_fault(open_page: Open, workspace: Workspace) -> None:
    kept(workspace, done=0)
    app = open_page(PROXY.script, dataset=SMALL)
    assert_no_fault(app)
    assert "No training is finished yet" in shown(app)


def test_one_size_and_no_gradient_terms(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace, sizes=(64,), whole_pool=False)
    flat = tuple(replace(one, values={**one.values, "gradient_term": 0.0}) for one in experiment.entries)
    ExperimentStore(workspace).save(replace(experiment, entries=flat, lambda_=0.0))
    app = open_page(PROXY.script, dataset=SMALL)
    assert_no_fault(app)
    assert not app.slider
    assert not [one for one in app.metric if "within" in one.label]
    assert "Would another λ predict better?" not in shown(app)


def test_a_picked_coreset_leads_to_its_run_or_to_the_form_that_makes_it(open_page: Open, workspace: Workspace) -> None:
    experiment = kept(workspace)
    app = open_page(PROXY.script, dataset=SMALL)
    app.session_state["proxy_picked"] = experiment.entries[4].training
    app.run()
    assert_no_fault(app)
    text = shown(app).replace("\\", "")
    assert f"goracs λ=0.05, 64 samples, seed 0**: test loss {experiment.entries[4].values['test_loss']:.4f}" in text
    assert "Its run is not in this workspace" in text
    assert not [link for link in app.get("page_link") if link.proto.label == "Training"]


def test_a_picked_coreset_with_its_training_leads_to_it(open_page: Open, workspace: Workspace, monkeypatch) -> None:
    from goracs_core.jobs.train.store import TrainingStore
    from pages._ui import cache

    entry = kept(workspace).entries[4]
    run = SimpleNamespace(id=entry.run, damaged=False, name="a run", config={}, budget=64)
    monkeypatch.setattr(cache, "runs", lambda *_: [run])
    monkeypatch.setattr(TrainingStore, "has", lambda self, training: training == entry.training)
    app = open_page(PROXY.script, dataset=SMALL)
    app.session_state["proxy_picked"] = entry.training
    app.run()
    assert_no_fault(app)
    links = {link.proto.label: link.proto for link in app.get("page_link")}
    assert links.keys() >= {"Run", "Training"}
    assert f"training={entry.training}" in links["Training"].query_string


def test_tables_hold_everything_that_is_drawn() -> None:
    experiment = made_experiment()
    points = proxy_points(experiment)
    table = proxy_answer.table(experiment)
    assert np.allclose(table["poo"], table["transport_term"] - experiment.lambda_ * table["gradient_term"])
    assert {"nearest_distance", "radius", "test_loss_se"} <= set(table)
    alone = proxy_report(points.take(points.budgets == 64), experiment.lambda_)
    assert "within sizes" not in proxy_view.lines_table(alone)
    assert "within sizes" in proxy_view.lines_table(proxy_report(points, experiment.lambda_))


def test_every_method_has_a_name_that_experiments_know() -> None:
    from goracs_core.data.dataset import Task
    from goracs_core.jobs.experiment.plan import planned

    names = list(experiment_form.known_methods())
    assert len(names) == len(set(names)) >= 17
    spec = {**default_spec("proxy", "x"), "methods": names, "lambdas": [0.0], "seeds": 1, "budgets": [8]}
    assert [arm.name for arm in planned(spec, Task.SEQREC).arms] == names
