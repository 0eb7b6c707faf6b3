"""Keys of results from what decides them: the code that a result runs through, and the libraries below it.

The code of a module is its syntax tree without docstrings and help texts (comments are in no syntax tree). A module
runs through all that it imports inside this package, at its top or in a function, directly or through other modules.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from goracs_core.types import fingerprint

PACKAGE = Path(__file__).resolve().parent.parent
_DOTTED = re.compile(r"(\w+)(\.\w+)+(:\w+)?")  # a module named in a text, to be imported when it is needed
# Arguments that only people read, of the calls that describe a method or an option.
_DESCRIBING = ("Method", "Option", "baseline", "highest", "option")
_WORDS = ("decided", "help", "label", "looks_at", "reference", "seed_decides", "stages", "summary")
_DISTRIBUTIONS = {"ot": "POT", "sklearn": "scikit-learn", "umap": "umap-learn"}  # where it is not the module's name


@functools.cache
def code_fingerprint(*entries: str, beside: tuple[str, ...] = (), package: Path = PACKAGE) -> str:
    """Fingerprint of the code of modules, of all code of this package that they import, and of the libraries' versions.

    A comment, a docstring, a help text or the layout of a line changes nothing; a constant in any module of the closure
    does.
    Imports for type hints alone (`if TYPE_CHECKING`) do not count: they never run.

    Args:
        entries: Names of modules, like "goracs_core.selection.select".
        beside: Modules that are imported but decide nothing, like one that only describes the machine: neither they
            nor what only they import counts.
        package: The package's folder.

    Raises:
        ValueError: There is no such module.
    """
    parts: list[str] = []
    libraries: set[str] = set()
    for name in import_closure(*entries, beside=beside, package=package):
        parts += [name, _module(name, package).code]
        libraries.update(_module(name, package).libraries)
    for library in sorted(libraries):
        parts += [library, _version(library)]
    return fingerprint(parts)


@functools.cache
def import_closure(*entries: str, beside: tuple[str, ...] = (), package: Path = PACKAGE) -> tuple[str, ...]:
    """Names of the modules of this package that `entries` reach by imports, themselves included, in rising order.

    The package's own `__init__` is its door and decides nothing, so it is neither counted nor followed.
    """
    for entry in (*entries, *beside):
        if _file(entry, package) is None:
            raise ValueError(f"there is no module {entry!r} in {package.name}")
    found: set[str] = set()
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name in found or name in beside or _file(name, package) is None:
            continue
        found.add(name)
        waiting += _module(name, package).imports
        waiting += _parents(name)
    return tuple(sorted(found))


class _Module:
    """What counts of one module."""

    def __init__(self, name: str, file: Path, package: Path) -> None:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        _strip(tree)
        self.code = ast.dump(tree)
        taken = list(_taken(tree, name, is_package=file.name == "__init__.py"))
        self.imports = sorted({one for one in taken if one.startswith(f"{package.name}.") and _file(one, package)})
        tops = {one.split(".")[0] for one in taken} - {package.name}
        self.libraries = sorted(tops - sys.stdlib_module_names)


@functools.cache
def _module(name: str, package: Path) -> _Module:
    file = _file(name, package)
    assert file is not None
    return _Module(name, file, package)


def _file(name: str, package: Path) -> Path | None:
    """The source of a module of the package below its `__init__`; None for any other name."""
    parts = name.split(".")
    if parts[0] != package.name or len(parts) == 1:
        return None
    path = package.joinpath(*parts[1:])
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _parents(name: str) -> Iterator[str]:
    """The packages that importing a module runs on the way."""
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(2, len(parts)))


def _strip(tree: ast.Module) -> None:
    """Take docstrings, help texts and imports for type hints out of a syntax tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _DESCRIBING:
            node.keywords = [one for one in node.keywords if one.arg not in _WORDS]
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(ast.Constant(str())), *rest]:
                    node.body = rest
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            node.body = []


def _taken(tree: ast.Module, name: str, *, is_package: bool) -> Iterator[str]:
    """Modules that a module may import, by full name; of `from a import b` both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                parts = name.split(".")
                parent = parts[: len(parts) - node.level + is_package]
                source = ".".join([*parent, *([source] if source else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = _DOTTED.fullmatch(node.value)
            if named and named[1] == name.split(".")[0]:
                yield node.value.split(":")[0]


@functools.cache
def _version(library: str) -> str:
    try:
        return metadata.version(_DISTRIBUTIONS.get(library, library.replace("_", "-")))
    except metadata.PackageNotFoundError:
        return ""
