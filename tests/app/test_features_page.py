"""Prepare / Features: the job that the form shows, its cost before the start, features from elsewhere."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest

from goracs_core.data.store import load_dataset
from goracs_core.features.neighbours import nearest_neighbours
from goracs_core.features.options import FeatureOptions
from goracs_core.features.store import has_features, load_features
from goracs_core.workspace import Workspace
from pages._ui.features import form as feature_form
from pages._ui.routes import FEATURES
from tests.app.conftest import SMALL, Open, assert_no_fault, newest_job, shown

pytestmark = pytest.mark.usefixtures("no_worker")


@pytest.fixture
def bare(workspace: Workspace) -> Workspace:
    """The small shop without features."""
    shutil.rmtree(workspace.datasets / SMALL / "features")
    return workspace


def array_file(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def test_the_form_makes_the_job_it_shows(open_page: Open, bare: Workspace) -> None:
    app = open_page(FEATURES.script, dataset=SMALL)
    assert "no features yet" in shown(app)
    app.selectbox(key="norm_source").select("none").run()
    assert not [box for box in app.selectbox if box.key == "norm_loss"], "without norms there is no loss to choose"
    app.selectbox(key="norm_source").select("small").run()
    app.selectbox(key="norm_loss").select("sequence")
    app.selectbox(key="norm_adapters").select("all")
    app.number_input(key="feature_seed").set_value(5).run()
    app.button(key="compute_features").click().run()
    assert_no_fault(app)
    job = newest_job(bare)
    assert job.kind == "features"
    assert job.spec["dataset"] == str(bare.datasets / SMALL)
    expected = FeatureOptions(model="small", loss="sequence", adapters="all", seed=5)
    assert FeatureOptions.from_dict(job.spec["options"]) == expected
    assert any(button.label == "Cancel" for button in app.main.button)


def test_gradients_can_be_those_of_the_model_that_is_fine_tuned(open_page: Open, bare: Workspace) -> None:
    app = open_page(FEATURES.script, dataset=SMALL)
    app.selectbox(key="norm_source").select("small-titles").run()
    assert "small\\-titles model" in shown(app), "the estimate knows it"
    app.button(key="compute_features").click().run()
    assert_no_fault(app)
    assert newest_job(bare).spec["options"] == FeatureOptions(model="small-titles").to_dict()


def test_the_cost_is_told_before_anything_starts(open_page: Open, bare: Workspace) -> None:
    app = open_page(FEATURES.script, dataset=SMALL)
    before = shown(app)
    assert "memory" in before
    assert "all\\-MiniLM" in before
    app.selectbox(key="norm_source").select("none").run()
    assert shown(app) != before, "the estimate follows the options"


def test_too_little_memory_refuses_with_advice(
    open_page: Open, bare: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_form, "available_bytes", lambda: 1000)
    app = open_page(FEATURES.script, dataset=SMALL)
    assert app.button(key="compute_features").disabled
    assert any("smaller" in warning.value for warning in app.warning)


def test_an_empty_model_name_is_a_sentence(open_page: Open, bare: Workspace) -> None:
    app = open_page(FEATURES.script, dataset=SMALL)
    app.selectbox(key="norm_source").select("other").run()
    assert_no_fault(app)
    assert any("model is empty" in error.value.replace("Model", "model") for error in app.error)


def test_what_the_selector_sees(open_page: Open, workspace: Workspace) -> None:
    app = open_page(FEATURES.script, dataset=SMALL)
    assert_no_fault(app)
    features = load_features(workspace.datasets / SMALL)
    dataset = load_dataset(workspace.datasets / SMALL)
    app.number_input(key="neighbour_row").set_value(4).run()
    table = next(frame.value for frame in app.dataframe if "Distance" in frame.value)
    found = nearest_neighbours(features.pool, 4, len(table) - 1)
    assert list(table["Pool row"]) == [4, *found.rows]
    assert np.allclose(table["Distance"], [0.0, *found.distances])
    assert table["Title"][0] == dataset.items.titles[dataset.pool.targets[4]]
    assert features.fingerprint[:8] in shown(app)


def test_precomputed_features_are_checked_kept_and_the_upload_deleted(open_page: Open, bare: Workspace) -> None:
    dataset = load_dataset(bare.datasets / SMALL)
    rng = np.random.default_rng(1)
    pool, validation = (rng.normal(size=(len(part), 5)) for part in (dataset.pool, dataset.validation))
    app = open_page(FEATURES.script, dataset=SMALL)
    app.file_uploader(key="upload_pool").set_value(("p.npy", array_file(pool[:-1]), ""))
    app.file_uploader(key="upload_validation").set_value(("v.npy", array_file(validation), ""))
    app.button(key="use_precomputed").click().run()
    assert any("pool" in error.value for error in app.error), "one row is missing"
    assert not has_features(bare.datasets / SMALL)
    assert list(bare.uploads.iterdir()) == []
    app.file_uploader(key="upload_pool").set_value(("p.npy", array_file(pool), ""))
    app.file_uploader(key="upload_validation").set_value(("v.npy", array_file(validation), ""))
    app.button(key="use_precomputed").click().run()
    assert_no_fault(app)
    kept = load_features(bare.datasets / SMALL)
    assert np.allclose(kept.pool.values, pool)
    assert kept.gradient_norms is None
    assert list(bare.uploads.iterdir()) == []
    assert "no gradient norms" in shown(app)


def test_pickled_arrays_are_refused(open_page: Open, bare: Workspace) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    app = open_page(FEATURES.script, dataset=SMALL)
    for key in ("upload_pool", "upload_validation"):
        app.file_uploader(key=key).set_value(("p.npy", buffer.getvalue(), ""))
    app.button(key="use_precomputed").click().run()
    assert app.error
    assert_no_fault(app)
    assert not has_features(bare.datasets / SMALL)


def test_the_shipped_demo_is_not_overwritten(open_page: Open) -> None:
    app = open_page(FEATURES.script, dataset="demo")
    assert_no_fault(app)
    assert not [button for button in app.button if button.key == "use_precomputed"]
    assert "demo is not modified" in shown(app)
