"""A new kind of experiment appears on the page that it names: form, job, link and answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.workspace import Workspace
from pages._ui.routes import COMPARE
from tests.app.conftest import SMALL, Open, assert_no_fault, newest_job, shown, work
from tests.llm.tiny import save_model
from tests.made_up_experiment import MADE_UP, registered

pytestmark = pytest.mark.usefixtures("no_worker")


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    with registered():
        yield


def test_it_is_asked_for_made_opened_and_shown(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    app = open_page(COMPARE.script, dataset=SMALL)
    app.segmented_control(key="compare_kind").set_value(MADE_UP.name).run()
    app.text_input(key="proxy_model").set_value(str(save_model(tmp_path / "model", "gpt2", context=128)))
    app.text_input(key="compare_budgets").set_value("3")
    app.number_input(key="compare_seeds").set_value(2)
    app.number_input(key="proxy_tests").set_value(4)
    app.number_input(key="proxy_epochs_tuned").set_value(1).run()
    assert_no_fault(app)
    assert "3 trainings; how long this model takes is known after its first training." in shown(app)
    app.button(key="run_compare").click().run()
    assert "is this one best?" in shown(app), "the job's title"
    work(workspace)
    job = newest_job(workspace)
    assert job.spec["kind"] == MADE_UP.name
    made = ExperimentStore(workspace).get(job.result["experiment"])
    app.run()
    assert_no_fault(app)
    assert "here are 2 arms" in shown(app)
    assert next(one.value for one in app.dataframe if "loss" in one.value)["arm"].tolist() == ["herding", "random"]
    elsewhere = open_page(dataset=SMALL)
    link = next(one.proto for one in elsewhere.get("page_link") if one.proto.label == "Open the experiment")
    assert link.page.endswith("compare")
    assert f"experiment={made.id}" in link.query_string
