"""What slowest.toml names exists: files to start with, and tests with a reason to be slow."""

from __future__ import annotations

from tests.slowest import TABLE, reason, table


def test_files_and_tests_of_the_table_exist() -> None:
    names = {name.split("[")[0] for name in (*table()["first"], *table()["reasons"])}
    for name in names:
        file, _, test = name.partition("::")
        text = (TABLE.parent / file).read_text(encoding="utf-8")
        assert f"def {test}(" in text if test else "def test_" in text, name


def test_the_reason_is_that_of_the_case_or_the_test_or_the_file() -> None:
    name = "browser/test_looks.py::test_the_way_round_leaves_no_fault"
    assert reason(f"tests/{name}[dark]") == table()["reasons"][name]
    assert reason("tests/browser/test_looks.py::test_page[a]") == table()["reasons"]["browser/test_looks.py"]
    assert reason("tests/nowhere.py::test_it") == "no reason given"
