"""The three Understand pages: what is missing, what waits, what they show, and how they fail."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.data.store import load_dataset
from goracs_core.workspace import Workspace
from pages._ui import popularity_view, selection
from pages._ui.routes import EMBEDDING_MAP, POPULARITY, TRANSPORT_PLAN, Route
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, shown, unfolded
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
    assert len(figures(app)) == 3
    assert "random coresets of the same size" in shown(app).replace("\\", "")
    histogram = decoded(trace(figures(app)[0], "Coreset")["y"])
    assert histogram.sum() == pytest.approx(1)
    assert not app.dataframe, "tables are made when they are opened"
    table = unfolded(app, popularity_histogram_numbers=True).dataframe[0].value
    assert np.allclose(table["Coreset"], histogram, atol=1e-5)
    assert {"Random 14, low", "Random 14, mean", "Random 14, high"} < set(table)
    unfolded(app, popularity_tab="Catalogue and categories")
    assert_no_fault(app)
    assert len(figures(app)) == 3


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
