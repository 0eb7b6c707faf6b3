"""Landscapes as jobs: of a coreset, kept and found again, with a tiny model from a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from goracs_core.data.dataset import Dataset
from goracs_core.data.store import save_dataset
from goracs_core.errors import GoracsError, JobCancelled
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.landscape.store import LandscapeStore
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import RandomConfig
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace
from tests import landscapes
from tests.jobs.made import inputs, run_of, shop
from tests.llm.tiny import save_model

SMALL: dict[str, Any] = {"samples": 6, "steps": 3, "checkpoints": 2, "directions": 1, "rounds": 3}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "llama", "llama", context=64)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace").ensure()


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    made = shop()
    save_dataset(made, workspace.datasets / "Shop")
    return made


def spec(workspace: Workspace, model: Path, **options: Any) -> dict[str, Any]:
    return {
        "dataset": str(workspace.datasets / "Shop"),
        "whole_pool": True,
        "options": {"model": str(model), **SMALL, **options},
    }


def test_a_landscape_is_measured_kept_and_found_again(workspace: Workspace, dataset: Dataset, model: Path) -> None:
    asked = spec(workspace, model)
    result = run_job("landscape", asked, workspace)
    assert not result["reused"]
    json.dumps(result, allow_nan=False)
    store = LandscapeStore(workspace)
    (kept,) = store.list(dataset.fingerprint)
    assert kept.id == result["landscape"]
    assert kept == store.get(kept.id)
    assert (kept.run, kept.budget, kept.landscape.samples) == ("", 40, 6)
    assert kept.landscape.theory.steps == kept.landscape.practice.steps == 3
    assert kept.landscape.theory.losses[0] == pytest.approx(kept.landscape.practice.losses[0])
    assert result["summary"]["smoothness"] == kept.landscape.smoothness
    again = run_job("landscape", asked, workspace)
    assert again["reused"]
    assert again["landscape"] == kept.id
    fresh = run_job("landscape", {**asked, "fresh": True}, workspace)
    assert not fresh["reused"]
    assert store.get(kept.id).landscape.practice.losses == kept.landscape.practice.losses, "the same every time"
    store.delete(kept.id)
    assert store.list() == ()


def test_adapters_and_other_seeds_are_other_landscapes(workspace: Workspace, dataset: Dataset, model: Path) -> None:
    full = run_job("landscape", spec(workspace, model), workspace)
    lora = run_job("landscape", spec(workspace, model, weights="lora", rank=2), workspace)
    seed = run_job("landscape", spec(workspace, model, seed=3), workspace)
    assert len({full["landscape"], lora["landscape"], seed["landscape"]}) == 3
    assert lora["summary"]["trained"] < full["summary"]["trained"]


def test_of_a_run_its_coreset_is_measured(workspace: Workspace, dataset: Dataset, model: Path) -> None:
    run = run_of(RandomConfig(5), source=inputs(dataset=dataset))
    RunStore(workspace).save(run, b"")
    asked = {**spec(workspace, model), "run": run.id}
    del asked["whole_pool"]
    result = run_job("landscape", asked, workspace)
    kept = LandscapeStore(workspace).get(result["landscape"])
    assert (kept.run, kept.budget, kept.landscape.samples) == (run.id, 5, 5)


def test_cancelling_keeps_nothing(workspace: Workspace, dataset: Dataset, model: Path) -> None:
    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        if "gradient descent" in detail:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run_job("landscape", spec(workspace, model), workspace, Progress(cancel))
    assert LandscapeStore(workspace).list() == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset": ""}, "needs 'dataset'"),
        ({"whole_pool": False}, "one of the two"),
        ({"run": "no-such-run", "whole_pool": False}, "no-such-run"),
        ({"options": {"steps": 0}}, "steps is 0"),
        ({"options": {"colour": 1}}, "unknown option 'colour'"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(
    changes: dict[str, Any], said: str, workspace: Workspace, dataset: Dataset, model: Path
) -> None:
    with pytest.raises(GoracsError, match=said):
        run_job("landscape", {**spec(workspace, model), **changes}, workspace)


def test_only_this_data_newest_first(workspace: Workspace) -> None:
    store = LandscapeStore(workspace)
    for number, data in enumerate(("a" * 32, "b" * 32, "a" * 32)):
        store.save(landscapes.kept(data, id=f"{number:032x}", created=float(number)))
    assert [one.id[-1] for one in store.list("a" * 32)] == ["2", "0"]
    assert len(store.list()) == 3
