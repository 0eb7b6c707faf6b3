"""A patch reaches whoever uses the name, whichever test ran before.

`from a import f` at the top of a module binds `f` there when that module is first imported: patching `a.f` then changes
what it calls or does not, depending on the order of tests. Such a name is patched in the module that calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

# Patches that reach whom they are meant for, since that one looks the name up when it calls.
REACHED = {
    ("jobs/test_worker.py", "ensure_worker"): "the queue calls launch.ensure_worker",
}


def _imported(tree: ast.AST) -> dict[str, str]:
    """The full name behind each name that imports bind, those inside functions included."""
    bound = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            bound |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            bound |= {one.asname or one.name: one.name for one in node.names}
    return bound


def _top(tree: ast.Module) -> set[str]:
    return {
        f"{node.module}.{one.name}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for one in node.names
    }


def _patched(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Module, name and line of each `setattr(module, "name", ...)` in a test."""
    bound = _imported(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="setattr"), args=[owner, ast.Constant(value=str(name)), *_]):
                yield bound.get(ast.unparse(owner), ast.unparse(owner)), name, node.lineno


def _calls(tree: ast.AST, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) for node in ast.walk(tree)
    )


def unsure_patches(project: Mapping[str, ast.Module], tests: Mapping[str, ast.Module]) -> list[str]:
    """Patches of a name that others bind at their top and that its own module never calls."""
    users: dict[str, list[str]] = {}
    for module, tree in project.items():
        for name in _top(tree):
            users.setdefault(name, []).append(module)
    return [
        f"{test}:{line} patches {module}.{name}, which {', '.join(users[f'{module}.{name}'])} imported"
        for test, tree in tests.items()
        for module, name, line in _patched(tree)
        if (test, name) not in REACHED and f"{module}.{name}" in users and not _calls(project[module], name)
    ]


def test_a_name_is_patched_where_it_is_called() -> None:
    project = {
        path.relative_to(PROJECT).with_suffix("").as_posix().replace("/", "."): ast.parse(path.read_text())
        for room in ("goracs_core", "pages")
        for path in (PROJECT / room).rglob("*.py")
    }
    folder = Path(__file__).parent
    tests = {str(path.relative_to(folder)): ast.parse(path.read_text()) for path in folder.rglob("*.py")}
    assert not unsure_patches(project, tests)


def test_the_checker_sees_one() -> None:
    project = {"a": ast.parse("def f(): ..."), "b": ast.parse("from a import f\nf()")}
    wrong = {"test": ast.parse("import a\nmonkeypatch.setattr(a, 'f', 1)")}
    right = {"test": ast.parse("import b\nmonkeypatch.setattr(b, 'f', 1)")}
    assert len(unsure_patches(project, wrong)) == 1
    assert not unsure_patches(project, right)
