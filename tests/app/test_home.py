"""Home: one click to the demo, what is there, what was run; and light enough to come up at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.data.demo import load_demo
from goracs_core.data.store import load_dataset
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.select.export import bundle
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.workspace import Workspace, project_directory
from pages._ui import routes, state
from tests.app.conftest import SMALL, Open, assert_no_fault

pytestmark = pytest.mark.usefixtures("no_worker")

HEAVY = ("torch", "transformers", "sentence_transformers", "umap", "numba", "peft", "ot", "sklearn")


def small_run(workspace: Workspace, *, seed: int = 0, name: str | None = None) -> str:
    """A random coreset of the small shop; returns the run's id."""
    config = config_to_dict(RandomConfig(12, seed=seed))
    spec = {"dataset": str(workspace.datasets / SMALL), "config": config, "name": name}
    return run_job("select", spec, workspace)["run"]


def test_one_click_opens_the_demo_within_five_seconds(open_page: Open) -> None:
    app = open_page()
    started = time.perf_counter()
    app.button(key="open_demo").click().run()
    app.switch_page(routes.DATASET.script).run()
    assert time.perf_counter() - started < 5
    assert_no_fault(app)
    assert app.query_params["dataset"] == "demo"
    assert f"{len(load_demo().pool):,}" in [metric.value for metric in app.metric]


def test_every_dataset_can_be_opened_from_the_list(open_page: Open, workspace: Workspace) -> None:
    app = open_page()
    assert {f"open_dataset_{name}" for name in ("demo", SMALL)} <= {button.key for button in app.button}
    app.button(key=f"open_dataset_{SMALL}").click().run()
    assert app.query_params["dataset"] == SMALL
    assert app.button(key=f"open_dataset_{SMALL}").disabled


def table(app: AppTest) -> pd.DataFrame:
    """The runs as Home lists them."""
    return app.dataframe[0].value


def test_runs_are_a_table_with_their_values_and_a_sweep_is_one_row(open_page: Open, workspace: Workspace) -> None:
    run = small_run(workspace, name="A **bold** [name](http://example.org)")
    app = open_page()
    assert_no_fault(app)
    own = table(app).set_index("Name").loc["A **bold** [name](http://example.org)"]
    assert (own["k"], own["λ"]) == (12, "0.05")
    assert own["POO"] == pytest.approx(RunStore(workspace).get(run).selection.poo)
    swept = table(app)[table(app)["Name"] == "Sweep of 8 runs"]
    assert swept["λ"].tolist() == ["0 … 1"]
    app.toggle(key="runs_folded").set_value(False).run()
    assert len(table(app)) == 9


def test_runs_are_searched_by_words_and_conditions(open_page: Open, workspace: Workspace) -> None:
    small_run(workspace, name="mine")
    app = open_page()
    app.text_input(key="runs_search").set_value("method = random and k < 20").run()
    assert table(app)["Name"].tolist() == ["mine"]
    app.text_input(key="runs_search").set_value("colour = red").run()
    assert_no_fault(app)
    assert len(app.error) == 1


def test_a_damaged_run_is_a_sentence_in_its_row(open_page: Open, workspace: Workspace) -> None:
    run = small_run(workspace)
    (RunStore(workspace).directory(run) / "run.json").write_text("{")
    app = open_page()
    assert_no_fault(app)
    (summary,) = RunStore(workspace).list()
    assert summary.damaged in table(app)["Notes"].tolist()


def test_a_slider_of_lambda_moves_the_numbers_of_the_demo(open_page: Open) -> None:
    app = open_page(dataset="demo")
    assert_no_fault(app)

    def shown_numbers() -> dict[str, str]:
        return {metric.label: metric.value for metric in app.metric}

    before = shown_numbers()
    assert before["From the optimum"].startswith("≤ 0.")
    app.select_slider(key="home_lambda").set_value(1.0).run()
    assert_no_fault(app)
    after = shown_numbers()
    assert after.keys() == before.keys()
    assert after["POO below random"] != before["POO below random"]


def test_home_needs_nothing_heavy(workspace: Workspace) -> None:
    """In a process of its own: app.py on Home, with the demo open and a run in the list."""
    small_run(workspace)
    script = (
        "import sys, time\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60)\n"
        "app.query_params['dataset'] = 'demo'\n"
        "app.run()\n"
        "assert not app.exception and not app.error, app\n"
        f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])\n"
        "started = time.perf_counter(); app.run(); print('seconds:', time.perf_counter() - started)\n"
    )
    environment = {**os.environ, "GORACS_WORKSPACE": str(workspace.root), "PYTHONPATH": str(project_directory())}
    printed = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project_directory(),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    loaded, seconds = (line.partition(": ")[2] for line in printed.strip().splitlines()[-2:])
    assert loaded.split() == []
    assert float(seconds) < 1.5


def test_a_new_visitor_finds_the_dataset_open_that_the_environment_names(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(state.OPEN_VARIABLE, state.DEMO)
    app = open_page()
    assert app.session_state["current_dataset"] == state.DEMO
    app.selectbox(key="dataset_picker").select(None).run()
    assert app.session_state["current_dataset"] is None
    assert open_page(dataset=SMALL).session_state["current_dataset"] == SMALL
    monkeypatch.setenv(state.OPEN_VARIABLE, "missing")
    assert open_page().session_state["current_dataset"] is None


def test_a_bundle_is_imported_beside_the_runs(open_page: Open, workspace: Workspace) -> None:
    run = RunStore(workspace).get(small_run(workspace))
    content = bundle(run, load_dataset(workspace.datasets / SMALL))
    RunStore(workspace).delete(run.id)
    app = open_page()
    app.file_uploader(key="bundle_file").set_value(("run.zip", content, "application/zip")).run()
    app.button(key="import_bundle").click().run()
    assert_no_fault(app)
    (kept,) = RunStore(workspace).list()
    assert kept.id == run.id
    assert kept.imported in "\n".join(map(str, table(app)["Notes"]))
    assert len(app.success) == 1
    app.button(key="import_bundle").click().run()
    assert any("already" in one.value for one in app.error)
    assert_no_fault(app)
