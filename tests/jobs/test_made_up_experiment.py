"""A new kind of experiment is one value: planned, made, listed, shown, reported and estimated without another line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from goracs_core.cli import main
from goracs_core.data.dataset import Task
from goracs_core.errors import ConfigError
from goracs_core.jobs.experiment.estimate import estimate_experiment
from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.experiment.kinds import experiment_kind, kinds_of_page, register, unregister
from goracs_core.jobs.experiment.plan import default_spec, planned
from goracs_core.jobs.experiment.report import report
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.train.estimate import TrainingSizes, Work
from goracs_core.workspace import Workspace
from tests.cli.calls import last_json, refused
from tests.jobs.test_trainings import prepared
from tests.llm.tiny import save_model
from tests.made_up_experiment import MADE_UP, registered

QUICK = ("--epochs", "1", "--train", "watched=3", "--train", "learning-rate=0.01", "--test-samples", "4")


@pytest.fixture
def kind() -> Iterator[ExperimentKind]:
    with registered() as made:
        yield made


@pytest.mark.usefixtures("kind")
def test_it_is_made_listed_shown_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(save_model(tmp_path / "model", "gpt2", context=128))
    folder = prepared(tmp_path / "data")
    assert main(("experiment", "made-up", "--dataset", str(folder), "--model", model, *QUICK)) == 0
    text = capsys.readouterr().out
    result = last_json(text)
    assert (result["entries"], result["done"]) == (3, 3), "herding once, random with two seeds"
    assert "here are 2 arms" in text
    made = ExperimentStore(Workspace.default()).get(result["experiment"])
    assert made.kind == "made-up"
    assert main(("experiment", "list")) == 0
    assert f"{made.id}  made-up" in capsys.readouterr().out
    assert main(("experiment", "show", made.id)) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "made-up"
    output = tmp_path / "report.md"
    assert main(("experiment", "report", made.id, "--output", str(output))) == 0
    document = output.read_text(encoding="utf-8")
    assert f"## {MADE_UP.question} {made.dataset_name}" in document
    for entry in made.entries:
        assert f"* {entry.arm} made up" in document
    assert MADE_UP.table(made)["arm"].tolist() == ["herding", "random"]
    unregister("made-up")  # its experiments stay; only what its kind knows is gone
    assert ExperimentStore(Workspace.default()).get(made.id).kind == "made-up"
    with pytest.raises(ConfigError, match="made-up"):
        report([made])


def test_it_is_planned_and_estimated(kind: ExperimentKind) -> None:
    plan = planned(default_spec("made-up", "shop"), Task.SEQREC, num_pool=100)
    assert plan.kind is kind
    assert [(entry.arm, entry.seed) for entry in plan.entries] == [("herding", 0), ("random", 0), ("random", 1)]
    work = Work(plan.recommender, plan.options, plan.measure, TrainingSizes(50, 60, 200, 100.0))
    said = estimate_experiment(plan, work, None, selecting=lambda entries: 7.0 * len(entries))
    assert said.trainings == 3
    assert said.seconds == pytest.approx(work.shared_seconds() + 3 * work.seconds(3) + 21.0)


def test_the_command_line_tells_its_words(kind: ExperimentKind, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(("experiment", "--help"))
    told = " ".join(capsys.readouterr().out.split())
    assert "made-up" in told
    assert kind.summary in told


@pytest.mark.usefixtures("kind")
def test_names_are_unique_and_no_words_of_the_command_line() -> None:
    assert kinds_of_page("compare") == ("leaderboard", "shift", "made-up")
    with pytest.raises(ConfigError, match="already"):
        register(MADE_UP)
    for name in ("list", "report", "Made up", ""):
        with pytest.raises(ConfigError, match="cannot be called"):
            replace(MADE_UP, name=name)


def test_an_unknown_kind_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="proxy, leaderboard, shift"):
        experiment_kind("made-up")
    assert "no experiment" in refused(capsys, "experiment", "report", "0123456789abcdef", "--output", "x.md")
