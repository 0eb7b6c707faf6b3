"""The Embedding map page: what the browser is told agrees with the data, the run and the address."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from goracs_core.data.store import load_dataset
from goracs_core.evaluation import projection
from goracs_core.evaluation.neighbourhood import LISTED
from goracs_core.features.store import load_features
from goracs_core.jobs.kinds import PROJECTION, run_job
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.workspace import Workspace
from pages._ui import arrays, state
from pages._ui.map import columns, export
from pages._ui.routes import EMBEDDING_MAP
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown
from tests.app.understood import element, fetched, goracs, random_run

pytestmark = pytest.mark.usefixtures("no_worker")


def column(told: dict, key: str) -> dict:
    (found,) = [one for one in told["columns"] if one["key"] == key]
    return found


def test_without_a_run_pool_and_validation_are_shown(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL)
    assert_no_fault(app)
    assert "No coreset is open" in shown(app)
    told, dataset = element(app, "map"), load_dataset(workspace.datasets / SMALL)
    assert (told["pool"], told["validation"], told["runs"]) == (len(dataset.pool), len(dataset.validation), [])
    assert told["color"] == "role"
    assert {"distance", "mass", "price"}.isdisjoint(one["key"] for one in told["columns"])


def test_the_umap_button_queues_the_job_and_the_pca_map_bridges_the_wait(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL)
    assert "PCA" in shown(app), "the PCA map is there at once"
    (button,) = [one for one in app.button if one.label == "Compute the UMAP map"]
    button.click().run()
    assert_no_fault(app)
    job = newest_job(workspace)
    assert (job.kind, PROJECTION.read(job.spec).method, job.spec["dataset"]) == (
        "projection",
        "umap",
        str(workspace.datasets / SMALL),
    )
    assert "until the UMAP map is ready" in shown(app)
    assert element(app, "map")["pool"] > 0
    assert not [one for one in app.button if one.label == "Compute the UMAP map"], "not twice"


def test_a_stored_umap_map_is_used_at_once(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # UMAP itself compiles for ten seconds; its layout is tested with the projections.
    monkeypatch.setattr(projection, "_umap_layout", lambda values, start, rows, **options: 2 * start)
    directory = workspace.datasets / SMALL
    run_job("projection", {"dataset": str(directory)}, workspace)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL)
    assert_no_fault(app)
    assert "UMAP: 15 neighbors, seed 0" in shown(app)
    assert JobQueue(workspace).list() == ()
    umap = element(app, "map")
    app.segmented_control(key="map").set_value("pca").run()
    assert "PCA: the first two principal components" in shown(app)
    pca = element(app, "map")
    assert umap["key"] != pca["key"]
    assert np.allclose(fetched(umap["places"]), 2 * fetched(pca["places"]))
    assert umap["targets"] == pca["targets"]


def test_the_demo_brings_its_map(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=state.DEMO)
    assert_no_fault(app)
    assert "UMAP: 15 neighbours" in shown(app)
    assert not [one for one in app.button if one.label == "Compute the UMAP map"]
    assert {label["level"] for label in element(app, "map")["labels"]} == {0, 1, 2}


def test_places_rows_and_flows_are_those_of_the_run(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    told = element(open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id), "map")
    features = load_features(workspace.datasets / SMALL)
    place = projection.pca_2d(features.pool, features.validation)
    both = np.concatenate([place.pool, place.validation])
    assert np.array_equal(fetched(told["places"]).reshape(2, -1).T, both)
    (first,) = told["runs"]
    assert fetched(first["rows"], "i4").tolist() == run.selection.indices.tolist()
    plan, count = run.selection.plan, first["flows"]["count"]
    ends = fetched(first["flows"]["ends"], "i4").reshape(2, count)
    assert ends[0].tolist() == run.selection.indices[plan.rows].tolist()
    assert (ends[1] - told["pool"]).tolist() == plan.columns.tolist()
    mass, distances = fetched(first["flows"]["amounts"]).reshape(2, count)
    pool, validation = (part.values.astype(np.float64) for part in (features.pool, features.validation))
    truth = np.linalg.norm(pool[ends[0]] - validation[ends[1] - told["pool"]], axis=1)
    assert np.allclose(distances, truth, atol=1e-5)
    assert mass.sum() == pytest.approx(1)


@pytest.mark.parametrize("key", ["popularity", "norm", "distance", "mass", "time"])
def test_numbers_are_those_of_the_samples(key: str, open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    told = element(open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id, color=key), "map")
    assert told["color"] == key
    values = fetched(column(told, key)["address"])
    dataset, features = load_dataset(workspace.datasets / SMALL), load_features(workspace.datasets / SMALL)
    rows, norms = run.selection.indices, features.gradient_norms
    assert norms is not None
    assert len(values) == len(dataset.pool) + len(dataset.validation)
    assert dataset.pool.times is not None
    truth = {
        "popularity": dataset.items.popularity[dataset.pool.targets[rows]],
        "norm": norms.values[rows],
        "distance": run.scores.mean_distances,
        "mass": np.full(len(rows), 1 / len(rows)),
        "time": dataset.pool.times[rows] / 86_400,
    }[key]
    assert np.allclose(values[rows], truth, rtol=1e-6, atol=1e-6)
    others = np.setdiff1d(np.arange(len(dataset.pool)), rows)
    assert np.isnan(values[others]).all() == (key in ("distance", "mass"))
    assert np.isnan(values[len(dataset.pool) :]).all() == (key == "norm")


def test_the_worst_covered_are_the_validation_samples_with_the_largest_distance(
    open_page: Open, workspace: Workspace
) -> None:
    told = element(open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id), "map")
    assert told["color"] == "distance", "the default answers the page's question"
    distance = fetched(column(told, "distance")["address"]).copy()
    distance[: told["pool"]] = -1
    worst = told["runs"][0]["worst"]
    assert len(worst) == 10
    assert distance[worst].tolist() == sorted(distance[distance >= 0].tolist(), reverse=True)[:10]


def test_categories_are_codes_with_names(open_page: Open, workspace: Workspace) -> None:
    told = element(open_page(EMBEDDING_MAP.script, dataset=SMALL, color="category"), "map")
    dataset = load_dataset(workspace.datasets / SMALL)
    entry = column(told, "category")
    codes = fetched(entry["address"], "u2")
    targets = np.concatenate([dataset.pool.targets, dataset.validation.targets])
    assert [entry["names"][code] for code in codes] == [dataset.items.categories[target] for target in targets]
    counts = np.bincount(codes[: len(dataset.pool)], minlength=len(entry["names"]))
    assert (np.diff(counts) <= 0).all(), "most frequent first"


def test_rare_categories_share_one_name(monkeypatch: pytest.MonkeyPatch, open_page: Open, workspace: Workspace) -> None:
    monkeypatch.setattr(columns, "MOST_NAMES", 2)
    told = element(open_page(EMBEDDING_MAP.script, dataset=SMALL), "map")
    entry = column(told, "category")
    assert entry["names"][1:] == ["all others"]
    assert set(fetched(entry["address"], "u2").tolist()) == {0, 1}


def test_slow_columns_are_made_when_somebody_asks(open_page: Open, workspace: Workspace) -> None:
    told = element(open_page(EMBEDDING_MAP.script, dataset=SMALL), "map")
    assert {key for key, kind in columns.KINDS.items() if kind.slow} == {
        one["key"] for one in told["columns"] if "address" not in one
    }
    told = element(open_page(EMBEDDING_MAP.script, dataset=SMALL, color="trust"), "map")
    trust = fetched(column(told, "trust")["address"])
    assert ((trust >= 0) & (trust <= 1)).all()
    assert "address" not in column(told, "cluster")


def test_clicks_have_a_label(open_page: Open, workspace: Workspace) -> None:
    told = element(open_page(EMBEDDING_MAP.script, dataset=CLICKS), "map")
    labels = load_dataset(workspace.datasets / CLICKS).pool.labels
    assert labels is not None
    assert fetched(column(told, "label")["address"], "u2")[: len(labels)].tolist() == labels.tolist()
    told = element(open_page(EMBEDDING_MAP.script, dataset=SMALL), "map")
    assert "label" not in [one["key"] for one in told["columns"]]


def test_a_second_run_lies_over_the_first_and_in_the_address(open_page: Open, workspace: Workspace) -> None:
    first, second = goracs(workspace), random_run(workspace, 1)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=first.id, second=second.id)
    assert_no_fault(app)
    told = element(app, "map")
    mine, theirs = (set(run.selection.indices.tolist()) for run in (first, second))
    assert [set(fetched(run["rows"], "i4").tolist()) for run in told["runs"]] == [mine, theirs]
    assert [run["name"][:2] for run in told["runs"]] == ["A:", "B:"]
    assert told["jaccard"] == pytest.approx(len(mine & theirs) / len(mine | theirs))
    assert app.query_params["second"] == second.id or app.query_params["second"] == [second.id]


def test_a_sample_in_the_address_is_open_with_its_true_neighbours(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id, sample=str(run.selection.indices[2]))
    assert_no_fault(app)
    told = element(app, "map")
    row = told["sample"]
    assert row == run.selection.indices[2]
    assert "Why was this sample selected?" in shown(app)
    values = load_features(workspace.datasets / SMALL).pool.values.astype(np.float64)
    distances = np.linalg.norm(values - values[row], axis=1)
    distances[row] = np.inf
    assert told["near"]["sample"] == row
    assert np.allclose(told["near"]["distances"], np.sort(distances)[:8])
    assert np.allclose(distances[told["near"]["ids"]], np.sort(distances)[:8])
    near = app.dataframe[-1].value
    assert np.allclose(near["Distance"], np.sort(distances)[:8])


def test_a_validation_sample_has_neighbours_among_validation_samples(open_page: Open, workspace: Workspace) -> None:
    run, pool = goracs(workspace), len(load_dataset(workspace.datasets / SMALL).pool)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id, sample=str(pool + 3))
    plan = run.selection.plan
    assert f"Matched to {(plan.columns == 3).sum()} coreset sample" in shown(app)
    assert min(element(app, "map")["near"]["ids"]) >= pool


@pytest.mark.parametrize(
    "hostile", ["-1", "1e3", "９", "10000000", "999999999999999999999", "<b>", "..", "", "role", "None"]
)
def test_an_address_that_makes_no_sense_is_the_plain_map(hostile: str, open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id, sample=hostile, color=hostile or "x")
    assert_no_fault(app)
    told = element(app, "map")
    assert told["sample"] is None
    assert told["near"] is None
    assert told["color"] == ("role" if hostile == "role" else "distance")


def test_a_rerun_sends_addresses_of_the_same_content(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id)
    before = element(app, "map")
    app.run()
    assert element(app, "map") == before
    assert len(str(before)) < 60_000, "large values have addresses of their own"


def test_the_file_of_a_selection_has_its_samples(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id)
    told, dataset = element(app, "map"), load_dataset(workspace.datasets / SMALL)
    pool = len(dataset.pool)
    ids = np.array([pool + 1, run.selection.indices[0], 0], "<u4")
    with TestClient(Starlette(routes=[arrays.route(), export.route()])) as client:
        answer = client.post(f"/{told['export']}.parquet", content=ids.tobytes())
    found = pd.read_parquet(io.BytesIO(answer.content))
    chosen = "coreset" if 0 in run.selection.indices else "pool"
    assert found["set"].tolist() == ["validation", "coreset", chosen]
    assert found["row"].tolist() == [1, run.selection.indices[0], 0]
    assert found["id"].tolist()[0] == dataset.validation.ids[1]
    assert found["title"].tolist()[2] == dataset.items.titles[int(dataset.pool.targets[0])]
    assert found["Transport distance"].iloc[1] == pytest.approx(run.scores.mean_distances[0])
    places = fetched(told["places"]).reshape(2, -1)
    assert np.allclose(found[["x", "y"]].to_numpy(), places[:, ids].T)


def test_the_parquet_file_has_texts_and_neighbours_among_its_rows(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id)
    told, dataset = element(app, "map"), load_dataset(workspace.datasets / SMALL)
    total, pool = told["pool"] + told["validation"], dataset.pool
    ids = np.random.default_rng(0).choice(total, 25, replace=False).astype("<u4")
    with TestClient(Starlette(routes=[arrays.route(), export.route()])) as client:
        answer = client.post(f"/{told['export']}.parquet", content=ids.tobytes())
        table = client.post(f"/{told['export']}.csv", content=ids.tobytes())
    found = pd.read_parquet(io.BytesIO(answer.content))
    features = load_features(workspace.datasets / SMALL)
    values = np.concatenate([features.pool.values, features.validation.values])[ids].astype(float)
    for row, one in enumerate(found["neighbors"]):
        apart = np.linalg.norm(values - values[row], axis=1)
        apart[row] = np.inf
        assert len(one["ids"]) == LISTED
        assert np.allclose(one["distances"], np.sort(apart)[:LISTED], atol=1e-6)
        assert np.allclose(apart[one["ids"]], one["distances"], atol=1e-6), "ids are rows of the file"
    first = int(np.flatnonzero(found["set"] != "validation")[0])
    row = int(found["row"].iloc[first])
    assert found["text"].iloc[first] == f"{pool.prompts[row]}\n{pool.answers[row]}"
    assert [*pd.read_csv(io.BytesIO(table.content)), "text", "neighbors"] == list(found)


def test_a_named_set_is_a_file_of_ids(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL)
    told, dataset = element(app, "map"), load_dataset(workspace.datasets / SMALL)
    ids = np.array([2, 5, len(dataset.pool) + 1], "<u4")
    with TestClient(Starlette(routes=[arrays.route(), export.route()])) as client:
        answer = client.post(f"/{told['export']}.json", params={"name": "cook & books"}, content=ids.tobytes())
    content = answer.json()
    assert (content["name"], content["dataset_fingerprint"]) == ("cook & books", dataset.fingerprint)
    assert content["pool"] == [dataset.pool.ids[2], dataset.pool.ids[5]]
    assert content["validation"] == [dataset.validation.ids[1]]
