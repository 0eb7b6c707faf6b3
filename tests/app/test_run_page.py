"""Select / Run: the form makes exactly the job that it shows, and a finished job becomes a result to keep."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import (
    CertifiedConfig,
    ItraConfig,
    RandomConfig,
    SelectionConfig,
    StratifiedRandomConfig,
    config_from_dict,
    config_to_dict,
)
from goracs_core.workspace import Workspace
from pages._ui import controls, methods, routes, state
from pages._ui.routes import RUN
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, unfolded, work
from tests.app.test_home import small_run

pytestmark = pytest.mark.usefixtures("no_worker")


def press_run(app: AppTest) -> AppTest:
    return app.button(key="run").click().run()


def test_the_form_makes_the_job_it_shows(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL)
    app.text_input(key="budget").set_value("17")
    app.number_input(key="lambda").set_value(0.25)
    app.number_input(key="seed").set_value(7)
    app.number_input(key="gap").set_value(0.07)
    app.number_input(key="rounds").set_value(40)
    app.number_input(key="seconds").set_value(30.0).run()
    assert JobQueue(workspace).list() == (), "changing options starts nothing"
    press_run(app)
    assert_no_fault(app)
    job = newest_job(workspace)
    assert job.kind == "select"
    assert job.spec["dataset"] == str(workspace.datasets / SMALL)
    expected = CertifiedConfig(17, lambda_=0.25, seed=7, gap=0.0007, max_rounds=40, max_seconds=30.0)
    assert config_from_dict(job.spec["config"]) == expected
    assert any(button.label == "Cancel" for button in app.main.button)


def test_validation_samples_can_be_weighed_by_age(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL)
    press_run(app)
    assert "half_life" not in newest_job(workspace).spec
    app.number_input(key="half_life").set_value(14.0).run()
    press_run(app)
    assert_no_fault(app)
    assert newest_job(workspace).spec["half_life"] == 14.0
    app.button(key="reset").click().run()
    assert app.number_input(key="half_life").value == 0


def test_the_published_procedure_has_options_of_its_own(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL)
    app.selectbox(key="method").set_value("goracs-itra").run()
    app.number_input(key="exchanges").set_value(3)
    app.number_input(key="candidates").set_value(2)
    app.toggle(key="bound").set_value(True).run()
    assert_no_fault(app)
    assert not [one for one in app.number_input if one.key in ("gap", "rounds", "seconds")]
    press_run(app)
    budget = controls.default_budget(state.reference(SMALL).counts["pool"])
    expected = ItraConfig(budget, max_exchanges=3, prune_candidates=2, bound=True)
    assert config_from_dict(newest_job(workspace).spec["config"]) == expected


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("goracs", CertifiedConfig),
        ("goracs-itra", ItraConfig),
        ("random", RandomConfig),
        ("stratified-random", StratifiedRandomConfig),
        ("no-such-method", CertifiedConfig),
    ],
)
def test_every_method_has_an_address(
    method: str, kind: type[SelectionConfig], open_page: Open, workspace: Workspace
) -> None:
    press_run(open_page(RUN.script, dataset=SMALL, method=method))
    config = config_from_dict(newest_job(workspace).spec["config"])
    assert type(config) is kind
    named = methods.method_name(config_to_dict(config))
    assert named == methods.by_key().get(method, methods.by_key()["goracs"]).label


def test_the_address_reproduces_the_form(open_page: Open, workspace: Workspace) -> None:
    query = {"method": "random", "budget": "9", "lambda": "0.4", "seed": "3"}
    app = open_page(RUN.script, dataset=SMALL, **query)
    press_run(app)
    assert config_from_dict(newest_job(workspace).spec["config"]) == RandomConfig(9, lambda_=0.4, seed=3)
    query = {"method": "goracs", "budget": "9", "gap": "0.5", "rounds": "17", "seconds": "4"}
    press_run(open_page(RUN.script, dataset=SMALL, **query))
    expected = CertifiedConfig(9, gap=0.005, max_rounds=17, max_seconds=4.0)
    assert config_from_dict(newest_job(workspace).spec["config"]) == expected


def test_the_method_goes_into_the_address(open_page: Open, workspace: Workspace) -> None:
    """The other options are put there by the browser; the method by its short name, by the page."""
    app = open_page(RUN.script, dataset=SMALL)
    assert "method" not in app.query_params
    app.selectbox(key="method").set_value("random").run()
    assert app.query_params["method"] == "random"
    app.query_params.pop("method")  # what Streamlit's navigation does
    app.run()
    assert app.query_params["method"] == "random"
    app.selectbox(key="method").set_value("goracs").run()
    assert "method" not in app.query_params


@pytest.mark.parametrize(("typed", "budget"), [("25%", 30), ("0.05", 6), ("9", 9), (" 100 % ", 120)])
def test_a_budget_is_a_number_of_samples_or_a_share(
    typed: str, budget: int, open_page: Open, workspace: Workspace
) -> None:
    app = open_page(RUN.script, dataset=SMALL)
    app.text_input(key="budget").set_value(typed).run()
    press_run(app)
    assert_no_fault(app)
    assert newest_job(workspace).spec["config"]["budget"] == budget


@pytest.mark.parametrize("typed", ["", "many", "0", "-3", "120%", "1.5"])
def test_what_is_no_budget_is_a_sentence(typed: str, open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL, run=small_run(workspace))
    app.text_input(key="budget").set_value(typed).run()
    assert_no_fault(app)
    assert app.button(key="run").disabled
    assert any("budget" in error.value for error in app.error)
    assert app.dataframe, "the open run is still shown"


@pytest.mark.parametrize(
    ("query", "default"),
    [
        ({"method": "random", "budget": "9", "seed": "3"}, CertifiedConfig),
        ({"gap": "0.9", "rounds": "3", "seconds": "5", "lambda": "0.7"}, CertifiedConfig),
        ({"method": "goracs-itra", "exchanges": "1", "candidates": "9", "bound": "true"}, ItraConfig),
    ],
)
def test_reset_puts_every_default_back(
    query: dict[str, str], default: type[CertifiedConfig | ItraConfig], open_page: Open, workspace: Workspace
) -> None:
    budget = controls.default_budget(state.reference(SMALL).counts["pool"])
    app = open_page(RUN.script, dataset=SMALL, **query)
    press_run(app)
    assert config_from_dict(newest_job(workspace).spec["config"]) != default(budget)
    app.button(key="reset").click().run()
    assert app.selectbox(key="method").value == "goracs"
    if default is ItraConfig:
        app.selectbox(key="method").set_value("goracs-itra").run()
    press_run(app)
    assert config_from_dict(newest_job(workspace).spec["config"]) == default(budget)


def test_undo_takes_back_one_change_after_the_other(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL, seed="3")
    assert app.button(key="undo").disabled
    app.number_input(key="seed").set_value(7).run()
    app.number_input(key="lambda").set_value(0.4).run()
    app.number_input(key="rounds").set_value(33).run()
    app.selectbox(key="method").set_value("random").run()
    assert not [one for one in app.number_input if one.key == "rounds"]
    app.button(key="undo").click().run()
    assert app.selectbox(key="method").value == "goracs"
    assert (app.number_input(key="rounds").value, app.number_input(key="lambda").value) == (33, 0.4)
    app.button(key="undo").click().run()
    app.button(key="undo").click().run()
    assert (app.number_input(key="seed").value, app.number_input(key="lambda").value) == (7, 0.05)
    app.button(key="undo").click().run()
    assert app.number_input(key="seed").value == 3
    assert app.button(key="undo").disabled
    assert_no_fault(app)


def test_undo_takes_back_a_reset_and_ends_where_a_run_was_opened(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL, budget="9", seed="3")
    app.button(key="reset").click().run()
    assert app.number_input(key="seed").value == 0
    app.button(key="undo").click().run()
    assert (app.text_input(key="budget").value, app.number_input(key="seed").value) == ("9", 3)
    app = open_page(RUN.script, dataset=SMALL, run=small_run(workspace))
    assert app.button(key="undo").disabled, "opening a run fills the form anew"
    assert_no_fault(app)


def test_a_budget_above_the_pool_is_said_and_not_run(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset="demo", budget="2000")
    assert not app.button(key="run").disabled
    app.selectbox(key="dataset_picker").select(SMALL).run()
    assert_no_fault_but_budget(app)
    app.text_input(key="budget").set_value("100%").run()
    assert not app.button(key="run").disabled
    assert not app.error
    app.text_input(key="budget").set_value("99999").run()
    assert_no_fault_but_budget(app)


def assert_no_fault_but_budget(app: AppTest) -> None:
    assert not app.exception
    assert app.button(key="run").disabled
    assert [error.value for error in app.error if "the pool has only 120 samples" in error.value]


def test_labels_are_used_by_default_and_can_be_left_out(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=CLICKS)
    press_run(app)
    assert newest_job(workspace).spec["config"]["label_aware"] is True
    app.toggle(key="label_aware").set_value(False).run()
    press_run(app)
    assert newest_job(workspace).spec["config"]["label_aware"] is False


def test_from_run_to_result_and_again(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL, budget="10", rounds="60")
    press_run(app)
    work(workspace)
    app.run()
    assert_no_fault(app)
    run = RunStore(workspace).list()[0]
    assert app.query_params["run"] == run.id
    assert "better than 20 of 20" in shown(app)
    assert len(next(one.value for one in app.dataframe if "order" in one.value)) == 10
    unfolded(app, run_tab="Convergence")
    assert_no_fault(app)
    values = {metric.label: metric.value for metric in app.metric}
    assert values["POO(S) ↓"] == f"{run.poo:.5f}"
    assert values["Transport term"] == f"{run.transport_term:.5f}"
    assert values["Gradient term"] == f"{run.gradient_term:.5f}"
    text = shown(app)
    assert "Stopped because" in text
    assert run.fingerprint[:8] in text

    press_run(app)  # the same work once more: found, not computed
    work(workspace)
    app.run()
    assert newest_job(workspace).result["reused"] is True
    assert any("computed before" in toast.value for toast in app.toast)
    assert len(RunStore(workspace).list()) == 1


def test_cancel_ends_the_job_and_says_so(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL)
    press_run(app)
    next(button for button in app.main.button if button.label == "Cancel").click().run()
    assert newest_job(workspace).state is JobState.CANCELLED
    assert "Cancelled" in shown(app)
    assert not any(button.label == "Cancel" for button in app.button)
    assert_no_fault(app)


def test_another_session_finds_the_job(open_page: Open, workspace: Workspace) -> None:
    press_run(open_page(RUN.script, dataset=SMALL))
    other = open_page(RUN.script, dataset=SMALL)
    assert any(button.label == "Cancel" for button in other.main.button)
    assert any(button.label == "Cancel" for button in other.button)


def test_a_failed_job_is_its_sentence(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL)
    press_run(app)
    (workspace.datasets / SMALL / "features" / "features.npz").write_bytes(b"PK")
    work(workspace)
    app.run()
    assert newest_job(workspace).state is JobState.FAILED
    assert any("compute them again" in error.value for error in app.error)
    assert_no_fault(app)


def test_an_exchange_stage_that_accepted_nothing_is_shown(open_page: Open, workspace: Workspace) -> None:
    """pass@1 = 0 is the failure to look for; it must not be hidden where no exchange at all was accepted."""

    def made(config: SelectionConfig) -> str:
        spec = {"dataset": str(workspace.datasets / SMALL), "config": config_to_dict(config)}
        return run_job("select", spec, workspace)["run"]

    failed = next(
        run
        for budget in range(4, 40)
        if not (
            trace := RunStore(workspace).get(run := made(ItraConfig(budget, prune_candidates=1))).selection.trace
        ).exchanges
        and trace.tried_pairs
    )
    app = unfolded(open_page(RUN.script, dataset=SMALL, run=failed), run_tab="Convergence")
    (metric,) = [one for one in app.metric if one.label == "pass@1"]
    assert (metric.value, metric.delta) == ("0%", "no exchange accepted")
    assert "pass@1 is 0 %" in shown(app)
    assert_no_fault(app)
    app = open_page(RUN.script, dataset=SMALL, run=made(ItraConfig(12, max_exchanges=0)))
    unfolded(app, run_tab="Convergence")
    assert app.metric
    assert not [one for one in app.metric if one.label == "pass@1"], "without an exchange stage there is none"


def test_rename_and_notes_and_delete(open_page: Open, workspace: Workspace) -> None:
    run = small_run(workspace)
    app = unfolded(open_page(RUN.script, dataset=SMALL, run=run), run_tab="Name, notes, delete")
    app.text_input(key="run_name").set_value("My <b>best</b>")
    app.text_area(key="run_notes").set_value("Looks head-heavy.")
    app.button(key="save_run").click().run()
    kept = RunStore(workspace).get(run)
    assert (kept.name, kept.notes) == ("My <b>best</b>", "Looks head-heavy.")
    assert "My <b>best</b>" in app.selectbox(key="run_picker").options
    app.button(key="delete_run").click().run()
    assert len(RunStore(workspace).list()) == 1, "deleting asks first"
    app.button(key="delete_really").click().run()
    assert RunStore(workspace).list() == ()
    assert "run" not in app.query_params
    assert_no_fault(app)


@pytest.mark.parametrize("run", ["none", "20260101-000000-abcdef-0123", "../../etc"])
def test_an_unknown_run_is_a_sentence(run: str, open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL, run=run)
    assert_no_fault(app)
    assert app.error
    assert app.button(key="run").label == "Run", "a new coreset can still be selected"


def test_a_run_of_other_data_is_not_mixed_up(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=CLICKS, run=small_run(workspace))
    assert "This run belongs to another dataset" in shown(app)
    assert_no_fault(app)


def test_too_little_memory_refuses_with_advice(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from goracs_core.jobs.select import estimate

    monkeypatch.setattr(estimate, "available_bytes", lambda: 1000)
    app = open_page(RUN.script, dataset=SMALL)
    assert app.button(key="run").disabled
    assert any("smaller pool" in warning.value for warning in app.warning)


def test_without_features_the_page_says_where_to_get_them(open_page: Open, workspace: Workspace) -> None:
    import shutil

    shutil.rmtree(workspace.datasets / SMALL / "features")
    app = open_page(routes.RUN.script, dataset=SMALL)
    assert "no features yet" in shown(app)
    assert_no_fault(app)
