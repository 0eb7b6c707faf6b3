"""The house rules, read off the source: who may import whom, what must never appear, how big a room may be.

Each checker is tried on made-up offenders too, so that a checker that sees nothing fails here.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

# A room may import from itself and from rooms of a lower rank; rooms of one rank do not know each other.
RANKS = {
    "errors": 0, "types": 1, "progress": 1, "budget": 1, "checks": 1, "option": 2, "scores": 2, "quotas": 2,
    "ranking": 2, "glossary": 2, "torch_threads": 2, "dense_limit": 2, "quantities": 2, "estimate": 3, "store": 2,
    "methods": 3, "workspace": 3,
    "transport": 4, "data": 4, "llm": 5, "surrogate": 5, "objective": 6,
    "features": 6, "engine": 7, "selection": 8, "evaluation": 9, "jobs": 11, "cli": 12, "api": 12, "__main__": 13,
    "wheel": 0,
}  # fmt: skip
# What a room may name in type hints although it comes later: imported under TYPE_CHECKING, so that it never runs.
HINTS = {("methods", "goracs_core.objective", "Problem")}
# Charts turn values into figures: from these rooms everything, from the others classes only (results), never work.
CHARTS = "charts"
CHARTS_MAY_USE = ("errors", "types", "scores", "methods", "charts")
CHARTS_RANK = 10

TOP_LEVEL = {
    "app.py", "pages", "goracs_core", "data", "tests", "requirements.txt", "README.md",
    "pyproject.toml", "requirements-dev.txt", "requirements-cluster.txt", "Makefile", "benchmarks", "docs",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".streamlit", ".ci", ".gitignore",
}  # fmt: skip
OPTIONAL = {"requirements-cluster.txt"}

HEAVY = {"torch", "transformers", "sentence_transformers", "umap", "numba", "peft", "ot", "streamlit"}
MAY_PRINT = ("goracs_core.cli", "goracs_core.__main__", "goracs_core.jobs.demo")


def modules(*folders: str) -> Iterator[tuple[str, str, ast.Module]]:
    """Name, source and syntax tree of every module under the given folders or files."""
    for folder in folders:
        path = PROJECT / folder
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            source = file.read_text(encoding="utf-8")
            parts = file.relative_to(PROJECT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield name, source, ast.parse(source)


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a syntax tree without what is for type checkers alone."""
    yield tree
    match tree:
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=nodes):
            pass
        case _:
            nodes = ast.iter_child_nodes(tree)
    for node in nodes:
        yield from running(node)


def imports(module: str, tree: ast.AST, nodes: Iterable[ast.AST] | None = None) -> Iterator[tuple[str, str | None]]:
    """Each import as (module, name taken from it or None); relative ones made absolute."""
    for node in ast.walk(tree) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None
        elif isinstance(node, ast.ImportFrom):
            parent = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*parent, *([node.module] if node.module else [])])
            for alias in node.names:
                yield source, alias.name


def room(module: str, name: str | None = None) -> str | None:
    """The part of goracs_core that an import reaches; None outside of it or for the bare package."""
    parts = module.split(".")
    if parts[0] != "goracs_core":
        return None
    if len(parts) > 1:
        return parts[1]
    return name if name in {*RANKS, CHARTS} else None


def core_faults(module: str, tree: ast.Module) -> list[str]:
    """Imports of a core module that the order of rooms forbids."""
    here = room(module)
    faults = []
    runs = set(imports(module, tree, running(tree)))
    for source, name in imports(module, tree):
        if (here, source, name) in HINTS and (source, name) not in runs:
            continue
        top = source.split(".")[0]
        if top in {"pages", "app", "tests", "benchmarks", "streamlit"}:
            faults.append(f"{module} imports {source}")
        if top == "ot" and here != "transport":
            faults.append(f"{module} imports POT; only transport may")
        there = room(source, name)
        if there is None or here is None or there == here:
            continue
        if here == CHARTS:
            value = name is not None and name[:1].isupper() and there in RANKS and RANKS[there] < CHARTS_RANK
            if there not in CHARTS_MAY_USE and not value:
                faults.append(f"{module} imports {source}.{name}; charts see values only, they compute nothing")
        elif rank(there) >= rank(here):
            faults.append(f"{module} imports {source}, which comes later")
    return faults


def rank(name: str) -> int:
    """Place of a room in the order of imports."""
    return CHARTS_RANK if name == CHARTS else RANKS[name]


def page_faults(module: str, tree: ast.Module) -> list[str]:
    """Imports of a page that go past the core's public names and pages._ui."""
    faults = []
    for source, name in imports(module, tree):
        parts = [*source.split("."), *([name] if name else [])]
        if parts[0] == "goracs_core" and any(part.startswith("_") for part in parts):
            faults.append(f"{module} imports {'.'.join(parts)}, which is not public")
        if parts[0] == "pages" and "_ui" not in parts[:2]:
            faults.append(f"{module} imports {'.'.join(parts)}; pages share only pages._ui")
        if parts[0] in {"ot", "torch", "transformers", "sentence_transformers", "peft", "umap", "app", "tests"}:
            faults.append(f"{module} imports {source}; that is the core's work")
    return faults


def danger_faults(module: str, tree: ast.Module) -> list[str]:
    """Calls that run foreign bytes as code."""
    forbidden_calls = {
        "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.load", "marshal.loads", "shelve.open", "dill.load",
        "joblib.load", "pd.read_pickle", "pandas.read_pickle", "eval", "exec", "os.system", "yaml.load",
    }  # fmt: skip
    faults = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in {"pickle", "marshal", "shelve", "dill", "joblib"}:
            faults.append(f"{module}:{node.lineno} takes names from {node.module}, where this check cannot follow them")
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in forbidden_calls:
            faults.append(f"{module}:{node.lineno} calls {called}")
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        unsafe = {"allow_pickle", "trust_remote_code", "shell"} & {o for o, v in options.items() if v != "False"}
        faults += [f"{module}:{node.lineno} sets {option}={options[option]}" for option in unsafe]
        if called == "torch.load" and options.get("weights_only") != "True":
            faults.append(f"{module}:{node.lineno} calls torch.load without weights_only=True")
    return faults


def print_faults(module: str, tree: ast.Module) -> list[str]:
    """Calls of print where only the command line and the demo's maker talk to a terminal."""
    if module.startswith(MAY_PRINT):
        return []
    return [
        f"{module}:{node.lineno} prints"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def size_faults(module: str, source: str) -> list[str]:
    """Modules over 400 lines and pages over 150."""
    most = 150 if module.startswith("pages.") and not module.startswith("pages._ui") else 400
    lines = len(source.splitlines())
    return [f"{module} has {lines} lines, at most {most} are meant"] if lines > most else []


def tracked() -> list[str]:
    """Paths that are or would be committed; without git, everything that is not hidden."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        return [line for line in listing.stdout.splitlines() if (PROJECT / line).exists()]
    return [str(path.relative_to(PROJECT)) for path in PROJECT.rglob("*") if not path.name.startswith(".")]


def collect(check: Callable[[str, ast.Module], list[str]], *folders: str) -> list[str]:
    return [fault for name, _, tree in modules(*folders) for fault in check(name, tree)]


def test_every_room_of_the_core_has_a_place_in_the_order() -> None:
    rooms = {room(name) for name, _, _ in modules("goracs_core")} - {None}
    assert rooms <= {*RANKS, CHARTS}, "give the new room its place in RANKS (and in CONTRIBUTING.md)"
    assert {"data", "selection", "jobs", "charts"} <= rooms


def test_core_imports_flow_in_one_direction() -> None:
    assert collect(core_faults, "goracs_core") == []


def test_pages_see_public_names_and_their_own_helpers() -> None:
    assert collect(page_faults, "pages", "app.py") == []


def test_streamlit_lives_in_pages_only() -> None:
    users = {
        name
        for name, _, tree in modules("goracs_core", "benchmarks")
        for source, _ in imports(name, tree)
        if source.split(".")[0] == "streamlit"
    }
    assert users == set()


def test_nothing_dangerous_anywhere() -> None:
    assert collect(danger_faults, "goracs_core", "pages", "app.py", "benchmarks") == []


def test_the_core_does_not_print() -> None:
    assert collect(print_faults, "goracs_core", "pages") == []


def test_rooms_stay_liveable() -> None:
    assert [f for name, source, _ in modules("goracs_core", "pages", "app.py") for f in size_faults(name, source)] == []


def test_no_script_directly_in_pages() -> None:
    """A script beside app.py's st.navigation breaks deep links (Streamlit runs it alone on the first request)."""
    assert [path.name for path in (PROJECT / "pages").glob("*.py") if path.name != "__init__.py"] == []
    assert [path for path in (PROJECT / "pages").glob("*/*.py") if path.parent.name != "_ui"] != []


def test_top_level_is_as_designed() -> None:
    found = {path.split("/")[0] for path in tracked()}
    assert found - TOP_LEVEL == set(), "the top level is fixed: put it in a room"
    assert TOP_LEVEL - OPTIONAL - found == set()


def test_importing_the_core_is_light() -> None:
    """Home must paint before torch, umap and friends are needed: importing the shared parts loads none of them."""
    stores = "goracs_core.jobs.select.store, goracs_core.jobs.queue.queue"
    parts = f"goracs_core, goracs_core.jobs, {stores}, goracs_core.data.demo"
    probe = f"import sys, {parts}; print(','.join(sorted(m for m in sys.modules if '.' not in m)))"
    loaded = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    ).stdout
    names = set(loaded.strip().split(","))
    assert names & HEAVY == set()
    assert "goracs_core" in names


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("goracs_core.types", "from goracs_core.methods import ItraConfig"),
        ("goracs_core.data.loaders", "from goracs_core.transport.exact import solve"),
        ("goracs_core.llm.small", "from goracs_core.features.norms import gradient_norms"),
        ("goracs_core.objective", "import goracs_core.selection.itra"),
        ("goracs_core.methods.random", "from goracs_core.objective import Problem"),
        ("goracs_core.methods.random", "if TYPE_CHECKING:\n    from goracs_core.objective import poo"),
        ("goracs_core.selection.itra", "from goracs_core import jobs"),
        ("goracs_core.selection.itra", "from ..evaluation import popularity"),
        ("goracs_core.selection.itra", "def f():\n    import ot"),
        ("goracs_core.evaluation.popularity", "from goracs_core.charts.palette import POOL"),
        ("goracs_core.charts.points", "from goracs_core.objective import poo"),
        ("goracs_core.charts.points", "from goracs_core.jobs.select.store import Run"),
        ("goracs_core.jobs.select.store", "from pages._ui import state"),
        ("goracs_core.jobs.select.store", "import streamlit as st"),
    ],
)
def test_the_order_checker_sees_offenders(module: str, source: str) -> None:
    assert core_faults(module, ast.parse(source)) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("goracs_core.selection.itra", "from goracs_core.objective import poo\nfrom goracs_core import errors"),
        ("goracs_core.transport.exact", "import ot"),
        ("goracs_core.methods.random", "if TYPE_CHECKING:\n    from goracs_core.objective import Problem"),
        ("goracs_core.charts.trace", "from goracs_core.selection.result import Selection\nimport plotly"),
        ("goracs_core.cli", "from goracs_core.jobs import jobs"),
    ],
)
def test_the_order_checker_lets_the_rest_pass(module: str, source: str) -> None:
    assert core_faults(module, ast.parse(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "from goracs_core.jobs.select.store import _connect",
        "from goracs_core.jobs._private import x",
        "from pages.select import run",
        "import pages.select.run",
        "import torch",
        "from ot import emd2",
    ],
)
def test_the_page_checker_sees_offenders(source: str) -> None:
    assert page_faults("pages.understand.popularity", ast.parse(source)) != []
    assert page_faults("pages.understand.popularity", ast.parse("from pages._ui import state\nimport pandas")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\npickle.load(f)",
        "import pickle\npickle.Unpickler(f).load()",
        "from pickle import load",
        "np.load(p, allow_pickle=True)",
        "np.load(p, allow_pickle=flag)",
        "AutoModel.from_pretrained(p, trust_remote_code=True)",
        "eval(text)",
        "torch.load(p)",
        "subprocess.run(c, shell=True)",
    ],
)
def test_the_danger_checker_sees_offenders(source: str) -> None:
    assert danger_faults("goracs_core.data.x", ast.parse(source)) != []


def test_the_danger_checker_lets_the_rest_pass() -> None:
    harmless = "model.eval()\nnp.load(p, allow_pickle=False)\nclass Safe(pickle.Unpickler): ...\nSafe(f).load()"
    assert danger_faults("goracs_core.data.x", ast.parse(harmless)) == []


def test_the_print_and_size_checkers_see_offenders() -> None:
    assert print_faults("goracs_core.selection.itra", ast.parse("print(1)")) != []
    assert print_faults("goracs_core.cli", ast.parse("print(1)")) == []
    assert size_faults("goracs_core.types", "x = 1\n" * 401) != []
    assert size_faults("pages.select.run", "x = 1\n" * 151) != []
    assert size_faults("pages._ui.state", "x = 1\n" * 151) == []
