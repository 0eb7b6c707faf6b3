"""Prepare / Features: the job that the form shows, its cost before the start, features from elsewhere."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest

from goracs_core.data.store import load_dataset
from goracs_core.evaluation.standing import percent
from goracs_core.features.neighbours import nearest_neighbours, neighbour_agreement
from goracs_core.features.options import FeatureOptions
from goracs_core.features.store import has_features, load_features
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import RandomConfig, config_to_dict
from goracs_core.workspace import Workspace
from pages._ui.features import form as feature_form
from pages._ui.routes import FEATURES
from tests.app.conftest import SMALL, Open, assert_no_fault, newest_job, shown, unfolded

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


def test_a_sample_is_found_by_its_title(open_page: Open, workspace: Workspace) -> None:
    """Words of a title, or an id, go to the first hit; the others are in the list beside, as is the way back."""
    dataset = load_dataset(workspace.datasets / SMALL)
    titles = [dataset.items.titles[target] for target in dataset.pool.targets]
    row = next(n for n in range(len(titles) - 1, 0, -1) if titles.count(titles[n]) > 1)
    wanted = [n for n, title in enumerate(titles) if title == titles[row]]
    app = open_page(FEATURES.script, dataset=SMALL)
    assert app.selectbox(key="neighbour_found").disabled
    app.text_input(key="neighbour_find").set_value(titles[row].upper()).run()
    assert_no_fault(app)
    hits = app.selectbox(key="neighbour_found")
    assert set(wanted) <= {int(option.rpartition(" ")[2]) for option in hits.options}
    assert app.number_input(key="neighbour_row").value == int(hits.options[0].rpartition(" ")[2])
    hits.set_value(row).run()
    assert app.number_input(key="neighbour_row").value == row
    table = next(frame.value for frame in app.dataframe if "Distance" in frame.value)
    assert (table["Title"][0], table["Pool row"][0]) == (titles[row], row)
    app.number_input(key="neighbour_row").set_value(0).run()
    assert app.selectbox(key="neighbour_found").value == (0 if 0 in wanted else None)
    app.text_input(key="neighbour_find").set_value(dataset.pool.ids[7]).run()
    assert app.number_input(key="neighbour_row").value == 7
    app.text_input(key="neighbour_find").set_value("no such title").run()
    assert app.number_input(key="neighbour_row").value == 7
    assert_no_fault(app)


def test_the_verdict_and_the_norms_beside_those_of_the_open_coreset(open_page: Open, workspace: Workspace) -> None:
    spec = {"dataset": str(workspace.datasets / SMALL), "config": config_to_dict(RandomConfig(9))}
    run = run_job("select", spec, workspace)["run"]
    app = open_page(FEATURES.script, dataset=SMALL, run=run)
    assert_no_fault(app)
    features, dataset = load_features(workspace.datasets / SMALL), load_dataset(workspace.datasets / SMALL)
    _, groups = np.unique(dataset.items.categories, return_inverse=True)
    found = neighbour_agreement(features.pool, groups[dataset.pool.targets])
    assert found is not None
    (said,) = (one.value for one in app.subheader if "same category" in one.value)
    assert f"{percent(found.share)} of cases" in said
    assert ("do not separate" in said) == (not found.clear), "these embeddings are drawn at random"
    assert features.gradient_norms is not None
    norms, chosen = features.gradient_norms.values, RunStore(workspace).indices(run)
    unfolded(app, gradient_norms_numbers=True)
    table = next(frame.value for frame in app.dataframe if "Quantile" in frame.value).set_index("Quantile")
    assert table.loc[0.5, "Pool"] == pytest.approx(np.median(norms))
    assert table.loc[0.5, "Coreset"] == pytest.approx(np.median(norms[chosen]))


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
    assert "No gradient norms" in shown(app)
    assert "5-d, uploaded" in shown(app)


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
