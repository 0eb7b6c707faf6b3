"""Calls of the command line for its tests: arrays to choose from, sentences of refusals, processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from goracs_core.cli import main
from goracs_core.workspace import project_directory
from tests.jobs.made import write_arrays

EMBEDDINGS = ("pool_embeddings", "validation_embeddings")
LABELS = ("pool_labels", "validation_labels")
DAY = 86_400


def arrays(folder: Path, *names: str, n: int = 60, m: int = 20) -> list[str]:
    """Options that name freshly written arrays."""
    paths = write_arrays(folder / "arrays", n, m)
    rng = np.random.default_rng(5)
    more = {
        "pool_labels": rng.integers(0, 2, size=n),
        "validation_labels": rng.integers(0, 2, size=m),
        "validation_weights": rng.uniform(0.1, 3.0, size=m),
        "validation_times": 1_700_000_000 + DAY * rng.integers(0, 100, size=m),
        "scores": rng.gamma(2.0, size=n),
    }
    for name, values in more.items():
        paths[name] = str(folder / "arrays" / f"{name}.npy")
        np.save(paths[name], values)
    wanted = names or (*EMBEDDINGS, "gradient_norms")
    return [part for name in wanted for part in (option(name), paths[name])]


def option(name: str) -> str:
    """The option for a key of the spec."""
    return f"--{name.replace('_', '-')}"


def loaded(folder: Path, name: str) -> np.ndarray:
    """An array that `arrays` wrote."""
    return np.load(folder / "arrays" / f"{name}.npy")


def last_json(text: str) -> dict:
    return json.loads(text.strip().splitlines()[-1])


def chosen(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    """The JSON of a `select` that must work."""
    status = main(["select", *arguments])
    written = capsys.readouterr()
    assert status == 0, written.err
    return last_json(written.out)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence of a refusal."""
    try:
        status = main(arguments)
    except SystemExit as stop:  # argparse ends this way
        status = stop.code
    written = capsys.readouterr()
    assert status == 2, written
    assert written.out == ""
    lines = [line for line in written.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, written.err
    assert "Traceback" not in written.err
    return lines[0]


def in_a_process(*arguments: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "goracs_core", *arguments],
        cwd=project_directory(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs these tests in the background has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )
