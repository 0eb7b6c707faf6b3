"""What the documents claim is tried: their commands and Python blocks run, each dependency has its reason."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import runpy
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from goracs_core.cli import main
from goracs_core.data.loaders.registry import loaders

PROJECT = Path(__file__).resolve().parents[1]
README = PROJECT / "README.md"
GUIDES = sorted((PROJECT / "docs").glob("*.md"))
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9_.-]*)(\[[\w,]+\])?\s*[=<>!~]")

# Guides with what they show, and how many commands and scripts that is at least.
GUIDES_RUN = {
    "certificate.md": 4, "dealrec.md": 3, "baselines.md": 3, "surrogates.md": 1, "comparison.md": 1,
    "targets-and-drift.md": 7, "fine-tuning.md": 1, "proxy.md": 3, "tiger.md": 1, "results.md": 1,
    "command-line.md": 16, "python.md": 3, "data.md": 7, "methods.md": 1,
}  # fmt: skip

# Commands that serve until somebody stops them: their options are checked, and the browser tests start them.
SERVING = ("app", "worker")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    language: str
    text: str
    line: int


def blocks(markdown: str) -> list[Block]:
    """Every fenced block with its language."""
    return [Block(m[1], m[2], markdown[: m.start()].count("\n") + 2) for m in FENCE.finditer(markdown)]


def commands(text: str) -> list[list[str]]:
    """Shell lines as words; continuations joined, comments dropped.

    Raises:
        ValueError: A line uses more of the shell than words.
    """
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if any(word in {"|", "&&", ";", ">", "<", "&"} for word in words):
            raise ValueError(f"keep the document's commands plain: {line!r}")
        if words:
            found.append(words)
    return found


def requirements(file: str) -> list[str]:
    """Names of the packages that a requirements file asks for."""
    lines = (PROJECT / file).read_text(encoding="utf-8").splitlines()
    return [match[1] for line in lines if (match := REQUIREMENT.match(line))]


def reasons(markdown: str) -> dict[str, str]:
    """Package name to reason, from the tables of the section on dependencies."""
    section = markdown.split("## Dependencies", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in section.splitlines() if line.startswith("|")
    ]
    return {name: cells[-1] for cells in rows if len(cells) >= 2 for name in re.findall(r"`([^`]+)`", cells[0])}


def shell_blocks() -> list[Block]:
    """The shell blocks of the documents that show the command line."""
    documents = (README, PROJECT / "docs" / "command-line.md", PROJECT / "docs" / "data.md")
    return [block for path in documents for block in blocks(path.read_text(encoding="utf-8")) if block.language == "sh"]


def make_targets() -> set[str]:
    """Names of the Makefile's targets."""
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of all documents: what one has trained already, the next is answered with."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, workspace: Path) -> Path:
    """The current folder: it looks like the project's, so that what the commands write lands nowhere else."""
    folder = tmp_path_factory.mktemp("documents")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GORACS_WORKSPACE", str(workspace))
    for name in ("goracs_core", "pages", "app.py", ".streamlit", "benchmarks", "tests"):
        (folder / name).symlink_to(PROJECT / name)
    (folder / "data").mkdir()
    (folder / "data" / "demo").symlink_to(PROJECT / "data" / "demo")
    return folder


def run(words: list[str]) -> int:
    """Exit status of a command of a document, run in this process: the libraries are loaded once, not per command."""
    if words[:3] == ["python", "-m", "goracs_core"]:
        try:
            return main(words[3:])
        except SystemExit as end:  # how argparse ends after --help and after a mistake
            return int(end.code or 0)
    assert words[0] == "python", f"a command of another program: {shlex.join(words)}"
    runpy.run_path(words[1], run_name="__main__")
    return 0


@pytest.mark.parametrize("document", [README, *GUIDES], ids=lambda path: path.name)
def test_blocks_have_a_language_that_is_checked(document: Path) -> None:
    languages = {block.language for block in blocks(document.read_text(encoding="utf-8"))}
    assert languages <= {"sh", "python", "text"}
    assert languages & {"sh", "python"}, "a guide shows how to try what it says"


def test_every_format_is_in_a_table() -> None:
    documents = [document.read_text(encoding="utf-8") for document in (README, *GUIDES)]
    assert [found.name for found in loaders() if not any(f"| {found.title}" in text for text in documents)] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("document", "least"),
    [(README, 5), *((PROJECT / "docs" / name, least) for name, least in GUIDES_RUN.items())],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_commands_and_python_blocks_run(
    document: Path, least: int, sandbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the order of the text, because later blocks use what earlier ones wrote."""
    ran = 0
    for block in blocks(document.read_text(encoding="utf-8")):
        if block.language == "python":
            script = sandbox / f"block_{block.line}.py"
            script.write_text(block.text, encoding="utf-8")
            lines = [["python", script.name]]
        else:
            lines = commands(block.text) if block.language == "sh" else []
        for words in lines:
            if words[0] == "make":
                targets = [word for word in words[1:] if "=" not in word]
                assert set(targets) <= make_targets(), f"{document.name} line {block.line}: {shlex.join(words)}"
            elif words[:3] == ["python", "-m", "goracs_core"] and words[3] in SERVING:
                check_options(words, capsys)
            elif words[0] in {"git", "cd"}:
                continue
            else:
                status = run(words)
                assert status == 0, f"{document.name} line {block.line}: {shlex.join(words)}\n{capsys.readouterr()}"
                ran += 1
    assert ran >= least


def helped(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints with --help."""
    capsys.readouterr()
    assert run([*command, "--help"]) == 0
    return capsys.readouterr().out


def check_options(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every option of a command that serves is one that its --help names."""
    shown = helped(words[:4], capsys)
    assert [word for word in words[4:] if word.startswith("--") and word.split("=")[0] not in shown] == []


def test_every_guide_is_run() -> None:
    assert {guide.name for guide in GUIDES} == set(GUIDES_RUN)


def test_command_line_help_names_what_the_documents_say(capsys: pytest.CaptureFixture[str]) -> None:
    written = [words for block in shell_blocks() for words in commands(block.text)]
    shown = helped(["python", "-m", "goracs_core"], capsys)
    single = "demo prepare features derive select surrogate methods compare sweep decay train verify app worker"
    for command in (*single.split(), "experiment leaderboard", "experiment list"):
        start = ["python", "-m", "goracs_core", *command.split()]
        examples = [words for words in written if words[: len(start)] == start]
        assert f"  {command.split()[0]} " in shown
        assert examples, f"no document shows a use of {command}"
        options = helped(start, capsys)
        used = {word.split("=")[0] for words in examples for word in words if word.startswith("--")}
        assert {option for option in used if option not in options} == set()


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_has_a_reason_in_the_readme(file: str) -> None:
    given = reasons(README.read_text(encoding="utf-8"))
    names = requirements(file)
    assert len(names) >= 6
    assert [name for name in names if len(given.get(name, "").split()) < 3] == []


def test_the_readme_gives_no_reason_for_what_is_not_required() -> None:
    given = set(reasons(README.read_text(encoding="utf-8")))
    assert given - {*requirements("requirements.txt"), *requirements("requirements-dev.txt")} == set()


def test_links_to_files_of_the_project_lead_somewhere() -> None:
    for document in (README, PROJECT / "CONTRIBUTING.md", PROJECT / "CHANGELOG.md", *GUIDES):
        text = document.read_text(encoding="utf-8")
        targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
        assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_guide_explains_every_environment_variable_that_is_read() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (PROJECT / "goracs_core").rglob("*.py")]
    read = {name for source in sources for name in re.findall(r"\bGORACS_[A-Z_]+\b", source)}
    assert {"GORACS_WORKSPACE", "GORACS_DENSE_MIB", "GORACS_GPU", "GORACS_THREADS"} <= read
    explained = (PROJECT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert read - set(re.findall(r"\bGORACS_[A-Z_]+\b", explained)) == set()


def test_the_screenshot_is_there_and_small() -> None:
    text = README.read_text(encoding="utf-8")
    images = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text)
    assert images
    for alternative, path in images:
        assert len(alternative) > 20, "say what the picture shows"
        assert (PROJECT / path).stat().st_size < 300_000


def has_examples(source: str) -> bool:
    """Whether a docstring of the module shows an interpreter session."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    return any(">>>" in (ast.get_docstring(node) or "") for node in nodes)


def test_doctests_of_public_docstrings() -> None:
    paths = [p for p in sorted((PROJECT / "goracs_core").rglob("*.py")) if has_examples(p.read_text(encoding="utf-8"))]
    names = [".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    outcomes = {name: doctest.testmod(importlib.import_module(name)) for name in names}
    assert {name: outcome for name, outcome in outcomes.items() if outcome.failed} == {}


def test_the_readers_of_documents_see_faults() -> None:
    block = "```sh\npython -m x \\\n  --a 1  # why\n```\n"
    text = f"a\n{block}\n## Dependencies\n\n| p | why |\n|---|---|\n| `numpy` | fast arrays everywhere |\n"
    assert blocks(text) == [Block("sh", "python -m x \\\n  --a 1  # why\n", 3)]
    assert commands(blocks(text)[0].text) == [["python", "-m", "x", "--a", "1"]]
    assert reasons(text)["numpy"] == "fast arrays everywhere"
    assert has_examples('def f():\n    """Add.\n\n    >>> 1 + 1\n    2\n    """')
    assert not has_examples("x = '>>>'")
    with pytest.raises(ValueError, match="plain"):
        commands("a | b")
