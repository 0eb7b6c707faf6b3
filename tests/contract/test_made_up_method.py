"""A method that is registered from this file alone works everywhere: Python, command line, pages, estimate, records."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import goracs_core as goracs
from goracs_core.cli import main
from goracs_core.errors import ConfigError
from goracs_core.jobs.select.estimate import estimate_selection
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import SelectionConfig, config_from_dict, config_to_dict, register
from goracs_core.methods.baseline import baseline
from goracs_core.methods.cost import Sizes
from goracs_core.methods.method import Group, Method, Rows
from goracs_core.methods.registry import markdown_table, unregister
from goracs_core.objective import Problem
from goracs_core.option import option
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace, project_directory
from tests.refusals import told


@dataclass(frozen=True)
class EveryConfig(SelectionConfig):
    """Every so many-th pool sample."""

    method = "every"

    distance: int = option(2, help="Rows from one chosen sample to the next.", label="Distance", low=1, high=9)


def select_every(problem: Problem, config: EveryConfig, *, progress: Progress = silent) -> Rows:
    """Rows 0, distance, 2 distance, ... modulo the pool."""
    progress("rows")
    rows = np.arange(config.budget) * config.distance % problem.num_pool
    return Rows(rows, "every row was counted")


EVERY = baseline(
    EveryConfig,
    label="Every",
    group=Group.REFERENCE,
    summary="every so many-th sample",
    reference="",
    looks_at="nothing but the order",
    decided="The order of the pool decided.",
    embeddings="none",
    seeded=False,
    stages={"rows": "Rows by their number"},
    select=select_every,
)


@pytest.fixture
def registered() -> Iterator[None]:
    """The method, for one test."""
    register(EVERY)
    yield
    unregister(EVERY)


def arrays(folder: Path) -> list[str]:
    """Options of the command line for a small pool and validation."""
    rng = np.random.default_rng(0)
    np.save(folder / "pool.npy", rng.normal(size=(60, 5)))
    np.save(folder / "validation.npy", rng.normal(size=(20, 5)))
    return [
        "--pool-embeddings",
        str(folder / "pool.npy"),
        "--validation-embeddings",
        str(folder / "validation.npy"),
        "--lambda",
        "0",
    ]


@pytest.mark.usefixtures("registered")
def test_it_selects_in_python() -> None:
    rng = np.random.default_rng(0)
    coreset = goracs.select(rng.normal(size=(60, 5)), rng.normal(size=(20, 5)), budget=4, method="every", distance=3)
    assert coreset.indices.tolist() == [0, 3, 6, 9]
    table = goracs.methods().set_index("method")
    assert "distance" in table.loc["every", "options"]


@pytest.mark.usefixtures("registered")
def test_it_selects_on_the_command_line_and_its_run_opens(
    tmp_path: Path, own_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--method", "every", "--distance", "3", "--budget", "4", "--output", str(tmp_path / "out")]
    assert main(["select", *arrays(tmp_path), *chosen]) == 0
    written = capsys.readouterr()
    found = json.loads(written.out.strip().splitlines()[-1])
    assert (found["method"], found["distance"]) == ("every", 3)
    assert "estimate: " in written.err
    (summary,) = RunStore(Workspace(own_workspace)).list()
    run = RunStore(Workspace(own_workspace)).get(summary.id)
    assert run.config == EveryConfig(4, 0.0, distance=3)
    assert run.selection.indices.tolist() == [0, 3, 6, 9]
    assert [name for name, _ in run.selection.trace.stages] == ["rows", "transport"]
    assert run.name == "Every · k 4 · λ 0 · distance 3"
    assert "distance 3" in run.name


@pytest.mark.usefixtures("registered")
def test_it_is_listed_compared_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    assert "every so many-th sample" in capsys.readouterr().out
    assert main(["methods", "every"]) == 0
    assert "--distance" in capsys.readouterr().out
    table = tmp_path / "table.csv"
    compared = ["--budgets", "4", "--methods", "every,random", "--seeds", "1", "--option", "every.distance=3"]
    assert main(["compare", *arrays(tmp_path), *compared, "--output", str(table)]) == 0
    assert table.read_text(encoding="utf-8").splitlines()[1].startswith("every,every,4,1,")
    assert "| `every` |" in markdown_table()


@pytest.mark.usefixtures("registered")
def test_its_cost_is_told_and_its_config_survives() -> None:
    estimate = estimate_selection(EveryConfig(50, 0.0), Sizes(3000, 600, 384))
    assert estimate.seconds > 0
    assert estimate.memory_bytes > 3000 * 384 * 4
    config = EveryConfig(7, 0.5, distance=5)
    assert config_from_dict(config_to_dict(config)) == config


@pytest.mark.usefixtures("registered")
def test_other_methods_refuse_its_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = ["--method", "random", "--distance", "3", "--budget", "4", "--output", str(tmp_path / "out")]
    assert main(["select", *arrays(tmp_path), *random]) == 2
    assert "--method every" in capsys.readouterr().err


@pytest.mark.parametrize(
    "lacking",
    [
        {"seconds": lambda config, sizes: 0.0},
        {"memory": lambda config, sizes: 0},
        {"stages": {}},
        {"summary": ""},
        {"seed_decides": "", "seeded": True},
    ],
    ids=lambda lacking: next(iter(lacking)),
)
def test_a_method_that_says_too_little_is_not_registered(lacking: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, check=told("method-incomplete", lacking=next(iter(lacking)))):
        register(replace(EVERY, **lacking))
    assert "every" not in set(goracs.methods().method)


def test_no_field_of_a_method_has_a_default() -> None:
    with pytest.raises(TypeError):
        Method(config=EveryConfig)  # pyright: ignore[reportCallIssue]


def test_the_example_of_the_contributing_guide_is_a_method_in_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (project_directory() / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^ *```python\n(.*?)^ *```$", guide, re.MULTILINE | re.DOTALL)
    assert 'method = "central"' in example
    source = textwrap.dedent(example).replace('method = "central"', 'method = "of-the-guide"')
    (tmp_path / "method_of_the_guide.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    method = import_module("method_of_the_guide").METHOD
    register(method)
    try:
        rng = np.random.default_rng(0)
        pool, validation = rng.normal(size=(60, 5)), rng.normal(size=(20, 5))
        coreset = goracs.select(pool, validation, budget=4, method="of-the-guide", order=1)
        distances = np.abs(pool - validation.mean(axis=0)).sum(axis=1)
        assert coreset.indices.tolist() == np.argsort(distances)[:4].tolist()
        with pytest.raises(ConfigError, check=told("bad-option", option="order")):
            goracs.select(pool, validation, budget=4, method="of-the-guide", order=0.5)
    finally:
        unregister(method)
