"""The command and the Python that the Run page offers to copy: both make the run again."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path
from typing import Any

import pytest

from goracs_core.cli import main
from goracs_core.evaluation.standing import Standing, verdict
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import (
    CertifiedConfig,
    ItraConfig,
    RandomConfig,
    SelectionConfig,
    config_to_dict,
)
from goracs_core.workspace import Workspace
from pages._ui import cache, copied, state
from pages._ui.routes import RUN
from pages._ui.text import escape
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, shown, unfolded
from tests.app.test_home import small_run

pytestmark = pytest.mark.usefixtures("no_worker")


@pytest.mark.parametrize(
    "config",
    [
        CertifiedConfig(5, lambda_=0.1, seed=4, gap=0.0007, max_rounds=30),
        CertifiedConfig(5, gap=1e-7, max_rounds=2, max_seconds=12.5, label_aware=True),
        ItraConfig(5, lambda_=0.1, seed=4, max_exchanges=2, prune_candidates=3),
        ItraConfig(5, lambda_=0.123456789, label_aware=True),
        ItraConfig(5, max_exchanges=1, bound=True),
        RandomConfig(7, seed=1),
    ],
)
def test_the_copied_command_makes_the_same_config(
    config: SelectionConfig, workspace: Workspace, tmp_path: Path
) -> None:
    words = shlex.split(copied.as_command(config, state.reference(CLICKS)))
    assert words[:4] == ["python", "-m", "goracs_core", "select"]
    assert words[-2:] == ["--output", "coreset"]
    assert main([*words[3:-1], str(tmp_path / "coreset")]) == 0
    (run,) = RunStore(workspace).list()
    assert run.config == config_to_dict(config)
    check = shlex.split(copied.as_verification(state.reference(CLICKS)))
    assert check[3:5] == ["verify", "coreset"]
    assert main(["verify", str(tmp_path / "coreset"), *check[5:]]) == 0
    assert run.dataset_fingerprint == state.reference(CLICKS).fingerprint


def test_the_copied_python_runs_and_gives_the_same_rows(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunStore(workspace).get(small_run(workspace, seed=2))
    source = copied.as_python(run.config, state.reference(SMALL))
    namespace: dict[str, object] = {}
    exec(compile(ast.parse(source), "copied", "exec"), namespace)
    selection = namespace["selection"]
    assert selection.fingerprint == run.fingerprint  # type: ignore[attr-defined]
    assert f"{run.selection.poo}" in capsys.readouterr().out
    assert config_to_dict(selection.config) == config_to_dict(run.config)  # type: ignore[attr-defined]


def test_a_weighted_run_is_copied_and_compared_with_its_weights(
    open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    spec = {
        "dataset": str(workspace.datasets / SMALL),
        "config": config_to_dict(RandomConfig(7, seed=1)),
        "half_life": 9.5,
    }
    run = RunStore(workspace).get(run_job("select", spec, workspace)["run"])
    ref = state.reference(SMALL)
    words = shlex.split(copied.as_command(run.config, ref, half_life=9.5))
    assert main([*words[3:-1], str(tmp_path / "coreset"), "--fresh"]) == 0
    again = RunStore(workspace).get(RunStore(workspace).list()[0].id)
    assert again.id != run.id
    assert again.selection.poo == run.selection.poo
    namespace: dict[str, Any] = {}
    exec(copied.as_python(run.config, ref, half_life=9.5), namespace)
    assert namespace["selection"].poo == run.selection.poo
    app = open_page(RUN.script, dataset=SMALL, run=run.id)
    assert_no_fault(app)
    text = shown(app)
    assert "weights of validation samples halve every 9.5 days of age" in shown(unfolded(app, run_tab="Convergence"))
    assert "--half-life 9.5" in shown(unfolded(app, run_tab="Export"))
    target = cache.problem(ref, half_life=9.5)
    found = Standing.of(run.selection, *cache.random_terms(target, 7, draws=20))
    first, _ = verdict(found, None)
    assert escape(first) in text


def test_the_copied_python_knows_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    namespace: dict[str, object] = {}
    exec(copied.as_python(RandomConfig(5, seed=1), state.reference("demo")), namespace)
    assert namespace["problem"].num_pool == state.reference("demo").counts["pool"]  # type: ignore[attr-defined]
    assert capsys.readouterr().out
