"""Select / Sweep: the form makes exactly the job that it shows; points appear one by one and outlive a cancellation."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.cli import main
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.errors import JobCancelled
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import load_features, save_features
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.sweep.store import SweepStore, sweep_id
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace
from pages._ui import selection, state
from pages._ui.routes import SWEEP
from pages._ui.sweep import data as sweep_data
from pages._ui.sweep import files as sweep_files
from pages._ui.sweep import form as sweep_form
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, unfolded, work

pytestmark = pytest.mark.usefixtures("no_worker")
GRID = {"sweep_lambdas": "0, 0.1, 0.5", "sweep_budgets": "6, 12"}


def spec(workspace: Workspace, **changes: Any) -> dict[str, Any]:
    """A small sweep of the small shop."""
    asked = {"dataset": str(workspace.datasets / SMALL), "config": {"gap": 0.01, "label_aware": False}}
    return {**asked, "lambdas": [0.0, 0.1, 0.5], "budgets": [6, 12], **changes}


def swept(workspace: Workspace, **changes: Any) -> dict[str, Any]:
    return run_job("sweep", spec(workspace, **changes), workspace)


def press_run(app: AppTest) -> AppTest:
    return app.button(key="run_sweep").click().run()


def metric(app: AppTest, label: str) -> str:
    return next(one.value for one in app.metric if one.label == label)


def points_table(app: AppTest) -> Any:
    """The table of all points: the one that has fingerprints."""
    return next(one.value for one in app.dataframe if "fingerprint" in one.value)


def test_the_form_makes_the_job_it_shows(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SWEEP.script, dataset=SMALL)
    assert "No sweep yet" in shown(app)
    app.text_input(key="sweep_lambdas").set_value("0.5, 0 0.05")
    app.text_input(key="sweep_budgets").set_value("10%, 6")
    app.number_input(key="sweep_gap").set_value(0.07)
    app.number_input(key="sweep_rounds").set_value(50)
    app.number_input(key="sweep_seed").set_value(3).run()
    assert JobQueue(workspace).list() == (), "changing options starts nothing"
    assert any("6 points. About" in caption.value for caption in app.caption)
    press_run(app)
    assert_no_fault(app)
    job = newest_job(workspace)
    assert job.kind == "sweep"
    assert job.spec == {
        "dataset": str(workspace.datasets / SMALL),
        "lambdas": [0.0, 0.05, 0.5],
        "budgets": [6, 12],
        "config": {"gap": 0.0007, "max_rounds": 50, "seed": 3, "label_aware": False},
    }
    assert any(button.label == "Cancel" for button in app.main.button)
    assert app.query_params["sweep"] == sweep_id(job.spec)


def test_the_address_reproduces_the_form(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SWEEP.script, dataset=SMALL, sweep_gap="0.5", **GRID)
    press_run(app)
    job = newest_job(workspace)
    assert (job.spec["lambdas"], job.spec["budgets"]) == ([0.0, 0.1, 0.5], [6, 12])
    assert job.spec["config"]["gap"] == 0.005


@pytest.mark.parametrize("preset", list(sweep_form.PRESETS))
def test_presets_fill_in_lists(preset: str, open_page: Open, workspace: Workspace) -> None:
    app = open_page(SWEEP.script, dataset=SMALL, **GRID)
    app.segmented_control(key="sweep_preset").set_value(preset).run()
    assert app.text_input(key="sweep_lambdas").value == sweep_form.PRESETS[preset]
    assert_no_fault(app)
    app.text_input(key="sweep_lambdas").set_value("0, 0.3").run()
    assert app.segmented_control(key="sweep_preset").value is None, "an own list is no preset"
    press_run(app)
    assert newest_job(workspace).spec["lambdas"] == [0.0, 0.3]


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("sweep_lambdas", "0, abc", "which is no number"),
        ("sweep_lambdas", "", "at least one lambda"),
        ("sweep_lambdas", "-1", "finite number >= 0"),
        ("sweep_budgets", "6.5", "whole number"),
        ("sweep_budgets", "6, 121", "the pool has only 120 samples"),
        ("sweep_budgets", " ".join(str(i) for i in range(1, 80)), "at most 400"),
    ],
)
def test_a_grid_that_does_not_do_is_said_and_not_run(
    field: str, text: str, sentence: str, open_page: Open, workspace: Workspace
) -> None:
    app = open_page(SWEEP.script, dataset=SMALL)
    app.text_input(key=field).set_value(text).run()
    assert app.button(key="run_sweep").disabled
    assert not app.exception
    assert [error.value for error in app.error if sentence.replace(">", r"\>").replace("=", r"\=") in error.value]


def test_from_run_to_result_and_again(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SWEEP.script, dataset=SMALL, sweep_gap="1", **GRID)
    press_run(app)
    work(workspace)
    app.run()
    assert_no_fault(app)
    assert not app.error
    job = newest_job(workspace)
    assert job.state is JobState.DONE
    assert metric(app, "Points") == "6 of 6"
    text = shown(app)
    assert "Summary: k 6" in text
    assert "From λ 0 to λ 0" in text.replace("\\", "")
    for tab in ("Trade-off", "POO and its terms", "Popularity", "Points and export"):
        assert_no_fault(unfolded(app, sweep_tab=tab))
        assert not app.error
    table = points_table(app)
    assert list(zip(table["budget"], table["lambda"], strict=True)) == [
        (k, lambda_) for k in (6, 12) for lambda_ in (0.0, 0.1, 0.5)
    ]
    runs = {run.id: run for run in RunStore(workspace).list()}
    for line in table.to_dict(orient="records"):
        assert line["poo"] == pytest.approx(runs[line["run"]].poo)
        assert line["gap"] == pytest.approx(100 * (runs[line["run"]].gap or 0.0))
    app.segmented_control(key="sweep_budget").set_value(12).run()
    assert "Summary: k 12" in shown(app)
    assert any("all completed already" in caption.value for caption in app.caption)
    press_run(app)
    work(workspace)
    app.run()
    assert (newest_job(workspace).result["solved"], len(RunStore(workspace).list())) == (0, 6)
    assert_no_fault(app)


def test_a_cancelled_sweep_shows_what_it_has(open_page: Open, workspace: Workspace) -> None:
    def stop(stage: str, done: int, total: int, detail: str = "") -> None:
        if done == 2:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run_job("sweep", spec(workspace), workspace, Progress(stop))
    app = open_page(SWEEP.script, dataset=SMALL)
    assert metric(app, "Points") == "2 of 6"
    assert points_table(unfolded(app, sweep_tab="Points and export"))["lambda"].tolist() == [0.0, 0.1]
    assert_no_fault(app)


def test_cancel_says_that_the_points_are_kept(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SWEEP.script, dataset=SMALL, **GRID)
    press_run(app)
    next(button for button in app.main.button if button.label == "Cancel").click().run()
    assert newest_job(workspace).state is JobState.CANCELLED
    assert "What was solved by then is kept" in shown(app)
    assert_no_fault(app)


def test_a_sweep_that_waits_is_not_mistaken_for_an_older_one(open_page: Open, workspace: Workspace) -> None:
    swept(workspace)
    app = open_page(SWEEP.script, dataset=SMALL, sweep_lambdas="0, 0.7", sweep_budgets="5")
    assert metric(app, "Points") == "6 of 6"
    press_run(app)
    assert not any(one.label == "Points" for one in app.metric), "the new one has no point yet"
    work(workspace)
    app.run()
    assert metric(app, "Points") == "2 of 2"
    older = next(record.id for record in SweepStore(workspace).list() if len(record.points) == 6)
    app.selectbox(key="sweep_picker").select(older).run()
    assert metric(app, "Points") == "6 of 6"
    assert app.query_params["sweep"] == older
    assert_no_fault(app)


def test_a_failed_job_is_its_sentence(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SWEEP.script, dataset=SMALL, **GRID)
    press_run(app)
    (workspace.datasets / SMALL / "features" / "features.npz").write_bytes(b"PK")
    work(workspace)
    app.run()
    assert newest_job(workspace).state is JobState.FAILED
    assert any("compute them again" in error.value for error in app.error)
    assert_no_fault(app)


def test_deleted_points_are_missing_and_nothing_breaks(open_page: Open, workspace: Workspace) -> None:
    result = swept(workspace)
    store = RunStore(workspace)
    for run in result["runs"][:3]:  # all of the first budget
        store.delete(run)
    app = open_page(SWEEP.script, dataset=SMALL)
    assert metric(app, "Points") == "3 of 6"
    assert "Summary: k 12" in shown(app)
    (store.directory(result["runs"][3]) / "selection.npz").write_bytes(b"damaged")
    app.run()
    assert metric(app, "Points") == "2 of 6"
    for run in result["runs"][3:]:
        store.delete(run)
    app.run()
    assert "This sweep has no points" in shown(app)
    assert_no_fault(app)


@pytest.mark.parametrize("which", ["0123456789abcdef", "../../etc", "of other data"])
def test_a_sweep_that_cannot_be_shown_is_a_sentence(which: str, open_page: Open, workspace: Workspace) -> None:
    if which == "of other data":
        which = swept(workspace)["sweep"]
        app = open_page(SWEEP.script, dataset=CLICKS, sweep=which)
        assert any("was made on Small" in error.value.replace("\\", "") for error in app.error)
    else:
        app = open_page(SWEEP.script, dataset=CLICKS, sweep=which)
        assert app.error
    assert "No sweep yet" in shown(app)
    assert_no_fault(app)


def test_without_gradient_norms_only_budgets_vary(open_page: Open, workspace: Workspace) -> None:
    folder = workspace.datasets / SMALL
    features = load_features(folder)
    save_features(features_from_arrays(load_dataset(folder), features.pool.values, features.validation.values), folder)
    app = open_page(SWEEP.script, dataset=SMALL, sweep_budgets="6, 12")
    assert app.text_input(key="sweep_lambdas_without_norms").disabled
    press_run(app)
    assert newest_job(workspace).spec["lambdas"] == [0.0]
    work(workspace)
    app.run()
    assert metric(app, "Points") == "2 of 2"
    text = shown(app)
    assert "Summary: λ 0" in text
    assert "Requires several values of λ" in shown(unfolded(app, sweep_tab="Trade-off"))
    assert_no_fault(app)


def test_one_point_is_a_sweep_too(open_page: Open, workspace: Workspace) -> None:
    swept(workspace, lambdas=[0.1], budgets=[6])
    app = open_page(SWEEP.script, dataset=SMALL)
    assert metric(app, "Points") == "1 of 1"
    assert "Requires at least two completed points" in shown(unfolded(app, sweep_tab="Stability"))
    assert_no_fault(app)


def test_labels_are_used_by_default_and_can_be_left_out(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SWEEP.script, dataset=CLICKS, **GRID)
    press_run(app)
    assert newest_job(workspace).spec["config"]["label_aware"] is True
    work(workspace)
    app.run()
    assert metric(app, "Points") == "6 of 6"
    assert_no_fault(app)
    app.toggle(key="sweep_label_aware").set_value(False).run()
    press_run(app)
    assert newest_job(workspace).spec["config"]["label_aware"] is False


def test_without_features_the_page_says_where_to_get_them(open_page: Open, workspace: Workspace) -> None:
    shutil.rmtree(workspace.datasets / SMALL / "features")
    app = open_page(SWEEP.script, dataset=SMALL)
    assert "no features yet" in shown(app)
    assert_no_fault(app)


def test_too_little_memory_refuses_with_advice(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from goracs_core.jobs.select import estimate

    monkeypatch.setattr(estimate, "available_bytes", lambda: 1000)
    app = open_page(SWEEP.script, dataset=SMALL)
    assert app.button(key="run_sweep").disabled
    assert any("smaller budgets" in warning.value for warning in app.warning)


def test_a_clicked_point_opens_its_run(open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness cannot click into a chart or a table: the event is put in its place."""
    result = swept(workspace)
    app = open_page(SWEEP.script, dataset=SMALL)
    app.session_state["current_run"] = result["runs"][1]
    app.session_state["sweep_go"] = True
    app.run()
    assert_no_fault(app)
    assert [title.value for title in app.title] == ["Run"]
    assert app.query_params["run"] == result["runs"][1]


def test_which_point_was_clicked(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str | None] = []
    kept: dict[str, Any] = {}
    monkeypatch.setattr(state, "set_run", opened.append)
    monkeypatch.setattr(sweep_files.st, "session_state", kept)
    open_run = sweep_files.opener("chart", ["a", "b", "c"])
    for event in (None, {"selection": {"points": []}}, {"row": 7, "label": "Open"}):
        kept["chart"] = event
        open_run()
    assert opened == []
    kept["chart"] = {"selection": {"points": [{"customdata": [2, 0.4, "0.1"]}]}}
    open_run()
    kept["chart"] = {"row": 1, "label": "Open"}
    open_run()
    kept["chart"] = {"row": 0, "label": "Open"}
    open_run()
    assert opened == ["c", "b", "a"]
    assert kept["sweep_go"] is True
    assert selection.ids({"selection": {"points": [{"customdata": {"0": 2, "1": 0.4}}]}}) == [2]


def test_deleting_the_list_or_all_of_it(open_page: Open, workspace: Workspace) -> None:
    swept(workspace)
    app = unfolded(open_page(SWEEP.script, dataset=SMALL), sweep_tab="Points and export")
    app.button(key="sweep_delete").click().run()
    assert SweepStore(workspace).list() == ()
    assert len(RunStore(workspace).list()) == 6
    assert "No sweep yet" in shown(app)
    assert "sweep" not in app.query_params
    swept(workspace)
    unfolded(app, sweep_tab="Points and export")
    app.button(key="sweep_delete_runs").click().run()
    assert RunStore(workspace).list() == ()
    assert_no_fault(app)


def test_the_copied_command_weighs_alike(workspace: Workspace, tmp_path: Path) -> None:
    result = swept(workspace, half_life=12.5, lambdas=[0.1], budgets=[5])
    assert run_job("sweep", spec(workspace, lambdas=[0.1], budgets=[5]), workspace)["reused"] == 0
    command = sweep_files.as_command(SweepStore(workspace).get(result["sweep"]), state.reference(SMALL))
    assert main([*shlex.split(command)[3:-1], str(tmp_path / "sweep")]) == 0
    assert len(RunStore(workspace).list()) == 2, "found again, and not the one without weights"


@pytest.mark.parametrize("name", [SMALL, CLICKS])
def test_the_copied_command_makes_the_same_sweep(name: str, workspace: Workspace, tmp_path: Path) -> None:
    folder = str(workspace.datasets / name)
    asked = {"gap": 0.01, "max_rounds": 20, "seed": 1, "label_aware": name == CLICKS}
    result = swept(workspace, dataset=folder, config=asked, lambdas=[0.0, 0.05, 1.0], budgets=[5])
    record = SweepStore(workspace).get(result["sweep"])
    words = shlex.split(sweep_files.as_command(record, state.reference(name)))
    assert words[:4] == ["python", "-m", "goracs_core", "sweep"]
    assert words[-2:] == ["--output", "sweep"]
    assert main([*words[3:-1], str(tmp_path / "sweep")]) == 0
    assert len(RunStore(workspace).list()) == 3, "every point was found again"
    assert np.loadtxt(tmp_path / "sweep" / "sweep.csv", delimiter=",", skiprows=1, usecols=1).tolist() == [0, 0.05, 1]


def test_a_half_life_weighs_the_validation_of_every_point(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SWEEP.script, dataset=SMALL, sweep_gap="1", sweep_lambdas="0, 0.1", sweep_budgets="6")
    app.number_input(key="sweep_half_life").set_value(60.0).run()
    press_run(app)
    asked = newest_job(workspace).spec
    assert asked["half_life"] == 60.0
    work(workspace)
    app.run()
    assert_no_fault(app)
    record = SweepStore(workspace).get(sweep_id(asked))
    assert record.half_life == 60.0
    assert {run.inputs["half_life"] for run in map(RunStore(workspace).get, newest_job(workspace).result["runs"])} == {
        "60.0"
    }
    # The band of random coresets is of the weighted problem, too.
    ref = state.reference(SMALL)
    assert sweep_data.random_terms(record, ref, 6) is not None
    assert "--half-life 60" in sweep_files.as_command(record, ref)


def test_without_times_there_is_no_half_life(open_page: Open, workspace: Workspace) -> None:
    folder = workspace.datasets / "Timeless"
    dataset = load_dataset(workspace.datasets / SMALL)
    parts = {name: replace(getattr(dataset, name), times=None) for name in ("pool", "validation", "test")}
    timeless = replace(dataset, name="Timeless", **parts)
    save_dataset(timeless, folder)
    features = load_features(workspace.datasets / SMALL)
    save_features(features_from_arrays(timeless, features.pool, features.validation, features.gradient_norms), folder)
    app = open_page(SWEEP.script, dataset="Timeless")
    assert_no_fault(app)
    assert "sweep_half_life" not in [box.key for box in app.number_input]
