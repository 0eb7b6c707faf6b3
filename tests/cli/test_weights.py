"""Weights of the validation samples on the command line: as given, or by age."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import ot
import pandas as pd
import pytest

from goracs_core.cli import main
from goracs_core.data.demo import demo_directory, load_demo
from goracs_core.data.store import save_dataset
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.inputs import load_inputs
from tests.cli.calls import DAY, EMBEDDINGS, arrays, chosen, loaded, option, refused
from tests.jobs.made import shop


def given(folder: Path, name: str, values: np.ndarray) -> list[str]:
    """The option for an array of these values."""
    np.save(folder / f"given_{name}.npy", values)
    return [option(name), str(folder / f"given_{name}.npy")]


def poo_by_pot(folder: Path, rows: np.ndarray, weights: np.ndarray, lambda_: float) -> float:
    """POO from the files, by another library call than ours."""
    pool, validation = (loaded(folder, name).astype(float) for name in EMBEDDINGS)
    norms = loaded(folder, "gradient_norms")
    distances = np.linalg.norm(pool[:, None] - validation[None], axis=2)
    mass = np.full(len(rows), 1 / len(rows))
    transport = ot.emd2(mass, weights / weights.sum(), distances[rows]) / distances.max()
    return transport - lambda_ * (norms[rows] / norms.max()).mean()


@pytest.mark.parametrize("solver", ["certified", "itra"])
def test_given_weights_decide_the_value(tmp_path: Path, capsys: pytest.CaptureFixture[str], solver: str) -> None:
    call = [*arrays(tmp_path), "--solver", solver, "--budget", "6", "--lambda", "0.2", "--output", str(tmp_path / "o")]
    weighted = chosen(capsys, *call, *arrays(tmp_path, "validation_weights"))
    rows = pd.read_csv(tmp_path / "o" / "coreset.csv")["index"].to_numpy()
    weights = loaded(tmp_path, "validation_weights")
    assert weighted["poo"] == pytest.approx(poo_by_pot(tmp_path, rows, weights, 0.2), rel=1e-9)
    assert weighted["validation_weights"] == "given"
    plain = chosen(capsys, *call)
    assert plain["validation_weights"] == "uniform"
    assert plain["problem_fingerprint"] != weighted["problem_fingerprint"]
    equal = chosen(capsys, *call, *given(tmp_path, "validation_weights", np.full(20, 0.7)))
    assert equal["poo"] == pytest.approx(plain["poo"], abs=1e-12), "only proportions matter"


def test_a_half_life_halves_the_weight_with_every_half_life_of_age(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = [*arrays(tmp_path), "--budget", "6", "--lambda", "0.2", "--output", str(tmp_path / "o")]
    times = loaded(tmp_path, "validation_times")
    aged = chosen(capsys, *call, *arrays(tmp_path, "validation_times"), "--half-life", "10")
    assert aged["validation_weights"] == "half-life of 10 days"
    rows = pd.read_csv(tmp_path / "o" / "coreset.csv")["index"].to_numpy()
    weights = 0.5 ** ((times.max() - times) / DAY / 10)
    assert aged["poo"] == pytest.approx(poo_by_pot(tmp_path, rows, weights, 0.2), rel=1e-9)
    assert aged["gap"] >= 0
    inputs = json.loads((tmp_path / "o" / "run.json").read_text())["record"]["inputs"]
    assert inputs["half_life"] == "10.0"
    assert len(inputs["validation_times"]) == len(inputs["validation_weights"]) == 32
    milliseconds = given(tmp_path, "validation_times", times * 1000)
    assert chosen(capsys, *call, *milliseconds, "--half-life", "10")["poo"] == aged["poo"], "the unit is told by size"
    assert chosen(capsys, *call, *milliseconds, "--half-life", "20")["poo"] != aged["poo"]


def test_a_dataset_weighs_by_its_own_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["--dataset", "demo", "--method", "random", "--budget", "20", "--output", str(tmp_path / "o")]
    plain, aged = chosen(capsys, *call), chosen(capsys, *call, "--half-life", "15")
    assert plain["poo"] != aged["poo"]
    times = load_demo().validation.times
    assert times is not None
    weights = 0.5 ** ((times.max() - times) / DAY / 15)
    problem = load_inputs({"dataset": str(demo_directory()), "half_life": 15}).problem()
    assert problem.validation_weights == pytest.approx(weights / weights.sum(), rel=1e-12)
    assert aged["problem_fingerprint"] == problem.fingerprint


def test_a_dataset_without_times_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset, rng = shop(), np.random.default_rng(0)
    save_dataset(dataset, tmp_path / "data")
    save_features(
        features_from_arrays(dataset, rng.normal(size=(40, 5)), rng.normal(size=(12, 5)), rng.gamma(2.0, size=40)),
        tmp_path / "data",
    )
    call = ["select", "--dataset", str(tmp_path / "data"), "--budget", "5", "--output", str(tmp_path / "out")]
    said = refused(capsys, *call, "--half-life", "30")
    assert "Shop have no times" in said
    assert "--time-column" in said
    weights = given(tmp_path, "validation_weights", np.ones(12))
    assert "not both: dataset and --validation-weights" in refused(capsys, *call, *weights)
    assert not (tmp_path / "out").exists()


def test_mistakes_in_weights_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["select", *arrays(tmp_path), "--budget", "5", "--output", str(tmp_path / "out")]

    def said(values: np.ndarray) -> str:
        return refused(capsys, *call, *given(tmp_path, "validation_weights", values))

    good = np.linspace(0.5, 2.0, 20)
    for row, bad, says in ((3, 0.0, "row 3 is 0 "), (4, -2.0, "row 4 is -2 "), (5, np.nan, "row 5 is nan")):
        assert says in said(np.where(np.arange(20) == row, bad, good))
    assert "in row 6, is 8e-10 of the mean" in said(np.where(np.arange(20) == 6, 1e-9, good))
    assert "19 validation weights for 20" in said(np.ones(19))
    assert "must be numbers" in said(np.array(["a"] * 20))
    assert "one per sample" in said(np.ones((20, 2)))
    assert not (tmp_path / "out").exists()
    barely = given(tmp_path, "validation_weights", np.where(np.arange(20) == 6, 2e-9, good))
    assert main([*call, *barely]) == 0


def test_mistakes_with_times_and_half_lives_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["select", *arrays(tmp_path), "--budget", "5", "--output", str(tmp_path / "out")]
    times = given(tmp_path, "validation_times", 1_700_000_000 + np.arange(20) * DAY)
    assert "give --half-life in days" in refused(capsys, *call, *times)
    for days in ("0", "-3", "inf", "nan"):
        assert f"half_life is {float(days)}" in refused(capsys, *call, *times, "--half-life", days)
    few = given(tmp_path, "validation_times", np.arange(7.0))
    assert "7 validation times for 20" in refused(capsys, *call, *few, "--half-life", "3")
    times = given(tmp_path, "validation_times", 1_700_000_000 + np.arange(20) * DAY)
    weights = arrays(tmp_path, "validation_weights")
    assert "not both" in refused(capsys, *call, *times, *weights, "--half-life", "30")

    told = refused(capsys, *call, *times, "--half-life", "0.1")
    assert "19 days older" in told
    advised = float(told.split("take a half-life of ")[1].split(" days")[0])
    assert not (tmp_path / "out").exists()
    assert "or more" in refused(capsys, *call, *times, "--half-life", str(0.98 * advised)), "not longer than needed"
    assert main([*call, *times, "--half-life", str(advised)]) == 0, "the advice does"
