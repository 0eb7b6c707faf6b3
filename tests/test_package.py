"""The package as pip installs it: what the wheel holds, and that it works away from a checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from goracs_core import __version__
from goracs_core.data.demo import check_files
from tests.test_docs import requirements

PROJECT = Path(__file__).resolve().parents[1]

_USE = """
import numpy as np
import goracs_core as goracs
from goracs_core.data.demo import demo_directory
from goracs_core.jobs.queue.launch import worker_environment
from goracs_core.workspace import Workspace, workspace_root

rng = np.random.default_rng(0)
coreset = goracs.select(rng.normal(size=(60, 4)), rng.normal(size=(20, 4)), budget=5, method="random")
print(goracs.__file__)
print(goracs.verify(coreset).verified)
print(goracs.load_dataset("demo").name)
print(demo_directory())
print(workspace_root())
print(worker_environment(Workspace(workspace_root())).get("PYTHONPATH"))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the project's folder stays as it is."""
    folder = tmp_path_factory.mktemp("build")
    source, out = folder / "source", folder / "out"
    shutil.copytree(PROJECT / "goracs_core", source / "goracs_core", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "data" / "demo", source / "data" / "demo")
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
        shutil.copy(PROJECT / name, source / name)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    out.mkdir()
    done = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_the_wheel_holds_the_core_and_the_demo_and_nothing_else(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    sources = {path.relative_to(PROJECT) for path in (PROJECT / "goracs_core").rglob("*.py")}
    found = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.py")}
    assert found == sources
    assert check_files(tmp_path / "goracs_core" / "demo") == []
    assert {path.name for path in tmp_path.iterdir()} == {"goracs_core", f"goracs_explorer-{__version__}.dist-info"}


def test_the_metadata_asks_for_what_the_requirements_do(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        metadata = Parser().parsestr(archive.read(names["METADATA"]).decode())
        entry_points = archive.read(names["entry_points.txt"]).decode()
    asked = [line.split("=")[0].split("<")[0].split(">")[0] for line in metadata.get_all("Requires-Dist") or []]
    assert asked == requirements("requirements.txt")
    assert metadata["Version"] == __version__
    assert "goracs = goracs_core.__main__:main" in entry_points


@pytest.mark.slow
def test_it_works_away_from_a_checkout(wheel: Path, tmp_path: Path) -> None:
    installed, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_DATA_HOME": str(tmp_path / "share")}
    environment |= {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    environment.pop("GORACS_WORKSPACE", None)
    done = subprocess.run(
        [sys.executable, "-c", _USE], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    place, verified, name, demo, workspace, path = done.stdout.splitlines()
    assert Path(place) == installed / "goracs_core" / "__init__.py"
    assert verified == "True"
    assert name == "Demo shop"
    assert Path(demo) == installed / "goracs_core" / "demo"
    assert installed not in Path(workspace).parents, "what a user makes does not lie in site-packages"
    assert tmp_path in Path(workspace).parents
    assert path == str(installed), "left as it was: site-packages must not come before the standard library"
    assert list(elsewhere.iterdir()) == []
