"""Prepare / Dataset: another dataset is made from the open one, opened and explained; mistakes are a sentence."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.data.derive import target_categories
from goracs_core.data.store import load_dataset
from goracs_core.features.store import load_features
from goracs_core.workspace import Workspace
from pages._ui.dataset import derive_form
from pages._ui.routes import DATASET, FEATURES
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, shown, unfolded, work

pytestmark = pytest.mark.usefixtures("no_worker")


def choose(app: AppTest, way: str) -> AppTest:
    return app.segmented_control(key="derive_way").set_value(way).run()


def make(app: AppTest, workspace: Workspace) -> AppTest:
    """Press the button, let the worker do it, look again."""
    app.button(key="derive_submit").click().run()
    work(workspace)
    return app.run()


def test_an_early_validation_is_made_opened_and_said(open_page: Open, workspace: Workspace) -> None:
    app = choose(open_page(DATASET.script, dataset=SMALL), derive_form.EARLY)
    assert_no_fault(app)
    app.slider(key="derive_share").set_value(30)
    app.text_input(key="derive_name").set_value("Early shop")
    make(app, workspace)
    assert_no_fault(app)
    assert app.query_params["dataset"] == "Early-shop"
    made, parent = load_dataset(workspace.datasets / "Early-shop"), load_dataset(workspace.datasets / SMALL)
    assert made.provenance["derived"] == {
        "from": SMALL,
        "fingerprint": parent.fingerprint,
        "how": "early validation",
        "share": 0.3,
    }
    assert made.sampling_notes[-1].split(":")[0] in shown(unfolded(app, info=True))
    assert len(load_features(workspace.datasets / "Early-shop").validation) == len(made.validation)
    features = shown(open_page(FEATURES.script, dataset="Early-shop"))
    assert f"Copied** from {SMALL}, not recomputed" in features.replace("\\", "")
    assert f"{len(made.validation)} of {len(parent.validation)} rows of the validation" in features


def test_a_category_from_elsewhere(open_page: Open, workspace: Workspace) -> None:
    parent = load_dataset(workspace.datasets / SMALL)
    category = next(iter(target_categories(parent)))
    app = open_page(DATASET.script, dataset=SMALL)
    app.button(key="derive_submit").click().run()
    assert any("no category is selected" in error.value.lower() for error in app.error)
    app.multiselect(key="derive_categories").set_value([category])
    app.toggle(key="derive_elsewhere").set_value(True)
    make(app, workspace)
    assert_no_fault(app)
    made = load_dataset(workspace.datasets / app.query_params["dataset"])
    assert made.provenance["derived"]["categories"] == [category]
    assert len(made.validation) == target_categories(parent)[category]
    assert len(made.pool) < len(parent.pool)


def test_a_taken_name_and_another_task_are_a_sentence(open_page: Open, workspace: Workspace) -> None:
    app = choose(open_page(DATASET.script, dataset=SMALL), derive_form.EARLY)
    app.text_input(key="derive_name").set_value(CLICKS)
    make(app, workspace)
    assert any("already" in error.value and "another name" in error.value for error in app.error)
    choose(app, derive_form.OTHER)
    app.selectbox(key="derive_other").select(CLICKS)
    make(app, workspace)
    assert any("needs the same task" in error.value for error in app.error)
    assert_no_fault(app)
    assert load_dataset(workspace.datasets / CLICKS).task == "ctr"
