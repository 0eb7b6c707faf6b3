"""The dashboard under Streamlit's test harness, always through app.py, with a small dataset that has features."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from goracs_core.data.dataset import Task
from goracs_core.data.store import save_dataset
from goracs_core.data.synthetic.dataset import SyntheticOptions, make_synthetic
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.queue.worker import run_worker
from goracs_core.workspace import ENVIRONMENT_VARIABLE, Workspace, project_directory
from pages._ui import jobs
from pages._ui.routes import HOME

SMALL = "Small-shop"
CLICKS = "Small-clicks"
Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def small_datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one dataset per task, both with features."""
    root = tmp_path_factory.mktemp("datasets")
    for name, task in ((SMALL, Task.SEQREC), (CLICKS, Task.CTR)):
        options = SyntheticOptions(
            task=task, num_users=150, num_items=250, max_pool=120, max_validation=40, max_test=20
        )
        dataset = make_synthetic(options, name=name)
        save_dataset(dataset, root / name)
        rng = np.random.default_rng(0)
        features = features_from_arrays(
            dataset,
            rng.normal(size=(len(dataset.pool), 6)).astype(np.float32),
            rng.normal(size=(len(dataset.validation), 6)).astype(np.float32),
            rng.gamma(2.0, size=len(dataset.pool)),
        )
        save_features(features, root / name)
    return root


@pytest.fixture
def workspace(own_workspace: Path, small_datasets: Path) -> Workspace:
    """A workspace that holds the small datasets."""
    import shutil

    found = Workspace(own_workspace).ensure()
    for folder in small_datasets.iterdir():
        shutil.copytree(folder, found.datasets / folder.name)
    return found


@pytest.fixture(scope="session", autouse=True)
def components_scanned_once() -> Iterator[None]:
    """The harness reads the metadata of every installed package for each app: half a second that finds the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    """No value of another test's workspace is left."""
    st.cache_resource.clear()


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Submitted jobs stay in the queue until `work` is called."""
    monkeypatch.setattr(jobs, "ensure_worker", lambda workspace: None)


def new_app() -> AppTest:
    return AppTest.from_file(str(project_directory() / "app.py"), default_timeout=120)


@pytest.fixture(scope="session")
def registered_pages(components_scanned_once: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The pages of st.navigation, which the harness knows only after a first run: Home's, without data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path_factory.mktemp("home")))
        return new_app().run()._registered_pages


@pytest.fixture
def open_page(registered_pages: dict[str, Any]) -> Open:
    """Open a page by its script, with query parameters, as a link does."""

    def open_page(script: str = HOME.script, **query: str) -> AppTest:
        app = new_app()
        app._registered_pages = registered_pages
        app.switch_page(script)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_page


def work(workspace: Workspace) -> None:
    """Do what is queued, in this process: the worker's own loop, ended when nothing waits."""
    run_worker(workspace, until_empty=True, niceness=0)


def newest_job(workspace: Workspace):
    return JobQueue(workspace).list()[0]


def shown(app: AppTest) -> str:
    """Everything a person could read on the page."""
    text = (app.title, app.subheader, app.markdown, app.caption, app.code)
    notices = (app.error, app.warning, app.info, app.success)
    elements = [element for kind in (*text, *notices) for element in kind]
    return "\n".join(str(element.value) for element in elements)


def unfolded(app: AppTest, **parts: str | bool) -> AppTest:
    """The page with some parts opened, by the keys of what unfolds: True, or the label of a tab."""
    for key, value in parts.items():
        app.session_state[key] = value
    return app.run()


def assert_no_fault(app: AppTest) -> None:
    """No exception reached the page, as a traceback or as the general sentence."""
    assert not app.exception, app.exception
    assert "internal error" not in shown(app)
    assert "Traceback" not in shown(app)
