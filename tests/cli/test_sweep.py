"""`sweep` as a user meets it: one table, a file per coreset, sentences for mistakes, nothing lost when stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goracs_core.cli import main, sweep_command, terminal
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.errors import JobCancelled
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.select.store import RunStore
from goracs_core.workspace import Workspace
from tests.cli.calls import arrays, last_json, loaded, refused
from tests.jobs.made import shop

GRID = ("--lambdas", "0,0.02,0.6", "--budgets", "9,4", "--gap", "0", "--max-rounds", "3")


def swept(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    """The JSON of a `sweep` that must work."""
    status = main(["sweep", *arguments])
    written = capsys.readouterr()
    assert status == 0, written.err
    return last_json(written.out)


def test_sweep_writes_what_it_promises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    values = swept(capsys, *arrays(tmp_path), *GRID, "--output", str(output))
    assert (values["points"], values["solved"], values["reused"]) == (6, 6, 0)
    assert (values["budgets"], values["lambdas"]) == ([4, 9], [0, 0.02, 0.6])
    table = pd.read_csv(output / "sweep.csv")
    assert list(zip(table["budget"], table["lambda"], strict=True)) == [
        (k, lambda_) for k in (4, 9) for lambda_ in (0, 0.02, 0.6)
    ]
    assert values["largest_gap"] == pytest.approx(table["gap"].max())
    assert "arp" not in table, "popularity needs a dataset"
    norms = loaded(tmp_path, "gradient_norms")
    for line in table.to_dict(orient="records"):
        rows = pd.read_csv(output / line["coreset"])["index"].to_numpy()
        assert len(rows) == line["budget"]
        assert line["gradient_term"] == pytest.approx((norms[rows] / norms.max()).mean())
        assert line["poo"] == pytest.approx(line["transport_term"] - line["lambda"] * line["gradient_term"])
        assert line["lower_bound"] <= line["poo"] + 1e-12
    assert {path.name for path in (output / "coresets").iterdir()} == {Path(path).name for path in table["coreset"]}
    again = swept(capsys, *arrays(tmp_path), *GRID, "--output", str(output))
    assert (again["sweep"], again["solved"], again["reused"]) == (values["sweep"], 0, 6)
    assert swept(capsys, *arrays(tmp_path), *GRID, "--fresh", "--output", str(output))["solved"] == 6


def test_a_dataset_adds_popularity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng, dataset = np.random.default_rng(0), shop()
    save_dataset(dataset, tmp_path / "data")
    features = rng.normal(size=(40, 5)), rng.normal(size=(12, 5)), rng.gamma(2.0, size=40)
    save_features(features_from_arrays(dataset, *features), tmp_path / "data")
    output = tmp_path / "out"
    values = swept(
        capsys, "--dataset", str(tmp_path / "data"), "--lambdas", "0.1", "--budgets", "5", "--output", str(output)
    )
    assert values["dataset"] == "Shop"
    (line,) = pd.read_csv(output / "sweep.csv").to_dict(orient="records")
    coreset = pd.read_csv(output / line["coreset"])
    assert line["arp"] == pytest.approx(coreset["popularity"].mean())
    assert load_dataset(tmp_path / "data").fingerprint == values["dataset_fingerprint"]


def test_another_grid_replaces_the_files_of_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    swept(capsys, *arrays(tmp_path), *GRID, "--output", str(output))
    note = output / "coresets" / "notes.txt"
    note.write_text("mine")
    swept(capsys, *arrays(tmp_path), "--lambdas", "0", "--budgets", "4", "--output", str(output))
    assert {path.name for path in (output / "coresets").iterdir()} == {"k4-lambda0.csv", "notes.txt"}
    assert len(pd.read_csv(output / "sweep.csv")) == 1


def test_numbers_in_file_names_never_fall_together() -> None:
    close = [0.0, 1.0, 10.0, 0.1, 0.1000001, 0.10000001, 1e-7, 0.05]
    names = [sweep_command.number(value) for value in close]
    assert names[:4] == ["0", "1", "10", "0.1"]
    assert [float(name) for name in names] == close


@pytest.mark.parametrize(
    ("lambdas", "budgets", "sentence"),
    [
        ("0,x", "4", "'x', which is no number"),
        (",", "4", "list of lambdas is empty"),
        ("0", " ", "at least one budget"),
        ("0", "4.5", "whole number"),
        ("0,-0.1", "4", "one lambda of the list is -0.1"),
        ("nan", "4", "finite"),
        ("0", "4,61", "one budget of the list is 61, but the pool has only 60 samples"),
        (",".join(str(i) for i in range(401)), "4", "401 points, but a sweep has at most 400"),
    ],
)
def test_grids_that_do_not_do_are_sentences(
    lambdas: str, budgets: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    call = [*arrays(tmp_path), "--lambdas", lambdas, "--budgets", budgets, "--output", str(output)]
    assert sentence in refused(capsys, "sweep", *call)
    assert not output.exists()


def test_other_mistakes_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--lambdas" in refused(capsys, "sweep", "--budgets", "4", "--output", str(tmp_path / "out"))
    assert "--dataset" in refused(capsys, "sweep", *GRID, "--output", str(tmp_path / "out"))
    without = arrays(tmp_path, "pool_embeddings", "validation_embeddings")
    assert "no gradient norms" in refused(capsys, "sweep", *without, *GRID, "--output", str(tmp_path / "out"))
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.tex").write_text("mine")
    assert "holds thesis.tex" in refused(capsys, "sweep", *arrays(tmp_path), *GRID, "--output", str(full))
    assert "is a file" in refused(capsys, "sweep", *arrays(tmp_path), *GRID, "--output", str(full / "thesis.tex"))
    swept(capsys, *arrays(tmp_path), *GRID, "--force", "--output", str(full))
    assert (full / "thesis.tex").read_text() == "mine"
    assert (full / "sweep.csv").exists()


def test_a_stopped_sweep_writes_what_it_has_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"

    @contextmanager
    def stop_after_two() -> Iterator[Any]:
        def listen(stage: str, done: int, total: int, detail: str = "") -> None:
            if done == 2:
                raise JobCancelled

        yield listen

    with monkeypatch.context() as patched:
        patched.setattr(terminal, "progress_line", stop_after_two)
        assert main(["sweep", *arrays(tmp_path), *GRID, "--output", str(output)]) == 130
    written = capsys.readouterr()
    assert "the points solved by then" in written.err
    assert len(pd.read_csv(output / "sweep.csv")) == 2
    assert len(RunStore(Workspace.default()).list()) == 2
    values = swept(capsys, *arrays(tmp_path), *GRID, "--output", str(output))
    assert (values["solved"], values["reused"]) == (4, 2)
    assert len(pd.read_csv(output / "sweep.csv")) == 6
