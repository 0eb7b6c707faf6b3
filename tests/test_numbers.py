"""Selections of the demo and of real data are those of the release before: the same rows, the same values and bounds.

A change that is meant to change them renews tests/fixtures/numbers.json and says so in the changelog. Dealrec
ranks given scores here: its surrogate's weights differ between processors in the last digits, and training enlarges
that, so that only one and the same processor would choose the same rows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from goracs_core import load_dataset
from goracs_core.cli import main

RECORDED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "fixtures" / "numbers.json").read_text(encoding="utf-8")
)
OPTIONS = {
    "itra": ["--solver", "itra", "--bound"],
    "half": ["--half-life", "14"],
    **{
        method: ["--method", method, "--lambda", "0.05", "--seed", "3"]
        for method in RECORDED
        if method not in ("itra", "half") and not method.startswith("games")
    },
}


def selected(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The JSON object that `select` prints last."""
    assert main(["select", *arguments]) == 0
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def assert_as_recorded(found: dict[str, Any], name: str) -> None:
    recorded = RECORDED[name]
    assert found["fingerprint"] == recorded["fingerprint"]
    assert (found["lower_bound"] is None) == (recorded["lower_bound"] is None)
    numbers = {name: value for name, value in recorded.items() if isinstance(value, float)}
    assert {name: found[name] for name in numbers} == pytest.approx(numbers, rel=1e-9)


@pytest.mark.parametrize("name", OPTIONS)
def test_selections_of_the_demo_are_as_recorded(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shared = ["--dataset", "demo", "--budget", "64", "--output", str(tmp_path / "coreset")]
    if name == "dealrec":
        np.save(tmp_path / "influence.npy", np.random.default_rng(3).random(len(load_dataset("demo").pool)))
        shared += ["--scores", str(tmp_path / "influence.npy")]
    assert_as_recorded(selected([*shared, *OPTIONS[name]], capsys), name)


@pytest.mark.real_data
def test_the_certified_coreset_of_real_data_is_as_recorded(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    games = real_data / "games-15k-5k"
    arrays = [
        "--pool-embeddings",
        str(games / "train_embeddings.npy"),
        "--validation-embeddings",
        str(games / "valid_embeddings.npy"),
        "--gradient-norms",
        str(games / "llama7b_gradient_norms_unaligned.npy"),
    ]
    options = ["--budget", "1000", "--lambda", "0.1", "--output", str(tmp_path / "coreset")]
    assert_as_recorded(selected([*arrays, *options], capsys), "games-0.1")
