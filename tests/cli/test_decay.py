"""`decay`: its numbers are those of ordinary runs, and mistakes are one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from goracs_core.cli import main
from goracs_core.data.store import save_dataset
from goracs_core.data.synthetic.dataset import SyntheticOptions, make_synthetic
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.select.store import RunStore
from goracs_core.workspace import Workspace
from tests.cli.calls import last_json, refused


@pytest.fixture
def shop(own_workspace: Path) -> Path:
    """A small shop with features in the workspace, and one derived from it with an early validation."""
    workspace = Workspace(own_workspace).ensure()
    options = SyntheticOptions(num_users=150, num_items=250, max_pool=120, max_validation=40, max_test=20)
    dataset = make_synthetic(options, name="shop")
    folder = workspace.dataset_directory("shop")
    save_dataset(dataset, folder)
    rng = np.random.default_rng(0)
    features = features_from_arrays(
        dataset, rng.normal(size=(120, 6)), rng.normal(size=(40, 6)), rng.gamma(2.0, size=120)
    )
    save_features(replace(features, meta={**features.meta, "encoder": {"name": "made up", "fingerprint": "e"}}), folder)
    run_job("derive", {"dataset": str(folder), "early_validation": 0.5, "name": "early"}, workspace)
    return folder


ARGUMENTS = ("--budget", "6", "--half-lives", "60,7", "--lambda", "0.1", "--gap", "0.05")


def test_the_table_is_of_ordinary_runs(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "decay.csv"
    assert main(["decay", "--dataset", "shop", *ARGUMENTS, "--output", str(output)]) == 0
    said = capsys.readouterr().out
    result = last_json(said)
    assert [point["half_life"] for point in result["points"]] == [7.0, 60.0, None]
    assert "no decay" in said
    store = RunStore(Workspace(shop.parent.parent))
    runs = [store.get(run) for run in result["runs"]]
    assert [run.inputs.get("half_life", "") for run in runs] == ["7.0", "60.0", ""]
    assert result["points"][-1]["poo"] == pytest.approx(runs[-1].selection.poo)
    assert result["late"] == 10
    table = pd.read_csv(output)
    assert table["run"].tolist() == result["runs"]
    assert table["late_term"].tolist() == pytest.approx([point["late_term"] for point in result["points"]])
    assert main(["decay", "--dataset", "shop", *ARGUMENTS]) == 0
    assert last_json(capsys.readouterr().out)["runs"] == result["runs"], "nothing is chosen twice"


def test_late_samples_may_be_those_that_were_cut_off(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decay", "--dataset", "early", *ARGUMENTS, "--later", "shop"]) == 0
    result = last_json(capsys.readouterr().out)
    assert result["late"] == 20
    assert "has no validation samples that shop does not have" in refused(
        capsys, "decay", "--dataset", "shop", *ARGUMENTS, "--later", "early"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--half-lives", "a"), "half-lives hold 'a'"),
        (("--half-lives", ","), "list of half-lives is empty"),
        (("--half-lives", "-3"), "a number of days above 0"),
        (("--half-lives", "30", "--late-share", "2"), "must lie between 0 and 1"),
        (("--half-lives", "30", "--later", "demo"), "come from different encoders"),
        (("--half-lives", "30", "--output", "."), "is a folder"),
    ],
)
def test_mistakes_are_a_sentence(
    arguments: tuple[str, ...], sentence: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refused(capsys, "decay", "--dataset", "shop", "--budget", "6", *arguments)
