"""What docstrings point to is there: paths into goracs_core in backticks name a module, or something in one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = {path.stem for path in (PROJECT / "goracs_core").iterdir() if not path.name.startswith("_")}
# Words that are variables as well: a path that begins with one of them is checked behind `goracs_core.` only.
VARIABLES = {"data", "selection", "objective", "progress", "scores", "types", "config", "budget"}
FORMER = {"runs"}
KNOWN = "|".join(sorted((ROOMS | FORMER) - VARIABLES))
PATH = re.compile(rf"`(goracs_core(?:\.\w+)+|(?:{KNOWN})(?:\.\w+)+)`")


def named(source: str) -> set[str]:
    """What a module's top level defines or imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def resolves(path: str) -> bool:
    """Whether a dotted path leads to a module, or to a name in one."""
    parts = path.removeprefix("goracs_core.").split(".")
    for used in range(len(parts), 0, -1):
        place = PROJECT.joinpath("goracs_core", *parts[:used])
        for module in (place.with_suffix(".py"), place / "__init__.py"):
            if module.is_file():
                return set(parts[used:]) <= named(module.read_text(encoding="utf-8"))
    return False


def pointers(source: str) -> list[str]:
    """Paths into goracs_core that the docstrings of a module hold."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    return [path for text in texts if text for path in PATH.findall(text)]


def test_docstrings_point_to_what_is_there() -> None:
    found: list[str] = []
    checked = 0
    for file in sorted((PROJECT / "goracs_core").rglob("*.py")):
        for path in pointers(file.read_text(encoding="utf-8")):
            checked += 1
            if not resolves(path):
                found.append(f"{file.relative_to(PROJECT)}: {path}")
    assert found == []
    assert checked > 20


@pytest.mark.parametrize(
    "path", ["goracs_core.runs.scores", "runs.scores", "goracs_core.selection.verify.no_such_name"]
)
def test_the_check_sees_offenders(path: str) -> None:
    assert pointers(f'"""See `{path}`."""') == [path]
    assert not resolves(path)


@pytest.mark.parametrize("path", ["goracs_core.selection.verify", "evaluation.choices.calibration"])
def test_the_check_lets_the_rest_pass(path: str) -> None:
    assert pointers(f'"""See `{path}`."""') == [path]
    assert resolves(path)
