"""`methods`: every method has its line, every option its default and its words."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from goracs_core.cli import main
from goracs_core.cli.methods_command import with_table
from goracs_core.errors import ConfigError
from goracs_core.methods import method_names, method_of
from goracs_core.workspace import project_directory
from tests.cli.calls import refused
from tests.problems import CONFIGS
from tests.refusals import told


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main(["methods", *arguments])
    written = capsys.readouterr()
    assert (status, written.err) == (0, "")
    return written.out


def test_every_method_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys).splitlines()
    assert [line.split()[0] for line in lines] == method_names()
    for kind in CONFIGS:
        if kind.solver == kind.method:
            (line,) = [line for line in lines if line.split()[0] == kind.method]
            assert method_of(kind).summary in line
            assert method_of(kind).reference in line


@pytest.mark.parametrize("name", method_names())
def test_each_method_shows_its_options_with_defaults_and_words(capsys: pytest.CaptureFixture[str], name: str) -> None:
    text = printed(capsys, name)
    for kind in (kind for kind in CONFIGS if kind.method == name):
        method = method_of(kind)
        assert method.reference in text
        assert method.needs.sentence in " ".join(text.split())
        lines = text.splitlines()
        for option in fields(kind):
            mark = f"  --{option.name.rstrip('_').replace('_', '-')} ("
            places = [place for place, line in enumerate(lines) if line.startswith(mark)]
            assert places, option.name
            assert all(lines[place + 1].startswith("      ") for place in places), f"{option.name} has no words"
        assert ("Draws nothing at random" in text) == (not method.seeded)
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "`" not in text or "`seed`" in text


def test_defaults_are_those_of_the_config(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "dealrec")
    for line in (
        "--budget (must be given)",
        "--lambda (default: 0.05)",
        "--effort-weight (default: 0.3)",
        "--surrogate (default: sasrec)",
        "--strata (default: 50)",
    ):
        assert f"  {line}\n" in text
    assert "the authors' stochastic recursion over single random samples" in " ".join(text.split())
    both = printed(capsys, "goracs")
    assert "--solver certified" in both
    assert "--solver itra" in both
    assert "--bound (default: no)" in both
    assert "--label-aware (default: whenever there are labels)" in both


def test_an_unknown_method_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no method 'dealrecs'; there are goracs, dealrec" in refused(capsys, "methods", "dealrecs")


def test_the_table_of_the_documents_is_up_to_date(tmp_path: Path) -> None:
    document = (project_directory() / "docs" / "baselines.md").read_text(encoding="utf-8")
    assert with_table(document) == document, "run `make docs`"
    copy = tmp_path / "copy.md"
    copy.write_text(document.replace("| `random` |", "| `chance` |"), encoding="utf-8")
    assert main(["methods", "--update", str(copy)]) == 0
    assert copy.read_text(encoding="utf-8") == document
    with pytest.raises(ConfigError, check=told("no-marks")):
        with_table("# no table here")
