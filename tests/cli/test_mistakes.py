"""Mistakes on the command line: one sentence each, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.store import save_dataset
from tests.cli.calls import EMBEDDINGS, arrays, refused
from tests.jobs.made import shop

MISTAKES = [
    (["--budget", "0"], "share of the pool"),
    (["--budget", "61"], "61"),
    (["--budget", "many"], "--budget"),
    (["--budget", "5", "--lambda", "-1"], "lambda is -1"),
    (["--budget", "5", "--lambda", "nan"], "lambda is nan"),
    (["--budget", "5", "--seed", "-1"], "seed is -1"),
    (["--budget", "5", "--method", "gorcas"], "gorcas"),
    (["--budget", "5", "--solver", "ITRA"], "--solver ITRA does not go"),
    (["--budget", "5", "--method", "random", "--solver", "itra"], "--solver itra does not go"),
    (["--budget", "5", "--method", "random", "--max-exchanges", "3"], "does not go with the method random; leave"),
    (
        ["--budget", "5", "--method", "ccs", "--neighbours", "3"],
        "--neighbours does not go with the method ccs; leave it out, or choose --method d2",
    ),
    (
        ["--budget", "5", "--method", "dealrec"],
        "the method dealrec ranks by the score influence, which is computed from a "
        "dataset; give --dataset, or one number per pool sample with --scores",
    ),
    (
        ["--budget", "5", "--method", "dealrec", "--damping", "0"],
        "damping is 0.0, but it must be a finite number above 0",
    ),
    (["--budget", "5", "--method", "ccs", "--strata", "0"], "strata is 0, but it must be a whole number of 1 or more"),
    (["--budget", "5", "--method", "random", "--gap", "0.1"], "choose --method goracs --solver certified"),
    (["--budget", "5", "--max-exchanges", "3"], "--max-exchanges does not go with the solver certified, the default"),
    (["--budget", "5", "--prune-candidates", "3"], "choose --method goracs --solver itra"),
    (["--budget", "5", "--solver", "certified", "--bound"], "--bound does not go with the solver certified; leave"),
    (["--budget", "5", "--solver", "itra", "--gap", "0.1"], "--gap does not go with the solver itra"),
    (["--budget", "5", "--solver", "itra", "--max-rounds", "9"], "--max-rounds does not go with the solver itra"),
    (["--budget", "5", "--solver", "itra", "--max-seconds", "9"], "--max-seconds does not go with the solver itra"),
    (["--budget", "5", "--gap", "1"], "gap is 1.0"),
    (["--budget", "5", "--gap", "-0.1"], "gap is -0.1"),
    (["--budget", "5", "--gap", "nan"], "gap is nan"),
    (["--budget", "5", "--max-rounds", "0"], "max_rounds is 0"),
    (["--budget", "5", "--max-seconds", "-1"], "max_seconds is -1"),
    (["--budget", "5", "--half-life", "30"], "give --validation-times"),
    (["--budget", "5", "--method", "stratified-random"], "stratum"),
    (["--budget", "5", "--label-aware"], "--pool-labels"),
    (["--budget", "5", "--dataset", "nowhere"], "nowhere"),
    (["--budget", "5", "--pool-labels", "x.npy"], "--validation-labels"),
    (["--budget", "5", "--bogus"], "--bogus"),
    ([], "--budget"),
]


@pytest.mark.parametrize(("options", "says"), MISTAKES)
def test_mistakes_are_sentences_and_write_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    output = tmp_path / "out"
    assert says in refused(capsys, "select", *arrays(tmp_path), *options, "--output", str(output))
    assert not output.exists()


def test_mistakes_in_the_arrays_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = arrays(tmp_path, *EMBEDDINGS)
    tail = ["--budget", "5", "--output", str(tmp_path / "out")]
    assert "--gradient-norms" in refused(capsys, "select", *both, *tail)
    assert "--validation-embeddings" in refused(capsys, "select", *both[:2], *tail)
    assert "59" in refused(capsys, "select", *both, *short(tmp_path, "gradient-norms", 59), *tail)
    folder = tmp_path / "nodata"
    folder.mkdir()
    assert "no dataset" in refused(capsys, "select", "--dataset", str(folder), *tail)
    assert "not both" in refused(capsys, "select", *both, "--dataset", str(folder), *tail)
    missing = ["--pool-embeddings", str(tmp_path / "missing.npy"), *both[2:]]
    assert "missing.npy" in refused(capsys, "select", *missing, "--lambda", "0", *tail)
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{}, []], dtype=object))
    assert "objects.npy" in refused(
        capsys, "select", "--pool-embeddings", str(objects), *both[2:], "--lambda", "0", *tail
    )
    text = tmp_path / "text.npy"
    np.save(text, np.array([["a", "b"], ["c", "d"]]))
    assert "numbers" in refused(capsys, "select", "--pool-embeddings", str(text), *both[2:], "--lambda", "0", *tail)
    narrow = tmp_path / "narrow.npy"
    np.save(narrow, np.zeros((6, 3), np.float32))
    assert "width" in refused(capsys, "select", "--pool-embeddings", str(narrow), *both[2:], "--lambda", "0", *tail)


def short(folder: Path, name: str, length: int) -> list[str]:
    np.save(folder / "short.npy", np.ones(length))
    return [f"--{name}", str(folder / "short.npy")]


def test_other_commands_refuse_in_sentences_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist" in refused(
        capsys, "prepare", "--source", str(tmp_path / "no"), "--task", "ctr", "--output", str(tmp_path / "o")
    )
    assert "rating" in refused(capsys, "prepare", "--source", "x", "--task", "rating", "--output", "o")
    assert "nowhere" in refused(capsys, "features", "--dataset", "nowhere")
    assert "no run of that id" in refused(capsys, "verify", "nowhere", "--dataset", "demo")
    save_dataset(shop(), tmp_path / "data")
    assert "loss" in refused(capsys, "features", "--dataset", str(tmp_path / "data"), "--loss", "hinge")
    assert "no run" in refused(capsys, "runs", "show", "unknown")
    assert "0 or more" in refused(capsys, "worker", "--idle-minutes", "-1")
    assert "65535" in refused(capsys, "app", "--port", "99999")
    assert "COMMAND" in refused(capsys)
