"""The graph of imports: no circle between modules, and imports inside functions only where they save something heavy.

Each checker is tried on made-up modules too, so that a checker that sees nothing fails here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

# Libraries whose import costs a noticeable part of a second: a command or page that does without them starts at once.
HEAVY = {
    "accelerate", "huggingface_hub", "numba", "ot", "pandas", "peft", "plotly", "pyarrow", "safetensors", "scipy",
    "sentence_transformers", "sklearn", "streamlit", "tokenizers", "torch", "transformers", "umap",
}  # fmt: skip

# Imports inside functions that save nothing and are still to be moved to the top.
LEFT = 0


@dataclass(frozen=True)
class Module:
    """What a module imports.

    Args:
        top: Modules that are imported when it is.
        inside: Modules that are imported inside its functions.
    """

    top: frozenset[str]
    inside: frozenset[str]


def parsed(sources: Mapping[str, str]) -> dict[str, Module]:
    """The imports of each module by name; imports for type checkers alone do not count."""
    known = set(sources)
    return {name: _imports(ast.parse(source), known) for name, source in sources.items()}


def _imports(tree: ast.Module, known: set[str]) -> Module:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inner = {id(node) for function in ast.walk(tree) if isinstance(function, functions) for node in ast.walk(function)}
    typing = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for node in ast.walk(branch)
    }
    top: set[str] = set()
    inside: set[str] = set()
    for node in ast.walk(tree):
        if id(node) not in typing:
            (inside if id(node) in inner else top).update(_targets(node, known))
    return Module(frozenset(top), frozenset(inside))


def _targets(node: ast.AST, known: set[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in known else node.module for name in names]
    return []


def circle(modules: Mapping[str, Module]) -> list[str]:
    """Modules that import each other in a circle, imports inside functions included; empty when there is none."""
    graph = {name: {*module.top, *module.inside} & (modules.keys() - {name}) for name, module in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def heavy(name: str, modules: Mapping[str, Module]) -> bool:
    """Whether importing `name` loads a heavy library, directly or by what it imports at its top."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module.split(".")[0] in HEAVY:
            return True
        if module in seen:
            continue
        seen.add(module)
        parents = [".".join(module.split(".")[:depth]) for depth in range(1, module.count(".") + 1)]
        waiting += [parent for parent in parents if parent in modules]
        if module in modules:
            waiting += modules[module].top
    return False


def needless(modules: Mapping[str, Module]) -> list[str]:
    """Imports inside functions that would cost nothing at the top of the module."""
    return sorted(
        f"{name} imports {target} inside a function"
        for name, module in modules.items()
        for target in module.inside
        if not heavy(target, modules)
    )


def project() -> dict[str, Module]:
    """The modules of the core and of the pages."""
    sources = {}
    for path in sorted([*(PROJECT / "goracs_core").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        sources[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return parsed(sources)


def test_modules_do_not_import_each_other_in_circles() -> None:
    assert circle(project()) == []


def test_imports_inside_functions_save_something_heavy() -> None:
    """The number only ever falls: who moves some to the top lowers it, until it is 0."""
    assert len(needless(project())) <= LEFT


def test_the_checkers_see_offenders() -> None:
    sources = {
        "a": "from b import x\n\ndef f():\n    import c",
        "b": "import json\n\ndef f():\n    from a import f",
        "c": "import torch",
        "d": "def f():\n    import c\n\ndef g():\n    import b, json",
        "p": "",
        "p.q": "from p import q\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a",
    }
    made = parsed(sources)
    assert set(circle(made)) == {"a", "b"}
    assert needless(made) == [
        "b imports a inside a function",
        "d imports b inside a function",
        "d imports json inside a function",
    ]
    assert circle({name: made[name] for name in ("c", "d", "p", "p.q")}) == []
    assert heavy("c", made)
    assert not heavy("p.q", made)
