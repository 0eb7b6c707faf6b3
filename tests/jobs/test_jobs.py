"""The jobs around the selection: preparing, features, maps; where results go and what is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Dataset
from goracs_core.data.demo import demo_directory
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.errors import ConfigError, StoreError
from goracs_core.evaluation.projection import pca_2d, save_projection
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import has_features, load_features, save_features
from goracs_core.jobs import reuse
from goracs_core.jobs.features import job as features_job
from goracs_core.jobs.inputs import load_inputs, popularity_deciles, recorded_weighting
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.projection.job import find_projection, projection_directory
from goracs_core.jobs.queue import launch
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import ItraConfig, RandomConfig, config_to_dict
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace, project_directory, workspace_root
from tests.jobs.made import quick_spec, shop


@pytest.fixture
def workspace(own_workspace: Path) -> Workspace:
    return Workspace(own_workspace).ensure()


def featured(folder: Path, *, seed: int = 0) -> Dataset:
    """A dataset folder with features computed elsewhere."""
    rng, dataset = np.random.default_rng(seed), shop()
    save_dataset(dataset, folder)
    arrays = rng.normal(size=(40, 5)), rng.normal(size=(12, 5)), rng.gamma(2.0, size=40)
    save_features(features_from_arrays(dataset, *arrays), folder)
    return dataset


def write_log(path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [f"u{rng.integers(20)},i{rng.integers(8)},{step}" for step in range(400)]
    path.write_text("\n".join(["user,item,time", *rows]) + "\n")


def test_prepared_data_lands_in_the_workspace_under_its_name(workspace: Workspace, tmp_path: Path) -> None:
    write_log(tmp_path / "log.csv")
    options = {"task": "seqrec", "k_core": 1, "name": "My / shop"}
    result = run_job("prepare", {"source": str(tmp_path / "log.csv"), "options": options}, workspace)
    assert Path(result["dataset"]) == workspace.datasets / "My-shop"
    assert workspace.dataset_directories() == (workspace.datasets / "My-shop",)
    dataset = load_dataset(workspace.datasets / "My-shop")
    assert (dataset.name, dataset.fingerprint) == ("My / shop", result["fingerprint"])
    assert result["counts"]["pool"] == len(dataset.pool)
    with pytest.raises(ConfigError, match="k_corr"):
        run_job("prepare", {"source": str(tmp_path / "log.csv"), "options": {"k_corr": 1}}, workspace)


def test_only_uploads_are_deleted_after_use(workspace: Workspace, tmp_path: Path) -> None:
    own, upload = tmp_path / "log.csv", workspace.uploads / "session" / "log.csv"
    upload.parent.mkdir()
    outside = workspace.uploads / ".." / "kept.csv"
    for path in (own, upload, outside):
        write_log(path)
        spec = {"source": str(path), "options": {"task": "seqrec", "k_core": 1}, "delete_upload": True}
        run_job("prepare", spec, workspace)
    assert own.exists()
    assert outside.exists()
    assert not upload.exists()


def test_features_of_the_shipped_demo_go_to_a_copy(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    dataset = featured(shipped)
    before = {path: path.read_bytes() for path in shipped.rglob("*") if path.is_file()}
    monkeypatch.setattr(features_job, "demo_directory", lambda: shipped)
    result = run_job("features", {"dataset": str(shipped), "options": {"model": "none"}}, workspace)
    assert Path(result["dataset"]) == workspace.dataset_directory(dataset.name)
    assert has_features(Path(result["dataset"]))
    assert {path: path.read_bytes() for path in shipped.rglob("*") if path.is_file()} == before


def test_a_map_is_computed_once_and_found_again(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    featured(folder)
    spec = {"dataset": str(folder), "method": "pca"}
    assert find_projection(folder, workspace, method="pca") is None
    first = run_job("projection", spec, workspace)
    assert (first["reused"], run_job("projection", spec, workspace)["reused"]) == (False, True)
    found = find_projection(folder, workspace, method="pca")
    assert found is not None
    features = load_features(folder)
    assert np.array_equal(found.pool, pca_2d(features.pool, features.validation).pool)

    (kept,) = projection_directory(workspace, seed=0).iterdir()
    kept.write_bytes(b"damaged")
    assert find_projection(folder, workspace, method="pca") is None
    assert run_job("projection", spec, workspace)["reused"] is False

    featured(folder, seed=1)  # other embeddings: the old map is not theirs
    assert find_projection(folder, workspace, method="pca") is None
    with pytest.raises(ConfigError, match="t-sne"):
        run_job("projection", spec | {"method": "t-sne"}, workspace)


def test_a_map_that_the_dataset_carries_along_is_found(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    featured(folder)
    features = load_features(folder)
    save_projection(pca_2d(features.pool, features.validation), folder / "projections" / "seed-0")
    assert find_projection(folder, workspace, method="pca") is not None
    assert run_job("projection", {"dataset": str(folder), "method": "pca"}, workspace)["reused"] is True
    assert not projection_directory(workspace, seed=0).exists()


def test_a_dataset_without_features_says_what_to_do(workspace: Workspace, tmp_path: Path) -> None:
    save_dataset(shop(), tmp_path / "data")
    for kind, more in (("select", {"config": config_to_dict(RandomConfig(3))}), ("projection", {})):
        with pytest.raises(StoreError, match="features"):
            run_job(kind, {"dataset": str(tmp_path / "data"), **more}, workspace)


def test_a_half_life_makes_another_run_that_is_reused_for_itself_only(workspace: Workspace) -> None:
    spec = {"dataset": str(demo_directory()), "config": config_to_dict(RandomConfig(9))}
    plain, aged = (run_job("select", spec | more, workspace) for more in ({}, {"half_life": 20}))
    assert plain["summary"]["poo"] != aged["summary"]["poo"]
    assert (plain["reused"], aged["reused"]) == (False, False)
    for more, first in (({}, plain), ({"half_life": 20.0}, aged)):
        again = run_job("select", spec | more, workspace)
        assert (again["reused"], again["run"]) == (True, first["run"])
    run = RunStore(workspace).get(aged["run"])
    problem = load_inputs({"dataset": spec["dataset"], **recorded_weighting(run.inputs)}).problem()
    assert problem.fingerprint == run.selection.problem_fingerprint, "a reader finds the same problem again"


def test_progress_is_reported_with_named_stages(workspace: Workspace, tmp_path: Path) -> None:
    seen: list[str] = []

    def listen(stage: str, done: int, total: int, detail: str = "") -> None:
        assert done >= 0
        assert total == 0 or done <= total
        seen.append(stage)

    spec = quick_spec(tmp_path) | {"config": config_to_dict(ItraConfig(5, max_exchanges=2))}
    run_job("select", spec, workspace, Progress(listen))
    stages = list(dict.fromkeys(seen))
    assert stages[0] == "loading"
    assert stages[-1] == "saving"
    assert {"greedy", "exchanges"} <= set(stages)


def test_popularity_deciles_are_a_partition_in_order_of_popularity() -> None:
    dataset = shop(tuple(f"Title {number}" for number in range(20)), n=100)
    strata = popularity_deciles(dataset)
    popularity = dataset.items.popularity[dataset.pool.targets]
    order = np.argsort(popularity, kind="stable")
    assert len(strata) == 100
    assert (np.diff(strata[order]) >= 0).all()
    assert np.bincount(strata, minlength=10).tolist() == [10] * 10
    assert popularity_deciles(shop(("A", "B", "C"), n=30)).max() < 10, "ties stay together"


def test_the_key_of_a_run_knows_everything_that_decides_it() -> None:
    key = reuse.run_key("p", ItraConfig(5))
    assert key == reuse.run_key("p", ItraConfig(5))
    others = [
        reuse.run_key("q", ItraConfig(5)),
        reuse.run_key("p", ItraConfig(6)),
        reuse.run_key("p", RandomConfig(5)),
        reuse.run_key("p", ItraConfig(5, seed=1)),
        reuse.run_key("p", ItraConfig(5), dataset_fingerprint="d"),
    ]
    assert len({key, *others}) == 6


def test_a_number_that_belongs_to_another_program_now_is_not_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        launch.terminate(stranger.pid)
        launch.kill(stranger.pid)
        launch.kill(os.getpid())
        with pytest.raises(subprocess.TimeoutExpired):
            stranger.wait(timeout=0.5)
        stranger.kill()


def test_the_environment_names_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GORACS_WORKSPACE", str(tmp_path / "mine"))
    assert workspace_root() == tmp_path / "mine"
    monkeypatch.setenv("GORACS_WORKSPACE", " ")
    assert workspace_root() == project_directory() / "data" / "workspace"
    for name in ("..", "///", " "):
        with pytest.raises(ConfigError, match="name"):
            Workspace(tmp_path).dataset_directory(name)
    assert Workspace(tmp_path).dataset_directory("../../etc").parent == tmp_path / "datasets"
