"""What jobs will take is told by their kinds, from the sizes alone or from what has run before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from goracs_core.cli import main
from goracs_core.data.demo import demo_directory
from goracs_core.jobs.experiment.estimate import estimate_job as experiment_estimate
from goracs_core.jobs.experiment.plan import default_spec
from goracs_core.jobs.kinds import EXPERIMENT, LANDSCAPE, SCALABILITY, SWEEP, run_job
from goracs_core.jobs.landscape.estimate import estimate_landscape
from goracs_core.jobs.scalability.estimate import estimate_scalability
from goracs_core.jobs.sweep.estimate import estimate_job as sweep_estimate
from goracs_core.jobs.sweep.estimate import estimate_sweep
from goracs_core.llm.landscape import LandscapeOptions
from goracs_core.methods import CertifiedConfig
from goracs_core.methods.cost import Sizes
from goracs_core.workspace import Workspace
from tests.cli.calls import arrays
from tests.jobs.made import write_arrays

DEMO = str(demo_directory())


@pytest.fixture
def workspace(own_workspace: Path) -> Workspace:
    return Workspace(own_workspace).ensure()


def test_a_sweep_counts_what_is_solved_already(workspace: Workspace, tmp_path: Path) -> None:
    spec = {**write_arrays(tmp_path / "arrays", 60, 20), "config": {"max_rounds": 2}, "lambdas": [0.0, 0.1]}
    shares, numbers = SWEEP.read({**spec, "budgets": ["10%", 9]}), SWEEP.read({**spec, "budgets": [6, 9]})
    before = sweep_estimate(shares, workspace)
    assert (before.points, before.there) == (4, 0)
    assert before.seconds > 0
    result = run_job("sweep", shares, workspace)
    assert run_job("sweep", numbers, workspace)["sweep"] == result["sweep"], "shares are the numbers they stand for"
    after = sweep_estimate(numbers, workspace)
    assert (after.points, after.seconds) == (4, 0.0)
    assert after.sentence != before.sentence
    assert sweep_estimate(SWEEP.read({**numbers.to_dict(), "fresh": True}), workspace).there == 0


def test_the_time_of_a_sweep_grows_with_its_points() -> None:
    sizes = Sizes(3000, 600, 384)
    one, two = (estimate_sweep([0.0], budgets, sizes) for budgets in ([64], [64, 128]))
    assert one.seconds < two.seconds < estimate_sweep([0.0], [64, 128], sizes, label_aware=True).seconds
    assert estimate_sweep([0.0], [64, 128], sizes, there=1).seconds == pytest.approx(two.seconds / 2)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (SWEEP, {"lambdas": [0.0], "budgets": ["2%"]}),
        (SCALABILITY, {"config": {"method": "goracs", "budget": 8}}),
        (LANDSCAPE, {"whole_pool": True}),
        (EXPERIMENT, {"kind": "proxy", "methods": ["random"], "budgets": ["2%"], "seeds": 2}),
    ],
)
def test_each_kind_tells_on_the_demo(kind: Any, spec: dict[str, Any], workspace: Workspace) -> None:
    assert "bout " in kind.estimated({"dataset": DEMO, **spec}, workspace)


def test_what_came_with_the_demo_is_done_unless_it_is_asked_for_again(workspace: Workspace) -> None:
    spec = default_spec("proxy", DEMO)
    kept = experiment_estimate(EXPERIMENT.read(spec), workspace)
    again = experiment_estimate(EXPERIMENT.read({**spec, "fresh": True}), workspace)
    assert (kept.trainings, kept.there) == (0, 30)
    assert (again.trainings, again.there) == (30, 0)


def test_more_runs_and_more_steps_take_longer() -> None:
    whole = Sizes(3000, 600, 384)
    few, many = (estimate_scalability(CertifiedConfig(64), [500, 1000, 3000], repeats, whole) for repeats in (1, 3))
    assert (few.runs, many.runs) == (3, 9)
    assert few.seconds < many.seconds
    small, large = (estimate_landscape(64, LandscapeOptions(steps=steps), 40.0).seconds for steps in (5, 20))
    assert small is not None
    assert large is not None
    assert small < large
    assert estimate_landscape(64, LandscapeOptions(model="another"), 40.0).seconds is None


def test_the_command_line_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = ("--output", str(tmp_path / "sweep"))
    assert main(["sweep", *arrays(tmp_path), "--lambdas", "0", "--budgets", "3", "--max-rounds", "1", *output]) == 0
    assert "estimate: 1 point. About " in capsys.readouterr().err
