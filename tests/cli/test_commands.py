"""The other commands: prepare, features, demo, runs, help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from goracs_core.cli import main
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.data.synthetic import demo
from goracs_core.data.synthetic.dataset import SyntheticOptions
from goracs_core.workspace import project_directory
from tests.cli.calls import arrays, last_json, refused
from tests.jobs.made import shop


def test_prepare_reads_a_table_and_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    lines = ["customer,sku,when,stars"]
    lines += [
        f"c{rng.integers(30)},s{rng.integers(60)},{1_600_000_000 + step * 1000},{rng.integers(1, 6)}"
        for step in range(900)
    ]
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    columns = "--user-column customer --item-column sku --time-column when --rating-column stars"
    options = f"--k-core 2 {columns} --max-pool 50 --seed 1".split()
    call = ["prepare", "--source", str(tmp_path / "log.csv"), "--output", str(tmp_path / "data"), *options]
    for task in ("seqrec", "ctr"):
        assert main([*call, "--task", task]) == 0
        written = capsys.readouterr()
        assert "50 of" in written.out, "sampling is announced"
        dataset = load_dataset(tmp_path / "data")
        assert (str(dataset.task), len(dataset.pool)) == (task, 50)
    clicks = [*call, "--task", "ctr", "--negatives", "uniform"]
    assert "has ratings" in refused(capsys, *clicks)
    assert main([*clicks, "--rating-column", ""]) == 0
    assert "every No is made up" in capsys.readouterr().out
    labels = load_dataset(tmp_path / "data").pool.labels
    assert labels is not None
    assert (len(labels), labels.sum()) == (50, 25)


def test_features_and_select_without_gradient_norms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_dataset(shop(), tmp_path / "data")
    call = ["features", "--dataset", str(tmp_path / "data"), "--model", "none"]
    assert main(call) == 0
    assert "384 wide" in capsys.readouterr().out
    assert main(call) == 0
    assert "already" in capsys.readouterr().out
    select = ["select", "--dataset", str(tmp_path / "data"), "--budget", "5", "--output", str(tmp_path / "out")]
    assert "--lambda 0" in refused(capsys, *select)
    assert main([*select, "--lambda", "0"]) == 0
    assert last_json(capsys.readouterr().out)["has_gradient_norms"] is False


def test_the_demo_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    told = capsys.readouterr().out
    assert str(project_directory() / "data" / "demo") in told
    assert "pool" in told


def test_the_demo_is_made_for_click_prediction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "DEMO_OPTIONS", SyntheticOptions(num_users=200, num_items=200, max_pool=100))
    assert "go together" in refused(capsys, "demo", "--task", "ctr")
    assert "go together" in refused(capsys, "demo", "--output", str(tmp_path / "shop"))
    assert main(["demo", "--task", "ctr", "--output", str(tmp_path / "shop")]) == 0
    assert f"--dataset {tmp_path / 'shop'}" in capsys.readouterr().out
    dataset = load_dataset(tmp_path / "shop")
    assert (str(dataset.task), len(dataset.pool)) == ("ctr", 100)
    assert set(dataset.test.answers) == {"Yes", "No"}


def test_runs_can_be_listed_shown_exported_and_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["select", *arrays(tmp_path), "--budget", "5", "--name", "my run", "--output", str(tmp_path / "out")]) == 0
    )
    run = last_json(capsys.readouterr().out)["run"]
    assert main(["runs", "list"]) == 0
    listed = capsys.readouterr().out
    assert run in listed
    assert "my run" in listed
    assert "  gap 0." in listed
    assert main(["runs", "show", run]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "my run"
    target = tmp_path / "again.csv"
    assert main(["runs", "export", run, "--output", str(target)]) == 0
    assert target.read_bytes() == (tmp_path / "out" / "coreset.csv").read_bytes()
    capsys.readouterr()
    assert "exists" in refused(capsys, "runs", "export", run, "--output", str(target))
    assert "prompts" in refused(
        capsys, "runs", "export", run, "--format", "instructions", "--output", str(tmp_path / "i.json")
    )
    assert not (tmp_path / "i.json").exists()
    for name in ("parquet", "jsonl", "bundle"):
        assert main(["runs", "export", run, "--format", name, "--output", str(tmp_path / name)]) == 0
    assert len(pd.read_parquet(tmp_path / "parquet")) == 5
    assert main(["runs", "delete", run]) == 0
    capsys.readouterr()
    assert main(["runs", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_help_is_there_for_every_command_and_options_are_not_abbreviated(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("demo", "prepare", "features", "select", "verify", "runs", "app", "worker"):
        with pytest.raises(SystemExit) as stop:
            main([command, "--help"])
        assert stop.value.code == 0
        assert len(capsys.readouterr().out) > 100
    assert "--budg" in refused(capsys, "select", "--budg", "5", "--output", "x")


def test_starting_the_command_line_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'numba', 'ot', 'umap', 'transformers', 'streamlit', 'pandas', 'scipy'}"
    code = f"import sys, goracs_core.cli; goracs_core.cli.build_parser(); print(sorted({heavy} & set(sys.modules)))"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=project_directory(), capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"
