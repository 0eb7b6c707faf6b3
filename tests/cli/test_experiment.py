"""`train` and `experiment` as a user meets them, with a tiny language model from a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from goracs_core.cli import main
from goracs_core.runs.experiment import ExperimentKind
from goracs_core.runs.experiment_report import HEADING, report
from goracs_core.runs.experiment_store import ExperimentStore
from goracs_core.runs.training_store import TrainingStore
from goracs_core.workspace import Workspace
from tests.cli.calls import last_json, refused
from tests.leaderboard_made import made_experiment
from tests.llm.tiny import save_model
from tests.runs.test_trainings import chosen, prepared

QUICK = ("--epochs", "1", "--train", "watched=3", "--train", "learning-rate=0.01", "--test-samples", "4")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_model(tmp_path_factory.mktemp("model") / "gpt2", "gpt2", context=128))


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that must work printed."""
    status = main(arguments)
    written = capsys.readouterr()
    assert status == 0, written.err
    return written.out


def test_a_coreset_is_trained_on_and_told_of(capsys: pytest.CaptureFixture[str], tmp_path: Path, model: str) -> None:
    folder = prepared(tmp_path / "data")
    run = chosen(folder)
    how = ("train", "--dataset", str(folder), "--run", run, "--model", model, *QUICK, "--seed", "3")
    text = said(capsys, *how, "--train", "weights=lora", "--train", "targets=c_attn", "--train", "rank=2")
    result = last_json(text)
    training = TrainingStore(Workspace.default()).get(result["training"])
    assert training.options["weights"] == "lora"
    assert training.options["targets"] == ["c_attn"]
    assert (training.options["rank"], training.options["epochs"], training.seed) == (2, 1, 3)
    assert training.log.trained < training.log.parameters
    assert "trained bigrec" in text
    assert f"test loss {training.metrics['test_loss']:.4f} ± {training.metrics['test_loss_se']:.4f} nats" in text
    again = said(capsys, *how, "--train", "weights=lora", "--train", "targets=c_attn", "--train", "rank=2")
    assert "found bigrec" in again
    assert last_json(again)["reused"]


def test_an_experiment_prints_its_table_and_becomes_a_report(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, model: str
) -> None:
    folder = prepared(tmp_path / "data")
    what = ("--methods", "goracs", "--lambdas", "0.1", "--budgets", "4", "--seeds", "2", "--no-whole-pool")
    asked = ("experiment", "leaderboard", "--dataset", str(folder), *what, "--model", model, *QUICK)
    text = said(capsys, *asked, "--ranked-samples", "2", "--beams", "2", "--negatives", "3")
    result = last_json(text)
    assert (result["entries"], result["done"]) == (4, 4)
    assert [line.split()[0] for line in text.splitlines()[1:3]] == ["goracs", "random"]
    found = ExperimentStore(Workspace.default()).get(result["experiment"])
    assert found.measure["ranked_samples"] == 2
    assert found.command.startswith(
        f"python -m goracs_core experiment leaderboard --dataset {folder.name} --methods goracs"
    )
    assert f"{found.id}  leaderboard" in said(capsys, "experiment", "list", "--dataset", str(folder))
    shown = json.loads(said(capsys, "experiment", "show", found.id))
    assert shown["entries"][0]["values"]["test_loss"] == found.entries[0].values["test_loss"]
    output = tmp_path / "results.md"
    said(capsys, "experiment", "report", found.id, "--output", str(output))
    document = output.read_text(encoding="utf-8")
    assert document.startswith(HEADING)
    for entry in found.entries:
        assert entry.arm in document
    assert "Ranking by popularity alone" in document
    output.write_text("mine", encoding="utf-8")
    assert "no earlier report" in refused(capsys, "experiment", "report", found.id, "--output", str(output))
    said(capsys, "experiment", "report", found.id, "--output", str(output), "--force")
    said(capsys, "experiment", "delete", found.id)
    assert "may have been deleted" in refused(capsys, "experiment", "show", found.id)


@pytest.mark.parametrize("kind", ExperimentKind)
@pytest.mark.parametrize("done", [0, 3, None])
def test_a_report_takes_experiments_as_far_as_they_came(kind: ExperimentKind, done: int | None) -> None:
    made = made_experiment("d" * 32, kind=kind, done=done)
    document = report([made])
    assert ("Unfinished" in document) == (done is not None)
    assert made.command in document
    assert "nan" not in document


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "--dataset", "demo", "--run", "nothing"), "no run 'nothing'"),
        (("train", "--dataset", "demo", "--whole-pool", "--train", "speed=1"), "NAME=VALUE"),
        (("train", "--dataset", "demo", "--whole-pool", "--train", "rank"), "NAME=VALUE"),
        (("train", "--dataset", "demo", "--whole-pool", "--train", "rank=high"), "a whole number"),
        (("train", "--dataset", "demo", "--whole-pool", "--train", "learning-rate=fast"), "must be a number"),
        (("train", "--dataset", "demo", "--whole-pool", "--train", "weights=half"), "full, lora"),
        (("train", "--dataset", "demo", "--whole-pool", "--model", "no such/model at all"), "there is no folder"),
        (("train", "--dataset", "demo", "--whole-pool", "--train", "precision=bfloat16"), "needs float32"),
        (("experiment", "proxy", "--dataset", "demo", "--budgets", "5000"), "the pool has only 3,000"),
        (("experiment", "proxy", "--dataset", "demo", "--lambdas", "much"), "no number"),
        (("experiment", "proxy", "--dataset", "demo", "--methods", "magic"), "no method 'magic'"),
        (("experiment", "proxy", "--dataset", "demo", "--option", "strata"), "NAME=VALUE"),
        (("experiment", "shift", "--dataset", "demo", "--half-lives", "-3"), "days above 0"),
        (("experiment", "show", "nothing"), "no experiment"),
        (("experiment", "report", "0123456789abcdef", "--output", "results.txt"), "ending with .md"),
    ],
)
def test_mistakes_are_one_sentence(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str) -> None:
    assert words in refused(capsys, *arguments)
