"""A key changes with the code that decides a result, and with nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from goracs_core.jobs import reuse
from goracs_core.store.keys import PACKAGE, _module, code_fingerprint, import_closure

SELECT = "goracs_core.selection.select"
MODULES = {
    "__init__": "from made import door",
    "door": "DOOR = 1",
    "main": (
        '"""Says."""\nimport json\nimport numpy\nfrom made.near import f\n\n\n'
        'def g():\n    """Tells."""\n    from made import far\n    return f, far'
    ),
    "near": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from made.hinted import H\nN = 1\ndef f(): ...",
    "far": "from .inner import deep\nF = 2",
    "hinted": "H = 1",
    "other": "O = 1",
    "inner/__init__": "I = 1",
    "inner/deep": "KIND = 'made.inner.lazy:run'",
    "inner/lazy": "def run(): ...",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    for name, text in MODULES.items():
        (folder / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.py").write_text(text)
    return folder


def key(package: Path, **options: tuple[str, ...]) -> str:
    for cached in (code_fingerprint, import_closure, _module):
        cached.cache_clear()
    return code_fingerprint("made.main", package=package, **options)


def change(package: Path, name: str, change: Callable[[str], str]) -> None:
    path = package / f"{name}.py"
    path.write_text(change(path.read_text()))


def test_the_closure_follows_imports_at_the_top_and_in_functions(package: Path) -> None:
    names = ("far", "inner", "inner.deep", "inner.lazy", "main", "near")
    assert import_closure("made.main", package=package) == tuple(f"made.{name}" for name in names)


@pytest.mark.parametrize("name", ["main", "near", "far", "inner/__init__", "inner/deep", "inner/lazy"])
def test_a_line_of_code_in_the_closure_changes_the_key(package: Path, name: str) -> None:
    before = key(package)
    change(package, name, lambda text: text + "\nMORE = 1\n")
    assert key(package) != before


@pytest.mark.parametrize("name", ["__init__", "door", "hinted", "other"])
def test_other_modules_do_not(package: Path, name: str) -> None:
    before = key(package)
    change(package, name, lambda text: text + "\nMORE = 1\n")
    assert key(package) == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "# a comment\n" + text + "  # another\n",
        lambda text: text.replace("Says.", "Says more.").replace("Tells.", "Tells\n    more."),
        lambda text: text.replace("\n\n\n", "\n\n\n\n\n"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(package: Path, edit: Callable[[str], str]) -> None:
    before, text = key(package), (package / "main.py").read_text()
    change(package, "main", edit)
    assert (package / "main.py").read_text() != text
    assert key(package) == before


def test_a_text_that_is_no_docstring_counts(package: Path) -> None:
    change(package, "near", lambda text: text + "\nWORDS = 'one'\n")
    before = key(package)
    change(package, "near", lambda text: text.replace("'one'", "'two'"))
    assert key(package) != before


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("option(3, help='Draws.', low=1)", "option(3, help='Random draws.', label='Draws', low=1)", False),
        ("option(3, help='Draws.', low=1)", "option(4, help='Draws.', low=1)", True),
        ("option(3, help='Draws.', low=1)", "option(3, help='Draws.', low=2)", True),
        ("Method(summary='one', seeded=True)", "Method(summary='two', seeded=True)", False),
        ("Method(summary='one', seeded=True)", "Method(summary='one', seeded=False)", True),
        ("draw(label='one')", "draw(label='two')", True),
    ],
)
def test_words_for_people_do_not_count_and_rules_do(package: Path, before: str, after: str, counts: bool) -> None:
    change(package, "near", lambda text: f"{text}\nX = {before}\n")
    first = key(package)
    change(package, "near", lambda text: text.replace(before, after))
    assert (key(package) != first) == counts


def test_versions_of_the_libraries_count(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(package)
    asked: list[str] = []
    monkeypatch.setattr("goracs_core.store.keys._version", lambda library: (asked.append(library), "9")[1])
    assert key(package) != before
    assert asked == ["numpy"], "the standard library comes with Python"


def test_what_lies_beside_decides_nothing(package: Path) -> None:
    before = key(package, beside=("made.far",))
    assert before != key(package)
    change(package, "inner/deep", lambda text: text + "\nMORE = 1\n")
    assert key(package, beside=("made.far",)) == before


def test_an_unknown_module_is_refused(package: Path) -> None:
    for name in ("made", "made.nothing", "json"):
        with pytest.raises(ValueError, match=r"no module"):
            import_closure(name, package=package)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "goracs_core"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_a_changed_rule_of_quotas_changes_the_key_of_a_run(copy: Path) -> None:
    before = code_fingerprint(SELECT, package=copy)
    assert before == code_fingerprint(SELECT), "where the package lies does not matter"
    text = (copy / "quotas.py").read_text()
    for edit, counts in (("\n# a comment\n", False), ("\nMORE = 1\n", True)):
        (copy / "quotas.py").write_text(text + edit)
        for cached in (code_fingerprint, import_closure, _module):
            cached.cache_clear()
        assert (code_fingerprint(SELECT, package=copy) != before) == counts


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("Requested gap (%)", "Gap (%)", False),
        ("optimal transport to the validation samples minus", "transport minus", False),
        ("0.001,\n        help", "0.002,\n        help", True),
        ("percent=True", "percent=False", True),
    ],
)
def test_help_of_a_method_does_not_make_finished_runs_stale(copy: Path, old: str, new: str, counts: bool) -> None:
    before = selecting(copy)
    path = copy / "methods" / "certified.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert (selecting(copy) != before) == counts


def test_texts_that_methods_share_do_not_either(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = []
    monkeypatch.setattr(reuse, "code_fingerprint", lambda *entries, **options: calls.append((entries, options)))
    reuse.selecting_code()
    ((entries, options),) = calls
    assert entries == (SELECT,)
    before = selecting(copy, **options)
    for name, counts in (("words", False), ("cost", True)):
        with (copy / "methods" / f"{name}.py").open("a") as file:
            file.write("\nMORE = 1\n")
        assert (selecting(copy, **options) != before) == counts


def selecting(package: Path, **options: tuple[str, ...]) -> str:
    for cached in (code_fingerprint, import_closure, _module):
        cached.cache_clear()
    return code_fingerprint(SELECT, package=package, **options)


def test_keys_count_what_decides_and_no_more() -> None:
    selecting = import_closure(SELECT)
    assert {"goracs_core.quotas", "goracs_core.objective", "goracs_core.transport.exact"} <= set(selecting)
    assert not [name for name in selecting if name.startswith(("goracs_core.jobs", "goracs_core.llm"))]
    from goracs_core.jobs.train import workbench

    training = import_closure(workbench.__name__, beside=workbench._BESIDE)
    decides = {"jobs.train.metrics", "llm.tuning.fine_tune", "llm.tiger.train", "features.grounding", "ranking"}
    assert {f"goracs_core.{name}" for name in decides} <= set(training)
    assert not [name for name in training if name.startswith("goracs_core.selection")]
    surrogate = import_closure("goracs_core.surrogate.train")
    assert not [name for name in surrogate if name.startswith(("goracs_core.selection", "goracs_core.methods"))]
