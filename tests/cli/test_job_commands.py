"""Every command that is written for a job is read back as the same job."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from goracs_core.cli import parse_job
from goracs_core.data.demo import demo_directory
from goracs_core.data.options import PrepareOptions
from goracs_core.errors import ConfigError
from goracs_core.features.options import FeatureOptions
from goracs_core.jobs.command import command_line, command_words
from goracs_core.jobs.kinds import all_kinds, kind_named
from goracs_core.methods import METHODS, config_to_dict
from goracs_core.workspace import Workspace

DEMO = str(demo_directory())
CORESET = {"dataset": DEMO, "run": "20260101-000000-abcdef-1234"}
EXPERIMENT = {"dataset": DEMO, "methods": ["goracs", "ccs"], "lambdas": [0.1 + 0.2, 1.0], "budgets": [64, 16]}

SPECS: list[tuple[str, dict[str, Any]]] = [
    ("prepare", {"source": "my data.csv", "options": PrepareOptions(max_pool=9, name="-shop").to_dict()}),
    ("prepare", {"source": "log.csv", "source_options": {"mapping": {"user": "who", "item": "what"}}, "output": "x"}),
    ("features", {"dataset": DEMO, "options": FeatureOptions(seed=3, model="none").to_dict(), "cache": "/tmp/cache"}),
    ("derive", {"dataset": DEMO, "target_categories": ["Toys, games", "Books"], "pool_others": True, "replace": True}),
    ("derive", {"dataset": DEMO, "early_validation": 1 / 3, "name": "early", "features": False}),
    ("derive", {"dataset": DEMO, "target_dataset": DEMO, "output": "there"}),
    *(("select", {"dataset": DEMO, "config": config_to_dict(one.config(7, seed=2))}) for one in METHODS.values()),
    ("select", {"dataset": DEMO, "config": {"method": "goracs", "budget": 7, "label_aware": False}, "fresh": True}),
    (
        "select",
        {
            "pool_embeddings": "P.npy",
            "validation_embeddings": "V.npy",
            "validation_times": "T.npy",
            "half_life": 1e-3,
            "scores": "S.npy",
            "name": "a 'name'",
            "notes": "--notes",
            "config": {"method": "dealrec", "budget": 7, "lambda_": 0.0},
        },
    ),
    ("sweep", {"dataset": DEMO, "lambdas": [0.0, 1e-7], "budgets": [64], "config": {"gap": 0.01, "label_aware": True}}),
    ("decay", {"dataset": DEMO, "half_lives": [7.0, 1.5], "later": DEMO, "config": {"method": "goracs", "budget": 7}}),
    ("scalability", {"dataset": DEMO, "config": {"method": "goracs", "budget": 7, "bound": True}, "sizes": [9, 99]}),
    ("projection", {"dataset": DEMO, "method": "pca", "seed": 4}),
    ("train", {**CORESET, "options": {"epochs": 2, "weights": "lora", "seed": 3}, "measure": {"seed": 5, "beams": 2}}),
    ("train", {"dataset": DEMO, "whole_pool": True, "recommender": "tiger", "options": {"beams": 7}}),
    (
        "experiment",
        {
            **EXPERIMENT,
            "kind": "leaderboard",
            "half_lives": [30.0],
            "lambda_": 0.2,
            "seeds": 2,
            "whole_pool": False,
            "method_options": {"ccs.strata": "7"},
            "measure": {"ranked_samples": 9, "seed": 1},
            "options": {"epochs": 2, "targets": ["q_proj", "v_proj"]},
            "recommender": "bigrec",
        },
    ),
    ("experiment", {**EXPERIMENT, "kind": "proxy", "seeds": 2}),
    ("landscape", {**CORESET, "options": {"model": "small", "samples": 9, "tolerance": 0.1}, "fresh": True}),
]


def test_each_kind_is_tried() -> None:
    assert {name for name, _ in SPECS} == {kind.name for kind in all_kinds()}


@pytest.mark.parametrize(("name", "values"), SPECS)
def test_a_command_is_read_back_as_the_same_job(name: str, values: dict[str, Any], tmp_path: Path) -> None:
    kind, workspace = kind_named(name), Workspace(tmp_path)
    spec = kind.shorten(kind.read(values))
    words = shlex.split(command_line(kind, values, workspace))[3:]
    assert words == command_words(kind, values, workspace)
    assert parse_job(words, workspace) == (name, spec)


def test_whole_lambdas_are_read_as_the_page_writes_them(tmp_path: Path) -> None:
    """Otherwise the same experiment would have two ids."""
    words = [
        "experiment",
        "proxy",
        "--dataset",
        "demo",
        "--lambdas",
        "0,0.5",
        "--half-lives",
        "7",
        "--budgets",
        "64,2%",
    ]
    _, spec = parse_job(words, Workspace(tmp_path))
    found = spec.to_dict()
    assert [type(value) for value in (*found["lambdas"], *found["half_lives"])] == [float, float, float]
    assert found["budgets"] == [64, "2%"]


def test_a_dataset_is_called_by_its_name_where_that_is_enough(tmp_path: Path) -> None:
    workspace, kind = Workspace(tmp_path / "here"), kind_named("projection")
    inside, outside = str(workspace.datasets / "shop"), str(tmp_path / "elsewhere" / "shop")
    assert command_words(kind, {"dataset": inside}, workspace) == ["projection", "--dataset", "shop"]
    assert command_words(kind, {"dataset": outside}, workspace) == ["projection", "--dataset", outside]
    assert command_words(kind, {"dataset": outside}) == ["projection", "--dataset", "shop"]


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("sweep --dataset demo --output x --budgets 64 --lambdas", "lambdas"),
        ("sweep --dataset demo --output x --lambdas 0 --budgets", "budget"),
        ("decay --dataset demo --budget 64 --half-lives", "half-lives"),
        ("experiment proxy --dataset demo --lambdas", "lambdas"),
        ("experiment proxy --dataset demo --budgets", "budget"),
        ("experiment shift --dataset demo --half-lives", "half-lives"),
        ("scalability --dataset demo --config budget=64 --sizes", "sizes"),
    ],
)
@pytest.mark.parametrize("given", ["soon", ","])
def test_a_list_is_called_by_what_it_holds(words: str, holds: str, given: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_job([*words.split(), given], Workspace(tmp_path))
    others = {"lambdas", "budget", "half-lives", "sizes"} - {holds}
    assert holds in str(refused.value)
    assert not [other for other in others if other in str(refused.value)]
    assert "sweep" not in str(refused.value)
