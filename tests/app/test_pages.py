"""Every page through app.py: empty, on data, on damaged data, and a second time in the same session."""

from __future__ import annotations

import pytest

from goracs_core.data.store import MANIFEST
from goracs_core.jobs.kinds import run_job
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.workspace import Workspace
from pages._ui import routes
from pages._ui.routes import ROUTES, Route
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, shown, unfolded

pytestmark = pytest.mark.usefixtures("no_worker")
EACH_PAGE = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.url_path)


def heading(route: Route) -> str:
    return "GORACS Explorer" if route is routes.HOME else route.title


@EACH_PAGE
def test_without_data_a_page_says_what_to_do(route: Route, open_page: Open) -> None:
    app = open_page(route.script)
    assert_no_fault(app)
    assert [title.value for title in app.title] == [heading(route)]
    assert any(button.label == "Open the demo" for button in app.button)
    assert not app.error


@EACH_PAGE
def test_the_second_run_is_still_inside_the_frame(route: Route, open_page: Open) -> None:
    """A script found outside of app.py's navigation would come without sidebar and footer from the second run on."""
    app = open_page(route.script)
    app.run()
    assert_no_fault(app)
    assert [title.value for title in app.title] == [heading(route)]
    assert any(box.label == "Dataset" for box in app.selectbox)
    assert "GORACS Explorer 0." in shown(app)


@EACH_PAGE
@pytest.mark.parametrize("name", [SMALL, CLICKS])
def test_on_data_without_a_run(route: Route, name: str, open_page: Open, workspace: Workspace) -> None:
    app = open_page(route.script, dataset=name)
    assert_no_fault(app)
    assert not app.error
    assert [title.value for title in app.title] == [heading(route)]
    told = shown(unfolded(app, info=True))
    assert "popularity decile" in told or "by label" in told, "sampling is announced on every page"
    assert_no_fault(app)


@EACH_PAGE
def test_a_damaged_dataset_is_a_sentence(route: Route, open_page: Open, workspace: Workspace) -> None:
    (workspace.datasets / SMALL / MANIFEST).write_text("{ not json")
    app = open_page(route.script, dataset=SMALL)
    assert_no_fault(app)
    assert [title.value for title in app.title] == [heading(route)]
    assert any("prepare the dataset again" in error.value for error in app.error)


def test_damaged_tables_are_a_sentence(open_page: Open, workspace: Workspace) -> None:
    (workspace.datasets / SMALL / "pool.parquet").write_bytes(b"PAR1 no more")
    app = open_page(routes.DATASET.script, dataset=SMALL)
    assert_no_fault(app)
    assert any("prepare it again" in error.value for error in app.error)


def test_damaged_features_are_a_sentence(open_page: Open, workspace: Workspace) -> None:
    (workspace.datasets / SMALL / "features" / "features.npz").write_bytes(b"PK no more")
    app = open_page(routes.RUN.script, dataset=SMALL)
    assert_no_fault(app)
    assert any("compute them again" in error.value for error in app.error)


@EACH_PAGE
def test_an_unknown_dataset_is_a_sentence(route: Route, open_page: Open) -> None:
    app = open_page(route.script, dataset="nobody")
    assert_no_fault(app)
    assert any("nobody" in error.value for error in app.error)


def test_an_unforeseen_error_is_a_sentence_and_a_log_entry(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages._ui.dataset import contents

    def broken(ref: object) -> None:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr(contents, "overview", broken)
    app = open_page(routes.DATASET.script, dataset=SMALL)
    assert not app.exception
    (said,) = [error.value for error in app.error]
    assert "internal error" in said
    assert "secret" not in shown(app)
    reference = said.split("`")[1]
    log = (workspace.root / "dashboard.log").read_text()
    assert reference in log
    assert "the secret inside" in log


def test_the_address_keeps_what_is_open(open_page: Open, workspace: Workspace) -> None:
    app = open_page(dataset=SMALL)
    assert app.selectbox(key="dataset_picker").value == SMALL
    app.query_params.clear()  # what Streamlit's navigation does
    app.switch_page(routes.DATASET.script).run()
    assert app.query_params["dataset"] == SMALL
    app.selectbox(key="dataset_picker").select(CLICKS).run()
    assert app.query_params["dataset"] == CLICKS
    app.query_params["dataset"] = SMALL  # a link to another dataset
    app.run()
    assert app.selectbox(key="dataset_picker").value == SMALL
    assert_no_fault(app)


@pytest.mark.parametrize("which", [0, 1])
def test_of_two_runs_with_one_name_the_one_in_the_address_stays_open(
    which: int, open_page: Open, workspace: Workspace
) -> None:
    """A select box finds its option by what it shows: of two alike it would open the other."""
    spec = {"dataset": str(workspace.datasets / SMALL), "name": "twin"}
    twins = [
        run_job("select", {**spec, "config": config_to_dict(RandomConfig(9, seed=seed))}, workspace)["run"]
        for seed in (1, 2)
    ]
    app = open_page(routes.POPULARITY.script, dataset=SMALL, run=twins[which])
    for key in ("run_picker", "second_picker"):
        options = app.selectbox(key=key).options
        assert len(set(options)) == len(options) > 0
    app.run()
    assert app.query_params["run"] == twins[which]
    assert app.selectbox(key="run_picker").value == twins[which]
    assert_no_fault(app)
