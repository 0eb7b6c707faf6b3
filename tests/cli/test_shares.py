"""A budget that is a share of the pool gives what the number it stands for gives, in every command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from goracs_core.cli import build_parser, main
from goracs_core.cli.experiment_command import experiment_spec
from goracs_core.errors import ConfigError
from goracs_core.jobs.experiment.plan import experiment_id
from goracs_core.jobs.inputs import counted_budgets
from goracs_core.workspace import Workspace
from tests.cli.calls import arrays, chosen, last_json, refused


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The JSON that a command ends with; it must work."""
    status = main(arguments)
    written = capsys.readouterr()
    assert status == 0, written.err
    return last_json(written.out)


def test_select(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = arrays(tmp_path)  # 60 pool samples
    found = [
        chosen(capsys, *source, "--budget", budget, "--output", str(tmp_path / "out"))
        for budget in ("6", "10%", "0.1", "6.0")
    ]
    assert {one["fingerprint"] for one in found} == {found[0]["fingerprint"]}
    assert {one["budget"] for one in found} == {6}
    assert [one["reused"] for one in found] == [False, True, True, True], "the run holds the number"


def test_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = [*arrays(tmp_path), "--lambdas", "0,0.1", "--output", str(tmp_path / "sweep")]
    numbers = said(capsys, "sweep", *source, "--budgets", "3,6")
    shares = said(capsys, "sweep", *source, "--budgets", "5%,0.1")
    assert (shares["sweep"], shares["budgets"]) == (numbers["sweep"], [3, 6])
    assert (shares["solved"], shares["reused"]) == (0, 4)


def test_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def table(budgets: str) -> pd.DataFrame:
        output = str(tmp_path / "table.csv")
        source = [*arrays(tmp_path), "--methods", "random,k-centre", "--seeds", "1", "--output", output]
        said(capsys, "compare", *source, "--budgets", budgets)
        return pd.read_csv(output).drop(columns="seconds")

    pd.testing.assert_frame_equal(table("10%,12"), table("6,20%"))


@pytest.mark.slow
def test_decay(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["decay", "--dataset", "demo", "--half-lives", "90", "--gap", "0.2", "--budget"]
    assert said(capsys, *asked, "0.5%")["runs"] == said(capsys, *asked, "15")["runs"]


def test_experiment(own_workspace: Path) -> None:
    def spec(budgets: str) -> dict[str, Any]:
        options = build_parser().parse_args(["experiment", "proxy", "--dataset", "demo", "--budgets", budgets])
        assert isinstance(options, argparse.Namespace)
        return experiment_spec(options, Workspace(own_workspace)).to_dict()

    assert spec("1%, 64")["budgets"] == ["1%", 64], "the job counts them"
    assert experiment_id(spec("1%,64")) == experiment_id(spec("30,0.02133333"))


@pytest.mark.parametrize(
    ("command", "option"), [("select", "--budget"), ("sweep", "--budgets"), ("compare", "--budgets")]
)
@pytest.mark.parametrize("given", ["0", "0%", "101%", "2.5", "-4%", "some", "nan"])
def test_what_is_no_budget_is_refused(
    command: str, option: str, given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--lambdas", "0"] if command == "sweep" else []
    output = tmp_path / ("out.csv" if command == "compare" else "out")
    told = refused(capsys, command, *arrays(tmp_path), *more, f"{option}={given}", "--output", str(output))
    assert given in told
    assert "share of the pool" in told


def test_more_than_the_pool_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert chosen(capsys, *arrays(tmp_path), "--budget", "100%", "--output", str(tmp_path / "all"))["budget"] == 60
    assert "60" in refused(capsys, "select", *arrays(tmp_path), "--budget", "61", "--output", str(tmp_path / "more"))


def test_numbers_need_no_look_at_the_data() -> None:
    assert counted_budgets([4, "8"], {"dataset": "nowhere"}) == [4, 8]
    with pytest.raises(ConfigError, match="pool"):
        counted_budgets(["8%"], {})
