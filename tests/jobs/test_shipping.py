"""Experiments that come with the demo: made anew they take the place of the old ones, and failing changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from goracs_core.errors import JobCancelled
from goracs_core.jobs.demo import ship_experiments
from goracs_core.jobs.experiment import job as experiments
from goracs_core.jobs.experiment.store import SHIPPED, ExperimentStore
from goracs_core.workspace import Workspace
from tests.proxy_made import made_experiment

OLD = "f" * 16


def shipped(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    old = tmp_path / "demo" / SHIPPED / OLD
    old.mkdir(parents=True)
    (old / "experiment.json").write_text("an earlier one", encoding="utf-8")
    return tmp_path / "demo"


def test_the_new_ones_replace_the_old(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, made = Workspace(tmp_path / "workspace"), made_experiment()

    def job(*_: object) -> dict[str, str]:
        assert not (demo / SHIPPED / OLD).exists(), "it would be taken as the answer"
        ExperimentStore(workspace).save(made)
        return {"experiment": made.id}

    monkeypatch.setattr(experiments, "experiment_job", job)
    assert ship_experiments(demo, workspace) == [made.id, made.id]
    assert [one.name for one in (demo / SHIPPED).iterdir()] == [made.id]
    assert {one.name for one in demo.iterdir()} == {SHIPPED, "SHA256.json"}


def test_one_that_is_stopped_leaves_the_old(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, done = shipped(demo), []

    def job(*_: object) -> dict[str, str]:
        if done:
            raise JobCancelled
        made = made_experiment()
        ExperimentStore(Workspace(tmp_path / "workspace")).save(made)
        done.append(made.id)
        return {"experiment": made.id}

    monkeypatch.setattr(experiments, "experiment_job", job)
    with pytest.raises(JobCancelled):
        ship_experiments(demo, Workspace(tmp_path / "workspace"))
    assert shipped(demo) == before
