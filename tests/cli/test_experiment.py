"""`train` and `experiment` as a user meets them, with a tiny language model from a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from goracs_core.cli import build_parser, main
from goracs_core.cli.training_options import training_spec
from goracs_core.errors import JobCancelled
from goracs_core.jobs.experiment.kinds import KINDS
from goracs_core.jobs.experiment.report import HEADING, report
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.jobs.train.workbench import Workbench
from goracs_core.workspace import Workspace
from tests.cli.calls import last_json, refused
from tests.jobs.test_trainings import chosen, prepared
from tests.leaderboard_made import made_experiment
from tests.llm.tiny import save_model

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
    assert "trained BIGRec, " in text
    assert "LoRA of rank 2 on c_attn; 6 samples" in text
    assert "1 epoch, " in text
    assert f"test loss {training.metrics['test_loss']:.4f} ± {training.metrics['test_loss_se']:.4f} nats" in text
    again = said(capsys, *how, "--train", "weights=lora", "--train", "targets=c_attn", "--train", "rank=2")
    assert "found BIGRec, " in again
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
    assert "\nk = 4, Test loss: " in text
    listed = said(capsys, "experiment", "list", "--dataset", str(folder))
    assert f"{found.id}  leaderboard" in listed
    assert "(goracs, random; k 4)" in listed
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
    assert "no earlier result" in refused(capsys, "experiment", "report", found.id, "--output", str(output))
    said(capsys, "experiment", "report", found.id, "--output", str(output), "--force")
    said(capsys, "experiment", "delete", found.id)
    assert "may have been deleted" in refused(capsys, "experiment", "show", found.id)


@pytest.mark.parametrize("kind", ["proxy", "leaderboard"])
def test_what_came_with_the_demo_is_the_answer_until_it_is_asked_for_anew(
    capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    text = said(capsys, "experiment", kind, "--dataset", "demo")  # training would take minutes
    result, store = last_json(text), ExperimentStore(Workspace.default())
    assert store.is_shipped(result["experiment"])
    assert result["reused"] == result["done"] == result["entries"] > 20
    assert "It came with the demo" in text
    assert ("At equal size" if kind == "proxy" else "better than random: goracs") in text


def test_an_experiment_that_is_stopped_says_what_is_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = prepared(tmp_path / "data")
    what = ("--methods", "random", "--budgets", "4", "--seeds", "3", "--no-whole-pool", "--ranked-samples", "0")
    train, trained = Workbench.train, []

    def stopped(self: Workbench, *arguments: Any, **named: Any) -> Any:
        if len(trained) == 2:
            raise JobCancelled
        trained.append(1)
        return train(self, *arguments, **named)

    monkeypatch.setattr(Workbench, "train", stopped)
    asked = ("experiment", "leaderboard", "--dataset", str(folder), *what, "--model", model, *QUICK)
    assert main(asked) == 130
    assert "2 of 3 trainings are kept" in capsys.readouterr().err
    monkeypatch.setattr(Workbench, "train", train)
    assert last_json(said(capsys, *asked))["reused"] == 2


def test_tigers_beams_are_its_own(tmp_path: Path) -> None:
    parser = build_parser()
    start = ("train", "--dataset", "demo", "--whole-pool", "--beams", "7")
    assert training_spec(parser.parse_args(start)) == {"measure": {"beams": 7}}
    assert training_spec(parser.parse_args([*start, "--recommender", "tiger"]))["options"] == {"beams": 7}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("row\n1\n", "the columns row, but no column `index`"),
        ("index\n1\n99999\n", "names the row 99999"),
        ("index\n4\n4\n", "names the row 4 twice"),
        ("index\n", "one whole number per line"),
        ("index\n1.5\n", "one whole number per line"),
    ],
)
def test_a_table_of_rows_is_refused_with_what_is_wrong(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, table: str, words: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(table, encoding="utf-8")
    assert words in refused(capsys, "train", "--dataset", "demo", "--run", str(path))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("done", [0, 3, None])
def test_a_report_takes_experiments_as_far_as_they_came(kind: str, done: int | None) -> None:
    made = made_experiment("d" * 32, kind=kind, done=done)
    document = report([made])
    assert ("Unfinished" in document) == (done is not None)
    assert made.command in document
    assert "nan" not in document


def test_the_document_of_results_is_what_the_report_writes() -> None:
    store = ExperimentStore(Workspace.default())
    shipped = sorted(store.list(), key=lambda one: one.started)
    document = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
    assert [one.kind for one in shipped] == ["proxy", "leaderboard"]
    assert document.startswith(report(shipped).rstrip())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "--dataset", "demo", "--run", "nothing"), "no run 'nothing'"),
        (("train", "--dataset", "demo", "--run", "nothing.csv"), "no file or folder nothing.csv"),
        (("train", "--dataset", "demo", "--run", "no/thing"), "no file or folder no/thing"),
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
        (("experiment", "report", "0123456789abcdef", "--output", "results.txt"), "does not end with .md"),
    ],
)
def test_mistakes_are_one_sentence(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str) -> None:
    assert words in refused(capsys, *arguments)
