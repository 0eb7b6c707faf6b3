"""The three Understand pages: what is missing, what waits, what they show, and how they fail."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.data.store import load_dataset
from goracs_core.evaluation import projection
from goracs_core.features.store import load_features
from goracs_core.jobs.kinds import PROJECTION, run_job
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.workspace import Workspace
from pages._ui import popularity_view, selection, state
from pages._ui.map import view as map_view
from pages._ui.routes import EMBEDDING_MAP, POPULARITY, TRANSPORT_PLAN, Route
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown
from tests.app.understood import decoded, figures, goracs, random_run, trace

pytestmark = pytest.mark.usefixtures("no_worker")
PAGES = (EMBEDDING_MAP, TRANSPORT_PLAN, POPULARITY)
EACH = pytest.mark.parametrize("route", PAGES, ids=lambda route: route.url_path)


# --- nothing loaded, waiting, failure


@pytest.mark.parametrize("route", [TRANSPORT_PLAN, POPULARITY], ids=lambda route: route.url_path)
def test_without_a_run_the_page_says_how_to_get_one(route: Route, open_page: Open, workspace: Workspace) -> None:
    app = open_page(route.script, dataset=SMALL)
    assert_no_fault(app)
    assert "No coreset is open" in shown(app)
    assert figures(app) == []


def test_the_map_shows_the_data_without_a_run(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL)
    assert_no_fault(app)
    assert "No coreset is open" in shown(app)
    (figure,) = figures(app)
    assert [one["name"] for one in figure["data"]] == ["Pool", "Validation"]


@pytest.mark.parametrize("route", [EMBEDDING_MAP, TRANSPORT_PLAN], ids=lambda route: route.url_path)
def test_without_features_the_page_says_where_they_come_from(
    route: Route, open_page: Open, workspace: Workspace
) -> None:
    (workspace.datasets / SMALL / "features" / "features.npz").unlink()
    app = open_page(route.script, dataset=SMALL)
    assert_no_fault(app)
    assert "no features yet" in shown(app)
    assert figures(app) == []


@EACH
def test_a_damaged_run_is_a_sentence(route: Route, open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    (workspace.runs / run.id / "selection.npz").write_bytes(b"PK no more")
    app = open_page(route.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    assert len(app.error) == 1
    assert "damaged" in app.error[0].value


@EACH
def test_a_run_of_other_data_is_not_shown(route: Route, open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace, dataset=CLICKS)
    app = open_page(route.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    assert "belongs to another dataset" in shown(app)
    assert figures(app) == []


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
    assert len(figures(app)) == 1
    assert not [one for one in app.button if one.label == "Compute the UMAP map"], "not twice"


def test_a_stored_umap_map_is_used_at_once(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # UMAP itself compiles for ten seconds; its layout is tested with the projections.
    monkeypatch.setattr(projection, "_umap_layout", lambda values, start, rows, **options: start)
    directory = workspace.datasets / SMALL
    run_job("projection", {"dataset": str(directory)}, workspace)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL)
    assert_no_fault(app)
    assert "UMAP: 15 neighbors, seed 0" in shown(app)
    assert JobQueue(workspace).list() == ()
    app.segmented_control(key="map").set_value("pca").run()
    assert "PCA: the first two principal components" in shown(app)


def test_the_demo_brings_its_map(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=state.DEMO)
    assert_no_fault(app)
    assert "UMAP: 15 neighbours" in shown(app)
    assert not [one for one in app.button if one.label == "Compute the UMAP map"]


# --- embedding map


def test_the_map_puts_the_coreset_on_top_of_all_samples(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    (figure,) = figures(open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id))
    dataset = load_dataset(workspace.datasets / SMALL)
    assert [one["name"] for one in figure["data"]] == ["Pool", "Validation", "Coreset"]
    assert decoded(trace(figure, "Pool")["customdata"]).tolist() == list(range(len(dataset.pool)))
    assert decoded(trace(figure, "Coreset")["customdata"]).tolist() == run.selection.indices.tolist()
    first = int(run.selection.indices[0])
    assert decoded(trace(figure, "Coreset")["x"])[0] == decoded(trace(figure, "Pool")["x"])[first]


@pytest.mark.parametrize("color", ["Popularity", "Gradient norm", "Distance to partners"])
def test_numeric_colours_are_in_the_figure(color: str, open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id, color=color)
    assert_no_fault(app)
    (figure,) = figures(app)
    assert color.split()[0] in figure["layout"]["coloraxis"]["colorbar"]["title"]["text"].replace("Mean d", "D")
    (colored,) = [one for one in figure["data"] if one["name"] == "Coreset" and "customdata" in one]
    values = decoded(colored["customdata"])[:, 1]
    dataset, features = load_dataset(workspace.datasets / SMALL), load_features(workspace.datasets / SMALL)
    rows = run.selection.indices
    assert features.gradient_norms is not None
    truth = {
        "Popularity": dataset.items.popularity[dataset.pool.targets[rows]],
        "Gradient norm": features.gradient_norms.values[rows],
        "Distance to partners": run.scores.mean_distances,
    }[color]
    assert np.allclose(values, truth, atol=1e-6)


@pytest.mark.parametrize("color", ["Category", "Cluster"])
def test_categorical_colours_make_a_legend(color: str, open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id, color=color)
    assert_no_fault(app)
    (figure,) = figures(app)
    legend = {one["name"] for one in figure["data"] if one.get("showlegend", True)}
    assert {"Pool", "Validation", "Coreset"} < legend
    assert len(legend) >= 5


def test_a_second_run_lies_over_the_first_and_in_the_address(open_page: Open, workspace: Workspace) -> None:
    first, second = goracs(workspace), random_run(workspace, 1)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=first.id, second=second.id, color="Membership")
    assert_no_fault(app)
    (figure,) = figures(app)
    mine, theirs = set(first.selection.indices.tolist()), set(second.selection.indices.tolist())
    pool = {
        one["name"]: set(decoded(one["customdata"]).tolist())
        for one in figure["data"]
        if "customdata" in one and one.get("showlegend")
    }
    assert pool["only in A"] == mine - theirs
    assert pool["only in B"] == theirs - mine
    assert pool.get("in both", set()) == mine & theirs
    assert app.query_params["second"] == second.id
    app.selectbox(key="second_picker").set_value(None).run()
    assert "second" not in app.query_params
    assert [one["name"] for one in figures(app)[0]["data"]] == ["Pool", "Validation", "Coreset"]


def test_arrows_say_how_much_mass_they_carry(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id, flows="true")
    (figure,) = figures(app)
    arrows = [one for one in figure["data"] if one["type"] == "quiver"]
    assert len(arrows) == 1
    assert "of the mass" in arrows[0]["name"]
    assert "largest flows, 100% of the mass" in shown(app)  # a small plan has fewer than 300


def test_search_marks_and_lists_what_it_finds(open_page: Open, workspace: Workspace) -> None:
    dataset = load_dataset(workspace.datasets / SMALL)
    title = dataset.items.titles[int(dataset.validation.targets[3])]
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id, find=dataset.validation.ids[3])
    assert_no_fault(app)
    assert "Found 1 of" in shown(app)
    assert decoded(trace(figures(app)[0], "Found")["customdata"]).tolist() == [len(dataset.pool) + 3]
    listed = app.dataframe[0].value
    assert listed["Title"].tolist() == [title]
    assert "Which samples cover this validation sample?" in shown(app)
    app.text_input(key="find").set_value("no such words anywhere").run()
    assert "No title contains all these words" in shown(app)


def test_the_selection_fills_the_table_and_clears(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=run.id)
    dataset = load_dataset(workspace.datasets / SMALL)
    picked = [int(run.selection.indices[2]), 0, len(dataset.pool) + 1, 10**6]  # the last one does not exist
    app.session_state[map_view.SELECTED] = picked
    app.run()
    assert f"Selected 3 of {len(dataset.pool) + len(dataset.validation)}" in shown(app)
    table = app.dataframe[0].value
    assert table["Part"].tolist()[0] == "coreset"
    assert table["Part"].tolist()[2] == "validation"
    assert table["Row"].tolist() == [picked[0], 0, 1]
    assert table["Mass"].iloc[0] == pytest.approx(1 / len(run.selection))
    assert table["Mean distance"].iloc[0] == pytest.approx(run.scores.mean_distances[2])
    assert table["Partners"].iloc[0] == run.scores.served[2]
    assert "Why was this sample selected?" in shown(app)
    app.button(key="map_clear").click().run()
    assert "Nothing selected" in shown(app)


def test_neighbours_are_the_nearest_in_the_embedding_space(open_page: Open, workspace: Workspace) -> None:
    app = open_page(EMBEDDING_MAP.script, dataset=SMALL, run=goracs(workspace).id)
    app.session_state[map_view.SELECTED] = [5]
    app.run()
    near = app.dataframe[-1].value
    values = load_features(workspace.datasets / SMALL).pool.values.astype(np.float64)
    distances = np.linalg.norm(values - values[5], axis=1)
    distances[5] = np.inf
    assert np.allclose(near["Distance"], np.sort(distances)[:8])


def test_points_of_every_shape_are_read() -> None:
    points = [
        {"customdata": 4},
        {"customdata": [7, 0.5]},
        {"customdata": {"0": 9, "1": 1.0}},
        {"x": 1},
        {"customdata": 4},
    ]
    assert selection.ids({"selection": {"points": points}}) == [4, 7, 9]
    assert selection.ids(None) == []
    assert selection.picked_row({"selection": {"rows": [3]}}) == 3
    assert selection.picked_row({"selection": {"rows": []}}) is None


# --- popularity


def test_the_popularity_page_shows_the_reports_numbers(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(POPULARITY.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    dataset = load_dataset(workspace.datasets / SMALL)
    popularity = dataset.items.popularity[dataset.pool.targets[run.selection.indices]]
    numbers = {metric.label: metric.value for metric in app.metric}
    assert float(numbers["ARP"].replace(",", "")) == pytest.approx(popularity.mean(), abs=0.05)
    coverage = len(np.unique(dataset.pool.targets[run.selection.indices])) / len(dataset.items)
    assert float(numbers["Coverage"].rstrip("%")) == pytest.approx(100 * coverage, abs=0.05)
    assert len(figures(app)) == 5
    assert "random coresets of the same size" in shown(app).replace("\\", "")
    histogram = decoded(trace(figures(app)[0], "Coreset")["y"])
    assert histogram.sum() == pytest.approx(1)
    table = app.dataframe[0].value
    assert np.allclose(table["Coreset"], histogram, atol=1e-5)
    assert {"Random 14, low", "Random 14, mean", "Random 14, high"} < set(table)


def test_two_runs_are_read_side_by_side(open_page: Open, workspace: Workspace) -> None:
    first, second = goracs(workspace, name="Mine <b>&"), random_run(workspace, 1)
    app = open_page(POPULARITY.script, dataset=SMALL, run=first.id, second=second.id)
    assert_no_fault(app)
    names = [one["name"] for one in figures(app)[0]["data"] if one.get("showlegend", True)]
    assert names[-2:] == ["A: Mine &lt;b&gt;&amp;", "B: chance"]
    assert shown(app).count("Summary") == 2


def test_a_report_is_made_once_per_run(open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = popularity_view.popularity_report
    monkeypatch.setattr(popularity_view, "popularity_report", lambda *a, **k: made.append(1) or real(*a, **k))
    run = goracs(workspace)
    app = open_page(POPULARITY.script, dataset=SMALL, run=run.id)
    app.run()
    assert len(made) == 1


def test_a_link_reproduces_the_view(open_page: Open, workspace: Workspace) -> None:
    run = goracs(workspace)
    app = open_page(TRANSPORT_PLAN.script, dataset=SMALL, run=run.id, clusters="12")
    assert {name: app.query_params[name] for name in ("dataset", "run")} == {"dataset": SMALL, "run": run.id}
    heat = next(one for one in figures(app)[0]["data"] if one["type"] == "heatmap")
    assert decoded(heat["z"]).shape == (12, 12)
