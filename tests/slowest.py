"""The order of test files, longest first, and the slowest tests of a run, each with the reason in slowest.toml."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

TABLE = Path(__file__).with_name("slowest.toml")


@cache
def table() -> dict[str, Any]:
    """What slowest.toml says: `first`, the files to start with, and `reasons` by test or file."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def reason(test: str) -> str:
    """Why a test is slow: what is said of this case, of the test or of its file, all without `tests/`."""
    name = test.removeprefix("tests/")
    reasons = table()["reasons"]
    found = (reasons.get(key) for key in (name, name.split("[")[0], name.split("::")[0]))
    return next((one for one in found if one), "no reason given")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--slowest N`."""
    parser.addoption("--slowest", type=int, default=0, metavar="N", help="print the N slowest tests with a reason each")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the files that take longest, so that no process is left alone with one of them at the end."""
    first = {name: place for place, name in enumerate(table()["first"])}
    items.sort(key=lambda item: first.get(item.nodeid.split("::")[0].removeprefix("tests/"), len(first)))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table of the slowest tests."""
    number = config.getoption("--slowest")
    if not number:
        return
    seconds: defaultdict[str, float] = defaultdict(float)
    for report in (one for reports in terminalreporter.stats.values() for one in reports):
        if isinstance(report, pytest.TestReport):
            seconds[report.nodeid] += report.duration
    terminalreporter.section(f"{number} slowest tests")
    for name, duration in sorted(seconds.items(), key=itemgetter(1), reverse=True)[:number]:
        terminalreporter.write_line(f"{duration:6.1f} s  {name}: {reason(name)}")
