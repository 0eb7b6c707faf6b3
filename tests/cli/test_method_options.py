"""Options of the methods on the command line: each reaches its config, no other method takes it, the help knows all."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from goracs_core.cli import build_parser, main
from goracs_core.cli.method_options import method_config, own_option_names
from goracs_core.errors import ConfigError
from goracs_core.methods import COMMON_OPTIONS, config_from_dict
from tests.cli.calls import EMBEDDINGS, arrays, chosen, loaded, refused
from tests.problems import CONFIGS

OTHER_VALUES = {
    "surrogate": "bert4rec",
    "influence_solver": "recursion",
    "score": "entropy",
    "target": "pool",
    "gap": 0.5,
    "hard_prune_fraction": 0.5,
    "bound": True,
}
CASES = [(kind, field.name) for kind in CONFIGS for field in fields(kind) if field.name not in COMMON_OPTIONS]


def parsed(kind, *more):
    call = ["select", "--method", kind.method, "--solver", kind.solver, "--budget", "5", "--output", "x", *more]
    return build_parser().parse_args(call)


@pytest.mark.parametrize(("kind", "name"), CASES, ids=lambda part: part if isinstance(part, str) else part.solver)
def test_each_option_reaches_its_config(kind, name):
    default = getattr(kind(5), name)
    value = OTHER_VALUES.get(name, default + 1 if default is not None and not isinstance(default, str) else None)
    option = f"--{name.replace('_', '-')}"
    more = ["--influence-solver", "recursion"] if name in kind(5).idle_options else []
    given = parsed(kind, option, *more) if value is True else parsed(kind, option, str(value), *more)
    config = config_from_dict(method_config(given) | {"label_aware": False})
    assert getattr(config, name) == value != default
    assert type(config) is kind


@pytest.mark.parametrize("name", own_option_names())
def test_no_option_is_accepted_and_ignored(name):
    stranger = next(kind for kind in CONFIGS if name not in {field.name for field in fields(kind)})
    given = parsed(stranger)
    setattr(given, name, OTHER_VALUES.get(name, 1))
    with pytest.raises(ConfigError, match=f"--{name.replace('_', '-')} does not go with"):
        method_config(given)


def test_the_help_names_every_method_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["select", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert all(f"--{name.replace('_', '-')}" in told for name in own_option_names())
    assert all(kind.method in told.replace("- ", "-") for kind in CONFIGS)


def test_given_scores_decide_and_are_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = [*arrays(tmp_path, *EMBEDDINGS, "gradient_norms", "scores"), "--output", str(tmp_path / "out")]
    values = chosen(capsys, *call, "--method", "el2n", "--budget", "6")
    scores = loaded(tmp_path, "scores")
    table = pd.read_csv(tmp_path / "out" / "coreset.csv")
    assert table["index"].tolist() == np.argsort(-scores)[:6].tolist()
    assert table["el2n"].to_numpy() == pytest.approx(scores[table["index"]])
    assert set(values["stages"]) == {"ranking", "transport"}

    dealrec = chosen(capsys, *call, "--method", "dealrec", "--budget", "6", "--strata", "4")
    table = pd.read_csv(tmp_path / "out" / "coreset.csv")
    assert {"influence_score", "effort_score", "overall_score", "stratum"} <= set(table.columns)
    assert table["stratum"].between(0, 3).all()
    assert dealrec["fingerprint"] != values["fingerprint"]


def test_scores_that_do_not_fit_or_have_no_use_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = [*arrays(tmp_path, *EMBEDDINGS, "gradient_norms", "scores"), "--output", str(tmp_path / "out")]
    assert "random does not rank by scores; leave --scores out" in refused(
        capsys, "select", *call, "--method", "random", "--budget", "6"
    )
    np.save(tmp_path / "arrays" / "scores.npy", np.ones(59))
    assert "there are 59 scores for 60 pool samples" in refused(
        capsys, "select", *call, "--method", "el2n", "--budget", "6"
    )
    np.save(tmp_path / "arrays" / "scores.npy", np.ones(60))
    assert "is 1, too few for 50 strata; give at most --strata 1" in refused(
        capsys, "select", *call, "--method", "ccs", "--budget", "6"
    )
    assert not (tmp_path / "out").exists()


def test_the_same_scores_reuse_the_run_and_others_do_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = [*arrays(tmp_path, *EMBEDDINGS, "gradient_norms", "scores"), "--output", str(tmp_path / "out")]
    first = chosen(capsys, *call, "--method", "entropy", "--budget", "6")
    assert chosen(capsys, *call, "--method", "entropy", "--budget", "6")["run"] == first["run"]
    np.save(tmp_path / "arrays" / "scores.npy", -loaded(tmp_path, "scores"))
    other = chosen(capsys, *call, "--method", "entropy", "--budget", "6")
    assert other["run"] != first["run"]
    assert other["fingerprint"] != first["fingerprint"]


@pytest.mark.parametrize(
    "idle",
    [
        ["--recursion-steps", "9"],
        ["--influence-solver", "recursion", "--tolerance", "0.1"],
        ["--influence-solver", "recursion", "--max-iterations", "9"],
    ],
    ids=lambda idle: idle[-2],
)
def test_options_of_the_other_influence_solver_are_refused(idle):
    kind = next(kind for kind in CONFIGS if kind.method == "dealrec")
    with pytest.raises(ConfigError, match=f"{idle[-2]} changes nothing with --influence-solver"):
        method_config(parsed(kind, *idle))
