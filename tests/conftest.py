"""What every test shares: no network, no touching of the user's workspace, real data only when it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.slowest"]

# Tests use the packaged encoder and models made here; a model hub is never asked, not even when it could be reached.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# As the program itself does: threads that wait for each other sleep. Spinning ones take the cores from other tests.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# First calls compile; a deadline would measure that. Derandomised, a red run is red for the next person too.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


@pytest.fixture(autouse=True)
def own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh workspace per test, so that no test reads what a person or another test left behind."""
    workspace = tmp_path / "workspace"
    monkeypatch.setenv("GORACS_WORKSPACE", str(workspace))
    return workspace


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real datasets named by GORACS_REAL_DATA; the test is skipped where there is none."""
    folder = os.environ.get("GORACS_REAL_DATA")
    if not folder:
        pytest.skip("GORACS_REAL_DATA is not set")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"GORACS_REAL_DATA names {folder}, which is not a folder")
    return path
