"""The section on loss landscapes of Validate / Training: its job, its figures, and that it stays in sight."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.jobs.landscape.store import LandscapeStore
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.workspace import Workspace
from pages._ui import state
from pages._ui.routes import TRAINING
from tests import landscapes
from tests.app.conftest import SMALL, Open, assert_no_fault, newest_job, shown

pytestmark = pytest.mark.usefixtures("no_worker")


def landscape_is_open(app: AppTest) -> bool:
    (found,) = [one for one in app.expander if one.label == "Loss landscape: AdamW and the theorem of GORACS"]
    return bool(found.proto.expanded)


def test_nothing_of_the_landscape_yet_and_its_job(open_page: Open, workspace: Workspace) -> None:
    app = open_page(TRAINING.script, dataset=SMALL)
    assert "No measurement on this data yet" in shown(app)
    assert "Uses the first 64 of the pool (no run is open): 64 samples: about" in shown(app)
    app.number_input(key="landscape_steps").set_value(5).run()
    assert not landscape_is_open(app)
    app.button(key="landscape").click().run()
    assert_no_fault(app)
    assert landscape_is_open(app)
    job = newest_job(workspace)
    assert job.kind == "landscape"
    JobQueue(workspace).cancel(job.id)
    assert landscape_is_open(app.run()), "what came of it stays in sight"
    assert job.spec == {"dataset": str(workspace.datasets / SMALL), "whole_pool": True, "options": {"steps": 5}}
    app.number_input(key="landscape_steps").set_value(2).run()
    assert any("Checkpoints is 6" in error.value for error in app.error)


def test_a_landscape_in_words_and_figures(open_page: Open, workspace: Workspace) -> None:
    kept = landscapes.kept(state.reference(SMALL).fingerprint)
    LandscapeStore(workspace).save(kept)
    app = open_page(TRAINING.script, dataset=SMALL)
    assert_no_fault(app)
    said = shown(app)
    assert "Practice is far from the theorem" in said
    assert "descent lemma" in said
    assert "Test \\*CPU\\*" in said
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["L before training"] == "40"
    assert numbers["Step of AdamW"] == "10 × stable"
    assert numbers["Lemma holds"] == "1 of 2 steps"
    assert len(app.get("plotly_chart")) == 3
    app.button(key="delete_landscape").click().run()
    assert_no_fault(app)
    assert LandscapeStore(workspace).list() == ()
